package sla

import (
	"cmp"
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
	answered bool      // nobody waits for the desk's next word
	wrote    bool      // the customer did, while the ticket was done
	silent   time.Time // since when nobody waits, as long as that is so
	turn     int       // what ended the conversation's latest turn, the name of the one that follows
	turns    int       // how many have ended, or the highest of their names
	due      time.Time // the date that is set; zero is none
	voided   []*Clock  // what spam, deletion or merging cancelled
	clocks   []*Clock  // in order of their start; those without a promise too
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
	b := &Book{history: History{Received: h.Received, Status: h.Status, Terms: h.Terms, Answered: h.Answered}, terms: h.Terms, status: h.Status}
	b.start(First, h.Received)
	b.start(Resolve, h.Received)
	if h.Answered {
		b.answeredBefore()
	}
	for _, e := range h.Events {
		lost := e.Kind == Replied && slices.ContainsFunc(h.Events, func(u Event) bool { return u.Kind == Undelivered && u.Reply.Equal(e.At) })
		if lost {
			b.endTurn(e)
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
		b.endTurn(e)
		return b.reply(e.At)
	case CustomerWrote:
		if b.standing != Working {
			b.wrote = true // it may open the ticket again, or be no more than thanks
			return nil
		}
		b.ask(e.At)
	case StatusSet:
		return b.setStatus(e)
	case TermsSet:
		return b.setTerms(e)
	case CalendarEdited:
		return b.editCalendar(e)
	case DueSet:
		return b.setDue(e)
	case Merged:
		return b.merge(e)
	}
	return nil
}

// endTurn ends a turn of the conversation, in which somebody waited for the other.
// Cycles of Next and Keep are called by what ended the turn before them, and that
// by the order in which it became known: so what becomes known later, though it was
// earlier, makes no cycle another one. A reply that reached nobody ends a turn too,
// so that its name is never given to another cycle, whose steps would count as
// done.
func (b *Book) endTurn(e Event) {
	b.turns = max(b.turns+1, e.Turn)
	b.turn = cmp.Or(e.Turn, b.turns)
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
	switch before := b.last(m); {
	case m == Next || m == Keep:
		c.Cycle = b.turn
	case before != nil:
		c.Cycle = before.Cycle + 1
	}
	if !b.terms.Plan.pauses(m, b.status) {
		c.run(at)
	}
	b.clocks = append(b.clocks, c)
	return c
}

// stop ends the clocks of some metrics that wait for it.
func (b *Book) stop(at time.Time, own bool, metrics ...Metric) error {
	for _, c := range b.clocks {
		if !c.open() || !slices.Contains(metrics, c.Metric) {
			continue
		}
		if err := c.end(at, own); err != nil {
			return err
		}
	}
	return nil
}

// ask is a message of the customer.
func (b *Book) ask(at time.Time) {
	b.wrote = false
	if b.answered {
		b.answered = false
		b.start(Next, at)
	}
}

func (b *Book) reply(at time.Time) error {
	b.wrote = false
	if err := b.stop(at, false, First, Next, Keep); err != nil {
		return err
	}
	b.answered, b.silent = true, at
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
				c.cancel(e.At, e.Own)
				b.voided = append(b.voided, c)
			}
		}
	case e.Standing == Done && was != Done:
		b.endTurn(e)
		b.answered, b.silent, b.wrote = true, e.At, false
		return b.stop(e.At, e.Own, Metrics...)
	case e.Standing == Working && was == Done:
		if b.wrote {
			b.ask(e.At)
		}
		return b.reopen(e.At)
	case e.Standing == Working && was == Void:
		for _, c := range b.voided {
			if c.Metric != Due || c.Fixed.Equal(b.due) {
				b.resume(c, e.At)
			}
		}
		b.voided = nil
	case e.Standing == Working:
		b.pauseOrRun(e.At, e.Own)
	}
	return nil
}

// pauseOrRun makes open clocks stand still or go on, as the status wants.
func (b *Book) pauseOrRun(at time.Time, own bool) {
	for _, c := range b.clocks {
		switch paused := c.Terms.Plan.pauses(c.Metric, b.status); {
		case c.State == Running && paused:
			c.halt(at, Paused, own)
		case c.State == Paused && !paused:
			c.run(at)
		}
	}
}

// reopen does what the plan says of a ticket that is opened again.
func (b *Book) reopen(at time.Time) error {
	mode := b.terms.Plan.OnReopen
	if mode == ReopenNone {
		return nil
	}
	dated := b.reopenDue(at)
	if mode == ReopenRestart {
		b.start(Resolve, at).Replaced = dated
		return nil
	}
	c := b.last(Resolve)
	b.resume(c, at)
	return c.replace(at, dated)
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
	b.pauseOrRun(e.At, e.Own) // the new plan may pause in other statuses
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
