package inbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

// TestNewMailWhileWaiting: new mail is taken as it comes, with IDLE and without
// (F28).
func TestNewMailWhileWaiting(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]memimap.Options{"IDLE": {}, "without IDLE": {Without: []string{"IDLE"}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts)
			p := w.poller()
			if opts.Without != nil {
				p.Poll = 20 * time.Millisecond
			}
			var swept atomic.Int32
			p.Swept = func() { swept.Add(1) }
			w.run(p)
			w.eventually("the first sweep", func() bool { return swept.Load() > 0 })
			began := time.Now()
			w.deliver(letter("a", "x"))
			w.eventually("a ticket", func() bool { return len(w.receipts()) == 1 })
			if took := time.Since(began); took > 3*time.Second { // some milliseconds, but for a busy machine
				t.Errorf("a ticket after %v", took)
			}
			for i := range 5 {
				w.deliver(letter(fmt.Sprint("m", i), "x"))
			}
			w.eventually("all tickets", func() bool { return len(w.receipts()) == 6 })
			w.eventually("all flagged", func() bool {
				return strings.Count(fmt.Sprint(w.onServer("INBOX")), "seen") == 6
			})
		})
	}
}

// TestRunEndsWithTheGroupInHand stops the daemon in the middle of a commit (F19).
func TestRunEndsWithTheGroupInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for _, name := range []string{"a", "b", "c"} {
		w.deliver(letter(name, "x"))
	}
	committing, stopped := make(chan struct{}), make(chan struct{})
	w.desk.Store = &faultyStore{Store: w.db, receive: func(r *ticket.Receipt) error {
		if r.UID == 2 {
			close(committing)
			<-stopped
		}
		return nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.poller().Run(ctx) }()
	<-committing
	stop()
	close(stopped)
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("run does not end")
	}
	w.want("1 opened", "2 opened", "3 opened")
	if w.log.count("can not be read") > 0 {
		t.Error("its end is logged as a fault")
	}
}

// TestServerGoesAndComesBack renumbers the mailbox under a connection (F21).
func TestServerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	w.run(w.poller())
	w.eventually("a ticket", func() bool { return len(w.receipts()) == 1 })
	// Renumbering cuts its clients off: what was taken comes again as duplicates.
	if err := w.server.Renumber("desk", "INBOX"); err != nil {
		t.Fatal(err)
	}
	w.deliver(letter("b", "x"))
	w.eventually("the new mail", func() bool { return len(w.receipts()) == 3 })
	w.want("1 opened", "1 duplicate", "2 opened")
}

// TestCutLine ends the connection after ever more bytes, within each kind of
// answer. At last every mail is taken once, whole (F20).
func TestCutLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for i := range 3 {
		w.deliver(letter(fmt.Sprint("m", i), strings.Repeat("x", 200)))
	}
	proxy := inboundtest.CutProxy(t, w.server.Addr())
	w.box.Addr = proxy.Addr
	p := w.poller()
	for n := int64(0); n < 6000; n += 149 {
		proxy.CutAfter(n)
		if err := p.Sweep(t.Context()); err == nil {
			break
		}
		w.advance(time.Minute)
	}
	proxy.CutAfter(1 << 40)
	w.sweep()
	w.sortedWant("1 opened", "2 opened", "3 opened")
	for _, r := range w.receipts() {
		if want := letter(r.Subject, strings.Repeat("x", 200)); string(w.raw(r.Raw.Sum)) != string(want) {
			t.Errorf("mail %d is not whole", r.UID)
		}
	}
}

// nobody is an address at which no server listens.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestBackoff has no server to connect to: each wait is longer than the one
// before (F20).
func TestBackoff(t *testing.T) {
	t.Parallel()
	w := worldAt(t, nobody(t))
	p := w.poller()
	p.pace.first, p.pace.longest = 2*time.Millisecond, time.Hour
	began := time.Now()
	w.run(p)
	w.eventually("six tries", func() bool { return w.log.count("can not be read") >= 6 })
	// Five waits of at least half of 2, 4, 8, 16 and 32 ms.
	if took := time.Since(began); took < 31*time.Millisecond {
		t.Errorf("six tries within %v", took)
	}
}

// TestRefusedLoginWaitsLonger, so that no account is locked (F29).
func TestRefusedLoginWaitsLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	var logins atomic.Int32
	w.box.Password = func() (string, error) { logins.Add(1); return "wrong", nil }
	p := w.poller()
	p.pace.login = time.Hour
	stop := w.run(p)
	w.eventually("a login", func() bool { return w.log.count("again_in=1h0m0s") == 1 })
	stop()
	if got := logins.Load(); got != 1 {
		t.Errorf("%d logins", got)
	}
}

// TestUsualPace pins how long the daemon waits: from a second to five minutes,
// and five minutes after a refused login (F20, F29).
func TestUsualPace(t *testing.T) {
	t.Parallel()
	w := worldAt(t, nobody(t))
	p := w.poller()
	p.pace = pace{}
	if err := p.Sweep(t.Context()); err == nil {
		t.Fatal("a sweep without a server")
	}
	if p.pace != usualPace() {
		t.Errorf("pace %+v", p.pace)
	}
	for range 100 {
		if d := jitter(time.Second); d < time.Second/2 || d > time.Second*3/2 {
			t.Fatalf("jitter %v", d)
		}
	}
	if got := p.slice(true); got != 5*time.Minute {
		t.Errorf("slice %v", got)
	}
	p.Poll, p.Idle = time.Hour, 0
	if got := p.slice(true); got != 9*time.Minute {
		t.Errorf("slice %v", got)
	}
	if got := p.slice(false); got != time.Hour {
		t.Errorf("slice %v", got)
	}
}

func TestKindsOfFault(t *testing.T) {
	t.Parallel()
	if isBroken(nil) || isBroken(errors.New("disk full")) || isRefusal(nil) || isRefusal(errors.New("disk full")) {
		t.Error("the store's faults are taken for the server's")
	}
}

// TestKickEndsTheWait: whoever mends a password need not wait for the poller.
func TestKickEndsTheWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	right := w.box.Password
	var mended atomic.Bool
	w.box.Password = func() (string, error) {
		if mended.Load() {
			return right()
		}
		return "wrong", nil
	}
	p := w.poller()
	p.pace.login = time.Hour
	stop := w.run(p)
	w.eventually("a refused login", func() bool { return w.log.count("again_in=1h0m0s") == 1 })
	mended.Store(true)
	p.Kick()
	w.eventually("a connection", func() bool { return w.log.count("mailbox connected") == 1 })
	stop()
}
