package sla_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket/sla"
	"deskpost/ticket/sla/minutetest"
	"deskpost/ticket/sla/yeartest"
)

// A year has what the lives of a test are made of.
type year struct {
	calendars map[string]yeartest.Calendar
	closed    yeartest.Calendar // Berlin, with two days more that are closed
	plans     map[string]yeartest.Plan
	desk      map[*minutetest.Hours]*yeartest.Calendar
}

func newYear() *year {
	y := &year{calendars: yeartest.Calendars(), plans: yeartest.Plans(), closed: yeartest.BerlinClosed("2026-03-30", "2026-10-26")}
	y.desk = map[*minutetest.Hours]*yeartest.Calendar{y.closed.Checker: &y.closed}
	for _, c := range y.calendars {
		y.desk[c.Checker] = &c
	}
	return y
}

// terms draws terms that a ticket may come under.
func (y *year) terms(r *rand.Rand) minutetest.Terms {
	keys := []string{"gold", "silver", "round", "night", "east"}
	p := y.plans[keys[r.IntN(len(keys))]]
	h := y.calendars[p.Calendar].Checker
	return minutetest.Terms{Plan: p.Checker, Priority: yeartest.Priorities[r.IntN(4)], Hours: h}
}

// life draws what happens to a ticket in some weeks from some time of the year
// on. Half of the lives are about a change of clocks.
func (y *year) life(r *rand.Rand) minutetest.Life {
	begin := minutetest.Minute(r.IntN(350 * 1440))
	if r.IntN(2) == 0 {
		changes := []string{"2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"}
		date, err := time.Parse(time.DateOnly, changes[r.IntN(len(changes))])
		if err != nil {
			panic(err)
		}
		begin = minutetest.MinuteOf(date) - minutetest.Minute(r.IntN(5*1440))
	}
	l := minutetest.Life{Received: begin, Status: "new", Terms: y.terms(r)}
	s := scribe{year: y, r: r, life: &l, at: begin, status: "new", terms: l.Terms}
	for range r.IntN(14) {
		s.happen()
	}
	return l
}

// A scribe writes a life.
type scribe struct {
	year    *year
	r       *rand.Rand
	life    *minutetest.Life
	at      minutetest.Minute
	status  string
	terms   minutetest.Terms
	replies []minutetest.Minute // that may turn out to be lost
	replied minutetest.Minute
	due     bool
	was     string // before it was spam
}

func (s *scribe) add(e minutetest.Event) {
	e.At = s.at
	s.life.Events = append(s.life.Events, e)
	if e.Kind == minutetest.Status {
		s.status = e.Status
	}
}

func (s *scribe) done() bool { return s.status == "resolved" || s.status == "closed" }

// happen adds the next thing that happens, a minute or some days later, and
// sometimes at the same instant.
func (s *scribe) happen() {
	if s.r.IntN(8) > 0 {
		s.at += minutetest.Minute([]int{1, 30, 240, 1440, 4 * 1440}[s.r.IntN(5)] * (1 + s.r.IntN(3)))
	}
	if s.status == "spam" {
		s.add(minutetest.Event{Kind: minutetest.Status, Status: s.was})
		return
	}
	switch n := s.r.IntN(20); {
	case n < 4:
		s.reply()
	case n < 8:
		s.customer()
	case n < 12:
		s.add(minutetest.Event{Kind: minutetest.Status, Status: []string{"open", "pending", "hold"}[s.r.IntN(3)]})
	case n < 14:
		s.add(minutetest.Event{Kind: minutetest.Status, Status: "resolved"})
	case n < 16:
		s.change()
	case n < 17:
		s.add(minutetest.Event{Kind: minutetest.Edited, Terms: minutetest.Terms{Hours: s.year.closed.Checker}})
	case n < 19:
		s.setDue()
	case !s.done():
		s.was = s.status
		s.add(minutetest.Event{Kind: minutetest.Status, Status: "spam"})
	}
}

func (s *scribe) reply() {
	if len(s.replies) > 0 && s.r.IntN(3) == 0 {
		last := s.replies[len(s.replies)-1]
		s.replies = nil
		s.add(minutetest.Event{Kind: minutetest.Undelivered, Reply: last})
		return
	}
	if s.replied == s.at {
		return // of two at one instant nobody could say which one was lost
	}
	s.replied = s.at
	s.add(minutetest.Event{Kind: minutetest.Reply})
	s.replies = append(s.replies, s.at)
}

