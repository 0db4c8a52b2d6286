package minutetest

import "slices"

// A walk goes through a life, minute by minute.
type walk struct {
	life     Life
	looks    []Minute // when the desk looks; nil is always
	from     Minute   // it is only from then on that it knows this life
	due      map[Name]Point
	lost     map[Minute]bool // replies that reached nobody
	now      Minute
	found    bool // something since the last look
	next     int  // event
	terms    Terms
	status   string
	date     Minute   // that is set; 0 is none
	clocks   []*clock // latest last
	answered bool     // nobody waits for the desk
	asked    bool     // the customer wrote while the ticket was over

	numbers map[string]int // of clocks, by metric
	ends    int            // of turns of the conversation
	latest  int            // what the latest of them is called, and so are the clocks of what follows
}

// How a ticket in a status stands.
const (
	working = iota
	over    // resolved, closed
	void    // spam, deleted, merged
)

func standing(status string) int {
	switch status {
	case "resolved", "closed":
		return over
	case "spam", "deleted", "merged":
		return void
	}
	return working
}

func (w *walk) until(last Minute) {
	w.now = w.life.Received
	w.start("first")
	w.start("resolve")
	for ; w.now <= last; w.now++ {
		for w.next < len(w.life.Events) && w.life.Events[w.next].At == w.now {
			e := w.life.Events[w.next]
			if e.Own && e.Kind == Changed && e.learned() == w.from {
				w.done() // one step after the other
			}
			if e.Own && e.Kind == Status {
				w.lookAll() // the desk acts after what was due
			}
			w.apply(e)
			w.next++
		}
		w.lookAll()
		w.take()
		if w.rests() {
			w.skip(last)
			continue
		}
		for _, c := range w.clocks {
			w.count(c)
		}
		if w.looks == nil {
			w.take() // what lies within the minute
		}
	}
}

// lookAll finds the steps of all clocks that are due now.
func (w *walk) lookAll() {
	for _, c := range w.clocks {
		w.look(c)
	}
}

// take lets the desk do what its clocks have reached, if it looks now. What a
// clock had reached under terms that were changed since nobody looks for.
func (w *walk) take() {
	if w.now < w.from || w.now > w.from && !w.found {
		return
	}
	if _, now := slices.BinarySearch(w.looks, w.now); w.looks != nil && !now {
		return
	}
	w.found = false
	w.done()
}

// done does all that clocks have reached.
func (w *walk) done() {
	for _, c := range w.clocks {
		for _, r := range c.reached {
			if _, done := w.due[r.Name]; !done {
				w.due[r.Name] = r.Point
			}
		}
	}
}

// rests reports whether no clock moves before the next event, or reaches
// anything where there is none.
func (w *walk) rests() bool {
	more := w.next < len(w.life.Events)
	return !slices.ContainsFunc(w.clocks, func(c *clock) bool { return c.waits() || more && (c.running || c.counts()) })
}

// skip goes to just before the next event, with a look on the way.
func (w *walk) skip(last Minute) {
	end := last
	if w.next < len(w.life.Events) {
		end = min(last, w.life.Events[w.next].At-1)
	}
	w.now = max(w.now+1, w.from)
	if i, _ := slices.BinarySearch(w.looks, w.now); i < len(w.looks) {
		w.now = w.looks[i]
	}
	if w.now <= end {
		w.take()
	}
	w.now = end
}

func (w *walk) apply(e Event) {
	switch e.Kind {
	case Reply:
		w.turn(e)
		w.reply(e.At)
	case Customer:
		if standing(w.status) == working {
			w.ask()
		} else {
			w.asked = true
		}
	case Status:
		if standing(e.Status) == over && standing(w.status) != over {
			w.turn(e)
		}
		w.setStatus(e.Status)
	case Changed:
		w.terms = e.Terms
		for _, c := range w.clocks {
			w.change(c, e.Terms)
		}
		w.pauseOrRun()
	case Edited:
		if w.terms.Hours.Key == e.Terms.Hours.Key {
			w.terms.Hours = e.Terms.Hours
		}
		for _, c := range w.clocks {
			w.edit(c, e.Terms.Hours)
		}
	case DueSet:
		w.setDue(e.Due)
	}
}

