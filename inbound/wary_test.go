package inbound

import (
	"slices"
	"strings"
	"testing"

	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

// watchBooks tells how many failures are booked whenever a mail is about to be
// written.
func (w *world) watchBooks() *[]int {
	var booked []int
	w.desk.Store = &faultyStore{Store: w.db, receive: func(r *ticket.Receipt) error {
		booked = append(booked, len(w.failures(r.Epoch)))
		return nil
	}}
	return &booked
}

// TestTriesAreBookedAfterADeath demands that a try is written down before a mail
// is touched where the run before has died, and only there: it costs a commit
// (F06).
func TestTriesAreBookedAfterADeath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	booked := w.watchBooks()
	deliver := func(names ...string) {
		for _, name := range names {
			w.deliver(letter(name, "x"))
		}
	}
	deliver("a", "b")
	w.sweep()
	if want := []int{0, 0}; !slices.Equal(*booked, want) {
		t.Errorf("booked in the first run: %v, want %v", *booked, want)
	}
	if _, err := w.desk.BeginReading(t.Context(), "support"); err != nil { // a run that never ends
		t.Fatal(err)
	}
	deliver("c", "d")
	*booked = nil
	w.sweep()
	if want := []int{1, 1}; !slices.Equal(*booked, want) {
		t.Errorf("booked after a death: %v, want %v", *booked, want)
	}
	deliver("e")
	*booked = nil
	w.sweep()
	if want := []int{0}; !slices.Equal(*booked, want) {
		t.Errorf("booked after a run that ended in order: %v, want %v", *booked, want)
	}
	w.want("1 opened", "2 opened", "3 opened", "4 opened", "5 opened")
}

// TestMailOfManyDeaths demands that a mail is read only so often, then fetched
// without being read, and then only told of (F06).
func TestMailOfManyDeaths(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		deaths  int
		outcome string
		raw     bool
	}{
		"may be read once more": {deathTries - 1, "1 opened", true},
		"is not read":           {deathTries, "1 unreadable", true},
		"is not even fetched":   {deathTries + 1, "1 unreadable", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, memimap.Options{})
			w.deliver(letter("a", "x"))
			epoch := w.client().State().UIDValidity
			if err := w.desk.Fail(t.Context(), ticket.Failure{Source: "support", Epoch: epoch, UID: 1, Stage: stageDeath, Tries: tc.deaths, Error: "x"}); err != nil {
				t.Fatal(err)
			}
			w.sweep()
			w.want(tc.outcome)
			if left := w.failures(epoch); len(left) > 0 {
				t.Errorf("failures left: %+v", left)
			}
			r := w.receipts()[0]
			switch {
			case !strings.HasSuffix(tc.outcome, "unreadable"):
			case tc.raw:
				w.wantStub(r, letter("a", "x"))
			default:
				w.wantStub(r, nil)
			}
		})
	}
}
