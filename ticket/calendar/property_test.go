package calendar_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket/calendar"
)

// changes are zones and dates about which their clocks change, and one without.
var changes = []struct{ zone, date string }{
	{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"}, {"Europe/Berlin", "2026-12-31"},
	{"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"},
	{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"},
	{"Asia/Beirut", "2026-03-29"}, {"Asia/Beirut", "2026-10-25"},
	{"America/Santiago", "2026-04-05"}, {"America/Santiago", "2026-09-06"},
	{"America/Havana", "2026-11-01"}, {"Pacific/Apia", "2011-12-30"}, {"Africa/Casablanca", "2026-02-15"},
	{"America/St_Johns", "2006-10-29"}, // at one minute past midnight
	{"Europe/Dublin", "2026-10-25"}, {"Asia/Kolkata", "2026-06-01"},
}

// intervals draws sorted and disjoint stretches of a day.
func intervals() *rapid.Generator[[]calendar.Interval] {
	return rapid.Custom(func(t *rapid.T) []calendar.Interval {
		if rapid.Bool().Draw(t, "whole") && rapid.Bool().Draw(t, "day") {
			return []calendar.Interval{{From: 0, To: 1440}}
		}
		// Edges near midnight and the usual hours of change are what is hard.
		edge := rapid.OneOf(rapid.IntRange(0, 1440), rapid.SampledFrom([]int{0, 1, 30, 60, 90, 120, 150, 180, 240, 1380, 1410, 1439, 1440}))
		var all []calendar.Interval
		end := 0
		for range rapid.IntRange(0, 5).Draw(t, "count") {
			a, b := edge.Draw(t, "a"), edge.Draw(t, "b")
			if i := (calendar.Interval{From: min(a, b), To: max(a, b)}); i.From < i.To && i.From >= end {
				all, end = append(all, i), i.To
			}
		}
		return all
	})
}

// definitions draws calendars with their peculiarities about a date.
func definitions(zoneName, date string) *rapid.Generator[calendar.Definition] {
	return rapid.Custom(func(t *rapid.T) calendar.Definition {
		z, err := time.LoadLocation(zoneName)
		if err != nil {
			t.Fatal(err)
		}
		about, err := calendar.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		def := calendar.Definition{Zone: z}
		for d := range def.Week {
			def.Week[d] = intervals().Draw(t, time.Weekday(d).String())
		}
		def.Week[3] = append(def.Week[3], calendar.Interval{From: 1435, To: 1440})
		if n := len(def.Week[3]); n > 1 && def.Week[3][n-2].To > 1435 {
			def.Week[3] = def.Week[3][:n-1]
		}
		for i := range rapid.IntRange(0, 4).Draw(t, "holidays") {
			h := calendar.Holiday{Date: about.AddDays(rapid.IntRange(-4, 4).Draw(t, "holiday"))}
			if hours := intervals().Draw(t, "closed"); len(hours) > 0 {
				h.Hours = hours[0]
			}
			switch i {
			case 1:
				h.Date.Year = 0
			case 2:
				h.Nth, h.Weekday = (h.Date.Day-1)/7+1, h.Date.Weekday()
			}
			def.Holidays = append(def.Holidays, h)
		}
		for range rapid.IntRange(0, 2).Draw(t, "extras") {
			if hours := intervals().Draw(t, "opened"); len(hours) > 0 {
				def.Extras = append(def.Extras, calendar.Extra{Date: about.AddDays(rapid.IntRange(-3, 3).Draw(t, "extra")), Hours: hours[0]})
			}
		}
		return def
	})
}

// TestAgainstWalking holds the arithmetic to a walk along the clock on the wall,
// minute by minute, about changes of clocks and years. (F51)
func TestAgainstWalking(t *testing.T) {
	t.Parallel()
	const days = 3
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SampledFrom(changes).Draw(t, "change")
		def := definitions(at.zone, at.date).Draw(t, "calendar")
		c, err := calendar.New(def)
		if err != nil {
			t.Skip(err)
		}
		n := walk(def, at.date, days)
		second := rapid.OneOf(rapid.IntRange(1440*60, len(n.open)*60-1440*60),
			rapid.Map(rapid.IntRange(1440, len(n.open)-1440), func(m int) int { return m * 60 }))
		for range 20 {
			from, to := second.Draw(t, "from"), second.Draw(t, "to")
			n.compare(t, c, min(from, to), max(from, to))
		}
	})
}

