package yeartest

import (
	"time"

	"deskpost/ticket/sla"
	"deskpost/ticket/sla/minutetest"
)

// A Plan is a service level for both sides.
type Plan struct {
	Calendar string // key
	Desk     *sla.Plan
	Checker  *minutetest.Plan
}

// Priorities are those for which plans have targets, the least urgent first.
var Priorities = []string{"Low", "Normal", "High", "Emergency"}

// Plans are all plans, by key. Between them they have every kind of step and
// every mode.
func Plans() map[string]Plan {
	warned := []minutetest.Step{
		{Key: "warn", Metric: "first", At: "75%"}, {Key: "half", Metric: "*", At: "50%"}, {Key: "soon", Metric: "resolve", At: "-30m"},
		{Key: "breach", Metric: "*", At: "0"}, {Key: "raise", Metric: "first", At: "0"}, {Key: "nag", Metric: "resolve", At: "+2h", Repeat: 240, Max: 5},
	}
	strict := []minutetest.Step{
		{Key: "begin", Metric: "first", At: "0%"}, {Key: "early", Metric: "*", At: "-3h"}, {Key: "breach", Metric: "*", At: "0", Repeat: 60, Max: 3},
		{Key: "real", Metric: "*", At: "+90mR", Repeat: 720, Max: 4}, {Key: "late", Metric: "next", At: "+20m"},
	}
	calm := []minutetest.Step{
		{Key: "warn", Metric: "*", At: "80%", Repeat: 120, Max: 3}, {Key: "breach", Metric: "*", At: "100%", Repeat: 300, Max: 2},
		{Key: "after", Metric: "keep", At: "+1hR"},
	}
	all := map[string]Plan{}
	for _, p := range []struct {
		calendar string
		*minutetest.Plan
	}{
		{Berlin, &minutetest.Plan{Key: "gold", PauseOn: []string{"pending", "hold"}, OnReopen: "resume", OnChange: "from_start", Steps: warned,
			Targets: targets(minutetest.Target{First: 120, Next: 240, Resolve: 960, Keep: 1440})}},
		{NewYork, &minutetest.Plan{Key: "silver", PauseOn: []string{"pending"}, PauseFirst: true, OnReopen: "restart", OnChange: "carry", Steps: strict,
			Targets: targets(minutetest.Target{First: 240, Next: 480, Resolve: 1920, Keep: 2400})}},
		{LordHowe, &minutetest.Plan{Key: "round", PauseOn: []string{"hold", "snooze"}, OnReopen: "none", OnChange: "from_change", Steps: calm,
			Targets: targets(minutetest.Target{First: 60, Next: 180, Resolve: 2880, Keep: 4320})}},
		{Nightly, &minutetest.Plan{Key: "night", PauseOn: []string{"pending", "hold"}, OnReopen: "resume", OnChange: "from_start", Steps: strict,
			Targets: targets(minutetest.Target{First: 60, Resolve: 960})}},
		{Beirut, &minutetest.Plan{Key: "east", PauseOn: []string{"pending", "hold"}, OnReopen: "restart", OnChange: "carry", Steps: warned,
			Targets: targets(minutetest.Target{First: 100, Next: 100, Resolve: 600, Keep: 300})}},
	} {
		all[p.Key] = Plan{p.calendar, deskPlan(p.calendar, p.Plan), p.Plan}
	}
	return all
}

// targets has the budgets of a priority for each: twice for the one below, half
// for the one above, and none for the first answer of the least.
func targets(normal minutetest.Target) map[string]minutetest.Target {
	low, high, emergency := normal, normal, normal
	low.First, low.Next, low.Resolve, low.Keep = 0, 2*normal.Next, 2*normal.Resolve, 2*normal.Keep
	high.First, high.Resolve = normal.First/20*10, normal.Resolve/20*10
	emergency.First, emergency.Next, emergency.Resolve = 20, normal.Next/40*20, normal.Resolve/80*20
	return map[string]minutetest.Target{"Low": low, "Normal": normal, "High": high, "Emergency": emergency}
}

// deskPlan is a plan as the config would make it.
func deskPlan(calendar string, p *minutetest.Plan) *sla.Plan {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	d := &sla.Plan{Key: p.Key, Name: p.Key, Calendar: calendar, Targets: map[string]sla.Target{}, PauseOn: p.PauseOn, PauseFirst: p.PauseFirst,
		OnReopen: sla.OnReopen(p.OnReopen), OnChange: sla.OnChange(p.OnChange)}
	for priority, t := range p.Targets {
		d.Targets[priority] = sla.Target{First: minutes(t.First), Next: minutes(t.Next), Resolve: minutes(t.Resolve), Keep: minutes(t.Keep)}
	}
	for _, s := range p.Steps {
		at, err := sla.ParsePoint(s.At, time.ParseDuration)
		must(err)
		do := map[string][]string{"raise": {"priority:+1"}, "breach": {"mail:lead", "tag:+late"}}[s.Key]
		d.Steps = append(d.Steps, sla.Step{Key: s.Key, Metric: sla.Metric(s.Metric), At: at, Repeat: minutes(s.Repeat), Max: s.Max, Do: do})
	}
	return d
}
