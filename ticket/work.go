package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// A work is one agent's mail being carried out on a copy of the ticket: all of
// it happens, or nothing.
type work struct {
	*turn
	agent    Agent
	mail     *Mail
	received time.Time
	ticket   Ticket // the copy
	before   Ticket

	block  command.Block
	kind   EntryKind // what the text becomes
	forced string    // the visibility verb that was given
	text   string
	files  []File
	draft  *Draft // the held mail that this one mends

	people  []personChange
	used    map[string]string // groups of verbs that exclude each other, by the first one used
	events  []*Event
	results []ResultLine
	report  []string
	refused bool
}

// read takes the mail apart: the block of commands, the text, and what the text
// becomes. A new block in answer to a held mail's transcript mends that mail.
func (w *work) read(found match) error {
	w.block = command.Parse(w.mail.NewText, w.policy.knowsVerb)
	w.kind = Note
	if found.kind == TokenReply {
		w.kind = Reply
	}
	if w.block.HasText() {
		w.text = strings.TrimSpace(w.block.Rest)
	}
	w.files = slices.DeleteFunc(slices.Clone(w.mail.Files), func(f File) bool { return f.Inline })
	if found.notice.Draft == 0 || len(w.block.Lines) == 0 {
		return nil
	}
	d, err := w.tx.Draft(found.notice.Draft)
	if err != nil {
		return fmt.Errorf("read held mail %d: %w", found.notice.Draft, err)
	}
	if !d.DoneAt.IsZero() || w.now.After(d.Until) {
		w.because("held mail %d is done or too old: this one stands alone", d.ID)
		return nil
	}
	w.because("it mends held mail %d", d.ID)
	w.draft, w.kind = &d, d.Kind
	if w.text == "" {
		w.text = d.Text
	}
	if len(w.files) == 0 {
		w.files = d.Files
	}
	return nil
}

// carryOut runs the block and posts the text, or holds both.
func (w *work) carryOut() (Conclusion, error) {
	if !w.policy.May(w.agent.Key, MayRead, w.ticket.Department) {
		w.doubt(ResultLine{Line: "(your mail)", Result: w.missing(MayRead)})
	}
	if w.mail.Oversize {
		w.doubt(ResultLine{Line: "(your mail)", Result: "is larger than this desk takes: send it again without its large attachments"})
	}
	w.run()
	w.weighNearMisses()
	if err := w.makePublic(); err != nil {
		return Conclusion{}, err
	}
	w.weighPosting()
	if w.refused {
		return w.hold()
	}
	return w.commit()
}

// run executes the lines in canonical order, so that their order in the mail
// does not matter, and reports them in the order they were written.
func (w *work) run() {
	if w.block.TooMany {
		w.doubt(ResultLine{Line: "(your mail)", Result: fmt.Sprintf("has more than %d commands: send the rest in another mail", command.MaxLines)})
		return
	}
	type step struct {
		verb Verb
		args string
		at   int
	}
	var steps []step
	w.used = map[string]string{}
	for i, line := range w.block.Lines {
		w.results = append(w.results, ResultLine{Line: strings.TrimSpace(line.Raw)})
		verb, args, err := w.policy.findVerb(line.Verb, line.Args)
		if line.Fault != "" {
			err = refuse(Invalid, "%s", line.Fault)
		}
		if err != nil {
			w.results[i].Result, w.results[i].Failed, w.refused = err.Error(), true, true
			continue
		}
		steps = append(steps, step{verb, args, i})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.verb.stage) - int(b.verb.stage) })
	for _, s := range steps {
		result, err := w.runVerb(s.verb, s.args)
		if err != nil {
			w.results[s.at].Result, w.results[s.at].Failed, w.refused = err.Error(), true, true
			continue
		}
		w.results[s.at].Result = result
	}
}

