package calendar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/ticket/calendar"
)

func TestWeekWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mon-fri 09:00-17:00":             "[[] [09:00-17:00] [09:00-17:00] [09:00-17:00] [09:00-17:00] [09:00-17:00] []]",
		"Mon 9:00-12:00, 13:00-17:00":     "[[] [09:00-12:00 13:00-17:00] [] [] [] [] []]",
		"sat, sun 10:00-14:00":            "[[10:00-14:00] [] [] [] [] [] [10:00-14:00]]",
		"fri-mon 12:00-24:00":             "[[12:00-24:00] [12:00-24:00] [] [] [] [12:00-24:00] [12:00-24:00]]",
		"saturday 22:00-06:00":            "[[00:00-06:00] [] [] [] [] [] [22:00-24:00]]",
		"tue 22:00-00:00":                 "[[] [] [22:00-24:00] [] [] [] []]",
		"24x7":                            fmt.Sprint(calendar.Always()),
		"mon 13:00-17:00 tue 09:00-12:00": `"tue" is not a time range; write one such as 09:00-17:00`,
		"mon 09:00-17:00 12:00-13:00":     "Mon 12:00-13:00 overlaps Mon 09:00-17:00; take one out or shorten it",
		"daily 22:00-06:00 05:00-06:00":   "Mon 05:00-06:00 overlaps Mon 00:00-06:00; take one out or shorten it",
		"mon-fri":                         `"mon-fri" has no days, or no hours; write such as "mon-fri 09:00-12:00 13:00-17:00"`,
		"09:00-17:00":                     `"09:00-17:00" has no days, or no hours; write such as "mon-fri 09:00-12:00 13:00-17:00"`,
		"":                                `"" has no days, or no hours; write such as "mon-fri 09:00-12:00 13:00-17:00"`,
		"mon-frx 09:00-17:00":             `"mon-frx" is not a day of the week; write mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri, or daily`,
		"mon 9-17":                        `"9-17" is not a time range; write one such as 09:00-17:00`,
		"mon 09:60-17:00":                 `"09:60-17:00" is not a time range; write one such as 09:00-17:00`,
		"mon 24:00-17:00":                 `"24:00-17:00" is not a time range; write one such as 09:00-17:00`,
		"mon 09:00-09:00":                 `"09:00-09:00" ends where it begins; write 00:00-24:00 for the whole day`,
	} {
		var w calendar.Week
		got := ""
		if err := w.Add(text); err != nil {
			got = err.Error()
			if fmt.Sprint(w) != fmt.Sprint(calendar.Week{}) {
				t.Errorf("%q is refused and yet added: %v", text, w)
			}
		} else {
			got = fmt.Sprint(w)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestHolidayWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]calendar.Holiday{
		"2026-12-25":               {Date: calendar.Date{Year: 2026, Month: 12, Day: 25}},
		"12-25 Christmas Day":      {Date: calendar.Date{Month: 12, Day: 25}, Name: "Christmas Day"},
		"02-29":                    {Date: calendar.Date{Month: 2, Day: 29}},
		"2026-12-24 12:00-24:00":   {Date: calendar.Date{Year: 2026, Month: 12, Day: 24}, Hours: calendar.Interval{From: 720, To: 1440}},
		"4th thu of november Turk": {Date: calendar.Date{Month: 11}, Nth: 4, Weekday: 4, Name: "Turk"},
		"last mon of may":          {Date: calendar.Date{Month: 5}, Nth: -1, Weekday: 1},
	} {
		if got, err := calendar.ParseHoliday(text); got != want || err != nil || got.String() != text {
			t.Errorf("%q: %+v (%s), %v", text, got, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                       "is not a holiday",
		"christmas":              "is not a date; write such as",
		"2026-02-29":             "is not a date; write such as",
		"02-30":                  "is not a day of the year; write the month and the day",
		"13-01":                  "is not a day of the year",
		"6th mon of may":         "is not a date",
		"4th thu november":       "is not a holiday",
		"4th thu of nov 9-12":    "is not a time range; write one such as",
		"2026-12-24 12:00-24.00": "is not a time range",
		"12-24 24:00-12:00":      "is not a time range",
		"12-24 17:00-12:00":      "ends before it begins; write the earlier time first",
	} {
		if got, err := calendar.ParseHoliday(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"2026-12-12": "is not an opening on a date", "12-12 10:00-14:00": "is not a date", "2026-12-12 14:00-10:00": "ends before it begins",
	} {
		if got, err := calendar.ParseExtra(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, want)
		}
	}
}

// TestDays holds days with peculiarities to their hours.
func TestDays(t *testing.T) {
	t.Parallel()
	c := build(t, define(t, "Europe/Berlin", []string{"mon-fri 09:00-12:00 13:00-17:00"},
		[]string{"12-24 11:00-24:00", "12-25 Christmas Day", "4th thu of november", "last mon of may", "02-29", "2026-12-31"},
		"2026-12-25 08:00-10:00", "2026-12-25 09:00-11:00", "2026-12-26 10:00-14:00", "2026-12-29 12:00-13:00"))
	for date, want := range map[string]string{
		"2026-12-23": "[09:00-12:00 13:00-17:00]",
		"2026-12-24": "[09:00-11:00]",
		"2027-12-24": "[09:00-11:00]",
		"2026-12-25": "[08:00-11:00]", // extras beat holidays and may overlap
		"2028-12-25": "[]",
		"2026-12-26": "[10:00-14:00]",
		"2026-12-29": "[09:00-17:00]",
		"2026-11-26": "[]", "2026-11-19": "[09:00-12:00 13:00-17:00]",
		"2026-05-25": "[]", "2026-05-18": "[09:00-12:00 13:00-17:00]", "2027-05-31": "[]",
		"2028-02-29": "[]", "2026-12-31": "[]", "2027-12-31": "[09:00-12:00 13:00-17:00]",
	} {
		d, err := calendar.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Day(d).Open); got != want {
			t.Errorf("%s: %s, want %s", date, got, want)
		}
	}
	if day := c.Day(calendar.Date{Year: 2026, Month: 12, Day: 25}); len(day.Holidays) != 1 || day.Holidays[0].Name != "Christmas Day" || !day.Extra {
		t.Errorf("Christmas: %+v", day)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	yearly := func(days int) (all []string) {
		for i := range days {
			all = append(all, calendar.Date{Year: 2000, Month: 1, Day: 1}.AddDays(i).String()[5:])
		}
		return all
	}
	overlapping := calendar.Definition{Zone: time.UTC}
	overlapping.Week[1] = []calendar.Interval{{From: 60, To: 120}, {From: 90, To: 180}}
	badHoliday := calendar.Definition{Zone: time.UTC, Week: calendar.Always(), Holidays: []calendar.Holiday{{Hours: calendar.Interval{From: 5, To: 4}}}}
	for want, def := range map[string]calendar.Definition{
		"needs a time zone":     {Week: calendar.Always()},
		"it has no opening":     {Zone: time.UTC},
		"overlap":               overlapping,
		"hours that are none":   badHoliday,
		"no opening from 2000-": define(t, "UTC", []string{"mon-fri 09:00-17:00"}, yearly(365)), // but for 02-29
	} {
		if _, err := calendar.New(def); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestRevision(t *testing.T) {
	t.Parallel()
	base := office(t).Revision()
	if again := office(t).Revision(); again != base || len(base) != 16 {
		t.Errorf("the same calendar has revisions %q and %q", base, again)
	}
	for _, c := range []*calendar.Calendar{
		office(t, "12-25"),
		build(t, define(t, "Europe/Berlin", []string{"mon-fri 09:00-17:01"}, nil)),
		build(t, define(t, "America/New_York", []string{"mon-fri 09:00-17:00"}, nil)),
		build(t, define(t, "Europe/Berlin", []string{"mon-fri 09:00-17:00"}, nil, "2026-12-12 10:00-14:00")),
	} {
		if c.Revision() == base {
			t.Errorf("%s has the revision of another calendar", c.Zone())
		}
	}
}

// FuzzWords holds the parsers to their promise on any text: a value that a
// calendar takes, or an error that says how to mend it.
func FuzzWords(f *testing.F) {
	for _, text := range []string{"mon-fri 09:00-12:00, 13:00-17:00", "24x7", "daily 22:00-06:00", "4th thu of november 09:00-10:00 X", "12-25", "2026-12-12 10:00-14:00", "last"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		def := calendar.Definition{Zone: time.UTC}
		if err := def.Week.Add(text); err != nil {
			if !strings.Contains(err.Error(), "; ") {
				t.Errorf("week: %v", err)
			}
			def.Week = calendar.Always()
		}
		if h, err := calendar.ParseHoliday(text); err == nil {
			def.Holidays = append(def.Holidays, h)
		} else if !strings.Contains(err.Error(), "; ") {
			t.Errorf("holiday: %v", err)
		}
		if e, err := calendar.ParseExtra(text); err == nil {
			def.Extras = append(def.Extras, e)
		} else if !strings.Contains(err.Error(), "; ") {
			t.Errorf("extra: %v", err)
		}
		if _, err := calendar.New(def); err != nil {
			t.Errorf("%q is read, but not taken: %v", text, err)
		}
	})
}
