package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// A Date is a day of the Gregorian calendar, in no particular time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date that a clock in t's location shows at t.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads a date such as "2026-03-27".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date; write one such as 2026-03-27", text)
	}
	return DateOf(t), nil
}

// String is the date as ParseDate reads it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return weekday(d.number()) }

// AddDays is the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return dateOf(d.number() + n) }

// Compare orders dates by time: -1, 0 or 1.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

const secondsOfDay = 24 * 60 * 60

// number counts days from 1970-01-01.
func (d Date) number() int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// dateOf is the date with a number.
func dateOf(number int) Date { return DateOf(time.Unix(int64(number)*secondsOfDay, 0).UTC()) }

// weekday is the day of the week of the day with a number from 1970 on; that
// day was a Thursday.
func weekday(number int) time.Weekday { return time.Weekday((number%7 + 7 + int(time.Thursday)) % 7) }
