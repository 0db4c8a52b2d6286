package sla

import (
	"fmt"
	"slices"
	"time"
)

// A Book has the clocks of one ticket.
type Book struct {
	history  History
	terms    Terms
	status   string
	standing Standing
	answered bool     // nobody waits for the desk's next word
	wrote    bool     // the customer did, while the ticket was done
	clocks   []*Clock // in order of their start; those without a promise too
	revoked  []Revocation
}

// A Revocation is a breach that another edition of the calendar undid.
type Revocation struct {
	At     time.Time
	Metric Metric
	Cycle  int
}

// Replay makes the clocks of a ticket from its history. Events that happened
// at one instant count in the order in which they stand. The error is
// calendar.ErrTooFar, or that the history is not in order.
func Replay(h History) (*Book, error) {
	b := &Book{history: History{Received: h.Received, Status: h.Status, Terms: h.Terms}, terms: h.Terms, status: h.Status}
	b.start(First, h.Received)
	b.start(Resolve, h.Received)
	for _, e := range h.Events {
		lost := e.Kind == Replied && slices.ContainsFunc(h.Events, func(u Event) bool { return u.Kind == Undelivered && u.Reply.Equal(e.At) })
		if lost {
			continue
		}
		if err := b.apply(e); err != nil {
			return nil, err
		}
	}
	b.history.Events = slices.Clone(h.Events)
	return b, nil
}

// Apply adds one event to the history. Of a reply that reached nobody all
// traces vanish, as if it had never been written. After an error the book is
// of no use.
func (b *Book) Apply(e Event) error {
	b.history.Events = append(b.history.Events, e)
	if e.Kind != Undelivered {
		return b.apply(e)
	}
	anew, err := Replay(b.history)
	if err == nil {
		*b = *anew
	}
	return err
}

// Clocks are the promises to the ticket, in order of their start. They are
// copies.
func (b *Book) Clocks() []*Clock {
	var all []*Clock
	for _, c := range b.clocks {
		if c.Budget > 0 {
			all = append(all, c.clone())
		}
	}
	return all
}

// Revoked are the breaches that editions of the calendar undid.
func (b *Book) Revoked() []Revocation { return slices.Clone(b.revoked) }

func (b *Book) apply(e Event) error {
	if e.At.Before(b.history.Received) {
		return fmt.Errorf("an event at %s is before the ticket was received", e.At.Format(time.RFC3339))
	}
	switch e.Kind {
	case Replied:
		return b.reply(e.At)
	case CustomerWrote:
		switch {
		case b.standing != Working:
			b.wrote = true // it may open the ticket again, or be no more than thanks
		case b.answered:
			b.answered = false
			b.start(Next, e.At)
		}
	case StatusSet:
		return b.setStatus(e)
	case TermsSet:
		return b.setTerms(e)
	case CalendarEdited:
		return b.editCalendar(e)
	case DueSet:
		return b.setDue(e)
	}
	return nil
}

// last is the latest clock of a metric, or nil.
func (b *Book) last(m Metric) *Clock {
	for _, c := range slices.Backward(b.clocks) {
		if c.Metric == m {
			return c
		}
	}
	return nil
}

// start starts the next cycle of a metric.
func (b *Book) start(m Metric, at time.Time) *Clock {
	c := &Clock{Metric: m, Cycle: 1, Terms: b.terms, Budget: b.terms.budget(m), Started: at, State: Paused}
	if before := b.last(m); before != nil {
		c.Cycle = before.Cycle + 1
	}
	if !b.terms.Plan.pauses(m, b.status) {
		c.run(at)
	}
	b.clocks = append(b.clocks, c)
	return c
}

