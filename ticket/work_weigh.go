package ticket

import (
	"fmt"
	"strings"

	"deskpost/ticket/command"
)

// How a transcript names what is not a line of the block.
const (
	yourMail    = "(your mail)"
	yourRequest = "(your request)"
	yourText    = "(your text)"
)

// inlineWorthTelling is the size from which an image in an agent's text is
// more than the logo of a signature, in bytes.
const inlineWorthTelling = 20 << 10

// weighMail looks at the mail as a whole.
func (w *work) weighMail() {
	whole := yourMail
	if w.direct {
		whole = yourRequest
	}
	switch {
	case !w.may(MayRead, w.ticket.Department):
		w.doubt(whole, "%s", w.missing(MayRead))
	case w.mail.Oversize:
		w.doubt(yourMail, "is larger than this desk takes: send it again without its large attachments")
	case w.stale:
		w.doubt(yourMail, "was to mend a held mail that is done or older than %g days: send its text again", w.policy.DraftLife.Hours()/24)
	case w.block.TooMany:
		w.doubt(whole, "has more than %d commands: send the rest in another", command.MaxLines)
	}
}

// weighNearMisses looks at known verbs outside the block. "#note" there must
// not become a public reply by a slip.
func (w *work) weighNearMisses() {
	if w.block.Gap {
		// Whatever it was meant to be, it is no part of the text that is kept.
		doubted := w.block.NearMisses[0]
		raw := strings.TrimSpace(doubted.Raw)
		w.text = strings.TrimSpace(strings.TrimPrefix(w.text, raw))
		w.doubt(raw, "%s", doubted.Fault)
		return
	}
	for _, line := range w.block.NearMisses {
		raw := strings.TrimSpace(line.Raw)
		verb, _, err := w.policy.findVerb(line.Verb, line.Args)
		switch {
		case err != nil || w.policy.NearMiss == NearMissOff:
		case verb.Name == "note" && w.policy.NearMiss == NearMissHold && w.kind == Reply && w.forced == "":
			w.doubt(raw, "stands below your text, where commands are not read: put it on the first line, or begin your text with ## to send it as it is")
		default:
			w.results = append(w.results, ResultLine{Line: raw,
				Result: "stands below your text and was read as text: commands go on the first lines"})
		}
	}
}

// makePublic takes out of a text for the customer what the customer must not
// see: quotes of our own notices, the agent's addresses, signatures. Words of a
// note that stand there without a quote mark hold the mail, once: who sends
// them again in answer to that means it.
func (w *work) makePublic() error {
	if w.kind != Reply || !w.posts() {
		return nil
	}
	entries, err := w.thread(w.ticket.Number)
	if err != nil {
		return err
	}
	in, err := w.insight()
	if err != nil {
		return err
	}
	w.files = publicFiles(w.files)
	for _, f := range w.mail.Files {
		if f.Inline && f.Size >= inlineWorthTelling {
			w.results = append(w.results, ResultLine{Line: f.Name, Result: "stands within your text and was not sent: attach it as a file if the customer needs it"})
		}
	}
	written := w.text
	w.text = w.withoutPrivateAddresses(publicText(w.text, shownBefore(in, entries)))
	for i := range w.inserted {
		w.inserted[i].text = w.withoutPrivateAddresses(w.inserted[i].text)
	}
	if w.text == "" && written != "" && len(w.inserted) == 0 {
		w.text = written
		w.doubt(yourText, "only quotes what agents have seen, or not all who would get it: write something of your own, or begin with #note")
		return nil
	}
	internal, foreign := []string{answerGoesOut, answerIsNote}, []string(nil)
	for _, e := range entries {
		switch {
		case e.Kind == Note || e.Held:
			internal = append(internal, e.Text)
		case e.Ticket != w.ticket.Number && !in.saw(&e):
			foreign = append(foreign, e.Text)
		}
	}
	if w.draft != nil || w.sure {
		return nil // the agent has been told
	}
	mend := "Answer with #reply"
	if w.direct {
		mend = "Confirm it"
	}
	if words := leaked(w.body(), internal); words != "" {
		w.leaks = true
		w.doubt(yourText, "holds words that only agents have seen: %q. %s to send it all the same", words, mend)
	} else if words := leaked(w.body(), foreign); words != "" {
		w.leaks = true
		w.doubt(yourText, "holds words of a merged ticket that not everybody has seen who would get it: %q. %s to send it all the same", words, mend)
	}
	return nil
}

// weighMerge holds what was asked for on a ticket that was merged and goes to
// participants, if somebody would get it who did not take part in that ticket:
// who asked may not know of the merge, and have somebody else in mind. A mail is
// held once; a request can name the other ticket.
func (w *work) weighMerge() error {
	if w.asked == w.ticket.Number || w.asked == 0 {
		return nil
	}
	in, err := w.insight()
	if err != nil {
		return err
	}
	people, err := w.tx.Participants(w.asked)
	if err != nil {
		return fmt.Errorf("read participants of ticket %d: %w", w.asked, err)
	}
	about, merged, mend := yourMail, fmt.Sprintf("answers a mail of ticket %d, which was merged into %d", w.asked, w.ticket.Number),
		"answer with #reply or your commands again"
	if w.direct {
		about, merged = yourRequest, fmt.Sprintf("names ticket %d, which was merged into %d", w.asked, w.ticket.Number)
		mend = fmt.Sprintf("name ticket %d", w.ticket.Number)
	}
	told := w.draft != nil && w.draft.Ticket == w.ticket.Number
	goesOut := w.kind == Reply && w.posts() || w.ticket.Status == Resolved && w.before.Status != Resolved
	if strangers := in.strangers(people); goesOut && !told && len(strangers) > 0 {
		w.doubt(about, "%s, and %s would get it there. To go on all the same, %s", merged, emails(strangers), mend)
		return nil
	}
	w.results = append(w.results, ResultLine{Line: about, Result: merged})
	return nil
}

// weighPosting checks that the text may go where it is meant to go.
func (w *work) weighPosting() {
	if !w.posts() {
		if w.forced != "" {
			w.doubt(yourText, "is missing: write it below the commands, or leave out #%s", w.forced)
		}
		return
	}
	right := MayNote
	if w.kind == Reply {
		right = MayReply
	}
	switch {
	case !w.may(right, w.before.Department):
		w.doubt(yourText, "%s", w.missing(right))
	case w.kind == Reply && w.byOperator():
		w.doubt(yourText, "only agents write to customers: say as which agent, or keep it as a note")
	case w.kind == Note:
	case w.ticket.Requester.Email == "":
		w.doubt(yourText, "the ticket has no requester address to send it to: begin with #note to keep it as a note")
	case hasMail(w.files):
		w.doubt(yourMail, "has a whole mail attached, whose headers may show addresses: attach its files one by one, or add #note")
	case w.before.Status == Closed && w.ticket.Status == Closed,
		w.ticket.Status == Spam, w.ticket.Status == Deleted:
		w.doubt(yourText, "the ticket is %s: add #open to reopen it and send, or #note to keep it as a note", w.ticket.Status)
	}
}
