package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket/sla"
)

// recomputeBatch is how many tickets Recompute looks up at a time.
const recomputeBatch = 200

// Recompute counts anew the clocks of tickets whose plan or calendar says
// something else than when they were last counted: after the config was edited,
// and after an update that changed the rules of a time zone. Each ticket gets an
// event that says so. Clocks that have ended stay as they are, and what has fired
// stays fired. It belongs before the first Tick with a policy, may be ended and
// run again at any time, and does not look at tickets of which nothing changed.
// Each ticket is a transaction of its own. It returns how many there were.
func (d *Desk) Recompute(ctx context.Context) (int, error) {
	settings, err := look(ctx, d, "look by what clocks are counted", Tx.Settings)
	if err != nil {
		return 0, err
	}
	counted := 0
	var faults []error // of one ticket, which must not hold up the others
	for _, s := range settings {
		if !d.Policy().outdates(s) {
			continue
		}
		n, err := d.recomputeUnder(ctx, s)
		counted += n
		faults = append(faults, err)
	}
	return counted, errors.Join(faults...)
}

// outdates reports whether what was written of a setting holds no more.
func (p *Policy) outdates(s Setting) bool {
	now := p.termsAfter(Terms{Calendar: s.Calendar, CalendarRevision: s.CalendarRevision}, &Ticket{Department: s.Department, Plan: s.Plan})
	return s != Setting{s.Department, s.Plan, now.PlanRevision, now.Calendar, now.CalendarRevision}
}

func (d *Desk) recomputeUnder(ctx context.Context, s Setting) (counted int, err error) {
	var faults []error
	for after := Number(0); ; {
		var page []Number
		err := d.view(ctx, func(t *turn) (err error) {
			page, err = t.tx.Under(s, after, recomputeBatch)
			return err
		})
		if err != nil {
			return counted, fmt.Errorf("look for tickets whose clocks are outdated: %w", errors.Join(append(faults, err)...))
		}
		if len(page) == 0 {
			return counted, errors.Join(faults...)
		}
		for _, n := range page {
			after = n
			if err := d.update(ctx, func(t *turn) error { return t.recompute(n) }); err != nil {
				faults = append(faults, fmt.Errorf("count the clocks of ticket %d anew: %w", n, err))
				continue
			}
			counted++
		}
	}
}

// recompute counts one ticket's clocks anew, if it is still being worked on.
func (t *turn) recompute(n Number) error {
	tk, err := t.tx.Ticket(n)
	if err != nil || tk.Status.Standing() != sla.Working {
		return err
	}
	t.edited = true
	return t.save(tk, nil, time.Time{})
}
