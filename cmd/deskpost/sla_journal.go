package main

import (
	"fmt"
	"slices"
	"time"

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// A journal is what happens to a ticket, and how its clocks stand after each
// event.
type journal struct {
	book    *sla.Book
	zone    *time.Location // of all times that are printed
	entries []journalEntry
}

type journalEntry struct {
	at     time.Time
	what   string
	cause  string // what of it moves clocks
	step   bool   // it is a step of the plan that was done
	terms  sla.Terms
	clocks []*sla.Clock
}

// newJournal begins with the opening of a ticket, and what happened in one go with
// it.
func newJournal(opened sla.History, zone *time.Location, e journalEntry, moves ...sla.Event) (*journal, error) {
	book, err := sla.Replay(opened)
	if err != nil {
		return nil, fmt.Errorf("begin to count: %w", err)
	}
	j := &journal{book: book, zone: zone}
	e.terms = opened.Terms
	return j, j.add(e, moves)
}

// note takes what happens at one instant into account.
func (j *journal) note(e journalEntry, moves []sla.Event) error {
	e.terms = j.terms()
	return j.add(e, moves)
}

func (j *journal) add(e journalEntry, moves []sla.Event) error {
	for _, m := range moves {
		if err := j.book.Apply(m); err != nil {
			return fmt.Errorf("count after %s: %w", stamp(e.at, j.zone), err)
		}
		switch m.Kind {
		case sla.TermsSet:
			e.terms = m.Terms
		case sla.CalendarEdited:
			e.terms.Calendar = m.Terms.Calendar
		}
	}
	e.clocks = j.book.Clocks()
	j.entries = append(j.entries, e)
	return nil
}

func (j *journal) first() *journalEntry { return &j.entries[0] }
func (j *journal) last() time.Time      { return j.entries[len(j.entries)-1].at }
func (j *journal) terms() sla.Terms     { return j.entries[len(j.entries)-1].terms }

// calendars are those in force at some time between two instants.
func (j *journal) calendars(from, to time.Time) []*calendar.Calendar {
	var all []*calendar.Calendar
	for i, e := range j.entries {
		next := i+1 < len(j.entries) && !j.entries[i+1].at.After(from)
		if !next && (i == 0 || e.at.Before(to)) {
			all = append(all, e.terms.Calendar)
		}
	}
	return slices.Compact(all)
}

// row is what an entry says, with what it did to each clock.
func (j *journal) row(i int) (row, error) {
	e := &j.entries[i]
	r := row{at: e.at, text: e.what}
	if e.step {
		r.rank = stepRow
	}
	var before []*sla.Clock
	if i > 0 {
		before = j.entries[i-1].clocks
	}
	for _, c := range e.clocks {
		moved, err := j.moved(sameClock(before, c), c, e.at)
		if err != nil {
			return r, err
		}
		if moved != "" {
			r.more = append(r.more, moved)
		}
	}
	for _, c := range before {
		switch is, was := e.terms, j.entries[i-1].terms; {
		case sameClock(e.clocks, c) != nil:
		case is.Plan != was.Plan || is.Priority != was.Priority:
			r.more = append(r.more, j.nameOf(c)+" is not promised any more")
		default:
			r.more = append(r.more, j.nameOf(c)+" goes, as if it had never begun")
		}
	}
	return r, nil
}

// sameClock is the one of a list that is a clock at another time, or nil.
func sameClock(list []*sla.Clock, c *sla.Clock) *sla.Clock {
	i := slices.IndexFunc(list, func(b *sla.Clock) bool { return b.Metric == c.Metric && b.Cycle == c.Cycle })
	if i < 0 {
		return nil
	}
	return list[i]
}

// moved says what an event did to a clock, which was not there before where that
// is nil.
func (j *journal) moved(before, c *sla.Clock, at time.Time) (string, error) {
	stands, err := j.stands(c, at)
	if err != nil {
		return "", err
	}
	name := j.nameOf(c)
	switch {
	case before == nil && c.State == sla.Paused:
		return name + " starts, paused, " + stands, nil
	case before == nil && c.State == sla.Cancelled:
		return name + " is not waited for", nil
	case before == nil && c.Started.Before(at):
		return fmt.Sprintf("%s starts, counting from %s on, %s", name, stamp(c.Started, j.zone), stands), nil
	case before == nil:
		return name + " starts, " + stands, nil
	case before.State != c.State:
		word := map[sla.State]string{sla.Running: "goes on", sla.Paused: "is paused", sla.Met: "is met", sla.Breached: "is met too late",
			sla.Cancelled: "is cancelled"}[c.State]
		return name + " " + word + ", " + stands, nil
	case before.Terms.Plan != c.Terms.Plan || before.Terms.Priority != c.Terms.Priority || before.Budget != c.Budget:
		return fmt.Sprintf("%s is now under %s, priority %s: %s", name, planName(c.Terms), c.Terms.Priority, stands), nil
	case before.Terms.Calendar.Key() == c.Terms.Calendar.Key() && before.Terms.Calendar != c.Terms.Calendar:
		return name + " is counted anew: " + stands, nil
	case before.Terms.Calendar != c.Terms.Calendar:
		return fmt.Sprintf("%s is now counted by %s: %s", name, c.Terms.Calendar.Key(), stands), nil
	case !before.Started.Equal(c.Started):
		return fmt.Sprintf("%s counts from %s on: %s", name, stamp(c.Started, j.zone), stands), nil
	case before.Replaced != c.Replaced && c.Replaced:
		return name + " has no deadline of its own while there is a due date", nil
	case before.Replaced != c.Replaced:
		return name + " has its own deadline again, " + stands, nil
	}
	return "", nil
}

// stands says how much of a clock is used, and when it is due.
func (j *journal) stands(c *sla.Clock, at time.Time) (string, error) {
	deadline, ok, err := c.Deadline()
	if err != nil {
		return "", fmt.Errorf("work out the deadline of %s: %w", c.Metric, err)
	}
	text := usedOf(c, at)
	if ok && c.State == sla.Running {
		text += ", due " + stamp(deadline, j.zone)
	}
	return text, nil
}

// why is what an entry says that brought a clock into its state.
func (j *journal) why(c *sla.Clock) *journalEntry {
	i := len(j.entries) - 1
	for ; i > 0; i-- {
		if before := sameClock(j.entries[i-1].clocks, c); before == nil || before.State != c.State {
			break
		}
	}
	return &j.entries[i]
}

// nameOf is what a clock is called: after its metric, and by its place among those
// of it.
func (j *journal) nameOf(c *sla.Clock) string {
	place := 1
	for _, other := range j.book.Clocks() {
		if other.Metric == c.Metric && other.Cycle != c.Cycle && other.Started.Before(c.Started) {
			place++
		}
	}
	if place == 1 {
		return string(c.Metric)
	}
	return fmt.Sprintf("%s (%d)", c.Metric, place)
}

// planName is the key of the plan of terms that may have none.
func planName(t sla.Terms) string {
	if t.Plan.Key == "" {
		return "no plan"
	}
	return t.Plan.Key
}

func usedOf(c *sla.Clock, at time.Time) string {
	return fmt.Sprintf("%s of %s used", span(c.Consumed(at)), span(c.Budget))
}
