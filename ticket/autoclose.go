package ticket

import (
	"fmt"
	"slices"
	"time"
)

// maxReminders is how often the requester of a pending ticket is reminded before
// it counts as resolved (sla.md f.9).
const maxReminders = 2

// quietSince is since when nothing has happened between the desk and the
// requester: the ticket came into its status, or one wrote to the other.
func (t *Ticket) quietSince() time.Time {
	if t.SpokenAt.After(t.StatusAt) {
		return t.SpokenAt
	}
	return t.StatusAt
}

// closeAt is when a resolved ticket is closed; zero is never.
func (t *Ticket) closeAt(p *Policy) time.Time {
	after := p.Departments[t.Department].CloseAfter
	if t.Status != Resolved || after <= 0 {
		return time.Time{}
	}
	return t.quietSince().Add(after)
}

// warnAt is when the requester is told that a resolved ticket will be closed,
// once; zero is never.
func (t *Ticket) warnAt(p *Policy) time.Time {
	d := p.Departments[t.Department]
	closing := t.closeAt(p)
	if closing.IsZero() || t.Reminders > 0 || d.CloseWarning <= 0 || d.CloseWarning >= d.CloseAfter {
		return time.Time{}
	}
	return closing.Add(-d.CloseWarning)
}

// remindAt is when the requester of a pending ticket is reminded, or when it is
// resolved since reminding did not help; zero is never. After a time in which
// the desk was down nobody gets two reminders at once. A follow-up that an agent
// has set goes before.
func (t *Ticket) remindAt(p *Policy) time.Time {
	after := p.Departments[t.Department].RemindPending
	if t.Status != Pending || after <= 0 || !t.FollowUp.IsZero() {
		return time.Time{}
	}
	since := t.quietSince()
	if t.RemindedAt.After(since) {
		since = t.RemindedAt
	}
	return since.Add(after)
}

// autoClose closes a ticket that has been resolved, and quiet, for long enough.
func (t *turn) autoClose(tk *Ticket) error {
	if !t.due(tk.closeAt(t.policy)) {
		return nil
	}
	closed := tk.setStatus(Closed, theDesk, t.now)
	closed.Detail = "nothing was heard since it was resolved"
	return t.keep(tk, closed)
}

// warn tells the requester that the ticket will be closed. When it is closed at
// once, because the desk was down in between, nobody is.
func (t *turn) warn(tk *Ticket) error {
	at := tk.warnAt(t.policy)
	if !t.due(at) {
		return nil
	}
	return t.remindRequester(tk, NoticeClosing, at)
}

// remind reminds the requester of a pending ticket, and resolves it when that
// has not helped.
func (t *turn) remind(tk *Ticket) error {
	at := tk.remindAt(t.policy)
	if !t.due(at) {
		return nil
	}
	if tk.Reminders < maxReminders {
		return t.remindRequester(tk, NoticeReminder, at)
	}
	resolved := tk.setStatus(Resolved, theDesk, t.now)
	resolved.Detail = "the customer did not answer"
	if err := t.keep(tk, resolved); err != nil {
		return err
	}
	why, err := t.writeToRequester(tk, NoticeUnanswered, at)
	if why == "" || err != nil {
		return err
	}
	return t.record(&Event{Ticket: tk.Number, Kind: Unacknowledged, Actor: theDesk, Detail: "not told that it is resolved: " + why})
}

// remindRequester counts a reminder and sends it, unless something speaks against
// writing to the requester: then the diary says what.
func (t *turn) remindRequester(tk *Ticket, kind NoticeKind, due time.Time) error {
	why, err := t.writeToRequester(tk, kind, due)
	if err != nil {
		return err
	}
	e := &Event{Ticket: tk.Number, Kind: RequesterReminded, Actor: theDesk, After: string(kind), Detail: string(kind) + " to " + tk.Requester.Key()}
	if why != "" {
		e.Detail = "no " + string(kind) + ": " + why
	}
	tk.Reminders, tk.RemindedAt = tk.Reminders+1, t.now
	return t.keep(tk, e)
}

// writeToRequester queues automatic mail that was due at an instant, and returns
// what speaks against that, if anything does.
func (t *turn) writeToRequester(tk *Ticket, kind NoticeKind, due time.Time) (why string, err error) {
	if tk.Requester.Email == "" {
		return "its sender has no address that could be written to", nil
	}
	// What was due before a restore may have been sent by the desk that is lost.
	w := &work{turn: t, ticket: *tk, received: due}
	n := &Notice{Ticket: tk.Number, Kind: kind, Answer: TokenCustomer, Department: tk.Department, Automatic: true,
		Recipients: []Recipient{{Address: tk.Requester}}, Dedupe: fmt.Sprintf("%s:%d:%d", kind, tk.Number, due.UnixMilli())}
	if n.Facts, err = t.customerFacts(tk); err != nil {
		return "", err
	}
	n.Facts.Until = tk.closeAt(t.policy)
	if why, err = w.whyNotTellResolved(n); why != "" || err != nil {
		return why, err
	}
	reply, err := t.latestReply(tk)
	if err != nil {
		return "", err
	}
	if reply != nil {
		n.Facts.Latest, n.Facts.LatestMarkdown, n.Facts.LatestBy = reply.Text, reply.Markdown, t.policy.Departments[tk.Department].Name
	}
	if n.InReplyTo, n.References, err = w.conversation(); err != nil {
		return "", err
	}
	if err := w.holdIfLost(n); err != nil {
		return "", err
	}
	return "", t.queue(n)
}

// latestReply is what an agent wrote to the participants last, nil if nobody did.
func (t *turn) latestReply(tk *Ticket) (*Entry, error) {
	entries, err := t.tx.Entries(tk.Number)
	if err != nil {
		return nil, fmt.Errorf("read thread of ticket %d: %w", tk.Number, err)
	}
	for _, e := range slices.Backward(entries) {
		if e.Kind == Reply {
			return &e, nil
		}
	}
	return nil, nil
}
