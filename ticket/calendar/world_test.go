package calendar_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zone rules wherever the tests run

	"deskpost/ticket/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// define makes a definition from the words of the config.
func define(t testing.TB, zoneName string, week []string, holidays []string, extras ...string) calendar.Definition {
	t.Helper()
	def := calendar.Definition{Key: "test", Zone: zone(t, zoneName)}
	for _, text := range week {
		if err := def.Week.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range holidays {
		h, err := calendar.ParseHoliday(text)
		if err != nil {
			t.Fatal(err)
		}
		def.Holidays = append(def.Holidays, h)
	}
	for _, text := range extras {
		e, err := calendar.ParseExtra(text)
		if err != nil {
			t.Fatal(err)
		}
		def.Extras = append(def.Extras, e)
	}
	return def
}

func build(t testing.TB, def calendar.Definition) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(def)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// office is Europe/Berlin, Monday to Friday from 9 to 17.
func office(t testing.TB, holidays ...string) *calendar.Calendar {
	t.Helper()
	return build(t, define(t, "Europe/Berlin", []string{"mon-fri 09:00-17:00"}, holidays))
}

// instant reads a local time such as "2026-03-27 16:00" that exists once, or
// one with an offset.
func instant(t testing.TB, zoneName, text string) time.Time {
	t.Helper()
	if at, err := time.Parse("2006-01-02 15:04Z07:00", text); err == nil {
		return at
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone(t, zoneName))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
