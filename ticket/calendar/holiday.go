package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Holiday closes a day, or some hours of it, once or every year.
type Holiday struct {
	Date    Date         // Year 0 is every year; Day 0 where Nth says which day
	Nth     int          // 1 to 5: that Weekday of the month; -1: the last one; 0: Date.Day
	Weekday time.Weekday // of Nth
	Hours   Interval     // what is closed; zero is the whole day
	Name    string       // such as "Christmas Day"; may be ""
}

// An Extra is an opening on one date. It beats holidays.
type Extra struct {
	Date  Date
	Hours Interval
}

const holidayHelp = `write such as "2026-12-25", "12-25" for every year, "2026-12-24 12:00-24:00" or "4th thu of november"`

// ParseHoliday reads a holiday: a date, "MM-DD" for every year or the nth
// weekday of a month; then, if only a part of the day is closed, a time range;
// then, if it has one, a name.
//
//	2026-12-25
//	12-25 Christmas Day
//	2026-12-24 12:00-24:00
//	4th thu of november Thanksgiving
//	last mon of may
func ParseHoliday(text string) (Holiday, error) {
	var h Holiday
	var rest []string
	fields := strings.Fields(text)
	bad := fmt.Errorf("%q is not a holiday; %s", text, holidayHelp)
	if len(fields) == 0 {
		return h, bad
	}
	if nth, ok := parseNth(fields[0]); ok {
		if h, rest, ok = parseNthWeekday(nth, fields[1:]); !ok {
			return h, bad
		}
	} else {
		var err error
		if h.Date, err = parseHolidayDate(fields[0]); err != nil {
			return h, err
		}
		rest = fields[1:]
	}
	// What begins with a digit is a mistyped time rather than a name.
	if len(rest) > 0 && rest[0][0] >= '0' && rest[0][0] <= '9' {
		hours, err := ParseInterval(rest[0])
		if err != nil {
			return h, err
		}
		h.Hours, rest = hours, rest[1:]
	}
	h.Name = strings.Join(rest, " ")
	return h, nil
}

// parseHolidayDate reads "2026-12-25", or "12-25" as every year's.
func parseHolidayDate(text string) (Date, error) {
	if len(text) != len("12-25") {
		d, err := ParseDate(text)
		if err != nil {
			return d, fmt.Errorf("%q is not a date; %s", text, holidayHelp)
		}
		return d, nil
	}
	d, err := ParseDate("2000-" + text) // a leap year: 02-29 is a holiday where it exists
	if err != nil {
		return d, fmt.Errorf("%q is not a day of the year; write the month and the day, such as 12-25", text)
	}
	d.Year = 0
	return d, nil
}

func parseNth(text string) (int, bool) {
	if strings.EqualFold(text, "last") {
		return -1, true
	}
	i := slices.Index([]string{"1st", "2nd", "3rd", "4th", "5th"}, strings.ToLower(text))
	return i + 1, i >= 0
}

// parseNthWeekday reads "thu of november" and returns what follows it.
func parseNthWeekday(nth int, fields []string) (h Holiday, rest []string, ok bool) {
	if len(fields) < 3 || !strings.EqualFold(fields[1], "of") {
		return h, nil, false
	}
	day, okDay := parseDay(fields[0])
	for m := time.January; m <= time.December && okDay; m++ {
		if strings.EqualFold(fields[2], m.String()) || strings.EqualFold(fields[2], m.String()[:3]) {
			return Holiday{Date: Date{Month: m}, Nth: nth, Weekday: day}, fields[3:], true
		}
	}
	return h, nil, false
}

// ParseExtra reads an opening on one date, such as "2026-12-12 10:00-14:00".
func ParseExtra(text string) (Extra, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return Extra{}, fmt.Errorf(`%q is not an opening on a date; write such as "2026-12-12 10:00-14:00"`, text)
	}
	d, err := ParseDate(fields[0])
	if err != nil {
		return Extra{}, err
	}
	hours, err := ParseInterval(fields[1])
	return Extra{Date: d, Hours: hours}, err
}

// String is the holiday as ParseHoliday reads it.
func (h Holiday) String() string {
	var b strings.Builder
	switch {
	case h.Nth != 0:
		nth := []string{"last", "", "1st", "2nd", "3rd", "4th", "5th"}[h.Nth+1]
		fmt.Fprintf(&b, "%s %s of %s", nth, strings.ToLower(short(h.Weekday)), strings.ToLower(h.Date.Month.String()))
	case h.Date.Year == 0:
		fmt.Fprintf(&b, "%02d-%02d", int(h.Date.Month), h.Date.Day)
	default:
		b.WriteString(h.Date.String())
	}
	if h.Hours != (Interval{}) {
		fmt.Fprintf(&b, " %s", h.Hours)
	}
	if h.Name != "" {
		fmt.Fprintf(&b, " %s", h.Name)
	}
	return b.String()
}

// closed is the part of a day that the holiday closes.
func (h Holiday) closed() Interval {
	if h.Hours == (Interval{}) {
		return wholeDay
	}
	return h.Hours
}

// isNth reports whether a date is the nth weekday of its month that the
// holiday means.
func (h Holiday) isNth(d Date) bool {
	if h.Nth == 0 || d.Month != h.Date.Month || d.Weekday() != h.Weekday {
		return false
	}
	if h.Nth < 0 {
		return d.AddDays(7).Month != d.Month
	}
	return (d.Day-1)/7 == h.Nth-1
}
