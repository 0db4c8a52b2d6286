package main

import (
	"maps"
	"slices"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
)

// alwaysOpen is the calendar that is there without being written: day and
// night, in the desk's zone.
const alwaysOpen = "24x7"

// calendars checks [calendar.NAME]. A calendar with a fault is nil, so that
// its name is known all the same.
func (c *checker) calendars(raw *rawConfig, zone *time.Location) map[string]*calendar.Calendar {
	all := map[string]*calendar.Calendar{alwaysOpen: nil}
	if zone == nil {
		zone = time.UTC // the fault is noted; go on to find others
	}
	if always, err := calendar.New(calendar.Definition{Key: alwaysOpen, Zone: zone, Week: calendar.Always()}); err == nil {
		all[alwaysOpen] = always
	}
	for _, name := range c.names("calendar") {
		if name == alwaysOpen {
			c.fault(at("calendar", name), "the calendar %s is there already, and open day and night; choose another name", name)
			continue
		}
		all[name] = c.calendar(name, raw.Calendar[name], zone)
	}
	return all
}

func (c *checker) calendar(name string, raw rawCalendar, zone *time.Location) *calendar.Calendar {
	in := func(key string) keyPath { return at("calendar", name, key) }
	before := len(c.faults)
	def := calendar.Definition{Key: name, Zone: zone}
	if raw.Zone != "" {
		def.Zone = c.zoneAt(in("zone"), raw.Zone)
	}
	if len(raw.Week) == 0 && len(raw.Extras) == 0 && !c.known(in("week")) {
		c.fault(in("week"), `is missing or empty, so it would never be open; write week = ["mon-fri 09:00-17:00"]`)
	}
	for i, text := range raw.Week {
		if err := def.Week.Add(text); err != nil {
			c.faultAt(c.index.elementLine(in("week"), i), in("week"), "%v", err)
		}
	}
	for i, text := range raw.Holidays {
		h, err := calendar.ParseHoliday(text)
		if err != nil {
			c.faultAt(c.index.elementLine(in("holidays"), i), in("holidays"), "%v", err)
		}
		def.Holidays = append(def.Holidays, h)
	}
	for i, text := range raw.Extras {
		e, err := calendar.ParseExtra(text)
		if err != nil {
			c.faultAt(c.index.elementLine(in("extras"), i), in("extras"), "%v", err)
		}
		def.Extras = append(def.Extras, e)
	}
	if raw.HolidaysFile != "" && def.Zone != nil {
		def.Holidays = append(def.Holidays, c.holidaysFile(in("holidays_file"), raw.HolidaysFile, def.Zone)...)
	}
	if len(c.faults) > before || c.known(in("week")) {
		return nil
	}
	made, err := calendar.New(def)
	if err != nil {
		c.fault(at("calendar", name), "%v; write more in week, or take holidays out", err)
	}
	return made
}

// calendarReference checks that a value names a calendar, or is "".
func (c *checker) calendarReference(path keyPath, value string, p *ticket.Policy) string {
	if value != "" {
		c.reference(path, value, "a", "calendar", slices.Collect(maps.Keys(p.Calendars)))
	}
	return value
}
