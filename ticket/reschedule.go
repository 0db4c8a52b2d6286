package ticket

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Timers are the part of a Tx that finds tickets which a change of the config has
// something to be done with earlier, or at all.
type Timers interface {
	// Unscheduled lists up to limit tickets of a department in a status, with a
	// number above after, in order: those of which nobody was reminded and whose
	// NextAt is never, or later than the given time after both StatusAt and
	// SpokenAt.
	Unscheduled(s Status, department string, within time.Duration, after Number, limit int) ([]Number, error)
}

// Reschedule lets a policy that closes, warns and reminds earlier than the one
// before hold for tickets that wait already. It belongs before the first Tick
// with a policy, and does nothing to tickets that are looked at early enough: if
// that is too early, Tick finds nothing to do and looks again when there is.
func (d *Desk) Reschedule(ctx context.Context) error {
	var faults []error // of one ticket, which must not hold up the others
	for _, key := range slices.Sorted(maps.Keys(d.Policy().Departments)) {
		dept := d.Policy().Departments[key]
		for status, within := range map[Status]time.Duration{Resolved: dept.CloseAfter, Pending: dept.RemindPending} {
			if within > 0 {
				faults = append(faults, d.rescheduleAll(ctx, status, key, within))
			}
		}
	}
	return errors.Join(faults...)
}

// rescheduleAll does so for the tickets of a department in a status, each in a
// transaction of its own.
func (d *Desk) rescheduleAll(ctx context.Context, s Status, department string, within time.Duration) error {
	var faults []error
	for after := Number(0); ; {
		var page []Number
		err := d.view(ctx, func(t *turn) (err error) {
			page, err = t.tx.Unscheduled(s, department, within, after, tickBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for tickets whose timers have changed: %w", errors.Join(append(faults, err)...))
		}
		if len(page) == 0 {
			return errors.Join(faults...)
		}
		for _, n := range page {
			after = n
			if err := d.update(ctx, func(t *turn) error { return t.reschedule(n) }); err != nil {
				faults = append(faults, fmt.Errorf("set the timers of ticket %d: %w", n, err))
			}
		}
	}
}

// reschedule computes anew when something is to be done with a ticket by time.
func (t *turn) reschedule(n Number) error {
	tk, err := t.tx.Ticket(n)
	if err != nil {
		return err
	}
	return t.save(tk, nil, time.Time{})
}
