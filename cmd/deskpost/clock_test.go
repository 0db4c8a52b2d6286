package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"deskpost/store/storetest"
	"deskpost/ticket"
)

// clockApp is as much of the program as its clock needs, over an empty desk, with
// the sample's policy and the longest sweep.
func clockApp(t *testing.T) *app {
	t.Helper()
	s := parse(t, source(configDir(t), sampleConfig()))
	s.Policy.Sweep = 10 * time.Minute
	db := storetest.Open(t)
	a := &app{settings: s, db: db, rewind: make(chan struct{}, 1), read: make(chan struct{}, 1), now: time.Now, log: slog.New(slog.DiscardHandler)}
	a.desk = &ticket.Desk{Store: db, Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}}, Now: time.Now}
	a.desk.SetPolicy(s.Policy)
	return a
}

// save writes a ticket that is to be followed up at a time.
func (a *app) save(t *testing.T, n ticket.Number, at time.Time) {
	t.Helper()
	err := a.db.Update(t.Context(), func(tx ticket.Tx) error {
		return tx.Save(&ticket.Ticket{Number: n, Status: ticket.Pending, Department: "support", Priority: "Normal", FollowUp: at, NextAt: at})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// open waits until a ticket is open.
func (a *app) open(t *testing.T, n ticket.Number) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := a.desk.Show(t.Context(), n); err != nil {
			t.Fatal(err)
		} else if c.Ticket.Status == ticket.Open {
			return
		}
	}
	t.Fatalf("ticket %d is still not open", n)
}

// TestClockRingsAtTheInstant: with ten minutes between two sweeps, tickets come
// back at their instants all the same, one after the other.
func TestClockRingsAtTheInstant(t *testing.T) {
	t.Parallel()
	a := clockApp(t)
	for i := range 3 {
		a.save(t, ticket.Number(1+i), time.Now().Add(time.Duration(i)*400*time.Millisecond))
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.runClock(ctx) }()
	for i := range 3 {
		a.open(t, ticket.Number(1+i))
	}
	a.save(t, 9, time.Now().Add(300*time.Millisecond)) // nobody told the clock of it
	a.windUp()                                         // as a reload does
	a.open(t, 9)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
