package minutetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Plan is a service level, in the words of the config.
type Plan struct {
	Key        string
	Targets    map[string]Target // by priority
	PauseOn    []string          // statuses
	PauseFirst bool
	OnReopen   string // "resume", "restart" or "none"
	OnChange   string // "from_start", "carry" or "from_change"
	Steps      []Step
}

// A Target has budgets in minutes; 0 is no promise.
type Target struct{ First, Next, Resolve, Keep int }

func (t Target) budget(metric string) int {
	switch metric {
	case "first":
		return t.First
	case "next":
		return t.Next
	case "resolve":
		return t.Resolve
	case "keep":
		return t.Keep
	}
	panic("no metric " + metric)
}

// A Step is something that is to be done when a clock reaches a point.
type Step struct {
	Key    string
	Metric string // or "*"
	At     string // such as "75%", "-30m", "0", "+2h", "+2hR"
	Repeat int    // minutes; 0 is never
	Max    int    // how often in all, where it repeats
}

func (s Step) takes(metric string) bool {
	return s.Metric == "*" || s.Metric == metric || s.Metric == "resolve" && metric == "due"
}

// times is how often the step is done at most.
func (s Step) times() int {
	if s.Repeat == 0 {
		return 1
	}
	return s.Max
}

// A point is Step.At, read.
type point struct {
	before  bool // the deadline
	percent int  // of the budget, if isPart
	isPart  bool
	offset  int // minutes before or after the deadline
	real    bool
}

func (s Step) point() point {
	if text, ok := strings.CutSuffix(s.At, "%"); ok {
		percent, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		return point{before: percent < 100, percent: percent, isPart: percent < 100}
	}
	text, real := strings.CutSuffix(s.At, "R")
	d, err := time.ParseDuration(strings.TrimLeft(text, "+-"))
	if err != nil || d%time.Minute != 0 {
		panic(fmt.Sprintf("step %s at %s: %v", s.Key, s.At, err))
	}
	return point{before: text[0] == '-', offset: int(d / time.Minute), real: real}
}

// pauses reports whether the clocks of a metric stand still in a status, which
// may be such as "open+snooze".
func (p *Plan) pauses(metric, status string) bool {
	if metric == "due" || metric == "first" && !p.PauseFirst {
		return false
	}
	return slices.ContainsFunc(strings.Split(status, "+"), func(s string) bool { return slices.Contains(p.PauseOn, s) })
}
