package sla_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket/sla"
)

// TestMerge holds merges to the rule: first and resolve count from the earlier
// beginning of both tickets if neither had seen their end, and all else stays.
// This ticket was received at 10:00, and the other one is merged into it at 13:00.
func TestMerge(t *testing.T) {
	t.Parallel()
	merged := func(first, resolve, wrote string) sla.Event {
		e := event("2026-01-05 13:00", sla.Merged)
		for into, text := range map[*time.Time]string{&e.First: first, &e.Resolve: resolve, &e.Wrote: wrote} {
			if text != "" {
				*into = at("2026-01-05 " + text)
			}
		}
		return e
	}
	three := terms(t, sla.Target{First: 4 * time.Hour, Next: 2 * time.Hour, Resolve: 8 * time.Hour})
	replied, resolved := event("2026-01-05 12:00", sla.Replied), status("2026-01-05 12:30", "resolved")
	carry := terms(t, sla.Target{Resolve: 16 * time.Hour}, func(p *sla.Plan) { p.Key, p.OnChange = "b", sla.Carry })
	fromChange := terms(t, sla.Target{Resolve: 16 * time.Hour}, func(p *sla.Plan) { p.Key, p.OnChange = "c", sla.FromChange })
	for name, v := range map[string]struct {
		events []sla.Event
		want   string
	}{
		"neither answered nor solved": {[]sla.Event{merged("09:30", "09:30", "09:30")},
			"first/1 running used 4h0m0s due 2026-01-05 13:30 breached 2026-01-05 13:30\nresolve/1 running used 4h0m0s due 2026-01-06 09:30"},
		"the other one is younger": {[]sla.Event{merged("11:00", "11:00", "11:00")},
			"first/1 running used 3h30m0s due 2026-01-05 14:00\nresolve/1 running used 3h30m0s due 2026-01-06 10:00"},
		"the other one was answered": {[]sla.Event{merged("", "09:30", "")},
			"first/1 running used 3h30m0s due 2026-01-05 14:00\nresolve/1 running used 4h0m0s due 2026-01-06 09:30"},
		"the other one was solved": {[]sla.Event{merged("", "", "")},
			"first/1 running used 3h30m0s due 2026-01-05 14:00\nresolve/1 running used 3h30m0s due 2026-01-06 10:00"},
		"this one was answered": {[]sla.Event{replied, merged("09:30", "09:30", "09:30")},
			"first/1 met used 2h0m0s\nresolve/1 running used 4h0m0s due 2026-01-06 09:30"},
		"this one was answered before the other one wrote": {[]sla.Event{replied, merged("12:15", "12:15", "12:15")},
			"first/1 met used 2h0m0s\nresolve/1 running used 3h30m0s due 2026-01-06 10:00\nnext/1 running used 1h15m0s due 2026-01-05 14:15"},
		"this one was solved": {[]sla.Event{replied, resolved, merged("09:30", "09:30", "12:45")},
			"first/1 met used 2h0m0s\nresolve/1 met used 2h30m0s"},
		"this one was solved and is opened by it": {[]sla.Event{replied, resolved, merged("09:30", "09:30", "12:45"), status("2026-01-05 13:00", "open")},
			"first/1 met used 2h0m0s\nresolve/1 running used 3h0m0s due 2026-01-06 10:30\nnext/2 running used 30m0s due 2026-01-05 15:00"},
		"this one stands still": {[]sla.Event{status("2026-01-05 12:00", "pending"), merged("09:30", "09:30", "09:30"), status("2026-01-05 13:00", "open")},
			"first/1 running used 4h0m0s due 2026-01-05 13:30 breached 2026-01-05 13:30\nresolve/1 running used 3h0m0s due 2026-01-06 10:30"},
		"the deadline had passed by then": {[]sla.Event{merged("08:00", "", "")},
			"first/1 running used 4h30m0s due 2026-01-05 13:00 breached 2026-01-05 13:00\nresolve/1 running used 3h30m0s due 2026-01-06 10:00"},
		"after a change that carries": {[]sla.Event{{At: at("2026-01-05 11:00"), Kind: sla.TermsSet, Terms: carry}, merged("", "09:30", "")},
			"resolve/1 running used 4h0m0s due 2026-01-07 09:30"},
		"after a change that counts anew": {[]sla.Event{{At: at("2026-01-05 11:00"), Kind: sla.TermsSet, Terms: fromChange}, merged("", "09:30", "")},
			"resolve/1 running used 2h30m0s due 2026-01-07 11:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lines(t, replay(t, "2026-01-05 10:00", three, v.events...), "2026-01-05 13:30"); got != v.want {
				t.Errorf("got\n%s\nwant\n%s", got, v.want)
			}
		})
	}
}

// TestMergedIsAsReceivedThen: a ticket that takes in an older one before anything
// else has happened has the clocks of a ticket that was received back then.
func TestMergedIsAsReceivedThen(t *testing.T) {
	t.Parallel()
	with, draw := everything(t), histories(t)
	rapid.Check(t, func(rt *rapid.T) {
		earlier := at("2026-03-20 10:00").Add(-time.Duration(rapid.IntRange(0, 5*1440).Draw(rt, "minutes")) * time.Minute)
		events := draw.Draw(rt, "events")
		merged := sla.Event{At: at("2026-03-20 10:00"), Kind: sla.Merged, First: earlier, Resolve: earlier, Wrote: earlier}
		young := replay(t, "2026-03-20 10:00", with, append([]sla.Event{merged}, events...)...)
		old := replay(t, shown(earlier), with, events...)
		if a, b := lines(t, young, "2026-04-15 10:00"), lines(t, old, "2026-04-15 10:00"); a != b {
			rt.Fatalf("merged\n%s\nreceived then\n%s", a, b)
		}
		if a, b := firings(t, young), firings(t, old); a != b {
			rt.Fatalf("merged\n%s\nreceived then\n%s", a, b)
		}
	})
}

// TestSplitOff: what a ticket was made of had an answer already, so there is no
// first one to wait for. The next message of the customer begins a turn.
func TestSplitOff(t *testing.T) {
	t.Parallel()
	with := terms(t, sla.Target{First: time.Hour, Next: 2 * time.Hour, Resolve: 8 * time.Hour}, func(p *sla.Plan) {
		p.Steps = []sla.Step{step(t, "start", sla.First, "-2h"), step(t, "warn", sla.First, "50%"), step(t, "breach", sla.First, "0")}
	})
	b, err := sla.Replay(sla.History{Received: at("2026-01-05 10:00"), Status: "new", Terms: with, Answered: true,
		Events: []sla.Event{event("2026-01-05 12:00", sla.CustomerWrote)}})
	if err != nil {
		t.Fatal(err)
	}
	want := "first/1 cancelled used 0s\nresolve/1 running used 4h0m0s due 2026-01-06 10:00\nnext/1 running used 2h0m0s due 2026-01-05 14:00 breached 2026-01-05 14:00"
	if got := lines(t, b, "2026-01-05 14:00"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := firings(t, b); got != "" {
		t.Errorf("steps of an answer that nobody waits for: %s", got)
	}
}
