package sla

import (
	"slices"
	"strings"
	"time"

	"deskpost/ticket/calendar"
)

// A Metric says what a clock measures.
type Metric string

// The metrics.
const (
	First   Metric = "first"   // until the first public reply
	Next    Metric = "next"    // from a customer's message to the next public reply
	Resolve Metric = "resolve" // until the ticket is resolved
	Keep    Metric = "keep"    // between one public reply and the next
	Due     Metric = "due"     // until a date that an agent has set
)

// Every is the metric of a step that all clocks of a plan take.
const Every Metric = "*"

// Metrics lists the metrics in the order in which people read them.
var Metrics = []Metric{First, Next, Resolve, Keep, Due}

// A Target is how much working time each metric may take; zero is no promise.
type Target struct{ First, Next, Resolve, Keep time.Duration }

// Budget is the working time for a metric; zero is no promise.
func (t Target) Budget(m Metric) time.Duration {
	return map[Metric]time.Duration{First: t.First, Next: t.Next, Resolve: t.Resolve, Keep: t.Keep}[m]
}

// OnReopen says what becomes of the resolve clock when a ticket is reopened.
type OnReopen string

// What a reopened ticket's resolve clock does.
const (
	ReopenResume  OnReopen = "resume"  // it goes on with what it had consumed
	ReopenRestart OnReopen = "restart" // a new one starts with the full budget
	ReopenNone    OnReopen = "none"    // nothing: the promise was kept
)

// OnChange says what counts when a ticket comes under other terms mid-way.
type OnChange string

// What counts after a change of plan, priority or calendar.
const (
	FromStart  OnChange = "from_start"  // as if the new terms had held from the start
	Carry      OnChange = "carry"       // what was consumed under the old terms, as it was counted then
	FromChange OnChange = "from_change" // nothing of what was before
)

// A Plan is a service level.
type Plan struct {
	Key        string
	Name       string
	Calendar   string            // key of its calendar; "" is the department's
	Targets    map[string]Target // by priority
	PauseOn    []string          // the statuses in which clocks are paused
	PauseFirst bool              // they pause the first clock too
	Steps      []Step
	OnReopen   OnReopen
	OnChange   OnChange
}

// Snoozed behind a status says that the ticket is out of sight for a while.
const Snoozed = "+snooze"

// pauses reports whether a status stops a metric's clock for a while: "hold",
// an admin's own as in "hold/vendor", or any of them "+snooze". The first answer
// is owed all the same, unless the plan says otherwise, and a date that was set
// does not move.
func (p *Plan) pauses(m Metric, status string) bool {
	if m == Due || m == First && !p.PauseFirst {
		return false
	}
	status, snoozed := strings.CutSuffix(status, Snoozed)
	if snoozed && slices.Contains(p.PauseOn, strings.TrimPrefix(Snoozed, "+")) {
		return true
	}
	base, own, _ := strings.Cut(status, "/")
	return slices.Contains(p.PauseOn, base) || own != "" && slices.Contains(p.PauseOn, own)
}

// Terms are what holds for a ticket at some time.
type Terms struct {
	Plan     *Plan
	Priority string
	Calendar *calendar.Calendar
}

func (t Terms) budget(m Metric) time.Duration { return t.Plan.Targets[t.Priority].Budget(m) }
