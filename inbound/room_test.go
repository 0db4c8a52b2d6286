package inbound

import (
	"context"
	"errors"
	"testing"
	"time"

	"deskpost/inbound/memimap"
)

// TestSweepWithoutRoom demands that mail stays on its server while there is no
// room for it, that it is taken when there is, and that a sweep which waits for
// room can be stopped.
func TestSweepWithoutRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	p := w.poller()
	p.Room = func() bool { return false }
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	swept := make(chan error, 1)
	go func() { swept <- p.Sweep(ctx) }()
	select {
	case err := <-swept:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a sweep without room does not end when it is told to")
	}
	w.want()
	p.Room = nil
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("1 opened")
}

// TestRestoreWithoutRoom demands that mail which a lost desk has moved away waits
// in its folder while there is no room for it (F17).
func TestRestoreWithoutRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	move := func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} }
	w.deliver(letter("first", "before the backup"))
	w.sweep(move)
	w.restored(func() {
		w.deliver(letter("second", "after the backup"))
		w.sweep(move)
	})
	asked := 0
	w.sweep(move, func(p *Poller) {
		p.Room = func() bool {
			if w.log.count("looking for mail that was moved away") == 0 {
				return true
			}
			if n := w.tickets(); asked < 3 && n != 1 {
				t.Errorf("%d tickets without room, want the one of before", n)
			}
			asked++
			return asked > 3
		}
	})
	if n := w.tickets(); asked < 3 || n != 2 {
		t.Errorf("%d tickets when there is room, which was asked for %d times", n, asked)
	}
}
