package minutetest

import (
	"math"
	"slices"
	"time"
)

// A clock counts for one promise.
type clock struct {
	metric  string
	cycle   int
	terms   Terms
	began   Minute
	promise bool
	budget  int // minutes
	steps   []stage
	reached []reached // of these
	taken   []reached // of these, when it was taken away

	running   bool
	ended     end
	stretches []stretch // in which it ran
	replaced  bool      // a due date stands in for its deadline

	counted int    // open minutes in which it ran, as far as they count
	carried int    // of them, those from before since
	since   Minute // from where stretches count

	late     bool // the deadline has passed
	deadline Minute
	past     int  // open minutes counted at the deadline
	byChange bool // of terms
	changed  Minute

	// Of a due date, time counts whether the ticket is worked on or not.
	fixed   Minute
	elapsed int // open minutes since it was set
	beyond  int // open minutes since it passed
}

// An end is why a clock has stopped for good.
type end int

const (
	open end = iota
	met
	voided    // with the ticket
	cancelled // there is another date, or none
)

type stretch struct{ from, to Minute }

// A stage is a step and how often it was reached.
type stage struct {
	Step
	at   point
	done int
}

type reached struct {
	Name
	Point
}

const never = Minute(math.MaxInt)

// points gets the steps of the plan, none of them reached.
func (c *clock) points() {
	c.steps, c.reached = nil, nil
	for _, s := range c.terms.Plan.Steps {
		if s.takes(c.metric) {
			c.steps = append(c.steps, stage{Step: s, at: s.point()})
		}
	}
}

// run lets the clock run, or stand still.
func (c *clock) run(now Minute, on bool) {
	switch {
	case on && !c.running:
		c.stretches = append(c.stretches, stretch{now, never})
	case !on && c.running:
		c.stretches[len(c.stretches)-1].to = now
	}
	c.running = on
}

// counts reports whether time passes for the clock even while it stands still.
func (c *clock) counts() bool { return c.metric == "due" && c.ended != cancelled }

// waits reports whether the clock may reach a step without anything happening.
func (c *clock) waits() bool {
	if !c.running || !c.promise || c.replaced {
		return false
	}
	for _, s := range c.steps {
		if s.done < s.times() {
			return true
		}
	}
	return false
}

// count lets the minute that begins now pass.
func (w *walk) count(c *clock) {
	if !c.running && !c.counts() || !c.terms.Hours.Open(w.now) {
		return
	}
	if c.running {
		c.counted++
	}
	if c.counts() {
		c.elapsed++
		if w.now >= c.fixed {
			c.beyond++
		}
	}
	w.lookWithin(c)
}

// again counts the open minutes of all stretches until an instant.
func (c *clock) again(until Minute) int {
	n := c.carried
	for _, s := range c.stretches {
		n += c.terms.Hours.between(max(s.from, c.since), min(s.to, until))
	}
	return n
}

// measure is what parts of the budget are compared with.
func (c *clock) measure() int {
	if c.metric == "due" {
		return c.elapsed
	}
	return c.counted
}

// look finds the steps that are due now.
func (w *walk) look(c *clock) {
	if !c.running || !c.promise || c.replaced {
		return
	}
	if !c.late && w.expired(c) {
		c.late, c.deadline, c.past = true, w.now, c.counted
		if c.metric == "due" {
			c.deadline = c.fixed
		}
	}
	for i := range c.steps {
		s := &c.steps[i]
		for s.done < s.times() && w.isDue(c, s) {
			w.note(c, s, w.now.Time(), false)
		}
	}
}

// expired reports whether the deadline of a running clock has come.
func (w *walk) expired(c *clock) bool {
	if c.metric == "due" {
		return w.now >= c.fixed
	}
	return c.counted >= c.budget
}

// isDue reports whether a running clock has reached the next occurrence of a
// step.
func (w *walk) isDue(c *clock, s *stage) bool {
	later := s.done * s.Repeat
	switch {
	case s.at.before:
		return 100*c.measure() >= c.hundredths(s)
	case !c.late:
		return false
	case s.at.real:
		return w.now >= c.deadline+Minute(s.at.offset+later)
	case c.metric == "due":
		return c.beyond >= s.at.offset+later
	}
	return c.counted-c.past >= s.at.offset+later
}

// hundredths are those of a minute that are to be counted for the next
// occurrence of a step before the deadline.
func (c *clock) hundredths(s *stage) int {
	n := 100 * max(0, c.budget-s.at.offset)
	if s.at.isPart {
		n = c.budget * s.at.percent
	}
	return n + 100*s.done*s.Repeat
}

// lookWithin finds the steps that are due within the minute that has just been
// counted, since a part of the budget was no whole minute.
func (w *walk) lookWithin(c *clock) {
	if !c.running || !c.promise || c.replaced || w.now < c.changed {
		return
	}
	for i := range c.steps {
		s := &c.steps[i]
		for s.at.isPart && s.done < s.times() && 100*c.measure() > c.hundredths(s) {
			into := 100 - (100*c.measure() - c.hundredths(s))
			w.note(c, s, w.now.Time().Add(time.Duration(into)*time.Minute/100), false)
		}
	}
}

// forget takes back what a clock has reached at the very instant at which it is
// taken away.
func (c *clock) forget(why end, now time.Time) {
	if why != met {
		c.taken = slices.DeleteFunc(slices.Clone(c.reached), func(r reached) bool { return r.At.Before(now) })
		c.reached = slices.DeleteFunc(c.reached, func(r reached) bool { return !r.At.Before(now) })
	}
}

// remember gives it back where the clock goes on at that same instant: it was never
// away.
func (c *clock) remember(now time.Time) {
	c.reached = append(c.reached, slices.DeleteFunc(c.taken, func(r reached) bool { return !r.At.Equal(now) })...)
	c.taken = nil
}

// note writes down that a step is reached.
func (w *walk) note(c *clock, s *stage, at time.Time, skipped bool) {
	c.reached = append(c.reached, reached{Name{c.metric, c.cycle, c.terms.Plan.Key, s.Key, s.done}, Point{at, skipped}})
	s.done++
	w.found = true
}
