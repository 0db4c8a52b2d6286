package imapbox

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// pair is a wire and the server's end of it.
func pair(t *testing.T) (*wire, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ours, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return newWire(ours, time.Second), theirs
}

func TestWireRestsWithoutDeadline(t *testing.T) {
	t.Parallel()
	w, server := pair(t)
	w.expect(20*time.Millisecond, true)
	w.rest() // the Read begins after it
	go func() {
		time.Sleep(100 * time.Millisecond)
		if _, err := server.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}()
	if _, err := w.Read(make([]byte, 1)); err != nil {
		t.Errorf("silence at rest is a fault: %v, %v", err, w.reason())
	}
}

func TestWireDeadlineReachesAPendingRead(t *testing.T) {
	t.Parallel()
	w, _ := pair(t)
	done := make(chan error, 1)
	go func() {
		_, err := w.Read(make([]byte, 1))
		done <- err
	}()
	time.Sleep(30 * time.Millisecond)
	w.expect(30*time.Millisecond, true)
	select {
	case err := <-done:
		if err == nil || !errors.Is(w.reason(), errSilent) {
			t.Errorf("%v, %v", err, w.reason())
		}
	case <-time.After(3 * time.Second):
		t.Error("the pending read goes on for ever")
	}
}

func TestWireKeepsItsOwnDeadlines(t *testing.T) {
	t.Parallel()
	w, server := pair(t)
	past := time.Now().Add(-time.Hour)
	if err := errors.Join(w.SetDeadline(past), w.SetReadDeadline(past), w.SetWriteDeadline(past)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read(make([]byte, 1)); err != nil {
		t.Errorf("the library's deadline was believed: %v", err)
	}
}

func TestWireWriteIsBounded(t *testing.T) {
	t.Parallel()
	w, _ := pair(t)
	w.writeLimit = 50 * time.Millisecond
	chunk := make([]byte, 1<<20)
	for range 200 { // more than any buffer between
		if _, err := w.Write(chunk); err != nil {
			if !errors.Is(w.reason(), errSilent) {
				t.Errorf("reason %v", w.reason())
			}
			return
		}
	}
	t.Error("200 MiB were written to nobody")
}

func TestWireTellsTheFirstReason(t *testing.T) {
	t.Parallel()
	w, server := pair(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := w.killWith(ctx)
	defer stop()
	because := errors.New("the desk is closing")
	cancel(because)
	if _, err := w.Read(make([]byte, 1)); err == nil {
		t.Error("read after the end")
	}
	w.kill(errSlow)
	if !errors.Is(w.reason(), because) || !isContext(w.reason()) {
		t.Errorf("reason %v", w.reason())
	}
	if _, err := io.ReadAll(server); err != nil {
		t.Errorf("the server's end: %v", err)
	}
}
