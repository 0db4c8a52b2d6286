package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

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
		Recipients: recipients, Automatic: true}
	if n.Facts, err = w.customerFacts(&w.ticket); err != nil {
		return "", err
	}
	n.Facts.Resolved = resolved
	if public {
		n.Kind, n.Automatic, n.Entry = NoticeReply, w.byDesk, entry.ID
		n.Facts.Text, n.Facts.Markdown, n.Facts.Author, n.Facts.Files = entry.Text, entry.Markdown, dept.Name, entry.Files
		if err := w.signed(n); err != nil {
			return "", err
		}
		if !w.byDesk {
			n.DueAt = w.now.Add(w.policy.SendDelay)
		}
	} else if why, err := w.whyNotTellResolved(n); why != "" || err != nil {
		w.because("the requester was not told that it is resolved: %s", why)
		return "", err
	}
	if n.InReplyTo, n.References, err = w.conversation(); err != nil {
		return "", err
	}
	if err := w.holdIfLost(n); err != nil {
		return "", err
	}
	return names(recipients), w.queue(n)
}

// signed makes a reply that of the agent who wrote it, whose recipients are
// verified by it. What the desk writes comes from the department.
func (w *work) signed(n *Notice) error {
	if w.byDesk {
		if w.reticent {
			n.Facts.Subject, n.Facts.To, n.Facts.Requester = "", "", ""
		}
		return nil
	}
	dept := w.policy.Departments[w.ticket.Department]
	n.From = Address{Name: w.agent.Name + " (" + dept.Name + ")", Email: dept.Address.Email}
	n.Facts.Author = w.agent.Name
	return w.answered(n.Recipients)
}

// holdIfLost holds what an agent's mail from before a restore has to say to
// participants: the desk that is lost may have said it already. A person knows,
// or asks.
func (w *work) holdIfLost(n *Notice) error {
	restored, err := w.tx.RestoredAt()
	if err != nil {
		return fmt.Errorf("ask when the desk was restored: %w", err)
	}
	if !w.received.Before(restored) {
		return nil
	}
	n.HeldAt, n.HeldWhy = w.now, "written before the desk was restored, so it may have been sent already"
	w.held = n.HeldWhy
	w.because("its text is held and not sent: %s", n.HeldWhy)
	return nil
}

