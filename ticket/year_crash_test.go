package ticket_test

import (
	"context"
	"errors"
	"math/rand/v2"

	"deskpost/ticket"
)

// errCrash is what a program that died would have been told.
var errCrash = errors.New("the program died here")

// A mortal is a store under a program that may die: in the midst of a
// transaction, at its end, or just after the commit.
type mortal struct {
	ticket.Store
	left    int  // steps until it dies; 0 is not soon
	late    bool // after the commit of the transaction, and not in it
	dead    bool
	crashes int
}

// doom lets the program die within the next transactions.
func (m *mortal) doom(r *rand.Rand) { m.left, m.late = 1+r.IntN(60), r.IntN(3) == 0 }

// revive starts the program again.
func (m *mortal) revive() { m.left, m.dead = 0, false }

// step is one of the places at which it may die.
func (m *mortal) step() error {
	if m.left > 0 {
		m.left--
		m.dead = m.left == 0
	}
	if m.dead {
		return errCrash
	}
	return nil
}

func (m *mortal) Update(ctx context.Context, f func(ticket.Tx) error) error {
	if m.dead {
		return errCrash
	}
	late := m.late
	err := m.Store.Update(ctx, func(tx ticket.Tx) error {
		if late {
			return f(tx)
		}
		if err := f(mortalTx{tx, m}); err != nil {
			return err
		}
		return m.step()
	})
	if late && err == nil {
		err = m.step()
	}
	if m.dead {
		m.crashes++
	}
	return err
}

// A mortalTx may die at whatever it writes.
type mortalTx struct {
	ticket.Tx
	mortal *mortal
}

func (t mortalTx) Fire(f ticket.Fired) (bool, error) {
	if err := t.mortal.step(); err != nil {
		return false, err
	}
	return t.Tx.Fire(f)
}

func (t mortalTx) Record(events ...ticket.Event) error {
	return errors.Join(t.Tx.Record(events...), t.mortal.step())
}

func (t mortalTx) Save(k *ticket.Ticket) error { return errors.Join(t.Tx.Save(k), t.mortal.step()) }

func (t mortalTx) SaveClocks(n ticket.Number, clocks []ticket.Clock) error {
	return errors.Join(t.Tx.SaveClocks(n, clocks), t.mortal.step())
}

func (t mortalTx) Queue(n *ticket.Notice) (bool, error) {
	queued, err := t.Tx.Queue(n)
	return queued, errors.Join(err, t.mortal.step())
}
