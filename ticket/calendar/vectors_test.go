package calendar_test

import (
	"testing"
	"time"
)

// TestVectors are the deadlines that a reference implementation computed for
// the nights in which clocks change, for holidays and for the edges of working
// days. Those that need pauses are in package sla. (F51)
func TestVectors(t *testing.T) {
	t.Parallel()
	const berlin, newYork = "Europe/Berlin", "America/New_York"
	officeWeek, always := []string{"mon-fri 09:00-17:00"}, []string{"24x7"}
	for _, v := range []struct {
		name     string
		zone     string
		week     []string
		holidays []string
		start    string
		budget   time.Duration
		want     string
	}{
		{"1 over the spring weekend", berlin, officeWeek, nil, "2026-03-27 16:00", 4 * time.Hour, "2026-03-30 10:00Z"},
		{"2 the spring day has 23 hours", berlin, always, nil, "2026-03-28 12:00", 24 * time.Hour, "2026-03-29 11:00Z"},
		{"3 the autumn day has 25 hours", berlin, always, nil, "2026-10-24 12:00", 24 * time.Hour, "2026-10-25 10:00Z"},
		{"4 Sunday 01-04 in spring", newYork, []string{"sun 01:00-04:00"}, nil, "2026-03-08 00:00", 2 * time.Hour, "2026-03-08 08:00Z"},
		{"5 Sunday 01-04 in autumn", newYork, []string{"sun 01:00-04:00"}, nil, "2026-11-01 00:00", 2 * time.Hour, "2026-11-01 07:00Z"},
		{"6 opening inside the gap", newYork, []string{"sun 02:30-04:00"}, nil, "2026-03-08 00:00", time.Hour, "2026-03-08 08:00Z"},
		{"7 Christmas", berlin, officeWeek, []string{"2026-12-24 12:00-24:00", "2026-12-25"}, "2026-12-23 15:00", 8 * time.Hour, "2026-12-28 11:00Z"},
		{"8 ends at closing", berlin, officeWeek, nil, "2026-01-05 09:00", 8 * time.Hour, "2026-01-05 16:00Z"},
		{"9 before opening", berlin, officeWeek, nil, "2026-01-05 07:30", time.Hour, "2026-01-05 09:00Z"},
		{"10 at closing on Friday", berlin, officeWeek, nil, "2026-01-09 17:00", time.Hour, "2026-01-12 09:00Z"},
		{"15 night shift in spring", berlin, []string{"daily 22:00-06:00"}, nil, "2026-03-28 23:00", 4 * time.Hour, "2026-03-29 02:00Z"},
		{"16 lunch break", berlin, []string{"mon-fri 09:00-12:00 13:00-17:00"}, nil, "2026-01-05 11:30", time.Hour, "2026-01-05 12:30Z"},
		{"17 half an hour on Lord Howe", "Australia/Lord_Howe", always, nil, "2026-04-04 12:00", 24 * time.Hour, "2026-04-05 01:00Z"},
		{"18 change at midnight in Beirut", "Asia/Beirut", always, nil, "2026-03-28 12:00", 24 * time.Hour, "2026-03-29 10:00Z"},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			c := build(t, define(t, v.zone, v.week, v.holidays))
			start := instant(t, v.zone, v.start)
			got, err := c.Add(start, v.budget)
			if err != nil {
				t.Fatal(err)
			}
			if want := instant(t, v.zone, v.want); !got.Equal(want) {
				t.Errorf("%s after %s is %s, want %s", v.budget, v.start, got, want)
			}
			if got := c.Elapsed(start, got); got != v.budget {
				t.Errorf("until then it is open for %s", got)
			}
		})
	}
}

