package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"deskpost/ticket/calendar"
)

// A schedule says when something recurs, by the clock on a wall: a cron
// expression in a time zone, perhaps only on the days on which a calendar opens.
// The library alone would skip what falls into the hour that clocks skip in
// spring, and run twice what falls into the one they show twice in autumn. Here
// the first runs when the clocks change, and the second once, at the first of
// both times.
type schedule struct {
	text string
	spec cron.Schedule // of the digits that the clock shows, as if they were UTC
	zone *time.Location
	days *calendar.Calendar // nil is every day
}

const scheduleHelp = `write minute, hour, day, month and day of the week, such as "0 7 * * mon-fri"`

// parseSchedule reads a cron expression of five fields. It refuses what would
// never run.
func parseSchedule(text string, zone *time.Location) (s *schedule, err error) {
	bad := fmt.Errorf("%q is not a cron expression; %s", text, scheduleHelp)
	if strings.Contains(text, "=") || strings.HasPrefix(text, "@") || len(strings.Fields(text)) != 5 {
		return nil, bad // a zone of its own: the parser panics on some of these
	}
	spec, err := cron.ParseStandard(text)
	if err != nil {
		return nil, bad
	}
	s = &schedule{text: text, spec: spec, zone: zone}
	if s.Next(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q would never run: there is no such day; %s", text, scheduleHelp)
	}
	return s, nil
}

// dailyAt is every day at a time such as "07:00".
func dailyAt(text string, zone *time.Location) (*schedule, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return nil, fmt.Errorf(`%q is not a time of day; write one such as "07:00", or "off"`, text)
	}
	return parseSchedule(fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour()), zone)
}

// forDays is the schedule in the zone of a calendar, and only on the days on
// which that opens.
func (s *schedule) forDays(days *calendar.Calendar) *schedule {
	if s == nil || days == nil {
		return s
	}
	return &schedule{text: s.text, spec: s.spec, zone: days.Zone(), days: days}
}

// String tells schedules apart.
func (s *schedule) String() string {
	text := s.text + " " + s.zone.String()
	if s.days != nil {
		text += " " + s.days.Key() + " " + s.days.Revision()
	}
	return text
}

// Next implements ticket.Schedule and cron.Schedule. It looks five years ahead.
func (s *schedule) Next(after time.Time) time.Time {
	local := after.In(s.zone)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	limit := wall.AddDate(5, 0, 0)
	for {
		wall = s.spec.Next(wall)
		if wall.IsZero() || wall.After(limit) {
			return time.Time{}
		}
		day := calendar.DateOf(wall)
		if s.days != nil && len(s.days.Day(day).Open) == 0 {
			wall = time.Date(wall.Year(), wall.Month(), wall.Day(), 23, 59, 59, 0, time.UTC)
			continue
		}
		// While the clock shows an hour again, what was due in it has run.
		if at, _ := calendar.At(s.zone, day, wall.Hour()*60+wall.Minute()); at.After(after) {
			return at
		}
	}
}
