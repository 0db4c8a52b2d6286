package sla_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket/sla"
)

// histories draws what may happen to a ticket in three weeks.
func histories(tb testing.TB) *rapid.Generator[[]sla.Event] {
	other := terms(tb, sla.Target{First: 3 * time.Hour, Next: time.Hour, Resolve: 20 * time.Hour}, func(p *sla.Plan) { p.Key, p.OnChange = "b", sla.Carry })
	none := terms(tb, sla.Target{}, func(p *sla.Plan) { p.Key = "none" })
	return rapid.Custom(func(t *rapid.T) []sla.Event {
		minutes := rapid.SliceOfN(rapid.IntRange(0, 21*1440), 0, 12).Draw(t, "minutes")
		slices.Sort(minutes)
		var all []sla.Event
		for _, m := range minutes {
			e := sla.Event{At: at("2026-03-20 10:00").Add(time.Duration(m) * time.Minute)}
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0:
				e.Kind = sla.Replied
			case 1:
				e.Kind = sla.CustomerWrote
			case 2:
				e.Kind, e.Terms = sla.TermsSet, rapid.SampledFrom([]sla.Terms{other, none}).Draw(t, "terms")
			case 3:
				e.Kind, e.Due = sla.DueSet, e.At.Add(30*time.Hour)
			default:
				name := rapid.SampledFrom([]string{"open", "pending", "hold", "resolved", "spam"}).Draw(t, "status")
				e = status("2026-03-20 10:00", name)
				e.At = at("2026-03-20 10:00").Add(time.Duration(m) * time.Minute)
			}
			all = append(all, e)
		}
		return all
	})
}

func everything(tb testing.TB) sla.Terms {
	return terms(tb, sla.Target{First: 2 * time.Hour, Next: 4 * time.Hour, Resolve: 16 * time.Hour, Keep: 8 * time.Hour}, func(p *sla.Plan) {
		p.Steps = []sla.Step{step(tb, "warn", sla.Every, "75%"), step(tb, "soon", sla.Every, "-30m"), step(tb, "breach", sla.Every, "0"), step(tb, "late", sla.Every, "+2h")}
	})
}

// TestReplayIsLive: the whole history at once gives the same clocks and steps as
// one event after the other, with looks in between.
func TestReplayIsLive(t *testing.T) {
	t.Parallel()
	with, draw := everything(t), histories(t)
	rapid.Check(t, func(rt *rapid.T) {
		events := draw.Draw(rt, "events")
		live := replay(t, "2026-03-20 10:00", with)
		for _, e := range events {
			firings(t, live)
			lines(t, live, "2026-04-15 10:00")
			if err := live.Apply(e); err != nil {
				rt.Fatal(err)
			}
		}
		again := replay(t, "2026-03-20 10:00", with, events...)
		if a, b := lines(t, live, "2026-04-15 10:00"), lines(t, again, "2026-04-15 10:00"); a != b {
			rt.Fatalf("live\n%s\nreplayed\n%s", a, b)
		}
		if a, b := firings(t, live), firings(t, again); a != b {
			rt.Fatalf("live\n%s\nreplayed\n%s", a, b)
		}
	})
}

// TestEmptyPause: a pause without length changes nothing, wherever it is.
func TestEmptyPause(t *testing.T) {
	t.Parallel()
	with, draw := everything(t), histories(t)
	rapid.Check(t, func(rt *rapid.T) {
		events := draw.Draw(rt, "events")
		i := rapid.IntRange(0, len(events)).Draw(rt, "place")
		before, when := "new", at("2026-03-20 10:00")
		for _, e := range events[:i] {
			when = e.At
			if e.Kind == sla.StatusSet {
				before = e.Status
			}
		}
		if before != "new" && before != "open" {
			rt.Skip("it is paused or over")
		}
		when = when.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "later")) * time.Minute)
		if i < len(events) && when.After(events[i].At) {
			when = events[i].At
		}
		pause := sla.Event{At: when, Kind: sla.StatusSet, Status: "pending"}
		resume := sla.Event{At: when, Kind: sla.StatusSet, Status: before}
		plain := replay(t, "2026-03-20 10:00", with, events...)
		paused := replay(t, "2026-03-20 10:00", with, slices.Insert(slices.Clone(events), i, pause, resume)...)
		if a, b := lines(t, plain, "2026-04-15 10:00"), lines(t, paused, "2026-04-15 10:00"); a != b {
			rt.Fatalf("without\n%s\nwith\n%s", a, b)
		}
		if a, b := firings(t, plain), firings(t, paused); a != b {
			rt.Fatalf("without\n%s\nwith\n%s", a, b)
		}
	})
}

// TestClockProperties: what was consumed never exceeds what was open, segments
// are in order, and a running clock has consumed its budget at its deadline.
func TestClockProperties(t *testing.T) {
	t.Parallel()
	with, draw := everything(t), histories(t)
	now := at("2026-04-15 10:00")
	rapid.Check(t, func(rt *rapid.T) {
		for _, c := range replay(t, "2026-03-20 10:00", with, draw.Draw(rt, "events")...).Clocks() {
			name := fmt.Sprintf("%s/%d %s", c.Metric, c.Cycle, c.State)
			if c.Consumed(now) > c.Terms.Calendar.Elapsed(c.Started, now) {
				rt.Fatalf("%s has consumed more than there was", name)
			}
			for i, s := range c.Segments {
				last := i == len(c.Segments)-1
				if s.To.IsZero() != (last && c.State == sla.Running) || !s.To.IsZero() && s.To.Before(s.From) || i > 0 && !s.From.After(c.Segments[i-1].To) {
					rt.Fatalf("%s has segments %v", name, c.Segments)
				}
			}
			deadline, ok, err := c.Deadline()
			if err != nil {
				rt.Fatal(err)
			}
			if ok && c.Fixed.IsZero() && !c.ByChange && c.Consumed(deadline) != c.Budget {
				rt.Fatalf("%s has consumed %s of %s at its deadline %s", name, c.Consumed(deadline), c.Budget, deadline)
			}
			if c.State == sla.Running && !ok && !c.Replaced {
				rt.Fatalf("%s has no deadline", name)
			}
		}
	})
}
