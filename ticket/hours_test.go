package ticket_test

import (
	"maps"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
)

// worksIn gives an agent working hours in a zone, each entry as in the config.
func worksIn(t *testing.T, p *ticket.Policy, agent, zone string, week ...string) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	def := calendar.Definition{Key: "hours-of-" + agent, Zone: location}
	for _, text := range week {
		if err := def.Week.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	made, err := calendar.New(def)
	if err != nil {
		t.Fatal(err)
	}
	if p.Calendars = maps.Clone(p.Calendars); p.Calendars == nil {
		p.Calendars = map[string]*calendar.Calendar{}
	}
	p.Calendars[def.Key] = made
	a := p.Agents[agent]
	a.Calendar = def.Key
	p.Agents[agent] = a
}
