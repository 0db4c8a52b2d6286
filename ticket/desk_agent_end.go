package ticket

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits on the answers an agent's mails get.
const (
	transcriptLimit  = 20
	transcriptWindow = 10 * time.Minute
)

// hold changes nothing, keeps the mail as a draft, and tells the agent what to
// mend (commands.md b.2, rule 8).
func (w *work) hold() (Conclusion, error) {
	d := &Draft{Ticket: w.ticket.Number, Agent: w.agent.Key, Kind: w.kind, Text: w.text, Files: w.files,
		Receipt: w.receipt, At: w.now, Until: w.now.Add(w.policy.DraftLife)}
	if w.draft != nil {
		if err := w.tx.EndDraft(w.draft.ID, w.now); err != nil {
			return Conclusion{}, fmt.Errorf("end held mail %d: %w", w.draft.ID, err)
		}
	}
	if err := w.tx.AddDraft(d); err != nil {
		return Conclusion{}, fmt.Errorf("hold a mail on ticket %d: %w", w.ticket.Number, err)
	}
	w.because("nothing was done: %s", w.firstFailure())
	held := &Event{Ticket: w.ticket.Number, Kind: CommandsHeld, Actor: w.actor(), Detail: w.firstFailure()}
	if err := w.record(held); err != nil {
		return Conclusion{}, err
	}
	verdict := fmt.Sprintf("Ticket %d: NOTHING done", w.ticket.Number)
	if w.text != "" {
		verdict += ", your text was NOT sent"
	}
	err := w.answer(NoticeHeld, &w.before, verdict, func(n *Notice) {
		n.Draft = d.ID
		n.Facts.Text = w.text
	})
	return Conclusion{Outcome: CommandHeld, Ticket: w.ticket.Number}, err
}

// firstFailure is the first line that was refused, with the reason.
func (w *work) firstFailure() string {
	for _, r := range w.results {
		if r.Failed {
			return r.Line + ": " + r.Result
		}
	}
	return ""
}

// commit writes what the block and the text changed, and tells whom it
// concerns: each person once.
func (w *work) commit() (Conclusion, error) {
	for i, r := range w.results {
		if r.Result == "" {
			w.results[i].Result = "done"
		}
	}
	entry, err := w.post()
	if err != nil {
		return Conclusion{}, err
	}
	if len(w.block.Lines) > 0 {
		w.events = append(w.events, &Event{Ticket: w.ticket.Number, Kind: CommandsRun, Actor: w.actor(), Detail: w.lines()})
	}
	w.ticket.UpdatedAt = w.now
	if err := w.tx.Save(&w.ticket); err != nil {
		return Conclusion{}, fmt.Errorf("save ticket %d: %w", w.ticket.Number, err)
	}
	if err := w.record(w.events...); err != nil {
		return Conclusion{}, err
	}
	if w.draft != nil {
		if err := w.tx.EndDraft(w.draft.ID, w.now); err != nil {
			return Conclusion{}, fmt.Errorf("end held mail %d: %w", w.draft.ID, err)
		}
	}
	sentTo, err := w.tellParticipants(entry)
	if err != nil {
		return Conclusion{}, err
	}
	if err := w.tellColleagues(entry); err != nil {
		return Conclusion{}, err
	}
	if err := w.transcript(entry, sentTo); err != nil {
		return Conclusion{}, err
	}
	return w.conclusion(entry), nil
}

func (w *work) conclusion(entry *Entry) Conclusion {
	c := Conclusion{Outcome: Appended, Ticket: w.ticket.Number}
	if len(w.block.Lines) > 0 {
		c.Outcome = Commanded
		w.because("commands run: %s", w.lines())
	}
	if entry != nil {
		c.Entry = entry.ID
		w.because("its text became a %s", entry.Kind)
	}
	return c
}

// lines are the commands of the mail in one line, as the diary shows them.
func (w *work) lines() string {
	var lines []string
	for _, l := range w.block.Lines {
		lines = append(lines, strings.TrimSpace(l.Raw))
	}
	return strings.Join(lines, ", ")
}

