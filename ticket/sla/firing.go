package sla

import (
	"cmp"
	"slices"
	"time"
)

// A Firing is a step that a clock reaches.
type Firing struct {
	Step       Step
	Metric     Metric
	Cycle      int
	Plan       string // key
	Occurrence int    // from 0; of a step that repeats
	At         time.Time
	Deadline   time.Time // of the clock; zero where it has none
	Ended      time.Time // of the clock; zero while it is open
	Skipped    bool      // it warns of a deadline that a change of terms had made past
}

// Firings are the instants of the plan's steps that the clock has reached, or
// will if nothing happens, in order of time. While a clock stands still it
// reaches none. The error is calendar.ErrTooFar.
func (c *Clock) Firings() ([]Firing, error) {
	var all []Firing
	deadline, _, err := c.Deadline()
	if err != nil {
		return nil, err
	}
	for _, s := range c.Terms.Plan.Steps {
		if c.Budget == 0 || c.Replaced || !s.takes(c.Metric) {
			continue
		}
		for n := range max(1, s.Max) {
			at, ok, err := c.stepAt(s, time.Duration(n)*s.Repeat)
			if err != nil {
				return nil, err
			}
			if !ok || c.cancelledBy(at) || n > 0 && s.Repeat == 0 {
				break
			}
			all = append(all, Firing{Step: s, Metric: c.Metric, Cycle: c.Cycle, Plan: c.Terms.Plan.Key, Occurrence: n, At: at,
				Deadline: deadline, Ended: c.Ended, Skipped: c.ByChange && s.At.Before()})
		}
	}
	slices.SortStableFunc(all, func(a, b Firing) int { return a.At.Compare(b.At) })
	return all, nil
}

// stepAt is when the clock reaches a step, and later repetitions of it.
func (c *Clock) stepAt(s Step, later time.Duration) (time.Time, bool, error) {
	deadline, passed, err := c.Deadline()
	if err != nil {
		return time.Time{}, false, err
	}
	after := s.At.Offset + later
	var at time.Time
	switch {
	case c.ByChange && s.At.Before():
		return c.ChangedAt, true, nil
	case !s.At.Before() && after == 0:
		return deadline, passed, nil
	case c.Metric == Due:
		at, err = c.dueStepAt(s.At, later)
		passed = true
	case s.At.Real:
		at = deadline.Add(after)
	case c.ByChange:
		at, passed, err = c.reach(c.Consumed(c.ChangedAt) + after)
	default:
		at, passed, err = c.reach(s.At.consumed(c.Budget) + later)
	}
	if err != nil || !passed {
		return time.Time{}, false, err
	}
	if at.Before(c.ChangedAt) {
		at = c.ChangedAt // the step is that of the new terms, and was not there before
	}
	at, passed = c.whenRunning(at)
	return at, passed, nil
}

// dueStepAt is where a step is about a date. It does not move when the ticket is
// over for a while: half an hour before the date is before the date.
func (c *Clock) dueStepAt(p Point, later time.Duration) (time.Time, error) {
	switch {
	case p.Real:
		return c.Fixed.Add(p.Offset + later), nil
	case p.Before():
		return c.Terms.Calendar.Add(c.Started, p.consumed(c.Budget)+later)
	}
	return c.Terms.Calendar.Add(c.Fixed, p.Offset+later)
}

// whenRunning moves an instant out of a pause, to where the clock goes on.
func (c *Clock) whenRunning(at time.Time) (time.Time, bool) {
	for _, s := range c.counted() {
		if s.has(at) {
			return slices.MaxFunc([]time.Time{at, s.From}, time.Time.Compare), true
		}
	}
	return time.Time{}, false
}

// Firings are those of all clocks of the ticket, in order of time.
func (b *Book) Firings() ([]Firing, error) {
	var all []Firing
	for _, c := range b.Clocks() {
		some, err := c.Firings()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(x, y Firing) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(slices.Index(Metrics, x.Metric), slices.Index(Metrics, y.Metric)))
	})
	return all, nil
}
