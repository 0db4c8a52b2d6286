package ticket

import (
	"context"
	"fmt"
	"time"
)

// A Timetable is the part of a Tx that knows when something is to be done by
// time.
type Timetable interface {
	// NextAt is the least Ticket.NextAt after an instant; zero if there is none.
	NextAt(after time.Time) (time.Time, error)
	// LastRun is when recurring work was last done, zero if never. In an Update
	// it is held against other writers. SetRun notes when it was.
	LastRun(name string) (time.Time, error)
	SetRun(name string, at time.Time) error
}

// A Schedule says when something recurs.
type Schedule interface {
	// Next is the first instant after t at which it does; zero if there is none.
	Next(t time.Time) time.Time
}

// NextAt is when Tick next has something to do after an instant, such as that at
// which it last ran; zero if there is nothing.
func (d *Desk) NextAt(ctx context.Context, after time.Time) (time.Time, error) {
	return look(ctx, d, "look for the next instant", func(tx Tx) (time.Time, error) { return tx.NextAt(after) })
}

// Recur does work that is not the desk's own if it has come due since it was last
// done, whatever happened meanwhile: once for all the times that were missed, and
// never twice for one. What was never done yet is due at its next time. An error
// of the work means that it was not done.
func (d *Desk) Recur(ctx context.Context, name string, s Schedule, work func(context.Context) error) error {
	var run run
	err := d.view(ctx, func(t *turn) (err error) {
		run, err = t.lastRun(name, s)
		return err
	})
	if err != nil || !run.due && !run.first {
		return err
	}
	if run.due {
		if err := work(ctx); err != nil {
			return err
		}
	}
	return d.update(ctx, func(t *turn) error { return t.noteRun(name) })
}

// aheadOfTime is how far a run may seem to lie in the future before it is taken
// for one of a clock that was wrong, in whose time nothing would recur.
const aheadOfTime = 24 * time.Hour

// A run is what is known of recurring work at some instant.
type run struct {
	last  time.Time // when it was last done
	due   bool      // it has come due since
	first bool      // it was never done: it is due at its next time, counted from now
}

// lastRun is when recurring work was last done, and whether it has come due since.
func (t *turn) lastRun(name string, s Schedule) (run, error) {
	last, err := t.tx.LastRun(name)
	if err != nil {
		return run{}, fmt.Errorf("ask when %s last ran: %w", name, err)
	}
	if last.IsZero() || last.After(t.now.Add(aheadOfTime)) {
		return run{first: true}, nil
	}
	next := s.Next(last)
	return run{last: last, due: t.due(next)}, nil
}

// noteRun notes that recurring work is done up to now.
func (t *turn) noteRun(name string) error {
	if err := t.tx.SetRun(name, t.now); err != nil {
		return fmt.Errorf("note that %s ran: %w", name, err)
	}
	return nil
}
