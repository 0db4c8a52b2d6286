package minutetest

import "slices"

// late reports whether a clock has passed its deadline, or does so now.
func (w *walk) late(c *clock) bool {
	return c.late || c.running && c.promise && !c.replaced && w.expired(c)
}

// change puts a clock under other terms. One that has ended, or is late, keeps
// its own.
func (w *walk) change(c *clock, terms Terms) {
	if c.ended != open || w.late(c) {
		return
	}
	promised := c.promise
	c.terms, c.changed = terms, w.now
	c.points()
	if c.metric == "due" {
		c.recount(w.now)
		return
	}
	c.budget = terms.Plan.Targets[terms.Priority].budget(c.metric)
	c.promise = c.budget > 0
	switch terms.Plan.OnChange {
	case "carry":
		c.since, c.carried = w.now, c.counted
		if !promised {
			c.carried = 0
		}
	case "from_change":
		c.since, c.carried = w.now, 0
	default:
		c.since, c.carried = firstMinute, 0
	}
	c.counted = c.again(w.now)
	if !c.replaced {
		w.exhaust(c)
	}
}

// exhaust is a change of what was promised that may leave no time: that is the
// breach then, and what warns of it is skipped.
func (w *walk) exhaust(c *clock) {
	c.changed = w.now
	if !c.promise || c.counted < c.budget {
		return
	}
	c.late, c.byChange, c.deadline, c.past = true, true, w.now, c.counted
	for i := range c.steps {
		s := &c.steps[i]
		for s.at.before && s.done < s.times() {
			w.note(c, s, w.now.Time(), true)
		}
		if !s.at.before && s.at.offset == 0 && s.done == 0 {
			w.note(c, s, w.now.Time(), false)
		}
	}
}

// edit puts a clock under another edition of its opening hours: it goes through
// its time once more. That may undo a breach.
func (w *walk) edit(c *clock, h *Hours) {
	if c.ended != open || c.terms.Hours.Key != h.Key {
		return
	}
	c.terms.Hours = h
	c.points()
	c.counted, c.elapsed, c.beyond, c.late, c.byChange = c.carried, 0, 0, false, false
	if c.metric == "due" {
		c.budget = h.between(c.began, c.fixed)
	}
	now, running := w.now, c.running
	for w.now = max(c.began, c.since); w.now < now; w.now++ {
		c.running = c.ran(w.now)
		if w.now == c.changed && c.metric != "due" && !c.replaced {
			w.exhaust(c)
		}
		if w.now >= c.changed {
			w.look(c)
		}
		w.count(c)
	}
	c.running = running
	if c.changed == now && c.metric != "due" && !c.replaced {
		w.exhaust(c)
	}
}

// ran reports whether the clock was running in a minute.
func (c *clock) ran(m Minute) bool {
	return slices.ContainsFunc(c.stretches, func(s stretch) bool { return s.from <= m && m < s.to })
}

// recount counts what the clock has counted anew.
func (c *clock) recount(now Minute) {
	if c.metric == "due" {
		c.budget = c.terms.Hours.between(c.began, c.fixed)
		c.elapsed = c.terms.Hours.between(c.began, now)
		c.beyond = c.terms.Hours.between(c.fixed, now)
		return
	}
	c.counted = c.again(now)
}
