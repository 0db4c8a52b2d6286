package inbound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

func TestBacklogIsTakenInGroupsOldestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for i := range 300 {
		w.deliver(letter(fmt.Sprint("m", i), strings.Repeat("all the same\r\n", 1+i%30)))
	}
	counting := &faultyStore{Store: w.db}
	w.desk.Store = counting
	w.sweep()
	receipts := w.receipts()
	if len(receipts) != 300 {
		t.Fatalf("%d receipts", len(receipts))
	}
	for i, r := range receipts {
		if r.UID != uint32(i+1) || r.Outcome != ticket.Opened || r.Subject != fmt.Sprint("m", i) {
			t.Fatalf("receipt %d is UID %d, %s, %q", i, r.UID, r.Outcome, r.Subject)
		}
	}
	// Baseline, three groups with what the server was told of each, and the end.
	if n := counting.updates.Load(); n > 10 {
		t.Errorf("%d transactions for 300 mails", n)
	}
}

// TestSecondStartTakesNothingTwice, and takes what a colleague has read
// meanwhile (F22).
func TestSecondStartTakesNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	w.deliver(letter("b", "x"))
	w.sweep()
	w.want("1 opened", "2 opened")
	w.sweep()
	uid := w.deliver(letter("c", "x"))
	// A colleague reads it before we do.
	if err := w.client().MarkSeen(t.Context(), []uint32{uid}); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	w.sweep()
	w.want("1 opened", "2 opened", "3 opened")
}

// TestHolesInTheNumbers has another client remove mails before they are taken
// (F22).
func TestHolesInTheNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for _, name := range []string{"a", "b", "c", "d"} {
		w.deliver(letter(name, "x"))
	}
	if err := w.client().Delete(t.Context(), []uint32{1, 3}); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	w.want("2 opened", "4 opened")
	position, err := w.desk.Resume(t.Context(), "support", w.receipts()[0].Epoch, 10)
	if err != nil || position.Mark != 4 {
		t.Errorf("mark %d, %v: holes hold it down", position.Mark, err)
	}
	w.deliver(letter("e", "x"))
	w.sweep()
	w.want("2 opened", "4 opened", "5 opened")
}

// TestRenumbering gives every mail a new number: what was taken is a duplicate,
// and of equal mails without Message-ID as many are new as there are more (F21,
// F26).
func TestRenumbering(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	bare := []byte("From: fax@example.com\r\nSubject: fax\r\n\r\npage\r\n") // without Message-ID
	w.deliverAt(letter("a", "x"), at)
	w.deliverAt(bare, at)
	w.deliverAt(bare, at) // two equal ones are two mails
	w.sweep()
	w.want("1 opened", "2 opened", "3 opened")
	if err := w.server.Renumber("desk", "INBOX"); err != nil {
		t.Fatal(err)
	}
	w.deliverAt(letter("b", "x"), at)
	w.deliverAt(bare, at) // and now there are three
	w.sweep()
	w.want("1 opened", "2 opened", "3 opened", "1 duplicate", "2 duplicate", "3 duplicate", "4 opened", "5 opened")
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		backlog Backlog
		want    []string
	}{
		"24h":  {Backlog{Age: 24 * time.Hour}, []string{"3 opened", "1 before-baseline", "2 before-baseline"}},
		"all":  {Backlog{All: true}, []string{"1 opened", "2 opened", "3 opened"}},
		"date": {Backlog{Since: now.Add(-36 * time.Hour)}, []string{"2 opened", "3 opened", "1 before-baseline"}},
		"none": {Backlog{}, []string{"1 before-baseline", "2 before-baseline", "3 before-baseline"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, memimap.Options{})
			w.deliverAt(letter("old", "x"), now.Add(-48*time.Hour))
			w.deliverAt(letter("yesterday", "x"), now.Add(-25*time.Hour))
			w.deliverAt(letter("fresh", "x"), now.Add(-time.Hour))
			backlog := func(p *Poller) { p.Backlog = test.backlog }
			w.sweep(backlog)
			w.sortedWant(test.want...)
			// Another setting later does not go back, and what comes is taken.
			w.deliverAt(letter("new", "x"), time.Now().Add(time.Minute))
			w.sweep()
			w.sweep(backlog)
			w.sortedWant(append(test.want, "4 opened")...)
		})
	}
}

// sortedWant is want without regard to the order.
func (w *world) sortedWant(want ...string) {
	w.t.Helper()
	var got []string
	for _, r := range w.receipts() {
		got = append(got, fmt.Sprintf("%d %s", r.UID, r.Outcome))
	}
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		w.t.Fatalf("taken: %q, want %q", got, want)
	}
}

func TestStoreFaultStopsTheSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for i := range 150 {
		w.deliver(letter(fmt.Sprint("m", i), "x"))
	}
	full := errors.New("disk full")
	w.desk.Store = &faultyStore{Store: w.db, update: func() error { return full }}
	if err := w.trySweep(); !errors.Is(err, full) {
		t.Fatalf("sweep: %v", err)
	}
	w.want()
	for _, mail := range w.onServer("INBOX") {
		if strings.Contains(mail, "seen") {
			t.Fatalf("flagged before it was taken: %s", mail)
		}
	}
	w.desk.Store = w.db
	w.sweep()
	if got := len(w.receipts()); got != 150 {
		t.Errorf("%d receipts", got)
	}
}

