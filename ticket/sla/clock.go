package sla

import (
	"slices"
	"time"
)

// A State says how a clock stands.
type State string

// The states. A clock that has passed its deadline without an end is still
// Running or Paused; Clock.BreachedAt tells.
const (
	Running   State = "running"
	Paused    State = "paused"
	Met       State = "met"
	Breached  State = "breached" // ended too late
	Cancelled State = "cancelled"
)

// A Segment is a stretch in which a clock ran. A zero To has not come yet.
type Segment struct {
	From, To time.Time
	Own      bool // the desk ended it, after what the clock had reached by To
}

// has reports whether an instant comes before the segment's end. What people do
// at an instant comes before what clocks reach then, and what the desk does by
// itself comes after it.
func (s Segment) has(at time.Time) bool {
	return s.To.IsZero() || at.Before(s.To) || s.Own && at.Equal(s.To)
}

// A Clock is one promise to a ticket. Its methods do not change it.
type Clock struct {
	Metric   Metric
	Cycle    int // its name among those of its metric, from 1
	Terms    Terms
	Budget   time.Duration // working time; 0 is no promise, and the clock only keeps its segments
	State    State
	Started  time.Time
	Ended    time.Time // of Met, Breached and Cancelled
	Segments []Segment
	Fixed    time.Time // the deadline of Due
	Replaced bool      // Due stands in for the deadline of this clock, which is Resolve

	// After a change of terms only what is after CountFrom is counted, and
	// Carried beside it.
	Carried   time.Duration
	CountFrom time.Time
	ChangedAt time.Time // the last change of terms; zero is never
	ByChange  bool      // the change left no time, and is the breach
}

// open reports whether the clock still waits for its end.
func (c *Clock) open() bool { return c.State == Running || c.State == Paused }

// counted are the segments, less what is before CountFrom. One that the desk ended
// then is still there, without length.
func (c *Clock) counted() []Segment {
	var all []Segment
	for _, s := range c.Segments {
		if !s.To.IsZero() && !s.has(c.CountFrom) {
			continue
		}
		if s.From.Before(c.CountFrom) {
			s.From = c.CountFrom
		}
		all = append(all, s)
	}
	return all
}

// Consumed is the working time that the clock had counted at an instant.
func (c *Clock) Consumed(at time.Time) time.Duration {
	total := c.Carried
	for _, s := range c.counted() {
		to := s.To
		if to.IsZero() || to.After(at) {
			to = at
		}
		total += c.Terms.Calendar.Elapsed(s.From, to)
	}
	return total
}

// reach is the first instant at which the clock has counted an amount, and
// false if it stands still before. An amount that is reached at the very end of
// a segment is reached when the clock goes on: what people did at the deadline
// was in time.
func (c *Clock) reach(amount time.Duration) (time.Time, bool, error) {
	left := max(0, amount-c.Carried)
	for _, s := range c.counted() {
		counted := time.Duration(0)
		if !s.To.IsZero() {
			if counted = c.Terms.Calendar.Elapsed(s.From, s.To); counted < left {
				left -= counted
				continue
			}
		}
		at, err := c.Terms.Calendar.Add(s.From, left)
		if err != nil {
			return time.Time{}, false, err
		}
		if s.has(at) {
			return at, true, nil
		}
		left = 0
	}
	return time.Time{}, false, nil
}

// Deadline is when the clock's budget is used up, and false while there is no
// such instant: it is paused or ended before, there is no promise, or a due date
// stands in for it. The error is calendar.ErrTooFar.
func (c *Clock) Deadline() (time.Time, bool, error) {
	switch {
	case c.Budget == 0 || c.Replaced:
		return time.Time{}, false, nil
	case !c.Fixed.IsZero():
		at, passed := c.whenRunning(c.Fixed)
		return at, passed, nil
	case c.ByChange:
		return c.ChangedAt, true, nil
	}
	return c.reach(c.Budget)
}

// BreachedAt is when the clock passed its deadline, and false if it had not at
// an instant. An end at the deadline itself is in time, but for one that the desk
// made.
func (c *Clock) BreachedAt(now time.Time) (time.Time, bool, error) {
	at, ok, err := c.Deadline()
	if err != nil || !ok || at.After(now) || c.cancelledBy(at) {
		return time.Time{}, false, err
	}
	return at, true, nil
}

// cancelledBy reports whether the clock was taken away before it could reach
// anything at an instant.
func (c *Clock) cancelledBy(at time.Time) bool {
	own := slices.ContainsFunc(c.Segments, func(s Segment) bool { return s.Own && s.To.Equal(at) })
	return c.State == Cancelled && !at.Before(c.Ended) && !own
}

// clone is a clock that may be changed without changing c.
func (c *Clock) clone() *Clock {
	d := *c
	d.Segments = slices.Clone(c.Segments)
	return &d
}

// run opens a segment. One that ended at this very instant goes on, so that a
// pause without length changes nothing.
func (c *Clock) run(at time.Time) {
	c.State, c.Ended = Running, time.Time{}
	if last := len(c.Segments) - 1; last >= 0 && c.Segments[last].To.Equal(at) {
		c.Segments[last].To, c.Segments[last].Own = time.Time{}, false
		return
	}
	c.Segments = append(c.Segments, Segment{From: at})
}

// halt closes the open segment, by the desk itself or not. One without length is
// dropped, unless the desk ends it: it had reached what it reaches by going on.
func (c *Clock) halt(at time.Time, s State, own bool) {
	c.State = s
	last := len(c.Segments) - 1
	if last < 0 || !c.Segments[last].To.IsZero() {
		return
	}
	if c.Segments[last].From.Equal(at) && last > 0 && !own {
		c.Segments = c.Segments[:last]
		return
	}
	c.Segments[last].To, c.Segments[last].Own = at, own
}

// cancel ends the clock without a result.
func (c *Clock) cancel(at time.Time, own bool) {
	c.halt(at, Cancelled, own)
	c.Ended = at
}

// end freezes the clock: it is met, or was breached before.
func (c *Clock) end(at time.Time, own bool) error {
	c.halt(at, Met, own)
	c.Ended = at
	_, late, err := c.BreachedAt(at)
	if late {
		c.State = Breached
	}
	return err
}
