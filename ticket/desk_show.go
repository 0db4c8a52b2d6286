package ticket

import (
	"context"
	"fmt"
	"slices"
)

// A Case is everything the desk knows of a ticket.
type Case struct {
	Ticket       Ticket
	Participants []Participant
	Entries      []Entry
	Events       []Event
	Notices      []Notice
	Mails        []Taken
	Merged       []Case // of the tickets that were merged into it, each as it was left, by number
}

// Show reads a whole ticket. Of one that was merged it reads the ticket in which
// it goes on, where it stands under Merged. The error is a Refusal if there is no
// such ticket.
func (d *Desk) Show(ctx context.Context, n Number) (Case, error) {
	var c Case
	err := d.view(ctx, func(t *turn) error {
		tk, err := t.existing(n)
		if err != nil {
			return err
		}
		if c, err = t.caseOf(tk); err != nil {
			return err
		}
		family, err := t.family(tk.Number)
		if err != nil {
			return err
		}
		slices.Sort(family[1:])
		for _, member := range family[1:] {
			merged, err := t.tx.Ticket(member)
			if err != nil {
				return err
			}
			one, err := t.caseOf(merged)
			if err != nil {
				return err
			}
			c.Merged = append(c.Merged, one)
		}
		return nil
	})
	if err != nil {
		return Case{}, fmt.Errorf("show ticket %d: %w", n, err)
	}
	return c, nil
}

// caseOf reads what is kept of one ticket itself.
func (t *turn) caseOf(tk *Ticket) (Case, error) {
	c := Case{Ticket: *tk}
	var err error
	if c.Participants, err = t.tx.Participants(tk.Number); err != nil {
		return c, err
	}
	if c.Entries, err = t.tx.Entries(tk.Number); err != nil {
		return c, err
	}
	if c.Events, err = t.tx.Events(tk.Number); err != nil {
		return c, err
	}
	if c.Notices, err = t.tx.Notices(tk.Number); err != nil {
		return c, err
	}
	c.Mails, err = t.tx.TakenOn(tk.Number)
	return c, err
}

// List reads the tickets that match, the most recently updated first.
func (d *Desk) List(ctx context.Context, f Filter) ([]Ticket, error) {
	return look(ctx, d, "list tickets", func(tx Tx) ([]Ticket, error) { return tx.Find(f) })
}

// InUse lists the departments that have tickets in one of the statuses.
func (d *Desk) InUse(ctx context.Context, s []Status) ([]string, error) {
	return look(ctx, d, "look for departments in use", func(tx Tx) ([]string, error) { return tx.InUse(s) })
}

// StatesInUse lists the states that an admin has added in which there are tickets
// with one of the statuses.
func (d *Desk) StatesInUse(ctx context.Context, s []Status) ([]State, error) {
	return look(ctx, d, "look for statuses in use", func(tx Tx) ([]State, error) { return tx.StatesInUse(s) })
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
	return look(ctx, d, "count outcomes", Tx.Outcomes)
}