func (s *scribe) customer() {
	s.add(minutetest.Event{Kind: minutetest.Customer})
	if s.status != "new" && s.r.IntN(4) > 0 { // else it was short thanks
		s.add(minutetest.Event{Kind: minutetest.Status, Status: "open"})
	}
}

// change is another plan, or another priority under the same.
func (s *scribe) change() {
	next := s.year.terms(s.r)
	if s.r.IntN(2) == 0 {
		next.Plan, next.Hours = s.terms.Plan, s.terms.Hours
	}
	s.terms = next
	s.add(minutetest.Event{Kind: minutetest.Changed, Terms: next})
}

func (s *scribe) setDue() {
	switch {
	case s.done():
	case s.due && s.r.IntN(2) == 0:
		s.due = false
		s.add(minutetest.Event{Kind: minutetest.DueSet})
	default:
		s.due = true
		s.add(minutetest.Event{Kind: minutetest.DueSet, Due: s.at + minutetest.Minute(1+s.r.IntN(8*1440))})
	}
}

// history is a life in the words of package sla.
func (y *year) history(l minutetest.Life) sla.History {
	h := sla.History{Received: l.Received.Time(), Status: l.Status, Terms: y.deskTerms(l.Terms)}
	for _, e := range l.Events {
		d := sla.Event{At: e.At.Time(), Kind: map[minutetest.Kind]sla.Kind{minutetest.Reply: sla.Replied, minutetest.Undelivered: sla.Undelivered,
			minutetest.Customer: sla.CustomerWrote, minutetest.Status: sla.StatusSet, minutetest.Changed: sla.TermsSet,
			minutetest.Edited: sla.CalendarEdited, minutetest.DueSet: sla.DueSet}[e.Kind], Status: e.Status, Own: e.Own}
		switch e.Kind {
		case minutetest.Status:
			d.Standing = map[string]sla.Standing{"resolved": sla.Done, "closed": sla.Done, "spam": sla.Void}[e.Status]
		case minutetest.Undelivered:
			d.Reply = e.Reply.Time()
		case minutetest.Changed, minutetest.Edited:
			d.Terms = y.deskTerms(e.Terms)
		case minutetest.DueSet:
			if e.Due != 0 {
				d.Due = e.Due.Time()
			}
		}
		h.Events = append(h.Events, d)
	}
	return h
}

func (y *year) deskTerms(t minutetest.Terms) sla.Terms {
	d := sla.Terms{Priority: t.Priority, Calendar: y.desk[t.Hours].Desk}
	if t.Plan != nil {
		d.Plan = y.plans[t.Plan.Key].Desk
	}
	return d
}

