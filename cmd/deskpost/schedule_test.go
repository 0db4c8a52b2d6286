package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"deskpost/ticket/calendar"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// runs are the instants of a schedule in a time, in its zone.
func runs(s cron.Schedule, zone *time.Location, from, to string) []string {
	at, _ := time.ParseInLocation(time.DateTime, from, zone)
	end, _ := time.ParseInLocation(time.DateTime, to, zone)
	var all []string
	for at = s.Next(at); !at.IsZero() && at.Before(end); at = s.Next(at) {
		all = append(all, at.In(zone).Format("01-02 15:04 -0700"))
	}
	return all
}

// TestScheduleWhereClocksChange: what is due in an hour that clocks skip runs
// when they do, and in an hour that they show twice it runs once (F51).
func TestScheduleWhereClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, spec, from, to string
		want                       []string
	}{
		{"spring, in the gap", "Europe/Berlin", "30 2 * * *", "2026-03-28 00:00:00", "2026-03-31 00:00:00",
			[]string{"03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"}},
		{"spring, often in the gap", "Europe/Berlin", "*/20 2 * * *", "2026-03-29 00:00:00", "2026-03-30 00:00:00",
			[]string{"03-29 03:00 +0200"}},
		{"spring, at the end of the gap", "Europe/Berlin", "0 3 * * *", "2026-03-29 00:00:00", "2026-03-30 00:00:00",
			[]string{"03-29 03:00 +0200"}},
		{"autumn, in the overlap", "Europe/Berlin", "30 2 * * *", "2026-10-24 00:00:00", "2026-10-27 00:00:00",
			[]string{"10-24 02:30 +0200", "10-25 02:30 +0200", "10-26 02:30 +0100"}},
		{"autumn, at its beginning", "Europe/Berlin", "0 2 * * *", "2026-10-25 00:00:00", "2026-10-26 00:00:00",
			[]string{"10-25 02:00 +0200"}},
		{"autumn, hourly", "Europe/Berlin", "0 * * * *", "2026-10-25 00:30:00", "2026-10-25 04:30:00",
			[]string{"10-25 01:00 +0200", "10-25 02:00 +0200", "10-25 03:00 +0100", "10-25 04:00 +0100"}},
		{"no midnight", "America/Santiago", "0 0 * * *", "2026-09-04 12:00:00", "2026-09-07 12:00:00",
			[]string{"09-05 00:00 -0400", "09-06 01:00 -0300", "09-07 00:00 -0300"}},
		{"two midnights", "America/Santiago", "30 23 * * *", "2026-04-03 12:00:00", "2026-04-06 00:00:00",
			[]string{"04-03 23:30 -0300", "04-04 23:30 -0300", "04-05 23:30 -0400"}},
		{"half an hour", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00:00", "2026-10-05 12:00:00",
			[]string{"10-04 02:30 +1100", "10-05 02:15 +1100"}},
		{"by weekday", "Europe/Berlin", "0 7 * * mon-fri", "2026-03-27 12:00:00", "2026-03-31 12:00:00",
			[]string{"03-30 07:00 +0200", "03-31 07:00 +0200"}},
	} {
		zone := location(t, c.zone)
		s, err := parseSchedule(c.spec, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := runs(s, zone, c.from, c.to); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q runs at\n%v, want\n%v", c.name, c.spec, got, c.want)
		}
	}
}

// TestLibraryAloneWouldNotDo is why schedules are evaluated here: if the library
// ever does better, this says so.
func TestLibraryAloneWouldNotDo(t *testing.T) {
	t.Parallel()
	berlin := location(t, "Europe/Berlin")
	spec, err := cron.ParseStandard("30 2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	if got := runs(spec, berlin, "2026-03-29 00:00:00", "2026-03-30 00:00:00"); len(got) != 0 {
		t.Errorf("in spring it runs at %v", got)
	}
	if got := runs(spec, berlin, "2026-10-25 00:00:00", "2026-10-26 00:00:00"); len(got) != 2 {
		t.Errorf("in autumn it runs at %v", got)
	}
}

// TestScheduleOnWorkingDays skips the days on which a calendar is closed, in the
// calendar's zone.
func TestScheduleOnWorkingDays(t *testing.T) {
	t.Parallel()
	tokyo := location(t, "Asia/Tokyo")
	def := calendar.Definition{Key: "office", Zone: tokyo}
	holiday, err := calendar.ParseHoliday("2026-01-07")
	if err != nil {
		t.Fatal(err)
	}
	if err := def.Week.Add("mon-thu 09:00-17:00"); err != nil {
		t.Fatal(err)
	}
	def.Holidays = append(def.Holidays, holiday)
	office, err := calendar.New(def)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dailyAt("07:30", location(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"01-05 07:30 +0900", "01-06 07:30 +0900", "01-08 07:30 +0900", "01-12 07:30 +0900"}
	if got := runs(s.forDays(office), tokyo, "2026-01-05 00:00:00", "2026-01-13 00:00:00"); !slices.Equal(got, want) {
		t.Errorf("runs at %v, want %v", got, want)
	}
}

// TestBadSchedules are refused, and none makes the parser panic.
func TestBadSchedules(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "daily", "7", "0 7 * *", "0 7 * * * *", "61 7 * * *", "TZ=0", "CRON_TZ=UTC", "TZ=UTC 0 7 * * *",
		"TZ=Europe/Berlin 0 7 * *", "@daily", "@every 5m", "0 7 31 2 *", "0 7 * * sunn", "a b c d e", "\x00 7 * * *"} {
		if s, err := parseSchedule(text, time.UTC); err == nil {
			t.Errorf("%q is taken for %v", text, s)
		} else if !strings.Contains(err.Error(), "0 7 * * mon-fri") {
			t.Errorf("%q is refused without a hint: %v", text, err)
		}
	}
	for _, text := range []string{"7", "7:0", "24:00", "07:00:00", "noon"} {
		if s, err := dailyAt(text, time.UTC); err == nil {
			t.Errorf("%q is taken for %v", text, s)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"0 7 * * mon-fri", "*/5 0-3 1,15 * 0", "TZ=0", "0 0 29 2 *"} {
		f.Add(text)
	}
	zone := location(f, "America/Santiago")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSchedule(text, zone)
		if err != nil {
			return
		}
		at := time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
		for range 50 {
			next := s.Next(at)
			if !next.IsZero() && !next.After(at) {
				t.Fatalf("%q: after %v comes %v", text, at, next)
			}
			if next.IsZero() {
				return
			}
			at = next
		}
	})
}
