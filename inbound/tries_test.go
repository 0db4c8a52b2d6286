package inbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

// badBlobs cannot read one blob back: its reader panics as a parser would.
type badBlobs struct {
	Blobs
	bad  ticket.Sum
	mild bool // an error in place of the panic
}

func (b badBlobs) OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadCloser, error) {
	if sum == b.bad {
		if b.mild {
			return nil, errors.New("no such file")
		}
		return io.NopCloser(panicReader{}), nil
	}
	return b.Blobs.OpenBlob(ctx, sum)
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("index out of range") }

func TestMailThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, mild := range map[string]bool{"panic": false, "error": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, memimap.Options{})
			large := letter("large", strings.Repeat("x", inlineBytes))
			w.deliver(letter("a", "x"))
			w.deliver(large)
			w.deliver(letter("b", "x"))
			w.sweep(func(p *Poller) { p.Blobs = badBlobs{p.Blobs, inlineBlob(large).Sum, mild} })
			w.want("1 opened", "3 opened", "2 unreadable")
			w.wantStub(w.receipts()[2], large)
			if got := w.log.count("stage=process"); got != processTries {
				t.Errorf("%d tries", got)
			}
		})
	}
}

// wantStub demands that the ticket of a mail has the mail itself attached, or
// nothing where the mail could not be had.
func (w *world) wantStub(r ticket.Taken, raw []byte) {
	w.t.Helper()
	files := w.entry(r).Files
	if raw == nil {
		if len(files) != 0 {
			w.t.Errorf("the stub has files: %+v", files)
		}
		return
	}
	if len(files) != 1 || files[0].Size != int64(len(raw)) || !bytes.Equal(w.raw(files[0].Raw), raw) {
		w.t.Errorf("the stub has not the mail attached: %+v", files)
	}
	if left := w.failures(r.Epoch); len(left) > 0 {
		w.t.Errorf("failures left: %+v", left)
	}
}

func TestMailThatTheDeskCannotTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for _, name := range []string{"a", "b", "c"} {
		w.deliver(letter(name, name))
	}
	tries := 0
	w.desk.Store = &faultyStore{Store: w.db, receive: func(r *ticket.Receipt) error {
		if r.UID != 2 {
			return nil
		}
		if tries++; tries <= processTries {
			panic("no such department")
		}
		return nil
	}}
	w.sweep()
	w.want("1 opened", "3 opened", "2 unreadable")
	w.wantStub(w.receipts()[2], letter("b", "b"))
	w.sweep()
	w.want("1 opened", "3 opened", "2 unreadable")
}

// TestMailThatCannotEvenBeSetAside must not stop the mailbox, nor be forgotten.
func TestMailThatCannotEvenBeSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	w.deliver(letter("b", "x"))
	bad := true
	w.desk.Store = &faultyStore{Store: w.db, receive: func(r *ticket.Receipt) error {
		if bad && r.UID == 1 {
			return errors.New("constraint failed")
		}
		return nil
	}}
	w.sweep()
	w.want("2 opened")
	w.deliver(letter("c", "x"))
	w.sweep()
	w.want("2 opened", "3 opened")
	bad = false
	w.advance(time.Minute)
	w.sweep()
	w.want("2 opened", "3 opened", "1 opened")
}

// TestTriesAreNotAHotLoop gives a failed mail time to recover, and new mail its
// way past it.
func TestTriesAreNotAHotLoop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("bad", "x"))
	w.desk.Store = &faultyStore{Store: w.db, receive: func(r *ticket.Receipt) error {
		if r.UID == 1 {
			return errors.New("constraint failed")
		}
		return nil
	}}
	p := w.poller()
	p.pace.retry = time.Hour
	stop := w.run(p)
	w.eventually("a try", func() bool { return w.log.count("stage=process") == 1 })
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		taken := len(w.receipts()) // before it comes: it may be taken at once
		w.deliver(letter(name, "x"))
		w.eventually("mail taken", func() bool { return len(w.receipts()) > taken })
	}
	stop()
	if got := w.log.count("stage=process"); got != 1 {
		t.Errorf("%d tries within an instant", got)
	}
}

