package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"deskpost/ticket/calendar"
)

// hours says when a day is open, by each calendar that was in force on it.
func hours(cals []*calendar.Calendar, date calendar.Date) string {
	var all []string
	for _, cal := range cals {
		text := hoursOf(cal.Day(date))
		if len(cals) > 1 {
			text += " (" + cal.Key() + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", then ")
}

func hoursOf(day calendar.Day) string {
	names := holidayNames(day)
	switch {
	case len(day.Open) == 0 && names != "":
		return "closed: " + names
	case len(day.Open) == 0:
		return "closed"
	}
	all := make([]string, len(day.Open))
	for i, o := range day.Open {
		all[i] = o.String()
	}
	text := "open " + strings.Join(all, ", ")
	if names != "" {
		text += " (" + names + ")"
	}
	return text
}

func holidayNames(day calendar.Day) string {
	var names []string
	for _, h := range day.Holidays {
		names = append(names, cmp.Or(h.Name, "holiday "+h.String()))
	}
	return strings.Join(names, ", ")
}

// shift says how clocks are changed on a day.
func shift(zone *time.Location, from, to time.Time) string {
	_, before := from.In(zone).Zone()
	_, after := to.In(zone).Zone()
	switch {
	case after > before:
		return fmt.Sprintf("; clocks go forward by %s", span(time.Duration(after-before)*time.Second))
	case after < before:
		return fmt.Sprintf("; clocks go back by %s", span(time.Duration(before-after)*time.Second))
	}
	return ""
}

func dayName(d calendar.Date) string { return d.Weekday().String()[:3] + " " + d.String() }

func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format("Mon 2006-01-02 15:04") }

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// span writes working time in hours and minutes, as "1h30m".
func span(d time.Duration) string {
	d = d.Round(time.Second)
	text := d.String()
	if d >= time.Minute {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour && strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
