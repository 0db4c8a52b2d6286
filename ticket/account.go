package ticket

import (
	"context"
	"fmt"
	"time"

	"deskpost/ticket/sla"
)

// An Account says why the clocks of a ticket stand where they do: the history
// that they are made from, event by event, with who did what.
type Account struct {
	Ticket Ticket
	State  string         // its status, as people call it
	At     time.Time      // the instant of all this
	Zone   *time.Location // of its calendar, in which What is written

	// History makes the clocks. Without a plan in its terms there never were any.
	History sla.History
	// Moments are what happened, in the order in which it counts, from the opening
	// on. Their moves are the events of History.
	Moments []Moment
	// Ahead is what time alone will do to the clocks, if nothing else happens.
	Ahead []Moment

	Outdated string   // what the policy says otherwise than the diary did when it was last counted; "" is nothing
	Wrong    []string // where the clocks that are kept are not those of History; see ClocksAgainst

	fired []Fired
}

// A Moment is what was done in one go, as by one mail, and what it is to clocks.
type Moment struct {
	At    time.Time // when it counts
	Noted time.Time // when the desk took note of it
	Deeds []Deed
	Moves []sla.Event

	changes []Event // of what Other names
}

// A Deed is what somebody did.
type Deed struct {
	By    string // "" where What says it, or nobody did
	What  string
	Step  bool // it is about a step of the ticket's plan
	Moves bool // clocks take it for something
}

// Account reads why the clocks of a ticket stand where they do. Of one that was
// merged it reads the ticket in which it goes on. The error is a Refusal if there
// is no such ticket.
func (d *Desk) Account(ctx context.Context, n Number) (Account, error) {
	var a Account
	err := d.view(ctx, func(t *turn) error {
		tk, err := t.existing(n)
		if err != nil {
			return err
		}
		a, err = t.account(tk)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("account for the clocks of ticket %d: %w", n, err)
	}
	return a, nil
}

// account reads what Account says of one ticket.
func (t *turn) account(tk *Ticket) (Account, error) {
	a := Account{Ticket: *tk, State: t.policy.StateName(tk.State()), At: t.now, Zone: t.policy.Zone}
	diary, err := t.tx.Events(tk.Number)
	if err != nil {
		return a, fmt.Errorf("read the diary: %w", err)
	}
	c, err := t.chronicle(diary)
	if err != nil {
		return a, err
	}
	if a.fired, err = t.tx.FiredOn(tk.Number); err != nil {
		return a, fmt.Errorf("read the steps: %w", err)
	}
	if a.Wrong, err = ClocksAgainst(t.tx, tk, diary, t.now); err != nil {
		return a, err
	}
	if now, others := t.policy.otherTerms(tk, c.terms); others {
		a.Outdated = t.outdated(tk, c.terms, now)
	}
	if a.History = c.history; c.terms != (Terms{}) {
		latest, err := t.readTerms(c.terms)
		if err != nil {
			return a, err
		}
		a.Zone = latest.Calendar.Zone()
	}
	n := narrator{turn: t.in(a.Zone), chronicle: c, fired: a.fired}
	a.Moments, a.Ahead = n.moments(), n.ahead(tk)
	return a, nil
}

// outdated says in one sentence what a change of the config will do to a ticket.
func (t *turn) outdated(tk *Ticket, was, now Terms) string {
	edited := t.fresh()
	edited.edited = true
	if says := edited.difference(tk, was, now); says != "" {
		return says
	}
	return "the config says something else of this ticket now: its open clocks are counted anew"
}

// in is the same turn for a reader in another zone.
func (t *turn) in(zone *time.Location) *turn {
	policy := *t.policy
	policy.Zone = zone
	there := t.fresh()
	there.policy = &policy
	return there
}

// Unfired are the steps that the clocks of a book have reached, or will if
// nothing happens, and that were never done on the ticket, in order of time.
func (a *Account) Unfired(b *sla.Book) ([]sla.Firing, error) { return unfired(b, a.fired) }
