package calendar

import (
	"errors"
	"fmt"
	"time"
)

// ErrTooFar is the error for what is not found within ten years, or outside
// the years 1970 to 2199.
var ErrTooFar = errors.New("that is more than ten years ahead, or outside the years 1970 to 2199")

// maxYears is how far ahead instants are looked for.
const maxYears = 10

// Elapsed is how long the calendar is open from one instant to another; zero
// if to is not after from.
func (c *Calendar) Elapsed(from, to time.Time) time.Duration {
	a, b := clamp(from), clamp(to)
	var open int64
	for n := c.yearOf(a, -around); n <= c.yearOf(b, around) && a < b; n++ {
		y := c.year(n)
		open += y.openBefore(b) - y.openBefore(a)
	}
	return time.Duration(open)
}

// Add is the least instant, not before from, until which the calendar is open
// for d: an amount that ends with a working day ends when that day closes.
// Where d is not positive it is from itself. The error is ErrTooFar.
func (c *Calendar) Add(from time.Time, d time.Duration) (time.Time, error) {
	if d <= 0 {
		return from.UTC(), nil
	}
	limit := from.AddDate(maxYears, 0, 0)
	a, left := clamp(from), int64(d)
	for n := c.yearOf(a, -around); n <= c.yearOf(clamp(limit), around); n++ {
		y := c.year(n)
		before := y.openBefore(a)
		if left > y.total()-before {
			left -= y.total() - before
			continue
		}
		if t := time.Unix(0, y.passed(before+left)).UTC(); !t.After(limit) {
			return t, nil
		}
		break
	}
	return time.Time{}, fmt.Errorf("add %s to %s: %w", d, from.UTC().Format(time.RFC3339), ErrTooFar)
}

// NextOpen is the least instant, not before from, at which the calendar is
// open. The error is ErrTooFar.
func (c *Calendar) NextOpen(from time.Time) (time.Time, error) {
	limit := from.AddDate(maxYears, 0, 0)
	a := clamp(from)
	for n := c.yearOf(a, -around); n <= c.yearOf(clamp(limit), around); n++ {
		y := c.year(n)
		i := y.next(a)
		if i == len(y.from) {
			continue
		}
		if t := time.Unix(0, max(a, y.from[i])).UTC(); !t.Before(from) && !t.After(limit) {
			return t, nil
		}
		break
	}
	return time.Time{}, fmt.Errorf("look for an opening after %s: %w", from.UTC().Format(time.RFC3339), ErrTooFar)
}

// An Opening is a stretch of time in which a calendar is open, From included
// and To not.
type Opening struct{ From, To time.Time }

// Openings are the stretches from one instant to another in which the calendar
// is open, in order and cut to these instants.
func (c *Calendar) Openings(from, to time.Time) []Opening {
	a, b := clamp(from), clamp(to)
	var found []Opening
	for n := c.yearOf(a, -around); n <= c.yearOf(b, around) && a < b; n++ {
		y := c.year(n)
		for i := y.next(a); i < len(y.from) && y.from[i] < b; i++ {
			found = append(found, Opening{time.Unix(0, max(a, y.from[i])).UTC(), time.Unix(0, min(b, y.to[i])).UTC()})
		}
	}
	return found
}

// yearOf is the year, of those in which calendars are open, that the local
// date has some seconds after t.
func (c *Calendar) yearOf(t, seconds int64) int {
	y := time.Unix(t/int64(time.Second)+seconds, 0).In(c.def.Zone).Year()
	return min(max(y, firstYear), lastYear)
}

// clamp is an instant in nanoseconds, moved to the nearest at which any calendar
// may be open.
func clamp(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case y < firstYear:
		return 0
	case y > lastYear+1:
		return time.Date(lastYear+2, time.January, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	}
	return t.UnixNano()
}
