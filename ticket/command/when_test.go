package command_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"deskpost/ticket/command"
)

const morning = command.Clock(9 * 60)

// berlin is the zone of the tests; Monday 5 January 2026, 10:30 is their now.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 10, 30, 0, 0, berlin(t))
	for args, want := range map[string]string{
		"2h":                        "2026-01-05 12:30",
		"in 2h":                     "2026-01-05 12:30",
		"3d":                        "2026-01-08 10:30",
		"1 week":                    "2026-01-12 10:30",
		"15:00":                     "2026-01-05 15:00",
		"3pm":                       "2026-01-05 15:00",
		"3:15 PM":                   "2026-01-05 15:15",
		"noon":                      "2026-01-05 12:00",
		"11 am":                     "2026-01-05 11:00",
		"12pm":                      "2026-01-05 12:00",
		"today 23:59":               "2026-01-05 23:59",
		"today at 4pm":              "2026-01-05 16:00",
		"tomorrow":                  "2026-01-06 09:00",
		"Tomorrow 9:00":             "2026-01-06 09:00",
		"tomorrow 12am":             "2026-01-06 00:00",
		"tomorrow  at\u00a010:15":   "2026-01-06 10:15",
		"tue":                       "2026-01-06 09:00",
		"on tuesday":                "2026-01-06 09:00",
		"Wed 14:30":                 "2026-01-07 14:30",
		"thurs":                     "2026-01-08 09:00",
		"sun.":                      "2026-01-11 09:00",
		"Sunday, 8am":               "2026-01-11 08:00",
		"next week":                 "2026-01-12 09:00",
		"next week 10:00":           "2026-01-12 10:00",
		"2026-12-24":                "2026-12-24 09:00",
		"2026-12-24 10:00":          "2026-12-24 10:00",
		"2026-12-24T10:00":          "2026-12-24 10:00",
		"24.12.":                    "2026-12-24 09:00",
		"24.12. 10:00":              "2026-12-24 10:00",
		"4.1.":                      "2027-01-04 09:00", // this year's has passed
		"5.1. 12:00":                "2026-01-05 12:00",
		"24.12.2026 at 16:00":       "2026-12-24 16:00",
		"2026-01-05 10:31":          "2026-01-05 10:31",
		"2026-03-29 01:59":          "2026-03-29 01:59",
		"2026-03-29 03:00":          "2026-03-29 03:00",
		"2026–01–06":                "", // a phone's dashes count as two hyphens
		"2026\u201101\u201106 9:00": "2026-01-06 09:00",
	} {
		got, err := command.When(args, now, morning)
		if want == "" {
			if err == nil {
				t.Errorf("When(%q) = %v", args, got)
			}
			continue
		}
		if err != nil || got.Format("2006-01-02 15:04") != want {
			t.Errorf("When(%q) = %v, %v; want %s", args, got, err, want)
		}
	}
}

// TestWhenClocksChange: of the hour that comes twice it is the first, a day is
// not 24 hours, and a span is.
func TestWhenClocksChange(t *testing.T) {
	t.Parallel()
	zone := berlin(t)
	for _, c := range []struct {
		now  time.Time
		args string
		want string
	}{
		{time.Date(2026, 10, 24, 12, 0, 0, 0, zone), "tomorrow 2:30", "2026-10-25T00:30:00Z"},
		{time.Date(2026, 10, 24, 12, 0, 0, 0, zone), "tomorrow 12:00", "2026-10-25T11:00:00Z"},
		{time.Date(2026, 10, 24, 12, 0, 0, 0, zone), "1d", "2026-10-25T10:00:00Z"},
		{time.Date(2026, 3, 28, 12, 0, 0, 0, zone), "tomorrow 12:00", "2026-03-29T10:00:00Z"},
		{time.Date(2026, 3, 28, 23, 30, 0, 0, zone), "tomorrow", "2026-03-29T07:00:00Z"},
	} {
		got, err := command.When(c.args, c.now, morning)
		if err != nil || got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("When(%q) at %s = %v, %v; want %s", c.args, c.now, got.UTC(), err, c.want)
		}
	}
}

func TestWhenFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 10, 30, 0, 0, berlin(t))
	for args, want := range map[string]string{
		"":                              "the time is missing",
		"later":                         `"later" is not a time`,
		"9":                             `"9" of what?`,
		"1730":                          "of what?",
		"3mo":                           "the units are m, h, d and w",
		"in 3mo":                        "the units are m, h, d and w",
		"9:00":                          `was Mon 5 Jan 2026 09:00, which has passed`,
		"10:30":                         "which has passed",
		"today":                         "at what time?",
		"today 8:00":                    "which has passed",
		"2026-01-04":                    "which has passed",
		"2026-01-05":                    "which has passed",
		"2062-01-04":                    "more than 400 days away",
		"2026-02-30":                    "no day of the calendar",
		"31.4.":                         "no day of the calendar",
		"0.0.":                          "no day of the calendar",
		"3/4":                           "may be read in two ways",
		"12/24/2026":                    "may be read in two ways",
		"24.12.26":                      "all four digits",
		"9.30":                          `"9.30" is not a time`,
		"mon":                           "today is Monday: write today 9:00 or 2026-01-12 9:00",
		"monday 15:00":                  "today is Monday: write today 15:00 or 2026-01-12 15:00",
		"next mon":                      "may be 2026-01-12 or 2026-01-19",
		"next friday":                   "may be 2026-01-09 or 2026-01-16",
		"next year":                     "is not a time",
		"tomorrow 24:00":                `"24:00" is not a time`,
		"tomorrow 9":                    `"9" is not a time`,
		"tomorrow 13pm":                 `"13pm" is not a time`,
		"tomorrow 0am":                  "is not a time",
		"tomorrow 9:5":                  "is not a time",
		"tomorrow morning":              `"morning" is not a time`,
		"2026-03-29 02:30":              "on 2026-03-29 there is no 2:30",
		"su":                            "is not a time",
		strings.Repeat("tomorrow ", 99): "is not a time",
		strings.Repeat("x", 3000):       "longer than a line",
	} {
		got, err := command.When(args, now, morning)
		wantMalformed(t, args, err, want)
		if !got.IsZero() {
			t.Errorf("When(%q) = %v together with an error", args, got)
		}
	}
}

func FuzzWhen(f *testing.F) {
	for _, args := range []string{"2h", "tomorrow 9:00", "mon", "next week", "2026-12-24T10:00", "24.12. 9pm", "3/4", "0.0.", "next"} {
		f.Add(args, int64(1767605400))
	}
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, args string, unix int64) {
		now := time.Unix(unix%(1<<33), 0).In(zone)
		at, err := command.When(args, now, morning)
		if err != nil {
			if _, ok := errors.AsType[*command.Malformed](err); !ok || !at.IsZero() || len(err.Error()) > 1000 {
				t.Fatalf("When(%q): %v, %v", args, at, err)
			}
			return
		}
		if !at.After(now) || at.Sub(now) > command.MaxDuration {
			t.Fatalf("When(%q) at %v = %v", args, now, at)
		}
	})
}
