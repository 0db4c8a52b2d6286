package ticket

import (
	"fmt"
	"time"
)

// acknowledge tells the requester of a new ticket that it was received, where
// that can harm nobody: an acknowledgement to a forged address makes the desk
// somebody's weapon.
func (t *turn) acknowledge(tk *Ticket, r *Receipt, m *Mail) error {
	why, err := t.whyNotAcknowledge(tk, r, m)
	if err != nil {
		return err
	}
	if why != "" {
		t.because("not acknowledged: %s", why)
		return t.record(&Event{Ticket: tk.Number, Kind: Unacknowledged, Actor: theDesk, Detail: why})
	}
	facts := t.facts(tk)
	facts.To = m.From.Name
	if !m.vouched() {
		// Whoever chose these words may not be the one who will read them.
		facts.Subject, facts.To, facts.Requester = "", "", ""
	}
	n := &Notice{
		Ticket: tk.Number, Kind: NoticeAck, Answer: TokenCustomer, Department: tk.Department, Automatic: true,
		Recipients: []Recipient{{Address: tk.Requester}}, Facts: facts,
		Dedupe: fmt.Sprintf("ack:%d", tk.Number),
	}
	if m.vouched() {
		n.InReplyTo = m.MessageID
	} else {
		n.Recipients[0].Address.Name = ""
	}
	t.because("acknowledged to %s", tk.Requester.Key())
	return t.queue(n)
}

// whyNotAcknowledge is the first reason against an acknowledgement, "" if there
// is none.
func (t *turn) whyNotAcknowledge(tk *Ticket, r *Receipt, m *Mail) (string, error) {
	if why, err := t.whyNotAnswer(tk.Requester, r, m); why != "" || err != nil {
		return why, err
	}
	acked, err := t.tx.CountNotices(NoticeFilter{Address: tk.Requester.Key(), Kinds: []NoticeKind{NoticeAck},
		Since: t.now.Add(-24 * time.Hour)})
	switch {
	case err != nil:
		return "", fmt.Errorf("count acknowledgements: %w", err)
	case acked > 0:
		return "the address got an acknowledgement within 24 h", nil
	}
	return t.capReached(tk)
}

// whyNotAnswer is the first reason against answering a mail from an address by
// ourselves, whatever else was sent, "" if there is none.
func (t *turn) whyNotAnswer(from Address, r *Receipt, m *Mail) (string, error) {
	_, fromAgent := t.policy.AgentByAddress(m.From)
	switch {
	case from.Email == "":
		return "the mail has no sender address that could be answered", nil
	case m.Machine != Human:
		return "it was written by a program", nil
	case m.NoAnswer != "":
		return m.NoAnswer, nil
	case t.policy.Acknowledge == AckNever:
		return "acknowledgements are switched off", nil
	case m.Authenticity == Forged:
		return "its sender is forged", nil
	case fromAgent && !m.vouched():
		return "it claims to come from an agent without proof", nil
	case t.now.Sub(t.received(r)) > t.policy.OldMail:
		return "it had lain in the mailbox for more than " + hours(t.policy.OldMail), nil
	}
	if ok, err := t.verifiedEnough(from, m.vouched()); !ok || err != nil {
		return "its sender is not verified", err
	}
	return "", nil
}

// verifiedEnough reports whether an address may get automatic mail: that it wrote
// is proven, or an agent has answered it before, or the admin does not ask for
// it.
func (t *turn) verifiedEnough(to Address, proven bool) (bool, error) {
	if t.policy.Acknowledge != AckVerified || proven {
		return true, nil
	}
	c, err := t.tx.Contact(to.Key())
	if err != nil && !isAbsent(err) {
		return false, fmt.Errorf("read contact: %w", err)
	}
	return !c.AnsweredAt.IsZero(), nil
}

// capReached says which cap on automatic mail another one to the requester
// would exceed, "" if none.
func (t *turn) capReached(tk *Ticket) (string, error) { return t.capOf(tk, tk.Requester) }

// capOf is capReached for another one who takes part.
func (t *turn) capOf(tk *Ticket, to Address) (string, error) {
	if why, err := t.capAt(to); why != "" || err != nil {
		return why, err
	}
	return t.reached(mailCap{NoticeFilter{Ticket: tk.Number, Customers: true, Since: t.now.Add(-24 * time.Hour)}, t.policy.Caps.TicketDay,
		"the cap of automatic mail on one ticket in a day is reached"})
}

// capAt says which cap on automatic mail another one to an address would exceed,
// whatever it is about, "" if none.
func (t *turn) capAt(to Address) (string, error) {
	caps, address := t.policy.Caps, to.Key()
	day, hour := t.now.Add(-24*time.Hour), t.now.Add(-time.Hour)
	return t.reached([]mailCap{
		{NoticeFilter{Address: address, Customers: true, Since: hour}, caps.AddressHour, "the cap of automatic mail to one address in an hour is reached"},
		{NoticeFilter{Address: address, Customers: true, Since: day}, caps.AddressDay, "the cap of automatic mail to one address in a day is reached"},
		{NoticeFilter{Customers: true, Since: hour}, caps.SystemHour, "the cap of automatic mail of the whole desk in an hour is reached"},
	}...)
}

// A mailCap is how many notices of some there may be.
type mailCap struct {
	filter NoticeFilter
	limit  int
	why    string // there is no more
}

// reached says which of some caps is reached, "" if none.
func (t *turn) reached(all ...mailCap) (string, error) {
	for _, c := range all {
		n, err := t.tx.CountNotices(c.filter)
		if err != nil {
			return "", fmt.Errorf("count automatic mail: %w", err)
		}
		if n >= c.limit {
			return c.why, nil
		}
	}
	return "", nil
}

func hours(d time.Duration) string { return fmt.Sprintf("%g h", d.Hours()) }