// TestMailThatTheServerRefuses lets one mail of three never come: the others are
// taken at once (F24, F25).
func TestMailThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	for name, answer2 := range map[string]string{
		"NO":    "$TAG NO [SERVERBUG] damaged\r\n",
		"NIL":   "* 2 FETCH (UID 2 BODY[] NIL)\r\n$TAG OK\r\n",
		"empty": "* 2 FETCH (UID 2 BODY[] {0}\r\n)\r\n$TAG OK\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, c := letter("a", "x"), letter("b", "x"), letter("c", "x")
			script := dialog(inboundtest.OpenBox(""), selected(), search(1, 2, 3),
				fetchMeta("1:3", meta(1, a), meta(2, b), meta(3, c)),
				answer(asksBody("1:3"), body(1, a)+body(3, c)+answer2), answer(asksBody("2"), answer2), search(2, 3), stored())
			for range fetchTries - 1 {
				script = dialog(script, selected(), search(3), fetchMeta("2", meta(2, b)),
					answer(asksBody("2"), answer2), answer(asksBody("2"), answer2), search(2, 3))
			}
			w := worldAt(t, inboundtest.Serve(t, dialog(script, answer(asksAbout("2"), envelope2+"$TAG OK\r\n"), stored(), leave())).Addr)
			w.sweep()
			w.want("1 opened", "3 opened", "2 unreadable")
			w.wantStub(w.receipts()[2], nil)
			if e := w.entry(w.receipts()[2]); !strings.Contains(e.Text, `from bob@example.com, with the subject "Büro"`) {
				t.Errorf("the stub does not say what the server knows: %q", e.Text)
			}
		})
	}
}

// envelope2 is what a server tells of a mail that it does not hand out.
const envelope2 = "* 2 FETCH (UID 2 ENVELOPE (\"Mon, 5 Jan 2026 09:00:00 +0000\" \"=?utf-8?q?B=C3=BCro?=\" " +
	"((NIL NIL \"bob\" \"example.com\")) NIL NIL NIL NIL NIL NIL \"<b@example.com>\"))\r\n"

// TestServerEndsWhenAskedAbout a mail that it would not hand out: the mail is a
// stub all the same (F25).
func TestServerEndsWhenAskedAbout(t *testing.T) {
	t.Parallel()
	b := letter("b", "x")
	const no = "$TAG NO damaged\r\n"
	var script inboundtest.Script
	for range fetchTries {
		script = dialog(script, selected(), search(1), fetchMeta("1", meta(1, b)),
			answer(asksBody("1"), no), answer(asksBody("1"), no), search(1))
	}
	w := worldAt(t, inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), script, cut(asksAbout("1")))).Addr)
	if err := w.trySweep(); err == nil {
		t.Error("no error, though the connection broke")
	}
	w.want("1 unreadable")
}

// TestServerKeepsSilentAboutAMail lists a mail of which it tells no size: the
// mark must not pass over it (F24).
func TestServerKeepsSilentAboutAMail(t *testing.T) {
	t.Parallel()
	b := letter("b", "x")
	script := dialog(inboundtest.OpenBox(""), selected(), search(1, 2),
		fetchMeta("1:2", meta(2, b)), fetchMeta("1"), search(1, 2), fetchBody("2", body(2, b)), stored())
	for range fetchTries - 1 {
		script = dialog(script, selected(), search(2), fetchMeta("1"), fetchMeta("1"), search(1, 2))
	}
	w := worldAt(t, inboundtest.Serve(t, dialog(script, answer(asksAbout("1"), "$TAG NO damaged\r\n"), stored(), leave())).Addr)
	w.sweep()
	w.want("2 opened", "1 unreadable")
}

// TestServerRefusesToTellSizes for several mails at a time: asked singly it does.
func TestServerRefusesToTellSizes(t *testing.T) {
	t.Parallel()
	a, b := letter("a", "x"), letter("b", "x")
	const no = "$TAG NO not so many\r\n"
	w := worldAt(t, inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), selected(), search(1, 2),
		answer(asksMeta("1:2"), no), search(1, 2),
		selected(), search(2), fetchMeta("1", meta(1, a)), fetchBody("1", body(1, a)), fetchMeta("2", meta(2, b)), fetchBody("2", body(2, b)),
		stored(), stored(), leave())).Addr)
	w.sweep()
	w.want("1 opened", "2 opened")
}

