package yeartest

import (
	"slices"
	"time"

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla/minutetest"
)

// A Calendar is opening hours for both sides. What the config says in general
// words, such as "4th thu of november", the checker has as dates.
type Calendar struct {
	Desk    *calendar.Calendar
	Checker *minutetest.Hours
}

// The keys of the calendars.
const (
	Berlin   = "berlin"    // a lunch break, holidays, half days
	NewYork  = "new-york"  // open in the nights in which clocks are changed
	LordHowe = "lord-howe" // always open, where clocks are changed by half an hour
	Nightly  = "nightly"   // from 22 to 6, in Berlin
	Beirut   = "beirut"    // clocks are changed at midnight
)

// Calendars are all calendars, by key.
func Calendars() map[string]Calendar {
	return map[string]Calendar{Berlin: berlin(), NewYork: newYork(), LordHowe: lordHowe(), Nightly: nightly(), Beirut: beirut()}
}

// BerlinClosed is another edition of the calendar of Berlin, in which it is
// closed on some more dates.
func BerlinClosed(dates ...string) Calendar { return berlin(dates...) }

func berlin(closed ...string) Calendar {
	h := &minutetest.Hours{Key: Berlin, Zone: "Europe/Berlin",
		Closed: map[string][]minutetest.Span{
			"2026-01-01": minutetest.AllDay, "2026-04-03": minutetest.AllDay, "2026-04-06": minutetest.AllDay, "2026-05-01": minutetest.AllDay,
			"2026-12-24": spans(12*60, 24*60), "2026-12-25": minutetest.AllDay, "2027-01-01": minutetest.AllDay, "2027-05-01": minutetest.AllDay,
		},
		Extra: map[string][]minutetest.Span{"2026-04-06": spans(13*60, 15*60), "2026-12-12": spans(10*60, 14*60)},
	}
	for d := time.Monday; d <= time.Thursday; d++ {
		h.Week[d] = spans(8*60+30, 12*60, 13*60, 17*60+30)
	}
	h.Week[time.Friday] = spans(8*60+30, 14*60)
	for _, date := range closed {
		h.Closed[date] = minutetest.AllDay
	}
	return pair(h, []string{"mon-thu 08:30-12:00 13:00-17:30", "fri 08:30-14:00"},
		append([]string{"2026-04-03 Good Friday", "2026-04-06", "05-01", "2026-12-24 12:00-24:00", "12-25 Christmas Day", "01-01"}, closed...),
		"2026-12-12 10:00-14:00", "2026-04-06 13:00-15:00")
}

func newYork() Calendar {
	h := &minutetest.Hours{Key: NewYork, Zone: "America/New_York",
		Closed: map[string][]minutetest.Span{"2026-05-25": minutetest.AllDay, "2026-07-04": minutetest.AllDay, "2026-11-26": minutetest.AllDay},
	}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = spans(9*60, 17*60)
	}
	h.Week[time.Saturday] = spans(10*60, 14*60)
	h.Week[time.Sunday] = spans(1*60, 1*60+30, 2*60+30, 4*60)
	return pair(h, []string{"mon-fri 09:00-17:00", "sat 10:00-14:00", "sun 01:00-01:30 02:30-04:00"},
		[]string{"last mon of may Memorial Day", "2026-07-04", "4th thu of november Thanksgiving"})
}

func lordHowe() Calendar {
	h := &minutetest.Hours{Key: LordHowe, Zone: "Australia/Lord_Howe"}
	for d := range h.Week {
		h.Week[d] = minutetest.AllDay
	}
	return pair(h, []string{"24x7"}, nil)
}

func nightly() Calendar {
	h := &minutetest.Hours{Key: Nightly, Zone: "Europe/Berlin"}
	for d := range h.Week {
		h.Week[d] = spans(0, 6*60, 22*60, 24*60)
	}
	return pair(h, []string{"daily 22:00-06:00"}, nil)
}

func beirut() Calendar {
	h := &minutetest.Hours{Key: Beirut, Zone: "Asia/Beirut"}
	for d := range h.Week {
		h.Week[d] = spans(0, 90, 23*60, 24*60)
	}
	h.Week[time.Wednesday] = spans(0, 90, 8*60, 16*60, 23*60, 24*60)
	return pair(h, []string{"daily 23:00-01:30", "wed 08:00-16:00"}, nil)
}

// spans are stretches of a day, each from one minute to another.
func spans(minutes ...int) []minutetest.Span {
	var all []minutetest.Span
	for pair := range slices.Chunk(minutes, 2) {
		all = append(all, minutetest.Span{From: pair[0], To: pair[1]})
	}
	return all
}

// pair reads for the desk what the checker has.
func pair(h *minutetest.Hours, week, holidays []string, extras ...string) Calendar {
	zone, err := time.LoadLocation(h.Zone)
	must(err)
	def := calendar.Definition{Key: h.Key, Zone: zone}
	for _, text := range week {
		must(def.Week.Add(text))
	}
	for _, text := range holidays {
		holiday, err := calendar.ParseHoliday(text)
		must(err)
		def.Holidays = append(def.Holidays, holiday)
	}
	for _, text := range extras {
		extra, err := calendar.ParseExtra(text)
		must(err)
		def.Extras = append(def.Extras, extra)
	}
	c, err := calendar.New(def)
	must(err)
	return Calendar{c, h}
}

// must is for what does not change from one run to the next.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
