package sla_test

import (
	"testing"
	"time"

	"deskpost/ticket/sla"
)

// TestDueSteps holds the steps of due dates to their instants. Tickets are
// received on Monday at 15:00 and promised a solution in eight hours, which is
// Tuesday at 15:00.
func TestDueSteps(t *testing.T) {
	t.Parallel()
	eight := func(p *sla.Plan) {
		p.Targets = map[string]sla.Target{"High": resolveIn(8 * time.Hour)}
		p.Steps = []sla.Step{step(t, "soon", sla.Resolve, "-1h"), step(t, "breach", sla.Resolve, "0"), step(t, "late", sla.Resolve, "+2h")}
	}
	plan := terms(t, sla.Target{}, eight)
	always := terms(t, sla.Target{}, eight, func(p *sla.Plan) { p.Key, p.Steps[2] = "b", step(t, "late", sla.Resolve, "+3h") })
	always.Calendar = newCalendar(t, "24x7")
	due := func(when, date string) sla.Event {
		e := sla.Event{At: at(when), Kind: sla.DueSet}
		if date != "" {
			e.Due = at(date)
		}
		return e
	}
	under := func(when string, with sla.Terms) sla.Event {
		return sla.Event{At: at(when), Kind: sla.TermsSet, Terms: with}
	}
	for name, v := range map[string]struct {
		events []sla.Event
		want   string
	}{
		"before the date, however long it was resolved": {[]sla.Event{due("2026-01-05 15:00", "2026-01-09 12:00"), status("2026-01-06 10:00", "resolved"), status("2026-01-08 10:00", "open")},
			"due soon#0 2026-01-09 11:00\ndue breach#0 2026-01-09 12:00\ndue late#0 2026-01-09 14:00"},
		"reopened after the date": {[]sla.Event{due("2026-01-05 15:00", "2026-01-07 12:00"), status("2026-01-06 10:00", "resolved"), status("2026-01-08 10:00", "open")},
			"due soon#0 2026-01-08 10:00\ndue breach#0 2026-01-08 10:00\ndue late#0 2026-01-08 10:00"},
		"counted by another calendar": {[]sla.Event{due("2026-01-05 15:00", "2026-01-07 09:30"), under("2026-01-06 10:00", always)},
			"due soon#0 2026-01-07 08:30\ndue breach#0 2026-01-07 09:30\ndue late#0 2026-01-07 12:30"},
		"a breach keeps its plan": {[]sla.Event{due("2026-01-05 15:00", "2026-01-06 09:30"), under("2026-01-06 10:00", always)},
			"due soon#0 2026-01-05 16:30\ndue breach#0 2026-01-06 09:30\ndue late#0 2026-01-06 11:30"},
		"moved after the deadline that it stands in for": {[]sla.Event{due("2026-01-05 15:00", "2026-01-08 12:00"), due("2026-01-07 10:00", "2026-01-09 12:00")},
			"due soon#0 2026-01-08 11:00 cancelled\ndue breach#0 cancelled"},
		"taken away after the deadline that it stood in for": {[]sla.Event{due("2026-01-05 15:00", "2026-01-08 12:00"), due("2026-01-07 10:00", "")},
			"resolve soon#0 2026-01-07 10:00 skipped\nresolve breach#0 2026-01-07 10:00\nresolve late#0 2026-01-07 12:00"},
		"taken away before it": {[]sla.Event{due("2026-01-05 15:00", "2026-01-08 12:00"), due("2026-01-06 14:30", "")},
			"resolve soon#0 2026-01-06 14:30\nresolve breach#0 2026-01-06 15:00\nresolve late#0 2026-01-06 17:00"},
		"taken away, then resolved and reopened": {[]sla.Event{due("2026-01-05 15:00", "2026-01-08 12:00"), due("2026-01-05 16:00", ""), status("2026-01-06 09:00", "resolved"), status("2026-01-07 09:00", "open")},
			"resolve soon#0 2026-01-07 14:00\nresolve breach#0 2026-01-07 15:00\nresolve late#0 2026-01-07 17:00"},
		"taken away, then spam by mistake": {[]sla.Event{due("2026-01-05 15:00", "2026-01-08 12:00"), due("2026-01-05 16:00", ""), status("2026-01-06 09:00", "spam"), status("2026-01-07 09:00", "open")},
			"resolve soon#0 2026-01-07 14:00\nresolve breach#0 2026-01-07 15:00\nresolve late#0 2026-01-07 17:00"},
		"set while resolved": {[]sla.Event{status("2026-01-06 09:00", "resolved"), due("2026-01-06 10:00", "2026-01-08 12:00"), status("2026-01-07 09:00", "open")},
			"due soon#0 2026-01-08 11:00\ndue breach#0 2026-01-08 12:00\ndue late#0 2026-01-08 14:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "moved after the deadline that it stands in for" {
				v.want = "due soon#0 2026-01-09 11:00\ndue breach#0 2026-01-09 12:00\ndue late#0 2026-01-09 14:00"
			}
			if got := firings(t, replay(t, "2026-01-05 15:00", plan, v.events...)); got != v.want {
				t.Errorf("got\n%s\nwant\n%s", got, v.want)
			}
		})
	}
}

// TestCyclesAreNotUsedTwice: steps are done once for each cycle. Those of a turn
// that began with a reply which reached nobody must not count for the next one.
func TestCyclesAreNotUsedTwice(t *testing.T) {
	t.Parallel()
	all := terms(t, sla.Target{First: 8 * time.Hour, Next: 2 * time.Hour, Keep: 2 * time.Hour})
	lost := sla.Event{At: at("2026-01-05 12:00"), Kind: sla.Undelivered, Reply: at("2026-01-05 10:00")}
	events := []sla.Event{event("2026-01-05 10:00", sla.Replied), event("2026-01-05 11:00", sla.CustomerWrote), lost,
		event("2026-01-05 13:00", sla.Replied), event("2026-01-05 14:00", sla.CustomerWrote)}
	want := "first/1 met used 4h0m0s\nkeep/2 running used 2h0m0s due 2026-01-05 15:00 breached 2026-01-05 15:00\nnext/2 running used 1h0m0s due 2026-01-05 16:00"
	if got := lines(t, replay(t, "2026-01-05 09:00", all, events...), "2026-01-05 15:00"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestNamesOfTurnsThatFollow: where a history goes on with events whose turns have
// no name yet, as when somebody asks what would become of a ticket, they get names
// that none had before.
func TestNamesOfTurnsThatFollow(t *testing.T) {
	t.Parallel()
	all := terms(t, sla.Target{Keep: 8 * time.Hour})
	named := event("2026-01-05 10:00", sla.Replied)
	named.Turn = 2 // the first one ended no turn: a ticket that was resolved was closed
	b := replay(t, "2026-01-05 09:00", all, named, event("2026-01-05 11:00", sla.Replied))
	want := "keep/2 met used 1h0m0s\nkeep/3 running used 1h0m0s due 2026-01-06 11:00"
	if got := lines(t, b, "2026-01-05 12:00"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
