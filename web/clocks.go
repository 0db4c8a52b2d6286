package web

import (
	"strings"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// A clockLine is how a clock of a service level stands.
type clockLine struct {
	Name, Words, Class string
}

// clockLines are the clocks that somebody waits for, and those that were missed.
func clockLines(clocks []ticket.Clock, now time.Time, zone *time.Location) []clockLine {
	var lines []clockLine
	for _, c := range clocks {
		label := ticket.MetricLabel(c.Metric)
		line := clockLine{Name: strings.ToUpper(label[:1]) + label[1:]}
		switch {
		case c.State == sla.Running && !c.Deadline.IsZero():
			line.Words, line.Class = due(c.Deadline, now, zone)
		case c.State == sla.Paused:
			line.Words = "paused, " + ticket.Roughly(c.Budget-c.Consumed) + " left"
			if c.Budget <= c.Consumed {
				line.Words, line.Class = "paused, late", "late"
			}
		case !c.Breached.IsZero():
			line.Words, line.Class = "was late, due "+c.Breached.In(zone).Format("Mon 2 Jan, 15:04"), "late"
		default:
			continue
		}
		lines = append(lines, line)
	}
	return lines
}
