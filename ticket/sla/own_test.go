package sla_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket/sla"
)

// TestOwnEndIsNoAnswer: a person who resolves a ticket at its deadline is in time.
// The desk that does so by itself, or puts it on hold, does so since the deadline
// has passed.
func TestOwnEndIsNoAnswer(t *testing.T) {
	t.Parallel()
	with := terms(t, sla.Target{Resolve: 2 * time.Hour}, func(p *sla.Plan) {
		p.Steps = []sla.Step{step(t, "soon", sla.Resolve, "-30m"), step(t, "breach", sla.Resolve, "0"), step(t, "late", sla.Resolve, "+1h")}
	})
	const breached = "due 2026-01-05 12:00 breached 2026-01-05 12:00"
	own := func(when, name string) sla.Event {
		e := status(when, name)
		e.Own = true
		return e
	}
	for name, v := range map[string]struct {
		events  []sla.Event
		line    string
		firings string
	}{
		"resolved by a person": {[]sla.Event{status("2026-01-05 12:00", "resolved")}, "resolve/1 met used 2h0m0s",
			"resolve soon#0 2026-01-05 11:30"},
		"resolved by the desk": {[]sla.Event{own("2026-01-05 12:00", "resolved")}, "resolve/1 breached used 2h0m0s " + breached,
			"resolve soon#0 2026-01-05 11:30\nresolve breach#0 2026-01-05 12:00"},
		"on hold by a person": {[]sla.Event{status("2026-01-05 12:00", "hold")}, "resolve/1 paused used 2h0m0s",
			"resolve soon#0 2026-01-05 11:30"},
		"on hold by the desk": {[]sla.Event{own("2026-01-05 12:00", "hold")}, "resolve/1 paused used 2h0m0s " + breached,
			"resolve soon#0 2026-01-05 11:30\nresolve breach#0 2026-01-05 12:00"},
		"before the deadline": {[]sla.Event{own("2026-01-05 11:59", "resolved")}, "resolve/1 met used 1h59m0s",
			"resolve soon#0 2026-01-05 11:30"},
		"and opened again": {[]sla.Event{own("2026-01-05 12:00", "resolved"), status("2026-01-05 15:00", "open")},
			"resolve/1 running used 3h0m0s " + breached,
			"resolve soon#0 2026-01-05 11:30\nresolve breach#0 2026-01-05 12:00\nresolve late#0 2026-01-05 16:00"},
		"as soon as it went on": {[]sla.Event{status("2026-01-05 12:00", "hold"), status("2026-01-05 13:00", "open"), own("2026-01-05 13:00", "hold")},
			"resolve/1 paused used 2h0m0s due 2026-01-05 13:00 breached 2026-01-05 13:00",
			"resolve soon#0 2026-01-05 11:30\nresolve breach#0 2026-01-05 13:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := replay(t, "2026-01-05 10:00", with, v.events...)
			if got := lines(t, b, "2026-01-05 16:00"); got != v.line {
				t.Errorf("got %s\nwant %s", got, v.line)
			}
			if got := firings(t, b); got != v.firings {
				t.Errorf("got\n%s\nwant\n%s", got, v.firings)
			}
		})
	}
}

// TestOwnEndsHideNoBreach: what the desk does by itself when a clock has passed its
// deadline leaves it breached then, whatever happens afterwards.
func TestOwnEndsHideNoBreach(t *testing.T) {
	t.Parallel()
	with, draw := everything(t), histories(t)
	tried := 0
	rapid.Check(t, func(rt *rapid.T) {
		events := draw.Draw(rt, "events")
		n := rapid.IntRange(0, len(events)).Draw(rt, "before")
		for _, c := range replay(t, "2026-03-20 10:00", with, events[:n]...).Clocks() {
			deadline, ok, err := c.Deadline()
			if err != nil {
				rt.Fatal(err)
			}
			past := n > 0 && deadline.Before(events[n-1].At) || n < len(events) && !deadline.Before(events[n].At)
			if !ok || past || c.State != sla.Running || deadline.Nanosecond() != 0 {
				continue
			}
			tried++
			own := status("2026-03-20 10:00", rapid.SampledFrom([]string{"resolved", "hold", "pending"}).Draw(rt, "own"))
			own.At, own.Own = deadline, true
			for _, after := range [][]sla.Event{nil, events[n:]} {
				b := replay(t, "2026-03-20 10:00", with, slices.Concat(events[:n], []sla.Event{own}, after)...)
				i := slices.IndexFunc(b.Clocks(), func(d *sla.Clock) bool { return d.Metric == c.Metric && d.Cycle == c.Cycle })
				d := b.Clocks()[i]
				if at, late, err := d.BreachedAt(at("2027-01-01 10:00")); err != nil || !late || !at.Equal(deadline) {
					rt.Fatalf("%s/%d is %s, and passed its deadline at %s: %t, %s, %v", d.Metric, d.Cycle, d.State, deadline, late, at, err)
				}
				steps, err := d.Firings()
				if err != nil {
					rt.Fatal(err)
				}
				if len(c.Terms.Plan.Steps) > 0 && !slices.ContainsFunc(steps, func(f sla.Firing) bool { return f.Step.Key == "breach" && f.At.Equal(deadline) }) {
					rt.Fatalf("%s/%d has no breach at %s among %s", d.Metric, d.Cycle, deadline, fmt.Sprint(steps))
				}
			}
		}
	})
	if tried < 20 {
		t.Errorf("only %d clocks tried", tried)
	}
}
