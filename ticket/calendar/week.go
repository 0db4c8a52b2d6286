package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Week has the opening hours of each day of the week, Sunday first as
// [time.Weekday] counts. The intervals of a day are sorted and disjoint.
type Week [7][]Interval

// Always is open day and night.
func Always() Week {
	var w Week
	for d := range w {
		w[d] = []Interval{wholeDay}
	}
	return w
}

const hoursHelp = `write such as "mon-fri 09:00-12:00 13:00-17:00"`

// Add adds opening hours written as days and time ranges:
//
//	mon-fri 09:00-17:00
//	mon-thu 09:00-12:00 13:00-17:00
//	sat, sun 10:00-14:00
//	daily 22:00-06:00
//	24x7
//
// A range that ends before it begins goes on until that time of the next day,
// and is kept as two intervals. Hours that overlap others are refused. After
// an error the week is as it was.
func (w *Week) Add(text string) error {
	if strings.EqualFold(strings.TrimSpace(text), "24x7") {
		text = "daily 00:00-24:00"
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	split := slices.IndexFunc(fields, func(f string) bool { return f[0] >= '0' && f[0] <= '9' })
	if split < 1 {
		return fmt.Errorf("%q has no days, or no hours; %s", text, hoursHelp)
	}
	days, err := parseDays(fields[:split])
	if err != nil {
		return err
	}
	next := w.clone()
	for _, field := range fields[split:] {
		shift, err := parseShift(field)
		if err != nil {
			return err
		}
		for _, day := range days {
			if err := next.addShift(day, shift); err != nil {
				return err
			}
		}
	}
	*w = next
	return nil
}

// addShift adds a stretch that may go past midnight.
func (w *Week) addShift(day time.Weekday, shift Interval) error {
	if shift.From < shift.To {
		return w.addInterval(day, shift)
	}
	if err := w.addInterval(day, Interval{shift.From, minutesOfDay}); err != nil {
		return err
	}
	if shift.To == 0 {
		return nil
	}
	return w.addInterval((day+1)%7, Interval{0, shift.To})
}

func (w *Week) addInterval(day time.Weekday, added Interval) error {
	for _, there := range w[day] {
		if added.overlaps(there) {
			return fmt.Errorf("%s %s overlaps %s %s; take one out or shorten it", short(day), added, short(day), there)
		}
	}
	w[day] = sorted(append(w[day], added))
	return nil
}

func (w *Week) clone() Week {
	var c Week
	for d := range w {
		c[d] = slices.Clone(w[d])
	}
	return c
}

// short is the name of a day as people write it in hours: "Mon".
func short(day time.Weekday) string { return day.String()[:3] }

// parseDays reads days and ranges of days: "mon", "mon-fri", "daily".
func parseDays(fields []string) ([]time.Weekday, error) {
	var days []time.Weekday
	for _, field := range fields {
		if strings.EqualFold(field, "daily") {
			field = "mon-sun"
		}
		first, last, isRange := strings.Cut(field, "-")
		from, ok := parseDay(first)
		to := from
		if isRange && ok {
			to, ok = parseDay(last)
		}
		if !ok {
			return nil, fmt.Errorf("%q is not a day of the week; write mon, tue, wed, thu, fri, sat, sun, a range such as"+
				" mon-fri, or daily", field)
		}
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == to {
				break
			}
		}
	}
	return days, nil
}

// parseDay reads the name of a day, in full or its first three letters.
func parseDay(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()) || strings.EqualFold(text, short(d)) {
			return d, true
		}
	}
	return 0, false
}