func (n naive) compare(t *rapid.T, c *calendar.Calendar, from, to int) {
	at := func(second int) time.Time { return n.start.Add(time.Duration(second) * time.Second) }
	want := n.elapsed(from, to)
	if got := c.Elapsed(at(from), at(to)); got != time.Duration(want)*time.Second {
		t.Fatalf("from %s to %s it is open for %s, want %ds", at(from), at(to), got, want)
	}
	if first := n.add(from, want); first >= 0 {
		got, err := c.Add(at(from), time.Duration(want)*time.Second)
		if err != nil || !got.Equal(at(first)) {
			t.Fatalf("%ds after %s is %s, %v, want %s", want, at(from), got, err, at(first))
		}
	}
	if open := n.nextOpen(from); open >= 0 {
		if got, err := c.NextOpen(at(from)); err != nil || !got.Equal(at(open)) {
			t.Fatalf("the next opening after %s is %s, %v, want %s", at(from), got, err, at(open))
		}
	}
}

// TestProperties holds the arithmetic to what must be true of it whatever the
// calendar.
func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SampledFrom(changes).Draw(t, "change")
		c, err := calendar.New(definitions(at.zone, at.date).Draw(t, "calendar"))
		if err != nil {
			t.Skip(err)
		}
		day, err := time.Parse(time.DateOnly, at.date)
		if err != nil {
			t.Fatal(err)
		}
		instant := rapid.Map(rapid.Int64Range(-1e9, 2e10), func(ms int64) time.Time { return day.Add(time.Duration(ms) * time.Millisecond) })
		a, b, x := instant.Draw(t, "a"), instant.Draw(t, "b"), instant.Draw(t, "x")
		d := time.Duration(rapid.Int64Range(0, 3e6).Draw(t, "budget")) * time.Second
		less := time.Duration(rapid.Int64Range(0, int64(d)).Draw(t, "less"))
		add := func(a time.Time, d time.Duration) time.Time {
			end, err := c.Add(a, d)
			if errors.Is(err, calendar.ErrTooFar) {
				t.Skip(err) // a few minutes a week
			}
			if err != nil {
				t.Fatal(err)
			}
			return end
		}
		end := add(a, d)
		if got := c.Elapsed(a, end); got != d {
			t.Fatalf("from %s to %s it is open for %s, want %s", a, end, got, d)
		}
		if d > 0 && c.Elapsed(a, end.Add(-1)) != d-1 {
			t.Fatalf("%s is not the first instant for %s", end, d)
		}
		if c.Elapsed(a, b)+c.Elapsed(b, x) != c.Elapsed(a, x) && !a.After(b) && !b.After(x) {
			t.Fatalf("parts of %s to %s, cut at %s, are not the whole", a, x, b)
		}
		if add(a, less).After(end) {
			t.Fatalf("%s ends after %s", less, d)
		}
		if !b.Before(a) && add(b, d).Before(end) {
			t.Fatalf("begun at %s it ends before what was begun at %s", b, a)
		}
		if d > 0 && less > 0 && less < d && !add(add(a, less), d-less).Equal(end) {
			t.Fatalf("%s and then %s ends otherwise than %s", less, d-less, d)
		}
		open, err := c.NextOpen(a)
		if err != nil || open.Before(a) || c.Elapsed(a, open) != 0 || c.Elapsed(open, open.Add(1)) != 1 {
			t.Fatalf("the next opening after %s is %s, %v", a, open, err)
		}
	})
}