// whyNotTellResolved is the first reason against telling the requester without
// an agent's words, "" if there is none: to a forged or automatic first mail we
// owe no answer, and an unproven sender's subject may be advertising.
func (w *work) whyNotTellResolved(n *Notice) (string, error) {
	entries, err := w.tx.Entries(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read thread of ticket %d: %w", w.ticket.Number, err)
	}
	if len(entries) > 0 {
		switch first := entries[0]; {
		case first.Authenticity == Forged:
			return "its sender is forged", nil
		case first.Machine != Human:
			return "it was written by a program", nil
		case first.Authenticity != Proven && first.By.Kind == ByCustomer:
			n.Facts.Subject, n.Facts.To, n.Facts.Requester = "", "", ""
		}
	}
	return w.capReached(&w.ticket)
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
// the latest messages from outside and what we sent in between (RFC 5322
// section 3.6.4). Of a merged ticket in which not all of the readers take part
// there is none: a Message-ID tells of its sender, and ours carries a token.
func (w *work) conversation() (inReplyTo string, references []string, err error) {
	in, err := w.insight()
	if err != nil {
		return "", nil, err
	}
	var entries []Entry
	var notices []Notice
	for _, n := range in.shared {
		some, err := w.tx.Entries(n)
		if err != nil {
			return "", nil, fmt.Errorf("read thread of ticket %d: %w", n, err)
		}
		entries = append(entries, some...)
		sent, err := w.tx.Notices(n)
		if err != nil {
			return "", nil, fmt.Errorf("read notices of ticket %d: %w", n, err)
		}
		notices = append(notices, sent...)
	}
	type mail struct {
		at time.Time
		id string
	}
	var mails []mail
	slices.SortFunc(entries, func(a, b Entry) int { return int(a.ID - b.ID) })
	for _, e := range entries {
		if e.Kind == Message && !e.Held && e.Machine == Human && e.MessageID != "" {
			mails = append(mails, mail{e.At, e.MessageID})
			inReplyTo = e.MessageID
		}
	}
	for _, n := range notices {
		if !n.Kind.ToAgent() {
			mails = append(mails, mail{n.QueuedAt, n.MessageID})
		}
	}
	slices.SortStableFunc(mails, func(a, b mail) int { return a.at.Compare(b.at) })
	for _, m := range mails[max(0, len(mails)-referencesLimit):] {
		references = append(references, m.id)
	}
	return inReplyTo, references, nil
}

// tellColleagues tells the other agents what the mail means for them, each at
// most once: being assigned comes before a transfer, a transfer before what was
// written. A team is told of its ticket if nobody has it.
func (w *work) tellColleagues(entry *Entry) error {
	latest, err := w.latestMessage()
	if err != nil {
		return err
	}
	actor := w.agent.Key
	if w.chosen && w.ticket.Assignee == actor {
		actor = "" // who was chosen did not choose
	}
	told := map[string]bool{actor: true}
	tell := func(kind NoticeKind, team string, keys ...string) error {
		for _, key := range keys {
			if told[key] {
				continue
			}
			told[key] = true
			if err := w.tellAgent(key, &w.ticket, kind, entry, w.handover(latest, entry, team)); err != nil {
				return err
			}
		}
		return nil
	}
	if w.ticket.Assignee != w.before.Assignee && w.ticket.Assignee != "" && !w.chosen {
		if err := tell(NoticeAssigned, "", w.ticket.Assignee); err != nil {
			return err
		}
	}
	if w.ticket.Team != w.before.Team && w.ticket.Team != "" && w.ticket.Assignee == "" {
		if err := tell(NoticeAssigned, w.policy.teamName(w.ticket.Team), w.policy.Crew(w.ticket.Team, w.ticket.Department)...); err != nil {
			return err
		}
	}
	for _, kind := range w.happened(entry) {
		keys, err := w.audience(&w.ticket, kind, actor)
		if err != nil {
			return err
		}
		if kind == NoticeNote {
			keys = append(keys, w.mentioned(entry.Text)...)
		}
		if err := tell(kind, "", keys...); err != nil {
			return err
		}
	}
	return nil
}

// happened are the kinds of notices about what the mail did, beside giving the
// ticket to somebody.
func (w *work) happened(entry *Entry) []NoticeKind {
	var kinds []NoticeKind
	if w.ticket.Department != w.before.Department {
		kinds = append(kinds, NoticeTransferred)
	}
	switch resolved := w.ticket.Status == Resolved && w.before.Status != Resolved; {
	case entry != nil && entry.Kind == Note:
		kinds = append(kinds, NoticeNote)
	case entry != nil || resolved:
		kinds = append(kinds, NoticeReplied)
	}
	return kinds
}

// handover fills in what somebody needs who has not seen the ticket before: who
// passed it on, and what the customer wrote.
func (w *work) handover(latest, entry *Entry, team string) func(*Notice) {
	return func(n *Notice) {
		n.Facts.Actor, n.Facts.Team = w.agent.Name, team
		n.Facts.Public = entry != nil && entry.Kind == Reply
		n.Facts.Resolved = w.ticket.Status == Resolved && w.before.Status != Resolved
		if w.held != "" {
			n.Facts.Remarks = append(n.Facts.Remarks, "what it says to the customer is held: "+w.held)
		}
		if latest == nil || n.Kind == NoticeNote || n.Kind == NoticeReplied {
			return // who is told knows the ticket
		}
		n.Facts.Latest, n.Facts.LatestBy, n.Facts.LatestMarkdown = latest.Text, authorOf(w.policy, latest), latest.Markdown
		n.Facts.Remarks = append(n.Facts.Remarks, remarks(latest)...)
		n.Facts.Files = append(n.Facts.Files, attachable(latest.Files)...)
	}
}

// latestMessage is what a participant wrote last, nil if nobody did.
func (w *work) latestMessage() (*Entry, error) {
	entries, err := w.thread(w.ticket.Number)
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(entries) {
		if e.Kind == Message && !e.Held {
			return &e, nil
		}
	}
	return nil, nil
}

// names lists addresses the way a transcript names them.
func names(recipients []Recipient) string {
	var list []string
	for _, r := range recipients {
		list = append(list, r.Address.Email)
	}
	return strings.Join(slices.Compact(list), ", ")
}
