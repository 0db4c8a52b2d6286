package calendar

import (
	"slices"
	"sort"
	"time"
)

// The years in which calendars are open. Instants in them are nanoseconds that
// fit into 64 bits.
const firstYear, lastYear = 1970, 2199

// A year has the openings of the dates of one year, in order and disjoint.
// Instants are nanoseconds since 1970-01-01 UTC.
type year struct {
	from, to []int64
	before   []int64 // how long it was open before each opening; one more for after the last
}

// year lays out the openings of a year, or finds them where that was done.
func (c *Calendar) year(number int) *year {
	if y, ok := c.years.Load(number); ok {
		return y.(*year)
	}
	y, _ := c.years.LoadOrStore(number, c.layOut(number))
	return y.(*year)
}

func (c *Calendar) layOut(number int) *year {
	first, last := Date{number, time.January, 1}.number(), Date{number, time.December, 31}.number()
	zone := zoneSpans(c.def.Zone, int64(first)*secondsOfDay-around, int64(last+1)*secondsOfDay+around)
	y := &year{before: []int64{0}}
	// Where clocks are put back, an opening may last into that of another date.
	// The days before the year are looked at for that only.
	var end int64
	for n := first - 2; n <= last; n++ {
		for _, i := range c.open(n) {
			midnight := int64(n) * secondsOfDay
			from := max(zone.begin(midnight+int64(i.From)*60), end)
			to := zone.end(midnight + int64(i.To)*60)
			end = max(end, to)
			if n >= first && from < to {
				y.add(from*int64(time.Second), to*int64(time.Second))
			}
		}
	}
	return y
}

func (y *year) add(from, to int64) {
	y.from, y.to = append(y.from, from), append(y.to, to)
	y.before = append(y.before, y.total()+to-from)
}

// total is how long the year is open.
func (y *year) total() int64 { return y.before[len(y.before)-1] }

// openBefore is how long the year was open before t.
func (y *year) openBefore(t int64) int64 {
	i := y.next(t)
	if i == len(y.from) {
		return y.total()
	}
	return y.before[i] + max(0, t-y.from[i])
}

// next is the first opening that ends after t.
func (y *year) next(t int64) int {
	return sort.Search(len(y.to), func(i int) bool { return y.to[i] > t })
}

// passed is the first instant before which the year was open for d, with
// 0 < d <= total.
func (y *year) passed(d int64) int64 {
	i, _ := slices.BinarySearch(y.before, d)
	return y.from[i-1] + d - y.before[i-1]
}
