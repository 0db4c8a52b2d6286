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

// TestOutageIsNoDeath demands that a try which did not succeed counts as a death
// only if the program died of it: while the bucket is out of order, or an orderly
// stop comes in between, mail after a death waits as mail ever does (F06).
func TestOutageIsNoDeath(t *testing.T) {
	t.Parallel()
	for name, earlier := range map[string]*ticket.Failure{
		"new mail":                    nil,
		"mail that was in a death":    {Stage: stageDeath, Tries: 1, Error: "x"},
		"mail that was not fetched":   {Stage: stageFetch, Tries: 2, Error: "x"},
		"mail that could not be read": {Stage: stageProcess, Tries: 1, Error: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, out, _ := bucketWorld(t)
			w.deliver(letter("a", "x"))
			epoch := w.client().State().UIDValidity
			want := 0
			if earlier != nil {
				earlier.Source, earlier.Epoch, earlier.UID = "support", epoch, 1
				if err := w.desk.Fail(t.Context(), *earlier); err != nil {
					t.Fatal(err)
				}
				want = 1
			}
			if _, err := w.desk.BeginReading(t.Context(), "support"); err != nil { // a run that never ends
				t.Fatal(err)
			}
			out.Store(true)
			p := w.poller()
			p.begin()
			for range deathTries + 2 {
				if err := p.session(t.Context()); !isOutage(err) {
					t.Fatalf("without the bucket: %v", err)
				}
				left := w.failures(epoch)
				if len(left) != want || want > 0 && (left[0].Stage != earlier.Stage || left[0].Tries != earlier.Tries) {
					t.Fatalf("booked %+v, want what stood there before: %+v", left, earlier)
				}
			}
			w.want()
			out.Store(false)
			w.sweep()
			w.want("1 opened")
		})
	}
}