// TestOverYears compares long sums with the sum of short ones, across the
// borders between years.
func TestOverYears(t *testing.T) {
	t.Parallel()
	c := build(t, define(t, "Europe/Berlin", []string{"mon-fri 09:00-12:00 13:00-17:00", "sat 22:00-02:00"}, []string{"12-25", "01-01", "last mon of may"}))
	start := instant(t, "Europe/Berlin", "2026-02-11 10:17")
	var sum time.Duration
	for i := range 3600 {
		from := start.Add(time.Duration(i) * 24 * time.Hour)
		sum += c.Elapsed(from, from.Add(24*time.Hour))
		if i%97 == 0 {
			end := from.Add(24 * time.Hour)
			if got := c.Elapsed(start, end); got != sum {
				t.Fatalf("to %s it is open for %s, by days %s", end, got, sum)
			}
			if got, err := c.Add(start, sum); err != nil || c.Elapsed(got, end) != 0 || got.After(end) {
				t.Fatalf("%s after %s is %s, %v", sum, start, got, err)
			}
		}
	}
}

// TestTooFar holds Add and NextOpen to an error where there is no answer.
func TestTooFar(t *testing.T) {
	t.Parallel()
	c := office(t)
	start := instant(t, "Europe/Berlin", "2026-01-05 09:00")
	tenYears := c.Elapsed(start, start.AddDate(10, 0, 0))
	if end, err := c.Add(start, tenYears); err != nil || end.After(start.AddDate(10, 0, 0)) {
		t.Errorf("all working time of ten years ends at %s, %v", end, err)
	}
	for _, far := range []struct {
		from time.Time
		d    time.Duration
	}{
		{start, tenYears + 1}, {start, 1<<63 - 1},
		{time.Time{}, time.Second}, {time.Unix(1<<40, 0), time.Second}, {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Second},
		{time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC), 100 * time.Hour},
	} {
		if end, err := c.Add(far.from, far.d); !errors.Is(err, calendar.ErrTooFar) {
			t.Errorf("%s after %s is %s, %v", far.d, far.from, end, err)
		}
	}
	for _, from := range []time.Time{{}, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if open, err := c.NextOpen(from); !errors.Is(err, calendar.ErrTooFar) {
			t.Errorf("the next opening after %s is %s, %v", from, open, err)
		}
	}
	if got := c.Elapsed(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("in the year 9000 it is open for %s", got)
	}
}

func TestAtTellsGaps(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		zone, date string
		minute     int
		want       string
		exact      bool
	}{
		{"Europe/Berlin", "2026-03-27", 16 * 60, "2026-03-27 15:00Z", true},
		{"Europe/Berlin", "2026-03-29", 150, "2026-03-29 01:00Z", false},
		{"Europe/Berlin", "2026-03-29", 180, "2026-03-29 01:00Z", true},
		{"Europe/Berlin", "2026-10-25", 150, "2026-10-25 00:30Z", true}, // the first of two
		{"Asia/Beirut", "2026-03-29", 0, "2026-03-28 22:00Z", false},
		{"Pacific/Apia", "2011-12-30", 720, "2011-12-30 10:00Z", false},
	} {
		d, err := calendar.ParseDate(v.date)
		if err != nil {
			t.Fatal(err)
		}
		got, exact := calendar.At(zone(t, v.zone), d, v.minute)
		if !got.Equal(instant(t, "UTC", v.want)) || exact != v.exact {
			t.Errorf("%s %d in %s is %s, %t", v.date, v.minute, v.zone, got, exact)
		}
	}
}

func ExampleCalendar_Add() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	def := calendar.Definition{Zone: berlin}
	if err := def.Week.Add("mon-fri 09:00-17:00"); err != nil {
		panic(err)
	}
	office, err := calendar.New(def)
	if err != nil {
		panic(err)
	}
	received := time.Date(2026, 3, 27, 16, 0, 0, 0, berlin) // a Friday
	due, err := office.Add(received, 4*time.Hour)
	if err != nil {
		panic(err)
	}
	fmt.Println(due.In(berlin).Format("Mon 2006-01-02 15:04 -07:00"))
	// Output: Mon 2026-03-30 12:00 +02:00
}
