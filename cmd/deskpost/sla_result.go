package main

import (
	"fmt"
	"strings"
	"time"

	"deskpost/ticket/sla"
)

// resultOf says what has come of each promise at an instant, and by what.
func resultOf(j *journal, now time.Time) (string, error) {
	clocks := j.book.Clocks()
	if len(clocks) == 0 {
		return "  nothing was promised\n", nil
	}
	var b strings.Builder
	for _, c := range clocks {
		text, err := j.outcome(c, now)
		if err != nil {
			return "", fmt.Errorf("work out the deadline of %s: %w", c.Metric, err)
		}
		fmt.Fprintf(&b, "  %-12s%s%s\n", j.nameOf(c), text, when(c.ByChange, " (by the change of terms)"))
	}
	return b.String(), nil
}

// outcome says how a clock stands.
func (j *journal) outcome(c *sla.Clock, now time.Time) (string, error) {
	deadline, ok, err := c.Deadline()
	if err != nil {
		return "", err
	}
	_, late, err := c.BreachedAt(now)
	if err != nil {
		return "", err
	}
	used, why := usedOf(c, now), j.why(c)
	switch {
	case c.State == sla.Met && c.Replaced:
		return fmt.Sprintf("ended at %s, %s; the due date counts%s", stamp(c.Ended, j.zone), used, by(why)), nil
	case c.State == sla.Met:
		return fmt.Sprintf("met at %s, %s%s", stamp(c.Ended, j.zone), used, by(why)), nil
	case c.State == sla.Breached:
		return fmt.Sprintf("LATE by %s of working time: due %s, met %s%s", span(c.Terms.Calendar.Elapsed(deadline, c.Ended)),
			stamp(deadline, j.zone), stamp(c.Ended, j.zone), by(why)), nil
	case c.State == sla.Cancelled:
		return fmt.Sprintf("cancelled at %s, %s%s", stamp(c.Ended, j.zone), used, by(why)), nil
	case late:
		return fmt.Sprintf("LATE since %s and not met, %s", stamp(deadline, j.zone), used), nil
	case c.Replaced:
		return used + ", replaced by the due date", nil
	case c.State == sla.Paused:
		return fmt.Sprintf("paused since %s, %s%s", stamp(why.at, j.zone), used, by(why)), nil
	case ok:
		return fmt.Sprintf("%s, %s, due %s", c.State, used, stamp(deadline, j.zone)), nil
	}
	return fmt.Sprintf("%s, %s", c.State, used), nil
}

// by names what moved a clock.
func by(e *journalEntry) string { return " (" + e.cause + ")" }
