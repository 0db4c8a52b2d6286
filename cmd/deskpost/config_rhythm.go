package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"deskpost/ticket"
)

// rhythm fills in when agents work, who stands in for them, and what recurs.
func (c *checker) rhythm(raw *rawConfig, p *ticket.Policy) {
	if p.Zone == nil {
		p.Zone = time.UTC // the fault is noted; go on to find others
		defer func() { p.Zone = nil }()
	}
	p.Sweep = c.sweep(at("sla", "sweep"), raw.SLA.Sweep)
	p.CatchupWait = c.duration(at("sla", "catchup_wait"), raw.SLA.CatchupWait, 0, day)
	if s := c.recurs(at("desk", "weekly_report"), raw.Desk.WeeklyReport, p.Zone); s != nil {
		p.WeeklyReport = s
	}
	plan := c.recurs(at("mail", "daily_plan"), raw.Mail.DailyPlan, p.Zone)
	names := c.index.names("agent")
	for _, name := range names {
		a, ok := p.Agents[name]
		if !ok {
			continue
		}
		r := raw.Agent[name]
		a.Calendar = c.calendarReference(at("agent", name, "calendar"), r.Calendar, p)
		if a.Deputy = r.Deputy; a.Deputy != "" {
			c.reference(at("agent", name, "deputy"), a.Deputy, "an", "agent", names)
		}
		if s := c.dailyPlan(at("agent", name, "daily_plan"), r.DailyPlan, plan, p.Zone).forDays(p.Calendars[a.Calendar]); s != nil {
			a.DailyPlan = s
		}
		p.Agents[name] = a
	}
	c.deputies(names, p.Agents)
}

// sweep is how often the desk looks for what is due by time.
func (c *checker) sweep(path keyPath, value string) time.Duration {
	const least, most = time.Second, 10 * time.Minute
	text, ok := strings.CutPrefix(value, "@every ")
	if !ok {
		if !c.known(path) {
			c.fault(path, `%q is not how often; write such as "@every 15s"`, value)
		}
		return 0
	}
	return c.duration(path, text, least, most)
}

// recurs reads a cron expression; nil if it is "" or at fault.
func (c *checker) recurs(path keyPath, value string, zone *time.Location) *schedule {
	if value == "" || c.known(path) {
		return nil
	}
	s, err := parseSchedule(value, zone)
	if err != nil {
		c.fault(path, `%v, or "" for never`, err)
		return nil
	}
	return s
}

// dailyPlan is when an agent gets the daily plan: as all do, never, or at a time
// of day.
func (c *checker) dailyPlan(path keyPath, value string, usual *schedule, zone *time.Location) *schedule {
	switch {
	case value == "":
		return usual
	case value == "off" || c.known(path):
		return nil
	}
	s, err := dailyAt(value, zone)
	if err != nil {
		c.fault(path, "%v", err)
		return nil
	}
	return s
}

// deputies refuses circles: whoever is away would be told of what they are away
// from.
func (c *checker) deputies(names []string, all map[string]ticket.Agent) {
	told := map[string]bool{}
	for _, name := range names {
		way := []string{name}
		for next := all[name].Deputy; next != "" && !slices.Contains(way[1:], next); next = all[next].Deputy {
			way = append(way, next)
		}
		last := way[len(way)-1]
		if len(way) == 1 || last != name || told[name] {
			continue
		}
		for _, member := range way {
			told[member] = true
		}
		c.fault(at("agent", name, "deputy"), "deputies cannot stand in for each other in a circle: %s; write another deputy for one of them",
			strings.Join(way, " -> "))
	}
}

// schedules are all the times at which the desk has something to report, each
// once.
func schedules(p *ticket.Policy) []ticket.Schedule {
	all := map[string]ticket.Schedule{}
	add := func(s ticket.Schedule) {
		if named, ok := s.(*schedule); ok {
			all[named.String()] = s
		}
	}
	add(p.WeeklyReport)
	for _, a := range p.Agents {
		if !a.Disabled {
			add(a.DailyPlan)
		}
	}
	var list []ticket.Schedule
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[key])
	}
	return list
}
