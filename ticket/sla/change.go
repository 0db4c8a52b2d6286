package sla

import (
	"time"

	"deskpost/ticket/calendar"
)

// change puts an open clock under other terms, by the new plan's OnChange. A
// clock that has passed its deadline keeps its terms: no change of plan undoes a
// breach.
func (c *Clock) change(at time.Time, terms Terms) error {
	if _, late, err := c.BreachedAt(at); err != nil || late {
		return err
	}
	if c.Metric == Due {
		c.Terms, c.ChangedAt = terms, at
		c.setBudget()
		return nil
	}
	carried := c.Consumed(at)
	promised := c.Budget > 0
	c.Terms, c.Budget, c.ChangedAt = terms, terms.budget(c.Metric), at
	switch terms.Plan.OnChange {
	case Carry:
		c.Carried, c.CountFrom = 0, at
		if promised {
			c.Carried = carried
		}
	case FromChange:
		c.Carried, c.CountFrom = 0, at
	default:
		c.Carried, c.CountFrom = 0, time.Time{}
	}
	c.ByChange = c.Budget > 0 && c.Consumed(at) >= c.Budget
	return nil
}

// recalendar counts an open clock anew by another edition of its calendar. It
// reports whether a breach disappeared.
func (c *Clock) recalendar(at time.Time, cal *calendar.Calendar) (revoked bool, err error) {
	_, was, err := c.BreachedAt(at)
	if err != nil {
		return false, err
	}
	c.Terms.Calendar = cal
	if c.Metric == Due {
		c.setBudget()
		return false, nil // the date is what it was
	}
	if c.ByChange {
		c.ByChange = c.Consumed(c.ChangedAt) >= c.Budget
	}
	_, is, err := c.BreachedAt(at)
	return was && !is, err
}
