package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"deskpost/ticket/calendar"
)

// Bounds of a holidays file.
const (
	maxHolidays    = 5000
	maxHolidayDays = 62 // of one event
)

// holidaysFile reads the holidays of an iCalendar file (RFC 5545).
func (c *checker) holidaysFile(path keyPath, file string, zone *time.Location) []calendar.Holiday {
	file = c.relative(file)
	text, ok := c.contents(path, file)
	if !ok {
		return nil
	}
	if len(text) > maxConfig {
		c.fault(path, "%s is larger than 1 MiB; keep the holidays of some years in it", file)
		return nil
	}
	holidays, err := parseHolidays(text, zone)
	if err != nil {
		c.fault(path, "%s%v", file, err)
	}
	return holidays
}

// parseHolidays makes holidays of the events in an iCalendar file. An error
// begins with ":LINE: ", the line of the event.
func parseHolidays(text []byte, zone *time.Location) ([]calendar.Holiday, error) {
	parsed, err := ics.ParseCalendar(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf(":1: this is not an iCalendar file: %w; export the holidays again, as .ics", err)
	}
	events := parsed.Events()
	lines := eventLines(text)
	if len(events) == 0 || len(lines) != len(events) {
		return nil, errors.New(":1: this file has no events, or some inside others; export the holidays again, as .ics")
	}
	var all []calendar.Holiday
	for i, e := range events {
		if value(e, ics.ComponentPropertyStatus) == string(ics.ObjectStatusCancelled) {
			continue
		}
		some, err := eventHolidays(e, zone)
		if err != nil {
			return nil, fmt.Errorf(":%d: the event %q %w", lines[i], shorten(eventName(e)), err)
		}
		if all = append(all, some...); len(all) > maxHolidays {
			return nil, fmt.Errorf(":%d: more than %d holidays; keep those of some years", lines[i], maxHolidays)
		}
	}
	return all, nil
}

// eventLines are the lines on which events begin; the library does not tell.
func eventLines(text []byte) []int {
	var found []int
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if string(bytes.TrimRight(line, "\r\n")) == "BEGIN:VEVENT" {
			found = append(found, n)
		}
	}
	return found
}

func value(e *ics.VEvent, p ics.ComponentProperty) string {
	if property := e.GetProperty(p); property != nil {
		return strings.TrimSpace(property.Value)
	}
	return ""
}

// eventName is the summary on one line, or "".
func eventName(e *ics.VEvent) string {
	return strings.Join(strings.Fields(ics.FromText(value(e, ics.ComponentPropertySummary))), " ")
}

// eventHolidays are the days, or the hours of one day, that an event closes.
func eventHolidays(e *ics.VEvent, zone *time.Location) ([]calendar.Holiday, error) {
	for _, p := range []ics.ComponentProperty{ics.ComponentPropertyRdate, ics.ComponentPropertyExdate, ics.ComponentPropertyExrule} {
		if e.GetProperty(p) != nil {
			return nil, fmt.Errorf("has %s, which is not understood; write its days one by one", p)
		}
	}
	start, whole, err := eventTime(e, ics.ComponentPropertyDtStart, zone)
	if err != nil {
		return nil, err
	}
	end := start.AddDate(0, 0, 1)
	if e.GetProperty(ics.ComponentPropertyDtEnd) != nil {
		if end, _, err = eventTime(e, ics.ComponentPropertyDtEnd, zone); err != nil {
			return nil, err
		}
	} else if !whole {
		return nil, errors.New("has no end (DTEND); add one")
	}
	first := calendar.Holiday{Date: calendar.DateOf(start), Name: eventName(e)}
	if !whole {
		first.Hours, err = eventHours(start, end)
		if err != nil {
			return nil, err
		}
	}
	if rule := value(e, ics.ComponentPropertyRrule); rule != "" {
		first, err = yearly(first, rule)
		if err == nil && whole && end.After(start.AddDate(0, 0, 1)) {
			err = errors.New("repeats and is longer than a day; write its days one by one")
		}
		return []calendar.Holiday{first}, err
	}
	all := []calendar.Holiday{first}
	for d := first.Date.AddDays(1); whole && d.Compare(calendar.DateOf(end)) < 0; d = d.AddDays(1) {
		if len(all) == maxHolidayDays {
			return nil, fmt.Errorf("is longer than %d days; is the end (DTEND) right?", maxHolidayDays)
		}
		all = append(all, calendar.Holiday{Date: d, Name: first.Name})
	}
	return all, nil
}

