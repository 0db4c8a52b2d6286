package calendar_test

import (
	"testing"
	"time"

	"deskpost/ticket/calendar"
)

// BenchmarkAdd adds ten years less a month of a week with five intervals and 200
// holidays. "cold" makes the calendar and lays out its years each time.
func BenchmarkAdd(b *testing.B) {
	var holidays []string
	for i := range 200 {
		d := calendar.Date{Year: 2026, Month: time.January, Day: 1}.AddDays(i * 18)
		holidays = append(holidays, d.String())
	}
	def := define(b, "Europe/Berlin", []string{"mon-fri 09:00-17:00"}, holidays)
	start := instant(b, "Europe/Berlin", "2026-01-05 09:00")
	budget := build(b, def).Elapsed(start, start.AddDate(9, 11, 0))
	b.Run("warm", func(b *testing.B) {
		c := build(b, def)
		for b.Loop() {
			if _, err := c.Add(start, budget); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hours", func(b *testing.B) {
		c := build(b, def)
		for b.Loop() {
			if _, err := c.Add(start, 20*time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			if _, err := build(b, def).Add(start, budget); err != nil {
				b.Fatal(err)
			}
		}
	})
}
