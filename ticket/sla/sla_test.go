package sla_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zone rules wherever the tests run

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

func berlin() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
}

// at reads an instant in Berlin.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, berlin())
	if err != nil {
		panic(err)
	}
	return t
}

func shown(t time.Time) string { return t.In(berlin()).Format("2006-01-02 15:04") }

func newCalendar(t testing.TB, week string, holidays ...string) *calendar.Calendar {
	t.Helper()
	def := calendar.Definition{Key: week, Zone: berlin()}
	if err := def.Week.Add(week); err != nil {
		t.Fatal(err)
	}
	for _, text := range holidays {
		h, err := calendar.ParseHoliday(text)
		if err != nil {
			t.Fatal(err)
		}
		def.Holidays = append(def.Holidays, h)
	}
	c, err := calendar.New(def)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const officeHours = "mon-fri 09:00-17:00"

// step makes a step from its words.
func step(t testing.TB, key string, m sla.Metric, point string) sla.Step {
	t.Helper()
	p, err := sla.ParsePoint(point, time.ParseDuration)
	if err != nil {
		t.Fatal(err)
	}
	return sla.Step{Key: key, Metric: m, At: p}
}

// terms are office hours and a target for priority High.
func terms(t testing.TB, target sla.Target, change ...func(*sla.Plan)) sla.Terms {
	t.Helper()
	p := &sla.Plan{Key: "a", Targets: map[string]sla.Target{"High": target}, PauseOn: []string{"pending", "hold"},
		OnReopen: sla.ReopenResume, OnChange: sla.FromStart}
	for _, c := range change {
		c(p)
	}
	return sla.Terms{Plan: p, Priority: "High", Calendar: newCalendar(t, officeHours)}
}

func status(when, name string) sla.Event {
	e := sla.Event{At: at(when), Kind: sla.StatusSet, Status: name}
	switch name {
	case "resolved", "closed":
		e.Standing = sla.Done
	case "spam":
		e.Standing = sla.Void
	}
	return e
}

func event(when string, kind sla.Kind) sla.Event { return sla.Event{At: at(when), Kind: kind} }

func replay(t testing.TB, received string, with sla.Terms, events ...sla.Event) *sla.Book {
	t.Helper()
	b, err := sla.Replay(sla.History{Received: at(received), Status: "new", Terms: with, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// line says all about a clock at an instant.
func line(t testing.TB, c *sla.Clock, now string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d %s used %s", c.Metric, c.Cycle, c.State, c.Consumed(at(now)))
	deadline, ok, err := c.Deadline()
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		fmt.Fprintf(&b, " due %s", shown(deadline))
	}
	if breach, late, err := c.BreachedAt(at(now)); err != nil {
		t.Fatal(err)
	} else if late {
		fmt.Fprintf(&b, " breached %s", shown(breach))
	}
	if c.ByChange {
		b.WriteString(" by change")
	}
	return b.String()
}

func lines(t testing.TB, b *sla.Book, now string) string {
	t.Helper()
	var all []string
	for _, c := range b.Clocks() {
		all = append(all, line(t, c, now))
	}
	return strings.Join(all, "\n")
}

func firings(t testing.TB, b *sla.Book) string {
	t.Helper()
	all, err := b.Firings()
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, f := range all {
		w := fmt.Sprintf("%s %s#%d %s", f.Metric, f.Step.Key, f.Occurrence, shown(f.At))
		if f.Skipped {
			w += " skipped"
		}
		words = append(words, w)
	}
	return strings.Join(words, "\n")
}

func resolveIn(d time.Duration) sla.Target { return sla.Target{Resolve: d} }

// TestHistories holds histories to their clocks. The first ones are the vectors
// 11 to 13 of the specification. (F51)
func TestHistories(t *testing.T) {
	t.Parallel()
	eight := resolveIn(8 * time.Hour)
	always := terms(t, resolveIn(2*time.Hour))
	always.Calendar = newCalendar(t, "24x7")
	under := func(mode sla.OnChange, to sla.Terms) sla.Event {
		p := *to.Plan
		p.Key, p.OnChange = "b", mode
		return sla.Event{At: at("2026-01-05 13:00"), Kind: sla.TermsSet, Terms: sla.Terms{Plan: &p, Priority: "High", Calendar: to.Calendar}}
	}
	four := terms(t, resolveIn(4*time.Hour))
	all := terms(t, sla.Target{First: time.Hour, Next: 2 * time.Hour, Resolve: 8 * time.Hour, Keep: 6 * time.Hour})
	for name, v := range map[string]struct {
		terms  sla.Terms
		events []sla.Event
		now    string
		want   string
	}{
		"11 pending from Monday to Wednesday": {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "pending"), status("2026-01-07 11:00", "open")},
			"2026-01-07 11:00", "resolve/1 running used 2h0m0s due 2026-01-07 17:00"},
		"11 while pending": {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "pending")}, "2026-01-06 11:00", "resolve/1 paused used 2h0m0s"},
		"12 pending at night": {terms(t, eight), []sla.Event{status("2026-01-05 18:00", "pending"), status("2026-01-06 08:00", "open")},
			"2026-01-06 08:00", "resolve/1 running used 7h0m0s due 2026-01-06 10:00"},
		"13 from the start":  {terms(t, eight), []sla.Event{under(sla.FromStart, always)}, "2026-01-05 13:00", "resolve/1 running used 3h0m0s due 2026-01-05 13:00 breached 2026-01-05 13:00 by change"},
		"13 carry":           {terms(t, eight), []sla.Event{under(sla.Carry, always)}, "2026-01-05 13:00", "resolve/1 running used 3h0m0s due 2026-01-05 13:00 breached 2026-01-05 13:00 by change"},
		"13 from the change": {terms(t, eight), []sla.Event{under(sla.FromChange, always)}, "2026-01-05 13:00", "resolve/1 running used 0s due 2026-01-05 15:00"},
		"from the start, with a pause, in time": {terms(t, eight), []sla.Event{status("2026-01-05 11:00", "pending"), status("2026-01-05 12:00", "open"), under(sla.FromStart, four)},
			"2026-01-05 13:00", "resolve/1 running used 2h0m0s due 2026-01-05 15:00"},
		"carry, in time":               {terms(t, eight), []sla.Event{under(sla.Carry, four)}, "2026-01-05 14:00", "resolve/1 running used 4h0m0s due 2026-01-05 14:00 breached 2026-01-05 14:00"},
		"a plan that promises nothing": {terms(t, eight), []sla.Event{under(sla.FromStart, terms(t, sla.Target{}))}, "2026-01-05 14:00", ""},
		"a promise from the start": {terms(t, sla.Target{}), []sla.Event{status("2026-01-05 11:00", "pending"), status("2026-01-05 12:00", "open"), under(sla.FromStart, four)},
			"2026-01-05 13:00", "resolve/1 running used 2h0m0s due 2026-01-05 15:00"},
		"a promise from the change": {terms(t, sla.Target{}), []sla.Event{under(sla.Carry, four)}, "2026-01-05 13:00", "resolve/1 running used 0s due 2026-01-05 17:00"},
		"no plan undoes a breach": {terms(t, resolveIn(time.Hour)), []sla.Event{under(sla.FromStart, terms(t, resolveIn(40*time.Hour)))},
			"2026-01-05 14:00", "resolve/1 running used 4h0m0s due 2026-01-05 11:00 breached 2026-01-05 11:00"},

		"solved at the deadline":    {terms(t, eight), []sla.Event{status("2026-01-06 10:00", "resolved")}, "2026-01-08 10:00", "resolve/1 met used 8h0m0s"},
		"solved a minute later":     {terms(t, eight), []sla.Event{status("2026-01-06 10:01", "resolved")}, "2026-01-08 10:00", "resolve/1 breached used 8h1m0s due 2026-01-06 10:00 breached 2026-01-06 10:00"},
		"solved at night, in time":  {terms(t, resolveIn(7*time.Hour+time.Minute)), []sla.Event{status("2026-01-05 20:00", "resolved")}, "2026-01-08 10:00", "resolve/1 met used 7h0m0s"},
		"solved at night, too late": {terms(t, resolveIn(7*time.Hour)), []sla.Event{status("2026-01-05 20:00", "resolved")}, "2026-01-08 10:00", "resolve/1 breached used 7h0m0s due 2026-01-05 17:00 breached 2026-01-05 17:00"},
		"late before the pause": {terms(t, resolveIn(time.Hour)), []sla.Event{status("2026-01-05 12:00", "pending"), status("2026-01-06 12:00", "resolved")},
			"2026-01-08 10:00", "resolve/1 breached used 2h0m0s due 2026-01-05 11:00 breached 2026-01-05 11:00"},

		"reopened": {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "resolved"), status("2026-01-07 09:00", "open")}, "2026-01-07 10:00", "resolve/1 running used 3h0m0s due 2026-01-07 15:00"},
		"reopened, restart": {terms(t, eight, func(p *sla.Plan) { p.OnReopen = sla.ReopenRestart }), []sla.Event{status("2026-01-05 12:00", "resolved"), status("2026-01-07 09:00", "open")},
			"2026-01-07 10:00", "resolve/1 met used 2h0m0s\nresolve/2 running used 1h0m0s due 2026-01-07 17:00"},
		"reopened, none": {terms(t, eight, func(p *sla.Plan) { p.OnReopen = sla.ReopenNone }), []sla.Event{status("2026-01-05 12:00", "resolved"), status("2026-01-07 09:00", "open")},
			"2026-01-07 10:00", "resolve/1 met used 2h0m0s"},
		"closed after resolved": {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "resolved"), status("2026-01-12 12:00", "closed")}, "2026-01-13 10:00", "resolve/1 met used 2h0m0s"},
		"spam":                  {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "spam")}, "2026-01-13 10:00", "resolve/1 cancelled used 2h0m0s"},
		"spam taken back":       {terms(t, eight), []sla.Event{status("2026-01-05 12:00", "spam"), status("2026-01-06 12:00", "open")}, "2026-01-06 13:00", "resolve/1 running used 3h0m0s due 2026-01-07 10:00"},

		"all metrics": {all, []sla.Event{event("2026-01-05 10:30", sla.CustomerWrote), event("2026-01-05 11:00", sla.Replied), status("2026-01-05 11:00", "pending"),
			event("2026-01-05 14:00", sla.CustomerWrote), status("2026-01-05 14:00", "open"), event("2026-01-05 14:30", sla.CustomerWrote)}, "2026-01-05 15:00",
			"first/1 met used 1h0m0s\nresolve/1 running used 2h0m0s due 2026-01-06 13:00\nkeep/1 running used 1h0m0s due 2026-01-06 12:00\nnext/1 running used 1h0m0s due 2026-01-05 16:00"},
		"the second answer": {all, []sla.Event{event("2026-01-05 11:30", sla.Replied), event("2026-01-05 14:00", sla.CustomerWrote), event("2026-01-05 15:00", sla.Replied)}, "2026-01-05 16:00",
			"first/1 breached used 1h30m0s due 2026-01-05 11:00 breached 2026-01-05 11:00\nresolve/1 running used 6h0m0s due 2026-01-06 10:00\nkeep/1 met used 3h30m0s\nnext/1 met used 1h0m0s\nkeep/2 running used 1h0m0s due 2026-01-06 13:00"},
		"the first answer is not paused": {terms(t, sla.Target{First: 2 * time.Hour}), []sla.Event{status("2026-01-05 11:00", "pending")}, "2026-01-05 11:30", "first/1 running used 1h30m0s due 2026-01-05 12:00"},
		"unless the plan says so":        {terms(t, sla.Target{First: 2 * time.Hour}, func(p *sla.Plan) { p.PauseFirst = true }), []sla.Event{status("2026-01-05 11:00", "pending")}, "2026-01-05 11:30", "first/1 paused used 1h0m0s"},
		"a reply that reached nobody": {terms(t, sla.Target{First: 2 * time.Hour}), []sla.Event{event("2026-01-05 11:00", sla.Replied), {At: at("2026-01-05 11:30"), Kind: sla.Undelivered, Reply: at("2026-01-05 11:00")}},
			"2026-01-05 11:30", "first/1 running used 1h30m0s due 2026-01-05 12:00"},
		"a due date": {terms(t, eight), []sla.Event{{At: at("2026-01-05 12:00"), Kind: sla.DueSet, Due: at("2026-01-05 15:00")}, status("2026-01-05 16:00", "resolved")},
			"2026-01-05 17:00", "resolve/1 met used 6h0m0s\ndue/1 breached used 4h0m0s due 2026-01-05 15:00 breached 2026-01-05 15:00"},
		"a due date taken away": {terms(t, eight), []sla.Event{{At: at("2026-01-05 12:00"), Kind: sla.DueSet, Due: at("2026-01-05 15:00")}, {At: at("2026-01-05 13:00"), Kind: sla.DueSet}},
			"2026-01-05 14:00", "resolve/1 running used 4h0m0s due 2026-01-06 10:00\ndue/1 cancelled used 1h0m0s"},
		"a later date than what was promised": {terms(t, resolveIn(time.Hour)), []sla.Event{{At: at("2026-01-05 10:30"), Kind: sla.DueSet, Due: at("2026-01-07 15:00")}, status("2026-01-06 16:00", "resolved")},
			"2026-01-06 17:00", "resolve/1 met used 14h0m0s\ndue/1 met used 13h30m0s"},
		"no date undoes a breach": {terms(t, resolveIn(time.Hour)), []sla.Event{{At: at("2026-01-05 12:00"), Kind: sla.DueSet, Due: at("2026-01-07 15:00")}},
			"2026-01-05 13:00", "resolve/1 running used 3h0m0s due 2026-01-05 11:00 breached 2026-01-05 11:00\ndue/1 running used 1h0m0s due 2026-01-07 15:00"},
		"a new holiday": {terms(t, eight), []sla.Event{{At: at("2026-01-05 11:00"), Kind: sla.CalendarEdited, Terms: sla.Terms{Calendar: newCalendar(t, officeHours, "2026-01-06")}}},
			"2026-01-05 11:00", "resolve/1 running used 1h0m0s due 2026-01-07 10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lines(t, replay(t, "2026-01-05 10:00", v.terms, v.events...), v.now); got != v.want {
				t.Errorf("got\n%s\nwant\n%s", got, v.want)
			}
		})
	}
}

