package sla

import "time"

// setDue starts a clock for a date, in place of one that was set before and of
// the deadline of resolve. One that has passed already stays. While the ticket is
// over the date is only remembered.
func (b *Book) setDue(e Event) error {
	b.due = e.Due
	if c := b.last(Due); c != nil && c.open() {
		c.cancel(e.At, e.Own)
	}
	if b.standing != Working {
		return nil
	}
	if !b.due.IsZero() {
		b.startDue(e.At)
	}
	if resolve := b.last(Resolve); resolve.open() {
		return resolve.replace(e.At, !b.due.IsZero())
	}
	return nil
}

func (b *Book) startDue(at time.Time) {
	c := b.start(Due, at)
	c.Fixed = b.due
	c.setBudget()
}

// reopenDue lets the clock of the date that is set go on, or starts it, and
// reports whether there is one.
func (b *Book) reopenDue(at time.Time) bool {
	if b.due.IsZero() {
		return false
	}
	if c := b.last(Due); c != nil && c.Fixed.Equal(b.due) && c.State != Cancelled {
		b.resume(c, at)
	} else {
		b.startDue(at)
	}
	return true
}

// setBudget gives a due date the working time until it, which its steps are
// counted by. A date in closed time still is a promise.
func (c *Clock) setBudget() {
	c.Budget = max(1, c.Terms.Calendar.Elapsed(c.Started, c.Fixed))
}

// replace lets a due date stand in for the clock's deadline, or no longer. That
// there is a date undoes no breach; that it is taken away is a change of terms,
// and may be a breach itself.
func (c *Clock) replace(at time.Time, dated bool) error {
	switch {
	case dated == c.Replaced:
	case dated:
		_, late, err := c.BreachedAt(at)
		c.Replaced = !late
		return err
	default:
		c.Replaced, c.ChangedAt = false, at
		c.ByChange = c.Budget > 0 && c.Consumed(at) >= c.Budget
	}
	return nil
}