// post puts the text into the thread and moves the status as a reply does.
func (w *work) post() (*Entry, error) {
	if !w.posts() {
		return nil, nil
	}
	e := &Entry{Ticket: w.ticket.Number, Kind: w.kind, By: w.actor(), From: w.mail.From, At: w.received,
		Text: w.text, MessageID: w.mail.MessageID, Receipt: w.receipt, Files: w.files, Authenticity: w.mail.Authenticity}
	kind := NoteAdded
	if w.kind == Reply {
		kind = ReplyAdded
		e.Text = w.withoutPrivateAddresses(e.Text)
		w.text = e.Text
	} else {
		e.Quoted = w.mail.Quoted
	}
	if err := w.tx.AddEntry(e); err != nil {
		return nil, fmt.Errorf("add %s to ticket %d: %w", w.kind, w.ticket.Number, err)
	}
	w.events = append(w.events, &Event{Ticket: w.ticket.Number, Kind: kind, Actor: w.actor(), Entry: e.ID})
	if w.kind == Reply && w.used["status"] == "" {
		w.statusAfterReply()
	}
	return e, nil
}

// statusAfterReply is what a public reply does to a status that the agent did
// not set (lifecycle.md g.2).
func (w *work) statusAfterReply() {
	if w.ticket.Status != New && w.ticket.Status != Open {
		return
	}
	after := Open
	if w.policy.Departments[w.ticket.Department].AfterReply == Pending {
		after = Pending
	}
	w.change(w.ticket.setStatus(after, w.actor(), w.now))
}

// withoutPrivateAddresses replaces the agent's own addresses, wherever they
// stand in the text, by the department's: attribution lines of mail programs
// carry them.
func (w *work) withoutPrivateAddresses(text string) string {
	public := w.policy.Departments[w.ticket.Department].Address.Email
	for _, private := range w.agent.Emails {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(private)).ReplaceAllLiteralString(text, public)
	}
	return text
}

// tellParticipants mails a public reply, or that the ticket was resolved, to
// the requester with the collaborators in Cc. It returns whom.
func (w *work) tellParticipants(entry *Entry) (string, error) {
	resolved := w.ticket.Status == Resolved && w.before.Status != Resolved
	public := entry != nil && entry.Kind == Reply
	if !public && !resolved || w.ticket.Requester.Email == "" {
		return "", nil
	}
	recipients, err := w.recipients()
	if err != nil {
		return "", err
	}
	dept := w.policy.Departments[w.ticket.Department]
	n := &Notice{Ticket: w.ticket.Number, Kind: NoticeResolved, Answer: TokenCustomer, Department: dept.Key,
		Recipients: recipients, Automatic: true, Facts: w.facts(&w.ticket)}
	n.Facts.To, n.Facts.Resolved = w.ticket.Requester.Name, resolved
	if public {
		n.Kind, n.Automatic, n.Entry = NoticeReply, false, entry.ID
		n.From = Address{Name: w.agent.Name + " (" + dept.Name + ")", Email: dept.Address.Email}
		n.Facts.Text, n.Facts.Author, n.Facts.Files = entry.Text, w.agent.Name, entry.Files
		if err := w.answered(recipients); err != nil {
			return "", err
		}
	} else if why, err := w.capReached(&w.ticket); why != "" || err != nil {
		w.because("the requester was not told that it is resolved: %s", why)
		return "", err
	}
	if n.InReplyTo, n.References, err = w.conversation(); err != nil {
		return "", err
	}
	return names(recipients), w.queue(n)
}

// recipients are the requester, and the collaborators in Cc.
func (w *work) recipients() ([]Recipient, error) {
	list, err := w.tx.Participants(w.ticket.Number)
	if err != nil {
		return nil, fmt.Errorf("read participants of ticket %d: %w", w.ticket.Number, err)
	}
	recipients := []Recipient{{Address: w.ticket.Requester}}
	for _, p := range list {
		if p.Address.Key() != w.ticket.Requester.Key() {
			recipients = append(recipients, Recipient{Address: p.Address, Cc: true})
		}
	}
	return recipients, nil
}

