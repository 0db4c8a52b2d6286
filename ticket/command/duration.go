package command

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Limits of what Duration accepts.
const (
	MinDuration = time.Minute
	MaxDuration = 400 * day
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

const durationHelp = "write for example 30m, 2h, 3d, 1w or 1h30"

// Duration reads a span of time such as "30m", "2h", "3d", "1w", "1d 12h",
// "1h30" or "2 days", from MinDuration to MaxDuration. The units are minutes,
// hours, days of 24 hours and weeks of 7 days, each at most once and the larger
// one first. The error is a *Malformed.
func Duration(args string) (time.Duration, error) {
	if len(args) > MaxLine {
		return 0, malformed("the time is longer than a line: %s", durationHelp)
	}
	s := strings.TrimSuffix(clean(args), ".")
	if s == "" {
		return 0, malformed("the time is missing: %s", durationHelp)
	}
	var total time.Duration
	last := 2 * week // the unit read before: units only get smaller
	for rest := s; rest != ""; {
		n, unit, tail, err := cutSpan(s, rest, last)
		if err != nil {
			return 0, err
		}
		if total += time.Duration(n) * unit; total > MaxDuration {
			return 0, malformed("%s is more than 400 days: write less", show(s))
		}
		last, rest = unit, tail
	}
	if total < MinDuration {
		return 0, malformed("%s is no time at all: %s", show(s), durationHelp)
	}
	return total, nil
}

// cutSpan cuts one number with its unit off rest, the unread part of whole.
func cutSpan(whole, rest string, last time.Duration) (n int, unit time.Duration, tail string, err error) {
	digits, tail := cutFunc(rest, func(r rune) bool { return r >= '0' && r <= '9' })
	name, tail := cutFunc(strings.TrimLeft(tail, " "), unicode.IsLetter)
	tail = strings.TrimLeft(tail, " ")
	switch {
	case digits == "":
		return 0, 0, "", malformed("%s is not a time: %s", show(whole), durationHelp)
	case len(digits) > 6:
		return 0, 0, "", malformed("%s is more than 400 days: write less", show(whole))
	}
	if n, err = strconv.Atoi(digits); err != nil {
		return 0, 0, "", malformed("%s is not a number: %s", show(digits), durationHelp)
	}
	switch {
	case name == "" && tail == "" && last == time.Hour && n < 60:
		unit = time.Minute // 1h30
	case name == "" && tail == "":
		return 0, 0, "", malformed("%s of what? write %sm, %sh, %sd or %sw", show(digits), digits, digits, digits, digits)
	default:
		unit = unitOf(name)
	}
	switch {
	case unit == 0:
		return 0, 0, "", malformed("%s is not a time; the units are m, h, d and w: %s", show(whole), durationHelp)
	case time.Duration(n) > MaxDuration/unit: // before it can overflow
		return 0, 0, "", malformed("%s is more than 400 days: write less", show(whole))
	case unit >= last:
		return 0, 0, "", malformed("%s has its units in a strange order: write the larger unit first and each one once, as in 1d 12h", show(whole))
	}
	return n, unit, tail, nil
}

// unitOf returns the length of a unit, 0 for an unknown one.
func unitOf(name string) time.Duration {
	switch strings.ToLower(name) {
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "d", "day", "days":
		return day
	case "w", "wk", "wks", "week", "weeks":
		return week
	}
	return 0
}

// cutFunc splits s after its longest start of runes that are in.
func cutFunc(s string, in func(rune) bool) (head, tail string) {
	tail = strings.TrimLeftFunc(s, in)
	return s[:len(s)-len(tail)], tail
}