// TestOpeningsAtChanges holds each way in which an opening can lie about a
// change of clocks to the instants it must have. (F51)
func TestOpeningsAtChanges(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		name, zone, week, day string
		from, to              string // "" is closed
	}{
		// In Berlin 02:00-03:00 is missing on 2026-03-29 (change at 01:00Z)...
		{"gap inside", "Europe/Berlin", "sun 01:00-04:00", "2026-03-29", "2026-03-29 00:00Z", "2026-03-29 02:00Z"},
		{"begins in the gap", "Europe/Berlin", "sun 02:15-04:00", "2026-03-29", "2026-03-29 01:00Z", "2026-03-29 02:00Z"},
		{"ends in the gap", "Europe/Berlin", "sun 01:00-02:45", "2026-03-29", "2026-03-29 00:00Z", "2026-03-29 01:00Z"},
		{"is the gap", "Europe/Berlin", "sun 02:00-03:00", "2026-03-29", "", ""},
		{"inside the gap", "Europe/Berlin", "sun 02:10-02:50", "2026-03-29", "", ""},
		{"begins after the gap", "Europe/Berlin", "sun 03:00-04:00", "2026-03-29", "2026-03-29 01:00Z", "2026-03-29 02:00Z"},
		// ... and comes twice on 2026-10-25 (00:00Z-01:00Z and 01:00Z-02:00Z).
		{"overlap inside", "Europe/Berlin", "sun 01:00-04:00", "2026-10-25", "2026-10-24 23:00Z", "2026-10-25 03:00Z"},
		{"begins in the overlap", "Europe/Berlin", "sun 02:30-04:00", "2026-10-25", "2026-10-25 00:30Z", "2026-10-25 03:00Z"},
		{"ends in the overlap", "Europe/Berlin", "sun 01:00-02:30", "2026-10-25", "2026-10-24 23:00Z", "2026-10-25 01:30Z"},
		{"inside the overlap", "Europe/Berlin", "sun 02:15-02:45", "2026-10-25", "2026-10-25 00:15Z", "2026-10-25 01:45Z"},
		{"ends before the overlap", "Europe/Berlin", "sun 01:00-02:00", "2026-10-25", "2026-10-24 23:00Z", "2026-10-25 00:00Z"},
		{"begins after the overlap", "Europe/Berlin", "sun 03:00-04:00", "2026-10-25", "2026-10-25 02:00Z", "2026-10-25 03:00Z"},
		// Beirut puts clocks forward at midnight: 2026-03-29 begins at 01:00.
		{"day without a midnight", "Asia/Beirut", "sun 00:00-02:00", "2026-03-29", "2026-03-28 22:00Z", "2026-03-28 23:00Z"},
		{"evening before it", "Asia/Beirut", "sat 22:00-24:00", "2026-03-28", "2026-03-28 20:00Z", "2026-03-28 22:00Z"},
		// Half an hour on Lord Howe: 01:30-02:00 comes twice on 2026-04-05.
		{"half an hour twice", "Australia/Lord_Howe", "sun 01:40-03:00", "2026-04-05", "2026-04-04 14:40Z", "2026-04-04 16:30Z"},
		// Samoa had no 2011-12-30.
		{"a day that is missing", "Pacific/Apia", "fri 09:00-17:00", "2011-12-30", "", ""},
		{"the day after it", "Pacific/Apia", "sat 09:00-17:00", "2011-12-31", "2011-12-30 19:00Z", "2011-12-31 03:00Z"},
		// Morocco leaves summer time for Ramadan: back on 2026-02-15, forth on 2026-03-22.
		{"back in February", "Africa/Casablanca", "sun 01:00-04:00", "2026-02-15", "2026-02-15 00:00Z", "2026-02-15 04:00Z"},
		{"forth in March", "Africa/Casablanca", "sun 01:00-04:00", "2026-03-22", "2026-03-22 01:00Z", "2026-03-22 03:00Z"},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			c := build(t, define(t, v.zone, []string{v.week}, nil))
			noon := instant(t, "UTC", v.day+" 12:00")
			got := c.Openings(noon.Add(-40*time.Hour), noon.Add(40*time.Hour))
			if v.from == "" {
				if len(got) != 0 {
					t.Fatalf("open %v", got)
				}
				return
			}
			from, to := instant(t, v.zone, v.from), instant(t, v.zone, v.to)
			if len(got) != 1 || !got[0].From.Equal(from) || !got[0].To.Equal(to) {
				t.Errorf("open %v, want %s to %s", got, from, to)
			}
		})
	}
}