// eventTime reads a date, or a time in the calendar's zone.
func eventTime(e *ics.VEvent, p ics.ComponentProperty, zone *time.Location) (t time.Time, whole bool, err error) {
	text := value(e, p)
	if t, err := time.Parse("20060102", text); err == nil {
		return t, true, nil
	}
	in := zone
	if property := e.GetProperty(p); property != nil && len(property.ICalParameters["TZID"]) == 1 {
		name := property.ICalParameters["TZID"][0]
		if in, err = time.LoadLocation(name); err != nil {
			return t, false, fmt.Errorf("has the time zone %q, which is none of the IANA database; write whole days (DTSTART;VALUE=DATE:20261225)", name)
		}
	}
	for layout, where := range map[string]*time.Location{"20060102T150405": in, "20060102T150405Z": time.UTC} {
		if t, err := time.ParseInLocation(layout, text, where); err == nil {
			return t.In(zone), false, nil
		}
	}
	return t, false, fmt.Errorf("has %s %q, which is no date; write such as %s;VALUE=DATE:20261225", p, text, p)
}

// eventHours are the minutes of a day that an event of some hours closes.
func eventHours(start, end time.Time) (calendar.Interval, error) {
	minutes := func(t time.Time) int { return t.Hour()*60 + t.Minute() }
	hours := calendar.Interval{From: minutes(start), To: minutes(end)}
	day := calendar.DateOf(start)
	if hours.To == 0 && calendar.DateOf(end) == day.AddDays(1) {
		hours.To = 24 * 60
	} else if calendar.DateOf(end) != day {
		return hours, errors.New("goes from one day into another; write an event for each day")
	}
	if hours.From >= hours.To {
		return hours, errors.New("ends where it begins or before; mend DTEND")
	}
	return hours, nil
}

// yearly reads the rules that yearly holidays have: RRULE:FREQ=YEARLY, with the
// month and the day, or the nth weekday of the month.
func yearly(h calendar.Holiday, rule string) (calendar.Holiday, error) {
	bad := fmt.Errorf("repeats by %s, which is not understood; write its days one by one, or FREQ=YEARLY", shorten(rule))
	isYearly := false
	for part := range strings.SplitSeq(rule, ";") {
		key, text, _ := strings.Cut(part, "=")
		switch {
		case key == "FREQ" && text == "YEARLY":
			isYearly = true
		case key == "INTERVAL" && text == "1", key == "WKST":
		case key == "BYMONTH" && text == fmt.Sprint(int(h.Date.Month)):
		case key == "BYMONTHDAY" && text == fmt.Sprint(h.Date.Day):
		case key == "BYDAY" && len(text) > 2:
			nth, err := calendar.ParseHoliday(map[string]string{"1": "1st", "2": "2nd", "3": "3rd", "4": "4th", "5": "5th", "-1": "last"}[text[:len(text)-2]] +
				" " + map[string]string{"MO": "mon", "TU": "tue", "WE": "wed", "TH": "thu", "FR": "fri", "SA": "sat", "SU": "sun"}[text[len(text)-2:]] +
				" of " + h.Date.Month.String())
			if err != nil || !strings.Contains(rule, "BYMONTH=") {
				return h, bad
			}
			h.Nth, h.Weekday, h.Date.Day = nth.Nth, nth.Weekday, 0
		default:
			return h, bad
		}
	}
	if !isYearly {
		return h, bad
	}
	h.Date.Year = 0
	return h, nil
}