// TestStoreFaultStopsTheGroupsBehind lets the second of three groups fail while
// the third is read already.
func TestStoreFaultStopsTheGroupsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for i := range 3 * groupMails {
		w.deliver(letter(fmt.Sprint("m", i), "x"))
	}
	full := errors.New("disk full")
	var failed atomic.Bool
	w.desk.Store = &faultyStore{Store: w.db, update: func() error {
		if len(w.receipts()) == groupMails && failed.CompareAndSwap(false, true) {
			return full // once only: what comes after would succeed
		}
		return nil
	}}
	p := w.poller()
	p.After.Action = AfterDelete // comes later, so that all transactions are the groups' own
	if err := p.Sweep(t.Context()); !errors.Is(err, full) {
		t.Fatalf("sweep: %v", err)
	}
	if got := len(w.receipts()); got != groupMails {
		t.Fatalf("%d receipts: a group was taken after one that was not", got)
	}
	w.sweep()
	if got := len(w.receipts()); got != 3*groupMails {
		t.Errorf("%d receipts", got)
	}
}

// TestOverlookedMailIsFound hides a mail from the desk by a mark above it, as a
// server does that hands out its numbers in the wrong order (F24).
func TestOverlookedMailIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	p := w.poller()
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	epoch := w.receipts()[0].Epoch
	w.deliver(letter("hidden", "x"))
	err := w.db.Update(t.Context(), func(tx ticket.Tx) error {
		return errors.Join(tx.SkipBefore("support", epoch, []uint32{3}, []time.Time{time.Now()}, time.Now()), tx.Swept("support", time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("1 opened", "3 before-baseline")
	w.advance(25 * time.Hour)
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("1 opened", "3 before-baseline", "2 opened")
	if w.log.count("overlooked") != 1 {
		t.Error("nobody is told")
	}
}

// TestRunAgainReconciles demands that a poller which runs again looks at the whole
// mailbox, since somebody else may have read it meanwhile (F15).
func TestRunAgainReconciles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	var sweeps atomic.Int32
	p := w.poller()
	p.Swept = func() { sweeps.Add(1) }
	w.deliver(letter("a", "x"))
	stop := w.run(p)
	w.eventually("a sweep", func() bool { return sweeps.Load() > 0 })
	stop()
	epoch := w.receipts()[0].Epoch
	w.deliver(letter("hidden", "x")) // and another node takes what came after, but not this
	err := w.db.Update(t.Context(), func(tx ticket.Tx) error {
		return errors.Join(tx.SkipBefore("support", epoch, []uint32{3}, []time.Time{time.Now()}, time.Now()), tx.Swept("support", time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.run(p)
	w.eventually("the hidden mail", func() bool { return len(w.receipts()) == 3 })
	w.want("1 opened", "3 before-baseline", "2 opened")
}

// TestReconcilingIsDoneWhenItEnds breaks off the sweep that compares the whole
// mailbox: the next one has to do it again.
func TestReconcilingIsDoneWhenItEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	p := w.poller()
	w.desk.Store = &faultyStore{Store: w.db, update: func() error { return errors.New("disk full") }}
	if err := p.Sweep(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if !p.reconciled.IsZero() {
		t.Error("a sweep that did not reach its end counts")
	}
}

func TestCountBelow(t *testing.T) {
	t.Parallel()
	for mark, want := range map[uint32]int{0: 0, 1: 0, 2: 1, 3: 1, 4: 2, 9: 2} {
		if got := countBelow([]uint32{2, 4}, mark); got != want {
			t.Errorf("up to %d: %d", mark, got)
		}
	}
}

func TestSweepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for i := range 120 {
		w.deliver(letter(fmt.Sprint("m", i), "x"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.desk.Store = &faultyStore{Store: w.db, receive: func(*ticket.Receipt) error { cancel(); return nil }}
	if err := w.poller().Sweep(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("sweep: %v", err)
	}
	// Of the second group some may have been in hand already.
	if got := len(w.receipts()); got < groupMails {
		t.Errorf("%d receipts: a group in hand is to be taken whole", got)
	}
	w.sweep()
	if got := len(w.receipts()); got != 120 {
		t.Errorf("%d receipts", got)
	}
	for _, mail := range w.onServer("INBOX") {
		if !strings.Contains(mail, "seen") {
			t.Fatalf("the server was not told of %s", mail)
		}
	}
}

// TestMailGoesBetweenSearchAndFetch lists three mails of which the second goes
// before it is asked for, and a fourth comes, of which there is no push left (F22).
func TestMailGoesBetweenSearchAndFetch(t *testing.T) {
	t.Parallel()
	a, c, d := letter("a", "x"), letter("c", "x"), letter("d", "x")
	server := inboundtest.Serve(t, dialog(inboundtest.OpenBox(""),
		selected(), search(1, 2, 3), fetchMeta("1:3", meta(1, a), meta(3, c)), fetchMeta("2"),
		search(3, 4), fetchBody("1,3", body(1, a), body(3, c)), stored(),
		selected(), search(4), fetchMeta("4", meta(4, d)), fetchBody("4", body(4, d)), stored(),
		leave()))
	w := worldAt(t, server.Addr)
	w.sweep()
	w.want("1 opened", "3 opened", "4 opened")
	if w.log.count("vanished before they could be taken") != 1 || w.log.count("uids=[2]") != 1 {
		t.Errorf("nobody is told:\n%s", w.log.text.String())
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	from := now.AddDate(0, -1, 0)
	for _, tt := range []struct {
		b    Backlog
		want time.Time
	}{{Backlog{All: true}, time.Time{}}, {Backlog{Since: from}, from}, {Backlog{Age: 24 * time.Hour}, now.Add(-24 * time.Hour)}, {Backlog{}, now}} {
		if got := tt.b.baseline(now); !got.Equal(tt.want) {
			t.Errorf("%+v begins at %v, want %v", tt.b, got, tt.want)
		}
	}
}
