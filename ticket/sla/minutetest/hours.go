package minutetest

import (
	"sync"
	"time"
)

// Hours are opening hours: those of the week, and what is different on single
// dates, each of which is written out.
type Hours struct {
	Key    string
	Zone   string            // of the IANA database
	Week   [7][]Span         // Sunday first
	Closed map[string][]Span // by date, such as "2026-12-24"
	Extra  map[string][]Span // beats Closed

	once sync.Once
	open []bool // from firstMinute on
}

// A Span is a stretch of a day in minutes of local time, To not included.
type Span struct{ From, To int }

const day = 24 * 60

// AllDay is from 00:00 to 24:00.
var AllDay = []Span{{0, day}}

// What is laid out: the year, and what its last tickets wait for.
const firstMinute, lastMinute Minute = -10 * day, 500 * day

// Open reports whether the minute that begins at m is one of the opening hours.
func (h *Hours) Open(m Minute) bool {
	h.once.Do(h.layOut)
	return h.open[m-firstMinute]
}

// layOut asks in each minute what a clock on the wall shows. A minute of local
// time lasts from when the wall first shows it, or something later, until it
// last shows it, or something earlier: so one that is skipped in spring has no
// length, and one that comes twice in autumn lasts for both and all between.
func (h *Hours) layOut() {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		panic(err)
	}
	n := int(lastMinute - firstMinute)
	h.open = make([]bool, n)
	wall := make([]int, n)
	for i := range wall {
		wall[i] = wallMinute((firstMinute + Minute(i)).Time().In(zone))
	}
	base := wall[0]
	begins, ends := make([]int, wall[n-1]+1-base), make([]int, wall[n-1]+1-base)
	for i, highest := 0, base-1; i < n; i++ {
		for ; highest < wall[i]; highest++ {
			begins[highest+1-base] = i
		}
	}
	for i, lowest := n-1, wall[n-1]+1; i >= 0; i-- {
		for ; lowest > wall[i]; lowest-- {
			ends[lowest-1-base] = i
		}
	}
	for w := range begins {
		for i := begins[w]; i <= ends[w] && h.opens(base+w); i++ {
			h.open[i] = true
		}
	}
}

// wallMinute numbers what a clock on the wall shows: minutes since 1970, as if
// there were no zones.
func wallMinute(local time.Time) int {
	y, mo, d := local.Date()
	return int(time.Date(y, mo, d, local.Hour(), local.Minute(), 0, 0, time.UTC).Unix() / 60)
}

// opens reports whether a minute of local time is one of the opening hours.
func (h *Hours) opens(wall int) bool {
	at := time.Unix(int64(wall)*60, 0).UTC()
	date, minute := at.Format(time.DateOnly), at.Hour()*60+at.Minute()
	switch {
	case within(h.Extra[date], minute):
		return true
	case within(h.Closed[date], minute):
		return false
	}
	return within(h.Week[at.Weekday()], minute)
}

func within(spans []Span, minute int) bool {
	for _, s := range spans {
		if s.From <= minute && minute < s.To {
			return true
		}
	}
	return false
}

// between counts the open minutes from one instant to another.
func (h *Hours) between(from, to Minute) int {
	n := 0
	for m := from; m < to; m++ {
		if h.Open(m) {
			n++
		}
	}
	return n
}