func (w *work) runVerb(v Verb, args string) (string, error) {
	if v.Right != "" && !w.policy.May(w.agent.Key, v.Right, w.before.Department) {
		return "", refuse(NotAllowed, "%s", w.missing(v.Right))
	}
	if v.group != "" {
		if first, ok := w.used[v.group]; ok {
			return "", refuse(Conflict, "contradicts #%s: give one of them", first)
		}
		w.used[v.group] = v.Name
	}
	return v.do(w, args)
}

// doubt adds a line that keeps everything from happening.
func (w *work) doubt(line ResultLine) {
	line.Failed, w.refused = true, true
	w.results = append(w.results, line)
}

// missing says which right is missing where, and whom to ask.
func (w *work) missing(right Right) string {
	s := fmt.Sprintf("needs the right %q in %s", right, w.policy.Departments[w.before.Department].Name)
	if leads := w.leads(w.before.Department); len(leads) > 0 {
		s += "; ask " + w.policy.agentName(leads[0])
	}
	return s
}

// weighNearMisses looks at known verbs outside the block. "#note" there must
// not become a public reply by a slip.
func (w *work) weighNearMisses() {
	if w.block.Gap {
		// Whatever it was meant to be, it is no part of the text that is kept.
		doubted := w.block.NearMisses[0]
		w.text = strings.TrimSpace(strings.TrimPrefix(w.text, strings.TrimSpace(doubted.Raw)))
		w.doubt(ResultLine{Line: strings.TrimSpace(doubted.Raw), Result: doubted.Fault})
		return
	}
	for _, line := range w.block.NearMisses {
		verb, _, err := w.policy.findVerb(line.Verb, line.Args)
		switch {
		case err != nil || w.policy.NearMiss == NearMissOff:
		case verb.Name == "note" && w.policy.NearMiss == NearMissHold && w.kind == Reply && w.forced == "":
			w.doubt(ResultLine{Line: strings.TrimSpace(line.Raw), Result: "stands below your text, where commands are not read: put it on the first line, or begin your text with ## to send it as it is"})
		default:
			w.results = append(w.results, ResultLine{Line: strings.TrimSpace(line.Raw),
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
	entries, err := w.tx.Entries(w.ticket.Number)
	if err != nil {
		return fmt.Errorf("read thread of ticket %d: %w", w.ticket.Number, err)
	}
	w.files = publicFiles(w.files)
	w.text = w.withoutPrivateAddresses(publicText(w.text, shownBefore(entries)))
	internal := []string{answerGoesOut, answerIsNote}
	for _, e := range entries {
		if e.Kind == Note || e.Held {
			internal = append(internal, e.Text)
		}
	}
	if words := leaked(w.text, internal); words != "" && w.draft == nil {
		w.doubt(ResultLine{Line: "(your text)", Result: fmt.Sprintf("holds words that only agents have seen: %q. Answer with #reply to send it all the same", words)})
	}
	return nil
}

// posts reports whether the mail has anything to put into the thread.
func (w *work) posts() bool { return w.text != "" || len(w.files) > 0 }

// weighPosting checks that the text may go where it is meant to go.
func (w *work) weighPosting() {
	if !w.posts() || w.refused && len(w.results) > 0 && w.results[0].Line == "(your mail)" {
		return
	}
	right := MayNote
	if w.kind == Reply {
		right = MayReply
	}
	switch {
	case !w.policy.May(w.agent.Key, right, w.before.Department):
		w.doubt(ResultLine{Line: "(your text)", Result: w.missing(right)})
	case w.kind == Note:
	case w.ticket.Requester.Email == "":
		w.doubt(ResultLine{Line: "(your text)", Result: "the ticket has no requester address to send it to: begin with #note to keep it as a note"})
	case hasMail(w.files):
		w.doubt(ResultLine{Line: "(your mail)", Result: "has a whole mail attached, whose headers may show addresses: attach its files one by one, or add #note"})
	case w.before.Status == Closed && w.ticket.Status == Closed,
		w.before.Status == Spam, w.before.Status == Deleted:
		w.doubt(ResultLine{Line: "(your text)", Result: fmt.Sprintf("the ticket is %s: add #open to reopen it and send, or #note to keep it as a note", w.before.Status)})
	}
}
