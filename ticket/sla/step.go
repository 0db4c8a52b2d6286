package sla

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Step is something to be done when a clock reaches a point.
type Step struct {
	Key    string // names it for ever: what fired under a key never fires again
	Metric Metric // or Every
	At     Point
	Repeat time.Duration // after that it is done again, by the same kind of time; 0 is never
	Max    int           // how often it is done in all, where it repeats
	Do     []string      // such as "mail:assignee,lead" or "priority:+1"

	// Expires is how long after its instant people still want to be told, 0 is
	// always. Wake says that they want to be woken.
	Expires time.Duration
	Wake    bool
}

// takes reports whether the step is for clocks of a metric. A due date stands in
// for the deadline of resolve, and so do its steps.
func (s Step) takes(m Metric) bool {
	return s.Metric == m || s.Metric == Every || s.Metric == Resolve && m == Due
}

// A Point is where on a clock a step is.
type Point struct {
	Percent int           // of the budget, if IsPart
	IsPart  bool          //
	Offset  time.Duration // from the deadline: negative is before it, in working time
	Real    bool          // Offset is in real time; only after the deadline
}

const pointHelp = `write such as "75%", "-30m" before the deadline, "0" at it, "+2h" of working time after it or "+2hR" of real time`

// ParsePoint reads a point: a percentage of the budget from "0%" to "100%",
// "0" for the deadline, "-30m" or "+2h" of working time before or after it, or
// "+2hR" of real time after it. span reads the durations.
func ParsePoint(text string, span func(string) (time.Duration, error)) (Point, error) {
	bad := fmt.Errorf("%q is not a point on a clock; %s", text, pointHelp)
	if number, ok := strings.CutSuffix(text, "%"); ok {
		percent, err := strconv.Atoi(number)
		switch {
		case err != nil || strings.Trim(number, "0123456789") != "":
			return Point{}, bad
		case percent > 100:
			return Point{}, fmt.Errorf("%q is more than the whole budget; write at most 100%%, or a time after the deadline"+
				` such as "+2h"`, text)
		}
		return Point{IsPart: true, Percent: percent}, nil
	}
	if text == "0" {
		return Point{}, nil
	}
	if text == "" || text[0] != '-' && text[0] != '+' {
		return Point{}, bad
	}
	number, real := strings.CutSuffix(text[1:], "R")
	d, err := span(number)
	if err != nil || d == 0 || real && text[0] == '-' {
		return Point{}, bad
	}
	if text[0] == '-' {
		d = -d
	}
	return Point{Offset: d, Real: real}, nil
}

// Before reports whether the point is before the deadline.
func (p Point) Before() bool { return p.IsPart && p.Percent < 100 || p.Offset < 0 }

// consumed is how much of a budget has been consumed at the point, where that
// is what decides. More before the deadline than there is budget is at the
// start.
func (p Point) consumed(budget time.Duration) time.Duration {
	if p.IsPart {
		return budget / 100 * time.Duration(p.Percent)
	}
	return max(0, budget+p.Offset)
}
