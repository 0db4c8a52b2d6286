package command

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Clock is a time of day in minutes since midnight.
type Clock int

// ClockTime is the time of day h:m.
func ClockTime(h, m int) Clock { return Clock(h*60 + m) }

const whenHelp = "write for example 2h, 3d, tomorrow 9:00, fri 14:30, next week or 2026-12-24 10:00"

// When reads an instant that is to come, as seen at now by somebody who lives in
// its time zone: a span of time as Duration reads it ("2h", "in 3 days"), a time
// of today ("15:00", "3pm"), or a day ("tomorrow", "mon", "next week",
// "2026-12-24", "24.12.", "24.12.2026") with or without a time. A day alone is
// meant at the given time of day. What may be read in two ways is not guessed:
// "3/4", "next mon", or "mon" on a Monday. The instant is after now, at most
// MaxDuration. The error is a *Malformed.
func When(args string, now time.Time, alone Clock) (time.Time, error) {
	if len(args) > MaxLine {
		return time.Time{}, malformed("the time is longer than a line: %s", whenHelp)
	}
	s := strings.ToLower(strings.Join(strings.Fields(clean(args)), " "))
	if s == "" {
		return time.Time{}, malformed("the time is missing: %s", whenHelp)
	}
	at, err := instant(s, now, alone)
	switch {
	case err != nil:
		return time.Time{}, err
	case !at.After(now):
		return time.Time{}, malformed("%s was %s, which has passed: %s", show(s), at.Format("Mon 2 Jan 2006 15:04"), whenHelp)
	case at.Sub(now) > MaxDuration:
		return time.Time{}, malformed("%s is more than 400 days away: write a nearer day", show(s))
	}
	return at, nil
}

// instant reads s, which is clean and in small letters.
func instant(s string, now time.Time, alone Clock) (time.Time, error) {
	span := strings.TrimPrefix(s, "in ")
	if d, err := Duration(span); err == nil {
		return now.Add(d), nil
	} else if span != s || startsLikeSpan(s) {
		return time.Time{}, err
	}
	day, rest, err := cutDay(s, now)
	if err != nil {
		return time.Time{}, err
	}
	at := alone
	if rest != "" {
		var ok bool
		if at, ok = clockTime(rest); !ok {
			return time.Time{}, malformed("%s is not a time: %s", show(rest), whenHelp)
		}
	} else if day.clockOnly {
		return time.Time{}, malformed("%s is not a time: %s", show(s), whenHelp)
	}
	if day.today && rest == "" {
		return time.Time{}, malformed("%s at what time? write for example today 15:00, or 2h", show(s))
	}
	if day.isToday(now) && day.weekday {
		return time.Time{}, malformed("today is %s: write today %s or %s %s", now.Weekday(), at, dateOf(now).plus(7), at)
	}
	return day.at(at, now.Location())
}

// startsLikeSpan reports whether s was meant for a span: a number with letters
// behind it that are no half of the day.
func startsLikeSpan(s string) bool {
	digits, tail := cutFunc(s, isDigit)
	name, _ := cutFunc(strings.TrimLeft(tail, " "), func(r rune) bool { return r >= 'a' && r <= 'z' })
	return digits != "" && name != "" && name != "am" && name != "pm" || digits == s
}

// A date is a day of the calendar, and how it was written.
type date struct {
	year      int
	month     time.Month
	day       int
	clockOnly bool // not at all: only a time follows
	today     bool // as "today"
	weekday   bool // by its name
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{year: y, month: m, day: d}
}

// plus is so many days later. It counts in UTC: where clocks change at midnight
// a day may have none.
func (d date) plus(days int) date {
	return dateOf(time.Date(d.year, d.month, d.day+days, 12, 0, 0, 0, time.UTC))
}

func (d date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }

func (d date) isToday(now time.Time) bool {
	y, m, n := now.Date()
	return d.year == y && d.month == m && d.day == n
}

// cutDay reads the day that s begins with.
func cutDay(s string, now time.Time) (d date, rest string, err error) {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimPrefix(strings.TrimSpace(rest), "at ")
	word = strings.TrimSuffix(word, ",")
	switch {
	case word == "today":
		d = dateOf(now)
		d.today = true
		return d, rest, nil
	case word == "tomorrow":
		return dateOf(now).plus(1), rest, nil
	case word == "next":
		return cutNext(s, rest, now)
	case word == "on":
		return cutDay(rest, now)
	}
	if w, ok := weekday(word); ok {
		d = dateOf(now).plus((int(w) - int(now.Weekday()) + 7) % 7)
		d.weekday = true
		return d, rest, nil
	}
	if d, rest, ok, err := cutDate(word, rest, now); ok || err != nil {
		return d, rest, err
	}
	if _, ok := clockTime(s); ok {
		d = dateOf(now)
		d.clockOnly = true
		return d, s, nil
	}
	return date{}, "", malformed("%s is not a time: %s", show(s), whenHelp)
}

