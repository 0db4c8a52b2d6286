package sla

import "time"

// merge takes in what the customer of a ticket that was merged into this one
// still waited for: the clocks of the first answer and of the solution count from
// the earlier beginning of both tickets, if neither had seen their end (sla.md
// f.4), and words that came after the last reply here still wait for an answer.
func (b *Book) merge(e Event) error {
	b.countSince(First, e.First)
	b.countSince(Resolve, e.Resolve)
	if e.Wrote.IsZero() || b.answered && !e.Wrote.After(b.silent) {
		return nil
	}
	wrote := e.Wrote
	if wrote.Before(b.history.Received) {
		wrote = b.history.Received
	}
	return b.apply(Event{At: wrote, Kind: CustomerWrote})
}

// countSince makes the clock that began with the ticket begin earlier, if it
// still waits for its end. Zero is never.
func (b *Book) countSince(m Metric, at time.Time) {
	c := b.last(m)
	if at.IsZero() || c.Cycle != 1 || !c.open() || !at.Before(c.Started) {
		return
	}
	began := c.Started
	c.Started = at
	if len(c.Segments) == 0 || !c.Segments[0].From.Equal(began) {
		return // the plan lets it stand still in the status that the ticket began with
	}
	c.Segments[0].From = at
	if c.CountFrom.After(began) && c.Terms.Plan.OnChange == Carry {
		c.Carried += c.Terms.Calendar.Elapsed(at, began) // as if it had been counted when the terms changed
	}
}
