package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day     = 24 * time.Hour
	century = 100 * 365 * day
)

// parseDuration reads a span such as "30d", "1d12h", "5m" or "90s": whole
// numbers with the units d, h, m and s, each at most once and from large to
// small. A day is 24 hours.
func parseDuration(text string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration; write one such as 30d, 24h, 5m or 1d12h", text)
	var total time.Duration
	units, rest := "dhms", text
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil || digits == len(rest) {
			return 0, bad
		}
		unit := strings.IndexByte(units, rest[digits])
		if unit < 0 {
			return 0, bad
		}
		size := map[byte]time.Duration{'d': day, 'h': time.Hour, 'm': time.Minute, 's': time.Second}[rest[digits]]
		if n > int64(century/size) || total+time.Duration(n)*size > century {
			return 0, fmt.Errorf("%q is more than a hundred years; write less", text)
		}
		total += time.Duration(n) * size
		units, rest = units[unit+1:], rest[digits+1:]
	}
	if text == "" {
		return 0, bad
	}
	return total, nil
}

// formatDuration writes a span as parseDuration reads it, in the largest unit
// that is exact.
func formatDuration(d time.Duration) string {
	switch {
	case d >= 2*day && d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