// cutNext reads what follows "next": a week, which begins on Monday. The next
// Friday is this week's to some and next week's to others.
func cutNext(s, rest string, now time.Time) (date, string, error) {
	word, rest, _ := strings.Cut(rest, " ")
	if word == "week" {
		days := (int(time.Monday)-int(now.Weekday())+6)%7 + 1
		return dateOf(now).plus(days), strings.TrimPrefix(strings.TrimSpace(rest), "at "), nil
	}
	w, ok := weekday(word)
	if !ok {
		return date{}, "", malformed("%s is not a time: %s", show(s), whenHelp)
	}
	first := dateOf(now).plus((int(w)-int(now.Weekday())+6)%7 + 1)
	return date{}, "", malformed("%s may be %s or %s: write the date that you mean", show("next "+word),
		first, first.plus(7))
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// weekday reads the name of a day of the week, or its beginning.
func weekday(word string) (time.Weekday, bool) {
	word = strings.TrimSuffix(word, ".")
	i := slices.IndexFunc(weekdays, func(name string) bool { return len(word) >= 3 && strings.HasPrefix(name, word) })
	return time.Weekday(max(i, 0)), i >= 0
}

// cutDate reads a date: "2026-12-24", also with "T10:00" behind it, "24.12.2026",
// or "24.12." for the next one.
func cutDate(word, rest string, now time.Time) (d date, tail string, ok bool, err error) {
	if iso, clock, found := strings.Cut(word, "t"); found && rest == "" && strings.Count(iso, "-") == 2 {
		word, rest = iso, clock
	}
	if strings.ContainsRune(word, '/') {
		return date{}, "", false, malformed("%s may be read in two ways: write the date as 2026-12-24 or 24.12.2026", show(word))
	}
	var y, m, n int
	switch parts := strings.Split(word, "-"); {
	case len(parts) == 3 && len(parts[0]) == 4:
		y, m, n = number(parts[0]), number(parts[1]), number(parts[2])
	default:
		parts = strings.Split(word, ".")
		if len(parts) != 3 {
			return date{}, "", false, nil
		}
		n, m, y = number(parts[0]), number(parts[1]), now.Year()
		switch {
		case parts[2] == "":
			if m >= 1 && n >= 1 && before(m, n, now) {
				y++
			}
		case len(parts[2]) == 4:
			y = number(parts[2])
		default:
			return date{}, "", false, malformed("%s has a year that may be read in two ways: write all four digits", show(word))
		}
	}
	if t := time.Date(y, time.Month(m), n, 12, 0, 0, 0, time.UTC); y < 1 || m < 1 || n < 1 || t.Day() != n || t.Month() != time.Month(m) {
		return date{}, "", false, malformed("%s is no day of the calendar: write for example 2026-12-24", show(word))
	}
	return date{year: y, month: time.Month(m), day: n}, rest, true, nil
}

// before reports whether the day m, n of a year was before that of now.
func before(m, n int, now time.Time) bool {
	return m < int(now.Month()) || m == int(now.Month()) && n < now.Day()
}

// number reads one to four digits; anything else is -1.
func number(s string) int {
	digits, tail := cutFunc(s, isDigit)
	if digits == "" || tail != "" || len(digits) > 4 {
		return -1
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// clockTime reads a time of day: "9:00", "15:30", "9am", "9:30 pm", "noon".
func clockTime(s string) (Clock, bool) {
	if s == "noon" {
		return ClockTime(12, 0), true
	}
	half := ""
	for _, h := range []string{"am", "pm"} {
		if body, ok := strings.CutSuffix(s, h); ok {
			s, half = strings.TrimSuffix(body, " "), h
		}
	}
	hour, minute, colon := strings.Cut(s, ":")
	h, m := number(hour), 0
	if colon {
		m = number(minute)
	}
	switch {
	case !colon && half == "", colon && len(minute) != 2, len(hour) > 2, h < 0, m < 0, m > 59:
		return 0, false
	case half == "":
		return ClockTime(h, m), h <= 23
	case h < 1 || h > 12:
		return 0, false
	}
	h %= 12
	if half == "pm" {
		h += 12
	}
	return ClockTime(h, m), true
}

// String writes the time as "9:00".
func (c Clock) String() string { return fmt.Sprintf("%d:%02d", c/60, c%60) }

// at is the instant at which clocks in the zone show a time on the day. Where
// they show it twice, in autumn, it is the first one. Where they never do, in
// spring, there is none.
func (d date) at(c Clock, zone *time.Location) (time.Time, error) {
	wall := time.Date(d.year, d.month, d.day, int(c/60), int(c%60), 0, 0, time.UTC)
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	for _, offset := range []int{max(before, after), min(before, after)} {
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, is := t.Zone(); is == offset {
			return t, nil
		}
	}
	return time.Time{}, malformed("on %s there is no %s, since clocks are put forward then: write a later time", d, c)
}