// fired are the steps that a desk would do that looks all the time: those that
// the clocks reach before each event, as they are seen before it, and none
// twice.
func fired(h sla.History, until time.Time) (map[minutetest.Name]minutetest.Point, error) {
	all := map[minutetest.Name]minutetest.Point{}
	book, err := sla.Replay(sla.History{Received: h.Received, Status: h.Status, Terms: h.Terms})
	if err != nil {
		return nil, err
	}
	looked := h.Received
	for _, e := range append(slices.Clone(h.Events), sla.Event{At: until}) {
		if e.At.After(looked) { // not between things that happen at one instant
			looked = e.At
			if err := fire(book, e.At, all); err != nil {
				return nil, err
			}
		}
		if err := book.Apply(e); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fire does what the clocks reach before an instant.
func fire(b *sla.Book, before time.Time, done map[minutetest.Name]minutetest.Point) error {
	firings, err := b.Firings()
	if err != nil {
		return err
	}
	for _, f := range firings {
		name := minutetest.Name{Metric: string(f.Metric), Cycle: f.Cycle, Plan: f.Plan, Step: f.Step.Key, Occurrence: f.Occurrence}
		if _, twice := done[name]; !twice && f.At.Before(before) {
			done[name] = minutetest.Point{At: f.At, Skipped: f.Skipped}
		}
	}
	return nil
}

// differences compares what was done with what the checker says.
func differences(got, want map[minutetest.Name]minutetest.Point) []string {
	var all []string
	for name, p := range want {
		if g, ok := got[name]; !ok {
			all = append(all, fmt.Sprintf("%+v is missing, due %s", name, p.At.Format("01-02 15:04:05")))
		} else if !g.At.Equal(p.At) || g.Skipped != p.Skipped {
			all = append(all, fmt.Sprintf("%+v at %s skipped %t, want %s %t", name, g.At.Format("01-02 15:04:05"), g.Skipped, p.At.Format("01-02 15:04:05"), p.Skipped))
		}
	}
	for name, p := range got {
		if _, ok := want[name]; !ok {
			all = append(all, fmt.Sprintf("%+v at %s is not due", name, p.At.Format("01-02 15:04:05")))
		}
	}
	slices.Sort(all)
	return all
}

func story(l minutetest.Life) string {
	var b strings.Builder
	fmt.Fprintf(&b, "received %s %s %s %s\n", l.Received, l.Terms.Plan.Key, l.Terms.Priority, l.Terms.Hours.Key)
	for _, e := range l.Events {
		fmt.Fprintf(&b, "%s %s %s", e.At, e.Kind, e.Status)
		switch e.Kind {
		case minutetest.Changed:
			fmt.Fprintf(&b, "%s %s", e.Terms.Plan.Key, e.Terms.Priority)
		case minutetest.DueSet:
			fmt.Fprintf(&b, "%s", e.Due)
		case minutetest.Undelivered:
			fmt.Fprintf(&b, "%s", e.Reply)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var (
	lives = flag.Uint64("lives", 1000, "how many lives TestStepsOfAYear goes through")
	first = flag.Uint64("first", 0, "the first of them")
)

// TestStepsOfAYear compares the steps of random lives with those that a walk
// through each minute of them finds. Then the desk does something itself in each,
// as soon as one of these steps is due, and they are compared again.
func TestStepsOfAYear(t *testing.T) {
	t.Parallel()
	y := newYear()
	count := 0
	for seed := *first; seed < *first+*lives; seed++ {
		r := rand.New(rand.NewPCG(seed, 0))
		l := y.life(r)
		due := y.compare(t, seed, l)
		count += len(due)
		if at, ok := wholeMinute(r, due); ok {
			y.compare(t, seed, interrupted(r, l, at))
		}
	}
	t.Logf("%d steps in %d lives", count, *lives)
}

// compare compares the steps of a life, and returns them.
func (y *year) compare(t *testing.T, seed uint64, l minutetest.Life) map[minutetest.Name]minutetest.Point {
	t.Helper()
	until := l.Received + 30*1440
	if n := len(l.Events); n > 0 {
		until += l.Events[n-1].At - l.Received
	}
	got, err := fired(y.history(l), until.Time())
	if err != nil {
		t.Fatalf("life %d: %v\n%s", seed, err, story(l))
	}
	want := minutetest.Due(l, nil, until-1)
	if wrong := differences(got, want); len(wrong) > 0 {
		t.Fatalf("life %d:\n%s%s", seed, story(l), strings.Join(wrong, "\n"))
	}
	return want
}

// wholeMinute draws one of the instants at which steps are due, of those that are
// whole minutes.
func wholeMinute(r *rand.Rand, due map[minutetest.Name]minutetest.Point) (minutetest.Minute, bool) {
	var all []minutetest.Minute
	for _, p := range due {
		if p.At.Second() == 0 && p.At.Nanosecond() == 0 {
			all = append(all, minutetest.MinuteOf(p.At))
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[r.IntN(len(all))], true
}

// interrupted is a life in which the desk itself sets a status at an instant.
func interrupted(r *rand.Rand, l minutetest.Life, at minutetest.Minute) minutetest.Life {
	own := minutetest.Event{At: at, Own: true, Kind: minutetest.Status, Status: []string{"resolved", "hold", "pending"}[r.IntN(3)]}
	i, _ := slices.BinarySearchFunc(l.Events, at+1, func(e minutetest.Event, m minutetest.Minute) int { return int(e.At - m) })
	l.Events = slices.Insert(slices.Clone(l.Events), i, own)
	return l
}
