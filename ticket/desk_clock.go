package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// tickBatch bounds how many tickets one transaction of Tick reads.
const tickBatch = 200

// maxFaulty bounds how many tickets Tick fails at before it breaks off; it goes on
// behind them the next time. So tickets that can not be changed, however many
// there are, neither keep others waiting for ever nor the desk busy.
const maxFaulty = 1000

// clockWorks is before any desk ran. A clock that says less was never set, as on
// a machine that has no battery and has not reached a time server yet.
var clockWorks = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Tick does what has become due by time: the timers of tickets (see timers), and
// the steps of plans that clocks have reached. It may run at any time and as often as one
// likes; each ticket is a transaction of its own, after which none of it is done
// again. It returns how many tickets it changed. Before 2020 it does nothing and
// returns an error.
func (d *Desk) Tick(ctx context.Context) (int, error) {
	now := d.Now().UTC().Truncate(time.Millisecond) // without the monotonic part, which hides a clock set back
	if now.Before(clockWorks) {
		return 0, fmt.Errorf("the clock of this machine says %s: nothing is done by time until it is set", now.Format(time.DateTime))
	}
	if last := d.ticked.Swap(&now); last != nil && now.Before(*last) {
		if err := d.update(ctx, (*turn).bringForward); err != nil {
			return 0, fmt.Errorf("bring the outbox forward, since the clock was set back: %w", err)
		}
	}
	g, err := d.gate(ctx, now)
	if err != nil {
		return 0, err
	}
	changed, whole, err := d.ringAll(ctx, now, g)
	if gathered := d.gather(ctx, g); gathered != nil {
		whole = false
		err = errors.Join(err, fmt.Errorf("gather what waits to be told: %w", gathered))
	}
	d.barrier.end(d.Now().UTC(), g, whole)
	return changed, err
}

// ringAll does what is due on each ticket, and reports whether it has come to the
// last.
func (d *Desk) ringAll(ctx context.Context, now time.Time, g gate) (changed int, whole bool, err error) {
	var faults []error // of one ticket, which must not hold up the others
	find := Filter{NextBy: now, Limit: tickBatch}
	if broke := d.broke.Swap(nil); broke != nil {
		find.Behind = *broke
	}
	for {
		var due []Ticket
		err := d.view(ctx, func(t *turn) (err error) {
			due, err = t.tx.Find(find)
			return err
		})
		if err != nil {
			return changed, false, fmt.Errorf("look for what is due: %w", err)
		}
		for _, tk := range due {
			find.Behind = Due{tk.NextAt, tk.Number}
			if g.shut && !tk.dueBehindBarrier(now) {
				continue
			}
			var did bool
			err := d.update(ctx, func(t *turn) (err error) {
				t.gate = g
				did, err = t.ring(tk.Number)
				return err
			})
			switch {
			case err != nil:
				faults = append(faults, fmt.Errorf("ticket %d: %w", tk.Number, err))
			case did:
				changed++
			}
		}
		if len(due) < tickBatch {
			return changed, true, joinFew(faults)
		}
		if len(faults) >= maxFaulty {
			d.broke.Store(&find.Behind)
			return changed, false, joinFew(faults)
		}
	}
}

// joinFew makes one error of many, of which it tells the first few.
func joinFew(faults []error) error {
	const told = 10
	if more := len(faults) - told; more > 0 {
		faults = append(faults[:told:told], fmt.Errorf("and %d more tickets", more))
	}
	return errors.Join(faults...)
}

// ring does what is due on one ticket, unless somebody did so meanwhile. It
// reports whether there was anything.
func (t *turn) ring(n Number) (bool, error) {
	tk, err := t.tx.Ticket(n)
	if err != nil {
		return false, err
	}
	if tk.NextAt.IsZero() || tk.NextAt.After(t.now) {
		return false, nil
	}
	was := tk.UpdatedAt
	if err := t.timers(tk); err != nil {
		return false, err
	}
	if t.shut {
		return !tk.UpdatedAt.Equal(was), nil // its steps wait
	}
	return true, t.steps(tk)
}

// bringForward makes due what waits longer than any notice does: it was queued or
// put off while the clock was ahead, by a year perhaps.
func (t *turn) bringForward() error {
	longest := time.Hour
	for _, d := range t.policy.Retries.Delays {
		longest = max(longest, d)
	}
	return t.tx.BringForward(t.now, t.now.Add(longest))
}
