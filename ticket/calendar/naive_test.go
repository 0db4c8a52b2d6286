package calendar_test

import (
	"time"

	"deskpost/ticket/calendar"
)

// A naive calendar is a list of minutes, each open or not, made by asking what
// a clock on the wall shows in each of them.
type naive struct {
	start time.Time
	open  []bool
}

// walk makes the naive calendar of some days about a date: a minute m of local
// time is open if the definition says so, and lasts from the first instant at
// which the wall shows m or later to the last before which it shows less than
// m+1.
func walk(def calendar.Definition, date string, days int) naive {
	about, err := calendar.ParseDate(date)
	if err != nil {
		panic(err)
	}
	n := naive{start: time.Date(about.Year, about.Month, about.Day-days, 12, 0, 0, 0, time.UTC), open: make([]bool, 2*days*1440)}
	walls := make([]int64, len(n.open)) // minutes of local time since 1970
	for i := range walls {
		local := n.start.Add(time.Duration(i) * time.Minute).In(def.Zone)
		y, mo, d := local.Date()
		walls[i] = time.Date(y, mo, d, local.Hour(), local.Minute(), 0, 0, time.UTC).Unix() / 60
	}
	base := walls[0] - 2*1440
	first, last := make([]int, len(walls)+4*1440), make([]int, len(walls)+4*1440)
	fill(walls, base, first, last)
	for i := range first {
		local := time.Unix((base+int64(i))*60, 0).UTC()
		if !openMinute(def, calendar.DateOf(local), local.Hour()*60+local.Minute()) {
			continue
		}
		for j := first[i]; j <= last[i]; j++ {
			n.open[j] = true
		}
	}
	return n
}

// fill finds, for each minute of local time from base on, the first instant at
// which the wall shows it or more and the last at which it shows less than the
// next minute.
func fill(walls []int64, base int64, first, last []int) {
	w := 0
	for j, wall := range walls {
		for ; w < len(first) && base+int64(w) <= wall; w++ {
			first[w] = j
		}
	}
	for ; w < len(first); w++ {
		first[w] = len(walls)
	}
	w = len(last) - 1
	for j := len(walls) - 1; j >= 0; j-- {
		for ; w >= 0 && walls[j] < base+int64(w)+1; w-- {
			last[w] = j
		}
	}
	for ; w >= 0; w-- {
		last[w] = -1
	}
}

// openMinute says whether a minute of a local date is open.
func openMinute(def calendar.Definition, d calendar.Date, m int) bool {
	in := func(i calendar.Interval) bool { return i.From <= m && m < i.To }
	for _, e := range def.Extras {
		if e.Date == d && in(e.Hours) {
			return true
		}
	}
	for _, h := range def.Holidays {
		falls := h.Date == d || h.Nth == 0 && h.Date.Year == 0 && h.Date.Month == d.Month && h.Date.Day == d.Day
		if h.Nth > 0 {
			falls = h.Date.Month == d.Month && h.Weekday == d.Weekday() && (d.Day+6)/7 == h.Nth
		}
		if falls && (h.Hours == calendar.Interval{} || in(h.Hours)) {
			return false
		}
	}
	for _, i := range def.Week[d.Weekday()] {
		if in(i) {
			return true
		}
	}
	return false
}

// elapsed counts open seconds between two whole seconds after the start.
func (n naive) elapsed(from, to int) int {
	open := 0
	for s := from; s < to; {
		next := min(to, (s/60+1)*60)
		if n.open[s/60] {
			open += next - s
		}
		s = next
	}
	return open
}

// add walks minute by minute; -1 is beyond the end.
func (n naive) add(from, budget int) int {
	for s := from; s < len(n.open)*60; {
		next := (s/60 + 1) * 60
		switch {
		case budget == 0:
			return s
		case n.open[s/60] && next-s >= budget:
			return s + budget
		case n.open[s/60]:
			budget -= next - s
		}
		s = next
	}
	return -1
}

// nextOpen walks minute by minute; -1 is beyond the end.
func (n naive) nextOpen(from int) int {
	for s := from; s < len(n.open)*60; s = (s/60 + 1) * 60 {
		if n.open[s/60] {
			return s
		}
	}
	return -1
}