// stop ends the clocks of some metrics that wait for it.
func (b *Book) stop(at time.Time, metrics ...Metric) error {
	for _, c := range b.clocks {
		if !c.open() || !slices.Contains(metrics, c.Metric) {
			continue
		}
		if err := c.end(at); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) reply(at time.Time) error {
	if err := b.stop(at, First, Next, Keep); err != nil {
		return err
	}
	b.answered = true
	if b.standing == Working {
		b.start(Keep, at)
	}
	return nil
}

func (b *Book) setStatus(e Event) error {
	was := b.standing
	b.status, b.standing = e.Status, e.Standing
	switch {
	case e.Standing == Void:
		for _, c := range b.clocks {
			if c.open() {
				c.halt(e.At, Cancelled)
				c.Ended = e.At
			}
		}
	case e.Standing == Done && was != Done:
		b.answered, b.wrote = true, false
		return b.stop(e.At, Metrics...)
	case e.Standing == Working && was == Done:
		b.reopen(e.At)
	case e.Standing == Working && was == Void:
		for _, m := range Metrics {
			if c := b.last(m); c != nil && c.State == Cancelled {
				b.resume(c, e.At)
			}
		}
	case e.Standing == Working:
		b.pauseOrRun(e.At)
	}
	return nil
}

// pauseOrRun makes open clocks stand still or go on, as the status wants.
func (b *Book) pauseOrRun(at time.Time) {
	for _, c := range b.clocks {
		switch paused := c.Terms.Plan.pauses(c.Metric, b.status); {
		case c.State == Running && paused:
			c.halt(at, Paused)
		case c.State == Paused && !paused:
			c.run(at)
		}
	}
}

// reopen does what the plan says of a ticket that is opened again.
func (b *Book) reopen(at time.Time) {
	mode := b.terms.Plan.OnReopen
	if due := b.last(Due); due != nil && mode != ReopenNone {
		b.resume(due, at)
	}
	if b.wrote {
		b.answered, b.wrote = false, false
		b.start(Next, at)
	}
	switch c := b.last(Resolve); mode {
	case ReopenRestart:
		due := b.last(Due)
		b.start(Resolve, at).Replaced = due != nil && due.open()
	case ReopenNone:
	default:
		b.resume(c, at)
	}
}

// resume lets a clock that had ended go on with what it had consumed.
func (b *Book) resume(c *Clock, at time.Time) {
	c.State, c.Ended = Paused, time.Time{}
	if !c.Terms.Plan.pauses(c.Metric, b.status) {
		c.run(at)
	}
}

func (b *Book) setTerms(e Event) error {
	b.terms = e.Terms
	for _, c := range b.clocks {
		if !c.open() {
			continue
		}
		if err := c.change(e.At, e.Terms); err != nil {
			return err
		}
	}
	b.pauseOrRun(e.At) // the new plan may pause in other statuses
	return nil
}

func (b *Book) editCalendar(e Event) error {
	if b.terms.Calendar.Key() == e.Terms.Calendar.Key() {
		b.terms.Calendar = e.Terms.Calendar
	}
	for _, c := range b.clocks {
		if !c.open() || c.Terms.Calendar.Key() != e.Terms.Calendar.Key() {
			continue
		}
		revoked, err := c.recalendar(e.At, e.Terms.Calendar)
		if err != nil {
			return err
		}
		if revoked {
			b.revoked = append(b.revoked, Revocation{e.At, c.Metric, c.Cycle})
		}
	}
	return nil
}

// setDue starts a clock for a date, in place of one that was set before and of
// the deadline of resolve. One that has passed already stays.
func (b *Book) setDue(e Event) error {
	if c := b.last(Due); c != nil && c.open() {
		c.halt(e.At, Cancelled)
		c.Ended = e.At
	}
	resolve := b.last(Resolve)
	if resolve.open() {
		resolve.Replaced = false
	}
	if e.Due.IsZero() || b.standing != Working {
		return nil
	}
	if _, late, err := resolve.BreachedAt(e.At); err != nil {
		return err
	} else if resolve.open() {
		resolve.Replaced = !late
	}
	c := b.start(Due, e.At)
	c.Fixed = e.Due
	// What its percentages are of; a date in closed time still is a promise.
	c.Budget = max(1, b.terms.Calendar.Elapsed(e.At, e.Due))
	return nil
}
