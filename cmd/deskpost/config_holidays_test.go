package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// icsFile is an iCalendar file with an event for each text.
func icsFile(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n")
	for i, e := range events {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT\r\n", i, strings.ReplaceAll(e, "\n", "\r\n"))
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.String()
}

func TestParseHolidays(t *testing.T) {
	t.Parallel()
	text := icsFile("DTSTART;VALUE=DATE:20260403\nDTEND;VALUE=DATE:20260404\nSUMMARY:Good\n  Friday\\, long",
		"DTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20270102\nSUMMARY:New Year",
		"DTSTART;TZID=Europe/Berlin:20261224T120000\nDTEND;TZID=Europe/Berlin:20261225T000000",
		"DTSTART:20261223T120000Z\nDTEND:20261223T130000Z\nSUMMARY:Party",
		"DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas",
		"DTSTART;VALUE=DATE:20251127\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:Thanksgiving",
		"STATUS:CANCELLED\nDTSTART;VALUE=DATE:20260501\nSUMMARY:Cancelled")
	got, err := parseHolidays([]byte(text), zone(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	want := "[2026-04-03 Good Friday, long 2026-12-31 New Year 2027-01-01 New Year 2026-12-24 12:00-24:00 2026-12-23 13:00-14:00 Party" +
		" 12-25 Christmas 4th thu of november Thanksgiving]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestParseHolidaysRefuses(t *testing.T) {
	t.Parallel()
	good := "DTSTART;VALUE=DATE:20260403\nSUMMARY:Good Friday"
	for text, want := range map[string]string{
		"":              ":1: this file has no events",
		"hello":         ":1: this is not an iCalendar file",
		"BEGIN:VCARD\n": ":1: this is not an iCalendar file",
		icsFile():       ":1: this file has no events",
		icsFile(good, "DTSTART:tomorrow\nSUMMARY:Soon"):                                        `:9: the event "Soon" has DTSTART "tomorrow", which is no date; write such as DTSTART;VALUE=DATE:20261225`,
		icsFile("SUMMARY:Never"):                                                               `:4: the event "Never" has DTSTART "", which is no date`,
		icsFile("DTSTART:20261224T120000"):                                                     "has no end (DTEND); add one",
		icsFile("DTSTART:20261224T120000\nDTEND:20261225T120000"):                              "goes from one day into another; write an event for each day",
		icsFile("DTSTART:20261224T120000\nDTEND:20261224T110000"):                              "ends where it begins or before; mend DTEND",
		icsFile("DTSTART;TZID=W. Europe Standard Time:20261224T120000\nDTEND:20261224T110000"): "has the time zone \"W. Europe Standard Time\", which is none of the IANA database",
		icsFile("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20990101"):                      "is longer than 62 days; is the end (DTEND) right?",
		icsFile("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=WEEKLY"):                              "repeats by FREQ=WEEKLY, which is not understood; write its days one by one",
		icsFile("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=3"):                      "which is not understood",
		icsFile("DTSTART;VALUE=DATE:20260101\nRDATE:20270101"):                                 "has RDATE, which is not understood",
		icsFile("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260103\nRRULE:FREQ=YEARLY"):   "repeats and is longer than a day",
		strings.TrimSuffix(icsFile(good), "END:VEVENT\r\nEND:VCALENDAR\r\n"):                   ":1: this is not an iCalendar file",
	} {
		if got, err := parseHolidays([]byte(text), time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzHolidays: whatever the file, there are holidays or an error with a line.
func FuzzHolidays(f *testing.F) {
	f.Add(icsFile("DTSTART;VALUE=DATE:20260403\nRRULE:FREQ=YEARLY;BYDAY=1FR;BYMONTH=4\nSUMMARY:x"))
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\nEND:VALARM\nDTSTART;TZID=\"a\":20260403T000000\nEND:VEVENT\nEND:VCALENDAR")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseHolidays([]byte(text), time.UTC)
		if err != nil && (len(got) > 0 || !regexp.MustCompile(`^:[1-9][0-9]*: `).MatchString(err.Error())) {
			t.Errorf("%d holidays and the error %v", len(got), err)
		}
	})
}
