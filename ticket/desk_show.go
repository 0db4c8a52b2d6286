package ticket

import (
	"context"
	"fmt"
)

// A Case is everything the desk knows of a ticket.
type Case struct {
	Ticket       Ticket
	Participants []Participant
	Entries      []Entry
	Events       []Event
	Notices      []Notice
	Mails        []Taken
}

// Show reads a whole ticket. The error is a Refusal if there is no such ticket.
func (d *Desk) Show(ctx context.Context, n Number) (Case, error) {
	var c Case
	err := d.view(ctx, func(t *turn) error {
		tk, err := t.tx.Ticket(n)
		if isAbsent(err) {
			return refuse(NotFound, "there is no ticket %d", n)
		}
		if err != nil {
			return err
		}
		c.Ticket = *tk
		if c.Participants, err = t.tx.Participants(n); err != nil {
			return err
		}
		if c.Entries, err = t.tx.Entries(n); err != nil {
			return err
		}
		if c.Events, err = t.tx.Events(n); err != nil {
			return err
		}
		if c.Notices, err = t.tx.Notices(n); err != nil {
			return err
		}
		c.Mails, err = t.tx.TakenOn(n)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("show ticket %d: %w", n, err)
	}
	return c, nil
}

// List reads the tickets that match, the most recently updated first.
func (d *Desk) List(ctx context.Context, f Filter) ([]Ticket, error) {
	var list []Ticket
	err := d.view(ctx, func(t *turn) (err error) {
		list, err = t.tx.Find(f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	return list, nil
}

// InUse lists the departments that have tickets in one of the statuses.
func (d *Desk) InUse(ctx context.Context, s []Status) ([]string, error) {
	var departments []string
	err := d.view(ctx, func(t *turn) (err error) {
		departments, err = t.tx.InUse(s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for departments in use: %w", err)
	}
	return departments, nil
}

// StatesInUse lists the states that an admin has added in which there are tickets
// with one of the statuses.
func (d *Desk) StatesInUse(ctx context.Context, s []Status) ([]State, error) {
	var states []State
	err := d.view(ctx, func(t *turn) (err error) {
		states, err = t.tx.StatesInUse(s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for statuses in use: %w", err)
	}
	return states, nil
}

// Explain reads what became of the mail with this UID, and why.
func (d *Desk) Explain(ctx context.Context, source string, epoch, uid uint32) (Taken, error) {
	var taken Taken
	err := d.view(ctx, func(t *turn) (err error) {
		taken, err = t.tx.TakenUID(source, epoch, uid)
		if isAbsent(err) {
			return refuse(NotFound, "%s UID %d (UIDVALIDITY %d) was never taken", source, uid, epoch)
		}
		return err
	})
	return taken, err
}

// Outcomes counts the mails taken so far by what became of them.
func (d *Desk) Outcomes(ctx context.Context) (map[Outcome]int, error) {
	var counts map[Outcome]int
	err := d.view(ctx, func(t *turn) (err error) {
		counts, err = t.tx.Outcomes()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count outcomes: %w", err)
	}
	return counts, nil
}
