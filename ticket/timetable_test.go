package ticket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

// daily is every day at some hours, in UTC.
type daily []int

// Next implements ticket.Schedule.
func (d daily) Next(t time.Time) time.Time {
	for at := t.Truncate(time.Hour).Add(time.Hour); ; at = at.Add(time.Hour) {
		for _, hour := range d {
			if at.Hour() == hour {
				return at
			}
		}
	}
}

// never has no next time.
type never struct{}

// Next implements ticket.Schedule.
func (never) Next(time.Time) time.Time { return time.Time{} }

// recur rings and returns how often the work was done.
func (w *world) recur(s ticket.Schedule, fault error) (done int) {
	w.t.Helper()
	err := w.desk.Recur(w.t.Context(), "purge", s, func(context.Context) error {
		done++
		return fault
	})
	if !errors.Is(err, fault) {
		w.t.Fatal(err)
	}
	return done
}

// TestRecurringWorkIsDoneOnce rings too often, too late, with the clock set to and
// fro and after work that failed: each time that is due is served once, and those
// that were missed together (F50, F52).
func TestRecurringWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	fault := errors.New("the disk is full")
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 1, day, hour, minute, 0, 0, time.UTC)
	}
	w := newWorld(t) // it is nine
	for _, ring := range []struct {
		at    time.Time
		fault error
		want  int
	}{
		{at(5, 9, 0), nil, 0}, // a new desk has missed nothing
		{at(5, 9, 59), nil, 0},
		{at(5, 10, 0), nil, 1},
		{at(5, 10, 0), nil, 0},
		{at(5, 9, 30), nil, 0}, // the clock is set back
		{at(5, 10, 0), nil, 0},
		{at(5, 16, 0), fault, 1},
		{at(5, 16, 1), nil, 1}, // it was not done
		{at(5, 16, 2), nil, 0},
		{at(9, 11, 0), nil, 1}, // it was down for days
		{at(9, 11, 0), nil, 0},
		{at(9, 16, 30), nil, 1},
	} {
		w.now = ring.at
		if got := w.recur(daily{10, 16}, ring.fault); got != ring.want {
			t.Errorf("at %v: done %d times, want %d", ring.at, got, ring.want)
		}
	}
	w.now = at(10, 12, 0)
	if w.recur(never{}, nil) != 0 {
		t.Error("what never recurs was done")
	}
}

// TestRecurringWorkOfAClockThatWasAhead does not wait for a year once the clock is
// right (F50).
func TestRecurringWorkOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	right := w.now
	w.recur(daily{10}, nil)
	w.now = right.AddDate(1, 0, 0)
	if w.recur(daily{10}, nil) != 1 {
		t.Fatal("not done by the clock that is ahead")
	}
	w.now = right
	if w.recur(daily{10}, nil) != 0 {
		t.Error("done for no time")
	}
	w.now = right.Add(time.Hour)
	if w.recur(daily{10}, nil) != 1 {
		t.Error("not done once the clock is right")
	}
}