// TestHolidayUndoesBreach: what a new holiday undoes is told, and what had
// ended stays.
func TestHolidayUndoesBreach(t *testing.T) {
	t.Parallel()
	edit := sla.Event{At: at("2026-01-06 16:00"), Kind: sla.CalendarEdited, Terms: sla.Terms{Calendar: newCalendar(t, officeHours, "2026-01-06")}}
	b := replay(t, "2026-01-05 10:00", terms(t, sla.Target{First: 8 * time.Hour, Resolve: 8 * time.Hour}), event("2026-01-06 12:00", sla.Replied), edit)
	want := "first/1 breached used 10h0m0s due 2026-01-06 10:00 breached 2026-01-06 10:00\nresolve/1 running used 7h0m0s due 2026-01-07 10:00"
	if got := lines(t, b, "2026-01-06 16:00"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := b.Revoked(); len(got) != 1 || got[0].Metric != sla.Resolve {
		t.Errorf("revoked %+v", got)
	}
}

// TestSteps holds steps to their instants. The first is vector 14 of the
// specification.
func TestSteps(t *testing.T) {
	t.Parallel()
	steps := func(all ...sla.Step) func(*sla.Plan) { return func(p *sla.Plan) { p.Steps = all } }
	vector := []sla.Step{step(t, "warn", sla.Resolve, "75%"), step(t, "soon", sla.Every, "-30m"), step(t, "breach", sla.Resolve, "0"), step(t, "late", sla.Resolve, "+2h")}
	nag := step(t, "nag", sla.Resolve, "+2h")
	nag.Repeat, nag.Max = 4*time.Hour, 3
	nagReal := step(t, "real", sla.Resolve, "+2hR")
	nagReal.Repeat, nagReal.Max = 4*time.Hour, 2
	eight := resolveIn(8 * time.Hour)
	full, long := step(t, "full", sla.Resolve, "100%"), step(t, "long", sla.Resolve, "-10h")
	full.Repeat, full.Max, long.Repeat, long.Max = time.Hour, 3, time.Hour, 3
	short := sla.Event{At: at("2026-01-06 09:00"), Kind: sla.TermsSet, Terms: terms(t, resolveIn(time.Hour), steps(vector...))}
	for name, v := range map[string]struct {
		terms  sla.Terms
		events []sla.Event
		want   string
	}{
		"14": {terms(t, eight, steps(vector...)), nil, "resolve warn#0 2026-01-06 13:00\nresolve soon#0 2026-01-06 14:30\nresolve breach#0 2026-01-06 15:00\nresolve late#0 2026-01-06 17:00"},
		"repeated, and only while it runs": {terms(t, eight, steps(nag)), []sla.Event{status("2026-01-07 09:30", "pending"), status("2026-01-08 09:00", "open")},
			"resolve nag#0 2026-01-06 17:00\nresolve nag#1 2026-01-08 12:30\nresolve nag#2 2026-01-08 16:30"},
		"the whole budget, repeated":     {terms(t, eight, steps(full)), nil, "resolve full#0 2026-01-06 15:00\nresolve full#1 2026-01-06 16:00\nresolve full#2 2026-01-06 17:00"},
		"more than the budget, repeated": {terms(t, eight, steps(long)), nil, "resolve long#0 2026-01-05 15:00\nresolve long#1 2026-01-05 16:00\nresolve long#2 2026-01-05 17:00"},
		"of a plan that came in a pause": {terms(t, resolveIn(20*time.Hour)), []sla.Event{status("2026-01-06 15:00", "pending"), {At: at("2026-01-06 16:00"), Kind: sla.TermsSet,
			Terms: terms(t, resolveIn(9*time.Hour), steps(vector[0], vector[2]))}, status("2026-01-07 10:00", "open")}, "resolve warn#0 2026-01-07 10:00\nresolve breach#0 2026-01-07 11:00"},
		"in real time":           {terms(t, eight, steps(nagReal)), nil, "resolve real#0 2026-01-06 17:00\nresolve real#1 2026-01-06 21:00"},
		"no instant in a pause":  {terms(t, eight, steps(vector...)), []sla.Event{status("2026-01-06 14:00", "pending")}, "resolve warn#0 2026-01-06 13:00"},
		"none after the end":     {terms(t, eight, steps(vector...)), []sla.Event{status("2026-01-06 14:45", "resolved")}, "resolve warn#0 2026-01-06 13:00\nresolve soon#0 2026-01-06 14:30"},
		"more than the budget":   {terms(t, resolveIn(time.Hour), steps(step(t, "w", sla.Every, "-2h"))), nil, "resolve w#0 2026-01-05 15:00"},
		"breached by the change": {terms(t, eight), []sla.Event{short}, "resolve warn#0 2026-01-06 09:00 skipped\nresolve soon#0 2026-01-06 09:00 skipped\nresolve breach#0 2026-01-06 09:00\nresolve late#0 2026-01-06 11:00"},
		"a due date": {terms(t, eight, steps(vector...)), []sla.Event{{At: at("2026-01-05 15:00"), Kind: sla.DueSet, Due: at("2026-01-06 11:00")}},
			"due warn#0 2026-01-06 10:00\ndue soon#0 2026-01-06 10:30\ndue breach#0 2026-01-06 11:00\ndue late#0 2026-01-06 13:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := firings(t, replay(t, "2026-01-05 15:00", v.terms, v.events...)); got != v.want {
				t.Errorf("got\n%s\nwant\n%s", got, v.want)
			}
		})
	}
}

func TestParsePointRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "is not a point", "101%": "more than the whole budget", "-5%": "is not a point", "2h": "is not a point",
		"-2hR": "is not a point", "+0s": "is not a point", "+": "is not a point", "%": "is not a point", "+x": "is not a point"} {
		if p, err := sla.ParsePoint(text, time.ParseDuration); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", text, p, err)
		}
	}
}
