package calendar

import (
	"math"
	"time"
)

// A span is a time in which a zone keeps one offset: local = UTC + offset.
// All are seconds.
type span struct{ from, to, offset int64 }

// spans are the offsets of a zone from one instant to another, in order. The
// first has no beginning and the last no end.
type spans []span

func zoneSpans(zone *time.Location, from, to int64) spans {
	all := spans{{from: math.MinInt64 / 2, to: math.MaxInt64 / 2}}
	for t := from; ; {
		at := time.Unix(t, 0).In(zone)
		_, seconds := at.Zone()
		last, offset := &all[len(all)-1], int64(seconds)
		switch {
		case t == from:
			last.offset = offset
		case offset != last.offset:
			last.to = t
			all = append(all, span{t, math.MaxInt64 / 2, offset})
		}
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Unix() > to {
			return all
		}
		// ZoneBounds takes all years after the last change in the zone's file to
		// have 365 days, and names a time that has passed on the day left over.
		if t = max(end.Unix(), t+secondsOfDay/2); t > to {
			return all
		}
	}
}

// begin is the first instant at which the wall clock shows the local time w or
// more. In a gap that is the change itself, in an overlap the first of two.
func (z spans) begin(w int64) int64 {
	for _, s := range z {
		if t := w - s.offset; t < s.to {
			return max(t, s.from)
		}
	}
	return w - z[len(z)-1].offset
}

// end is the last instant before which the wall clock shows less than the local
// time w. In a gap that is the change itself, in an overlap the second of two.
func (z spans) end(w int64) int64 {
	for i := len(z) - 1; i >= 0; i-- {
		if t := w - z[i].offset; t > z[i].from {
			return min(t, z[i].to)
		}
	}
	return w - z[0].offset
}

// around is how far before and after a day the offsets matter to it: a zone
// may jump over a whole day, as Samoa did in 2011.
const around = 3 * secondsOfDay

// At is the instant at which a clock in the zone shows a time of day, given in
// minutes. Of two such instants it is the first; where there is none, since the
// clock was put forward, it is the instant of that change, and exact is false.
func At(zone *time.Location, d Date, minute int) (t time.Time, exact bool) {
	day := int64(d.number()) * secondsOfDay
	wall := day + int64(minute)*60
	t = time.Unix(zoneSpans(zone, day-around, day+secondsOfDay+around).begin(wall), 0).UTC()
	_, offset := t.In(zone).Zone()
	return t, t.Unix()+int64(offset) == wall
}
