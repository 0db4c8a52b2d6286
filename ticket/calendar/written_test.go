package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"deskpost/ticket/calendar"
)

// TestWrittenCalendar: what was written can be read, and is the same calendar.
func TestWrittenCalendar(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	holiday, err := calendar.ParseHoliday("4th thu of november 09:00-10:00 Thanks")
	if err != nil {
		t.Fatal(err)
	}
	made, err := calendar.New(calendar.Definition{Key: "office", Zone: berlin, Week: calendar.Always(), Holidays: []calendar.Holiday{holiday},
		Extras: []calendar.Extra{{Date: calendar.Date{Year: 2026, Month: 12, Day: 12}, Hours: calendar.Interval{From: 60, To: 120}}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	read := new(calendar.Calendar)
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	if read.Key() != "office" || read.Revision() != made.Revision() {
		t.Errorf("read %q as %s, revision %s instead of %s", text, read.Key(), read.Revision(), made.Revision())
	}
	for _, bad := range []string{`{`, `{"zone":"Mars/Base"}`, `{"zone":"UTC"}`} {
		if err := json.Unmarshal([]byte(bad), new(calendar.Calendar)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
