package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A QuarantinedMail is one that was taken and kept out of every thread, until
// somebody releases or rejects it (decisions.md 12, 13).
type QuarantinedMail struct {
	Receipt    int64
	Ticket     Number // that it meant; 0 if it meant none
	Department string // whose agents decide about it
	Why        string
	Mail       Mail // as it was read; empty once it is decided
	At         time.Time
}

// Quarantine is the part of a Tx that keeps mails out of threads.
type Quarantine interface {
	SetAside(m QuarantinedMail) error
	// Aside lists up to limit mails that wait in the departments, the oldest first.
	Aside(departments []string, limit int) ([]QuarantinedMail, error)
	CountAside(departments []string) (int, error)
	// AsideAs reads the one with this receipt, if it waits.
	AsideAs(receipt int64) (QuarantinedMail, error)
	// EndAside notes what was decided about it, and by whom.
	EndAside(receipt int64, released bool, by Actor, at time.Time) error
}

// setAside keeps the mail at hand, for the agents of a department.
func (t *turn) setAside(n Number, department string, m *Mail, why string) error {
	q := QuarantinedMail{Receipt: t.receipt, Ticket: n, Department: department, Why: why, Mail: *m, At: t.now}
	if err := t.tx.SetAside(q); err != nil {
		return fmt.Errorf("quarantine a mail: %w", err)
	}
	return nil
}

// Quarantined lists up to limit mails that wait for somebody to release or reject
// them, as far as an agent may do that: who may reply in a department.
func (d *Desk) Quarantined(ctx context.Context, agent string, limit int) ([]QuarantinedMail, error) {
	departments := d.Policy().answers(agent)
	if len(departments) == 0 {
		return nil, nil
	}
	return look(ctx, d, "list quarantined mail", func(tx Tx) ([]QuarantinedMail, error) { return tx.Aside(departments, limit) })
}

// CountQuarantined counts what Quarantined lists.
func (d *Desk) CountQuarantined(ctx context.Context, agent string) (int, error) {
	departments := d.Policy().answers(agent)
	if len(departments) == 0 {
		return 0, nil
	}
	return look(ctx, d, "count quarantined mail", func(tx Tx) (int, error) { return tx.CountAside(departments) })
}

// answers lists the departments whose customers an agent may answer.
func (p *Policy) answers(agent string) []string {
	var keys []string
	for key := range p.Departments {
		if p.May(agent, MayReply, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// ReleaseMail takes a quarantined mail as one without any token: on the ticket that
// it meant it is its sender's, held if they do not take part in that; without one
// it opens a ticket. Nobody gets an acknowledgement, and its commands are not run.
// The time is now, since nobody could answer it before. It returns the ticket. The
// error is a Refusal if no such mail waits that the agent may decide about.
func (d *Desk) ReleaseMail(ctx context.Context, agent string, receipt int64) (Number, error) {
	var into Number
	err := d.update(ctx, func(t *turn) error {
		q, err := t.decides(agent, receipt, true)
		if err != nil {
			return err
		}
		into, err = t.release(&q, agent)
		return err
	})
	return into, requestError("release a quarantined mail", err)
}

// RejectMail leaves a quarantined mail where it is, for good. The error is a
// Refusal as of ReleaseMail.
func (d *Desk) RejectMail(ctx context.Context, agent string, receipt int64) error {
	return requestError("reject a quarantined mail", d.update(ctx, func(t *turn) error {
		q, err := t.decides(agent, receipt, false)
		if err != nil || q.Ticket == 0 {
			return err
		}
		return t.record(&Event{Ticket: q.Ticket, Kind: QuarantineEnded, Actor: Actor{Kind: ByAgent, Name: agent},
			Detail: "the quarantined mail of " + addressOrNobody(q.Mail.From) + " was rejected"})
	}))
}

// decides takes a mail out of what waits, for an agent who may.
func (t *turn) decides(agent string, receipt int64, release bool) (QuarantinedMail, error) {
	q, err := t.tx.AsideAs(receipt)
	switch {
	case isAbsent(err), err == nil && !t.policy.May(agent, MayReply, q.Department):
		return q, refuse(NotFound, "no such mail waits for a decision: somebody has decided it already")
	case err != nil:
		return q, fmt.Errorf("read quarantined mail %d: %w", receipt, err)
	}
	by := Actor{Kind: ByAgent, Name: agent}
	if err := t.tx.EndAside(receipt, release, by, t.now); err != nil {
		return q, fmt.Errorf("decide about quarantined mail %d: %w", receipt, err)
	}
	return q, nil
}

func (t *turn) release(q *QuarantinedMail, agent string) (Number, error) {
	m := q.Mail
	m.NoAnswer, m.Stamp, m.Department = "it was quarantined", "", q.Department
	m.Problems = append(slices.Clone(m.Problems), fmt.Sprintf("came %s and was quarantined: %s; released by %s", t.at(q.At), q.Why, t.policy.agentName(agent)))
	r := &Receipt{Received: t.now}
	tk, member, err := t.goesOn(q.Ticket, m.From)
	if err != nil {
		return 0, err
	}
	var c Conclusion
	switch {
	case tk == nil:
		c, err = t.newTicket(r, &m, q.Ticket)
	case m.Machine != Human:
		c, err = t.machine(r, &m, match{ticket: tk.Number, participant: member})
	default:
		c, err = t.fromOutside(r, &m, match{ticket: tk.Number, participant: member})
	}
	if err != nil {
		return 0, err
	}
	return c.Ticket, t.record(&Event{Ticket: c.Ticket, Kind: QuarantineEnded, Actor: Actor{Kind: ByAgent, Name: agent}, Entry: c.Entry,
		Detail: "the quarantined mail of " + addressOrNobody(m.From) + " was released"})
}
