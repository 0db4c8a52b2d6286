package imapbox

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// minRate is the slowest a server may send while a command is waited for, in
// bytes a second on average. Below it a peer that drips bytes could hold a
// connection, and with it the whole mailbox, for ever.
const minRate = 1 << 10

// wire is the TCP connection with our deadlines instead of the library's.
//
// The library reads in the background all the time, sets its own deadlines
// (none while waiting, five minutes for a whole literal) and has no use for a
// context. So wire swallows its deadlines, and has two states of its own: at
// rest, when a silent server is right, and waiting, when it is not.
type wire struct {
	net.Conn
	writeLimit time.Duration

	mu     sync.Mutex
	limit  time.Duration // longest silence; 0 at rest
	steady bool          // whether minRate holds
	since  time.Time     // begin of the present wait within Read
	waited time.Duration // time spent waiting since expect
	got    int64         // bytes read since expect
	cause  error         // why the connection ended; the first reason stays
	dead   bool
}

// contextCause is a cause that came from the caller's context.
type contextCause struct{ err error }

func (c contextCause) Error() string { return c.err.Error() }
func (c contextCause) Unwrap() error { return c.err }

func isContext(err error) bool {
	_, ok := errors.AsType[contextCause](err)
	return ok
}

func newWire(conn net.Conn, limit time.Duration) *wire {
	return &wire{Conn: conn, writeLimit: limit}
}

// expect begins a wait: from now on the server must not be silent for longer
// than limit and, if steady, not slower than minRate.
func (w *wire) expect(limit time.Duration, steady bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.limit, w.steady, w.since, w.waited, w.got = limit, steady, now, 0, 0
	// A Read is nearly always pending: it gets the deadline as well.
	w.setReadDeadline(now.Add(limit))
}

// rest ends a wait: silence is right again.
func (w *wire) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = 0
	w.setReadDeadline(time.Time{})
}

// setReadDeadline is called with mu held. Its error means that the connection
// is closed, which the next Read says better.
func (w *wire) setReadDeadline(t time.Time) {
	_ = w.Conn.SetReadDeadline(t)
}

// Read reads within the deadline of the present state. Any error ends the
// connection: the library would try again and wait once more.
func (w *wire) Read(p []byte) (int, error) {
	w.arm()
	n, err := w.Conn.Read(p)
	w.settle(n, err)
	return n, err
}

func (w *wire) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Now()
	if w.limit == 0 {
		w.setReadDeadline(time.Time{})
		return
	}
	w.setReadDeadline(w.since.Add(w.patience()))
}

// patience is how long the next bytes may take, with mu held.
func (w *wire) patience() time.Duration {
	if !w.steady {
		return w.limit
	}
	earned := time.Duration(w.got) * time.Second / minRate
	return min(w.limit, w.limit+earned-w.waited)
}

func (w *wire) settle(n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waited += time.Since(w.since)
	w.got += int64(n)
	if err == nil {
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errSilent
		if w.got > 0 {
			err = errSlow
		}
	}
	w.end(err)
}

// Write writes within the write limit.
func (w *wire) Write(p []byte) (int, error) {
	// An error means that the connection is closed, which Write says better.
	_ = w.Conn.SetWriteDeadline(time.Now().Add(w.writeLimit))
	n, err := w.Conn.Write(p)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			w.kill(errSilent)
		} else {
			w.kill(err)
		}
	}
	return n, err
}

// kill ends the connection for the given reason. Every wait on it returns.
func (w *wire) kill(cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(cause)
}

func (w *wire) end(cause error) {
	if !w.dead {
		w.dead, w.cause = true, cause
	}
	_ = w.Conn.Close() // a second close is expected, and says nothing
}

// killWith ends the connection when ctx does. The returned function undoes it.
func (w *wire) killWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { w.kill(contextCause{context.Cause(ctx)}) })
}

// reason returns why the connection ended, or nil if this side did not see it
// end.
func (w *wire) reason() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cause
}

// Close closes the connection without giving a reason: the library does it
// after an answer it cannot parse.
func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
	return w.Conn.Close()
}

// SetDeadline does nothing: deadlines are the wire's own business.
func (w *wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, as SetDeadline.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, as SetDeadline.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