// answered remembers that an agent has written to these addresses, which
// verifies them for acknowledgements.
func (w *work) answered(recipients []Recipient) error {
	for _, r := range recipients {
		c, err := w.tx.Contact(r.Address.Key())
		if err != nil && !isAbsent(err) {
			return fmt.Errorf("read contact: %w", err)
		}
		c.Address, c.AnsweredAt = r.Address.Key(), w.now
		if err := w.tx.SaveContact(c); err != nil {
			return fmt.Errorf("save contact: %w", err)
		}
	}
	return nil
}

// conversation are the Message-ID a public mail answers and those it refers to:
// the latest messages from outside.
func (w *work) conversation() (inReplyTo string, references []string, err error) {
	entries, err := w.tx.Entries(w.ticket.Number)
	if err != nil {
		return "", nil, fmt.Errorf("read thread of ticket %d: %w", w.ticket.Number, err)
	}
	for _, e := range entries {
		if e.Kind == Message && !e.Held && e.Machine == Human && e.MessageID != "" {
			references = append(references, e.MessageID)
		}
	}
	if len(references) == 0 {
		return "", nil, nil
	}
	references = references[max(0, len(references)-referencesLimit):]
	return references[len(references)-1], references, nil
}

// tellColleagues tells the other agents what the mail means for them, each at
// most once: being assigned comes before a transfer, a transfer before a note.
func (w *work) tellColleagues(entry *Entry) error {
	told := map[string]bool{w.agent.Key: true}
	tell := func(keys []string, kind NoticeKind) error {
		for _, key := range keys {
			if told[key] || key == "" {
				continue
			}
			told[key] = true
			err := w.tellAgent(key, &w.ticket, kind, entry, func(n *Notice) { n.Facts.Actor = w.agent.Name })
			if err != nil {
				return err
			}
		}
		return nil
	}
	if w.ticket.Assignee != w.before.Assignee {
		if err := tell([]string{w.ticket.Assignee}, NoticeAssigned); err != nil {
			return err
		}
	}
	if w.ticket.Department != w.before.Department {
		if err := tell(w.handlers(&w.ticket), NoticeTransferred); err != nil {
			return err
		}
	}
	if entry != nil && entry.Kind == Note {
		return tell([]string{w.ticket.Assignee}, NoticeNote)
	}
	return nil
}

// transcript tells the agent what was done, where there is something to tell.
func (w *work) transcript(entry *Entry, sentTo string) error {
	warned := len(w.results) > len(w.block.Lines)
	wanted := len(w.block.Lines) > 0 && w.agent.Transcript != TranscriptErrors
	if !wanted && !warned && len(w.report) == 0 {
		return nil
	}
	verdict := fmt.Sprintf("Ticket %d: %d done", w.ticket.Number, len(w.block.Lines))
	switch {
	case entry != nil && entry.Kind == Reply:
		verdict += ", message sent to " + sentTo
	case entry != nil:
		verdict += ", note added"
	}
	return w.answer(NoticeTranscript, &w.ticket, verdict, nil)
}

// answer queues a transcript to the agent's registered address, within limits.
func (w *work) answer(kind NoticeKind, tk *Ticket, verdict string, fill func(*Notice)) error {
	sent, err := w.tx.CountNotices(NoticeFilter{Agent: w.agent.Key, Since: w.now.Add(-transcriptWindow),
		Kinds: []NoticeKind{NoticeTranscript, NoticeHeld}})
	if err != nil {
		return fmt.Errorf("count transcripts: %w", err)
	}
	if sent >= transcriptLimit {
		w.because("no transcript: %s got %d within %g minutes", w.agent.Name, sent, transcriptWindow.Minutes())
		return nil
	}
	return w.tellAgent(w.agent.Key, tk, kind, nil, func(n *Notice) {
		n.InReplyTo = w.mail.MessageID
		n.Facts.Verdict, n.Facts.Results, n.Facts.Report = verdict, w.results, w.report
		if fill != nil {
			fill(n)
		}
	})
}

func (w *work) actor() Actor { return Actor{Kind: ByAgent, Name: w.agent.Key} }

// change keeps an event of the work, if there is one.
func (w *work) change(e *Event) {
	if e != nil {
		w.events = append(w.events, e)
	}
}

// names lists addresses the way a transcript names them.
func names(recipients []Recipient) string {
	var list []string
	for _, r := range recipients {
		list = append(list, r.Address.Email)
	}
	return strings.Join(slices.Compact(list), ", ")
}
