package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// minutesOfDay is the end of a day, which is written 24:00.
const minutesOfDay = 24 * 60

// An Interval is a stretch of a day in minutes of local time, From included
// and To not: 0 <= From < To <= 1440.
type Interval struct{ From, To int }

// wholeDay is from 00:00 to 24:00.
var wholeDay = Interval{0, minutesOfDay}

// String writes an interval such as "09:00-17:00".
func (i Interval) String() string { return clock(i.From) + "-" + clock(i.To) }

func (i Interval) valid() bool { return i.From >= 0 && i.From < i.To && i.To <= minutesOfDay }

func (i Interval) overlaps(j Interval) bool { return i.From < j.To && j.From < i.To }

// clock writes minutes of a day as "09:00".
func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// ParseInterval reads a stretch within one day, such as "09:00-17:00" or
// "12:00-24:00".
func ParseInterval(text string) (Interval, error) {
	i, err := parseShift(text)
	if err == nil && i.From > i.To {
		return Interval{}, fmt.Errorf("%q ends before it begins; write the earlier time first, and for what goes past"+
			" midnight one entry for each date", text)
	}
	return i, err
}

// parseShift reads a stretch that may go past midnight: From is then after To.
func parseShift(text string) (Interval, error) {
	from, to, _ := strings.Cut(text, "-")
	a, okFrom := parseClock(from)
	b, okTo := parseClock(to)
	switch {
	case !okFrom || !okTo || a == minutesOfDay:
		return Interval{}, fmt.Errorf("%q is not a time range; write one such as 09:00-17:00", text)
	case a == b:
		return Interval{}, fmt.Errorf("%q ends where it begins; write 00:00-24:00 for the whole day", text)
	}
	return Interval{a, b}, nil
}

// parseClock reads "9:00", "09:00" or "24:00" into minutes.
func parseClock(text string) (int, bool) {
	h, m, ok := strings.Cut(text, ":")
	if !ok || len(h) < 1 || len(h) > 2 || len(m) != 2 || strings.Trim(h+m, "0123456789") != "" {
		return 0, false
	}
	hours, err := strconv.Atoi(h)
	if err != nil {
		return 0, false
	}
	minutes, err := strconv.Atoi(m)
	if err != nil || minutes > 59 {
		return 0, false
	}
	total := hours*60 + minutes
	return total, total <= minutesOfDay
}

// sorted orders intervals by their beginning.
func sorted(day []Interval) []Interval {
	slices.SortFunc(day, func(a, b Interval) int { return cmp.Compare(a.From, b.From) })
	return day
}

// without is a day less one interval.
func without(day []Interval, closed Interval) []Interval {
	var left []Interval
	for _, i := range day {
		if before := (Interval{i.From, min(i.To, closed.From)}); before.valid() {
			left = append(left, before)
		}
		if after := (Interval{max(i.From, closed.To), i.To}); after.valid() {
			left = append(left, after)
		}
	}
	return left
}

// union is a day with further intervals, which may overlap it and each other.
func union(day, more []Interval) []Interval {
	all := sorted(append(slices.Clone(day), more...))
	var merged []Interval
	for _, i := range all {
		if last := len(merged) - 1; last >= 0 && i.From <= merged[last].To {
			merged[last].To = max(merged[last].To, i.To)
			continue
		}
		merged = append(merged, i)
	}
	return merged
}