// start starts a clock under the terms that hold.
func (w *walk) start(metric string) *clock {
	if w.numbers[metric]++; metric == "keep" || metric == "next" {
		w.numbers[metric] = w.latest
	}
	c := &clock{metric: metric, cycle: w.numbers[metric], began: w.now, changed: firstMinute, terms: w.terms}
	if metric != "due" {
		c.budget = w.terms.Plan.Targets[w.terms.Priority].budget(metric)
		c.promise = c.budget > 0
	}
	c.points()
	c.run(w.now, !w.terms.Plan.pauses(metric, w.status))
	w.clocks = append(w.clocks, c)
	return c
}

// last is the latest clock of a metric; nil is none.
func (w *walk) last(metric string) *clock {
	for i := len(w.clocks) - 1; i >= 0; i-- {
		if w.clocks[i].metric == metric {
			return w.clocks[i]
		}
	}
	return nil
}

func (w *walk) end(why end, metrics ...string) {
	for _, c := range w.clocks {
		for _, m := range metrics {
			if c.metric == m && c.ended == open {
				c.run(w.now, false)
				c.ended = why
				c.forget(why, w.now.Time())
			}
		}
	}
}

// turn is the end of one: each has a name of its own, whatever becomes of it.
func (w *walk) turn(e Event) {
	w.ends++
	if w.latest = e.Turn; e.Turn == 0 {
		w.latest = w.ends
	}
}

func (w *walk) reply(at Minute) {
	if w.lost[at] {
		return
	}
	w.end(met, "first", "next", "keep")
	w.answered, w.asked = true, false
	if standing(w.status) == working {
		w.start("keep")
	}
}

// ask is a message of the customer on a ticket that is not over.
func (w *walk) ask() {
	w.asked = false
	if w.answered {
		w.answered = false
		w.start("next")
	}
}

func (w *walk) setStatus(status string) {
	was, is := standing(w.status), standing(status)
	w.status = status
	switch {
	case is == void:
		w.end(voided, "first", "next", "resolve", "keep", "due")
	case is == over && was != over:
		w.answered, w.asked = true, false
		w.end(met, "first", "next", "resolve", "keep", "due")
	case is == working && was == over:
		w.reopen()
	case is == working && was == void:
		for _, c := range w.clocks {
			if c.ended == voided {
				w.resume(c)
			}
		}
	}
	w.pauseOrRun()
	if is == working && was == over && w.asked {
		w.ask()
	}
}

func (w *walk) reopen() {
	mode := w.terms.Plan.OnReopen
	if mode == "none" {
		return
	}
	if due := w.last("due"); w.date != 0 && due != nil && due.fixed == w.date && due.ended == met {
		w.resume(due)
	} else if w.date != 0 {
		w.startDue()
	}
	if mode == "restart" {
		w.start("resolve").replaced = w.date != 0
		return
	}
	resolve := w.last("resolve")
	w.resume(resolve)
	w.replace(resolve)
}

func (w *walk) resume(c *clock) {
	c.ended = open
	c.remember(w.now.Time())
	c.run(w.now, !c.terms.Plan.pauses(c.metric, w.status))
}

func (w *walk) pauseOrRun() {
	for _, c := range w.clocks {
		if c.ended == open {
			c.run(w.now, !c.terms.Plan.pauses(c.metric, w.status))
		}
	}
}

func (w *walk) setDue(date Minute) {
	w.date = date
	w.end(cancelled, "due")
	if standing(w.status) != working {
		return
	}
	if date != 0 {
		w.startDue()
	}
	if resolve := w.last("resolve"); resolve.ended == open {
		w.replace(resolve)
	}
}

func (w *walk) startDue() {
	c := w.start("due")
	c.promise, c.fixed = true, w.date
	c.recount(w.now)
}

// replace lets the date that is set stand in for the deadline of a clock, if
// that has not passed, and for what warns of it; without a date the deadline
// counts again from now on.
func (w *walk) replace(c *clock) {
	switch {
	case c.replaced && w.date == 0:
		c.replaced = false
		w.exhaust(c)
	case !c.replaced && w.date != 0:
		if c.replaced = !w.late(c); c.replaced {
			c.points()
		}
	}
}