// TestServerRefusesTheBeginning of a mail that is too large.
func TestServerRefusesTheBeginning(t *testing.T) {
	t.Parallel()
	const asksHead, no = `UID FETCH 1 \(.*BODY.PEEK\[\]<0.65536>`, "$TAG NO not this one\r\n"
	huge := metaSized(1, 1<<30)
	script := dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", huge), answer(asksHead, no), search(1))
	for range fetchTries - 2 {
		script = dialog(script, selected(), search(1), fetchMeta("1", huge), answer(asksHead, no), search(1))
	}
	broken := dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", huge), cut(asksHead))
	w := worldAt(t, inboundtest.Serve(t, dialog(script, cut("SELECT")), broken).Addr)
	if err := w.trySweep(); err == nil {
		t.Fatal("no error, though the connection broke")
	}
	w.want()
	if err := w.trySweep(); err == nil {
		t.Fatal("no error, though the connection broke")
	}
	w.want("1 unreadable")
}

// TestConnectionBreaksAtTheSecondRequest for a mail that did not come with the
// others: those are taken all the same.
func TestConnectionBreaksAtTheSecondRequest(t *testing.T) {
	t.Parallel()
	a, b := letter("a", "x"), letter("b", "x")
	w := worldAt(t, inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), selected(), search(1, 2),
		fetchMeta("1:2", meta(1, a), meta(2, b)), fetchBody("1:2", body(1, a)), cut(asksBody("2")))).Addr)
	if err := w.trySweep(); err == nil {
		t.Fatal("no error, though the connection broke")
	}
	w.want("1 opened")
	if failed := w.failures(7); len(failed) != 1 || failed[0].UID != 2 || failed[0].Tries != 1 {
		t.Errorf("failures %+v", failed)
	}
}

// TestFailedMailIsRemoved tells the agents of a mail that failed and was then
// removed from the mailbox.
func TestFailedMailIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	uid := w.deliver(letter("a", "x"))
	failing := &faultyStore{Store: w.db, receive: func(*ticket.Receipt) error { return errors.New("constraint failed") }}
	w.desk.Store = failing
	p := w.poller()
	p.pace.retry = time.Hour
	stop := w.run(p)
	w.eventually("a try", func() bool { return w.log.count("stage=process") == 1 })
	stop()
	if err := w.client().Delete(t.Context(), []uint32{uid}); err != nil {
		t.Fatal(err)
	}
	w.desk.Store = w.db
	w.sweep()
	w.want("1 unreadable")
	if e := w.entry(w.receipts()[0]); !strings.Contains(e.Text, "removed from the mail server") {
		t.Errorf("the stub says %q", e.Text)
	}
}

// TestMailThatEndsTheConnection has a line to the server that breaks whenever
// one mail passes. The others are taken, and in the end it is a stub (F25).
func TestMailThatEndsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for _, name := range []string{"a", "b", "POISON", "c", "d"} {
		w.deliver(letter(name, "x"))
	}
	w.box.Addr = breakAt(t, w.server.Addr(), "POISON")
	w.run(w.poller())
	w.eventually("five mails taken", func() bool { return len(w.receipts()) == 5 })
	w.sortedWant("1 opened", "2 opened", "3 unreadable", "4 opened", "5 opened")
	if last := w.receipts()[4]; last.UID != 3 {
		t.Errorf("mail %d waited for the bad one", last.UID)
	}
	if got := w.log.count("stage=fetch"); got != fetchTries {
		t.Errorf("%d tries", got)
	}
}

// breakAt passes what a server says until it says a word.
func breakAt(t *testing.T, target, word string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { listener.Close(); running.Wait() })
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { passUntil(client, target, word) })
		}
	})
	return listener.Addr().String()
}

func passUntil(client net.Conn, target, word string) {
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // either side may hang up
	})
	var said []byte
	chunk := make([]byte, 4<<10)
	for {
		n, err := server.Read(chunk)
		said = append(said, chunk[:n]...)
		if err != nil || bytes.Contains(said, []byte(word)) {
			break
		}
		if _, err := client.Write(chunk[:n]); err != nil {
			break
		}
		said = slices.Clone(said[max(0, len(said)-len(word)):])
	}
	server.Close()
	client.Close()
	up.Wait()
}
