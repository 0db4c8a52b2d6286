package mailer

import (
	"errors"
	"net"
	"sync"
	"time"
)

// maxReply is the most bytes a server may say between two of our writes.
// The library joins the lines of a reply in quadratic time, without a limit.
const maxReply = 64 << 10

// errTooLate is why a Write does not begin.
var errTooLate = errors.New("the time for this mail is over")

var errReplyTooLong = errors.New("the relay's answer is longer than 64 KiB")

// A deadlineConn bounds each Read and Write. The library sets a deadline for each
// command and none while the body is written; there each Write gets its own,
// since a server that stops reading would block it for ever.
type deadlineConn struct {
	net.Conn
	block time.Duration

	mu     sync.Mutex
	stage  time.Time // the library's deadline for the command under way, or zero
	end    time.Time // nothing goes on after this
	by     time.Time // no Write begins after this; never if zero
	heard  int       // bytes read since the last write
	failed bool      // a write failed or was cut short
	dead   bool
}

// limit is the next deadline; c.mu is held.
func (c *deadlineConn) limit() time.Time {
	d := c.stage
	if d.IsZero() {
		d = time.Now().Add(c.block)
	}
	if c.end.Before(d) {
		d = c.end
	}
	return d
}

func (c *deadlineConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if c.heard > maxReply {
		c.mu.Unlock()
		return 0, errReplyTooLong
	}
	err := c.Conn.SetReadDeadline(c.limit())
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.heard += n
	c.mu.Unlock()
	return n, err
}

func (c *deadlineConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.heard = 0
	err := c.Conn.SetWriteDeadline(c.limit())
	if isPast(c.by) {
		err = errTooLate
	}
	c.mu.Unlock()
	n := 0
	if err == nil {
		n, err = c.Conn.Write(p)
	}
	if err != nil {
		c.mu.Lock()
		c.failed = true
		c.mu.Unlock()
	}
	return n, err
}

// SetDeadline takes the library's deadline for one command.
func (c *deadlineConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stage = t
	return nil
}

// SetReadDeadline is SetDeadline: a command is written and answered in turn.
func (c *deadlineConn) SetReadDeadline(t time.Time) error { return c.SetDeadline(t) }

// SetWriteDeadline is SetDeadline.
func (c *deadlineConn) SetWriteDeadline(t time.Time) error { return c.SetDeadline(t) }

// until sets the time after which nothing goes on.
func (c *deadlineConn) until(end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = end
}

// writeBy sets the time after which no Write begins. Timers do not do for that:
// in a process that was paused they fire when it has gone on already.
func (c *deadlineConn) writeBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by = t
}

// isPast reports whether a time that is set lies behind us, by the clock on the
// wall too: the other one stands still while the machine sleeps.
func isPast(t time.Time) bool {
	now := time.Now()
	return !t.IsZero() && (now.After(t) || now.Round(0).After(t.Round(0)))
}

// hurry brings the end nearer, for the Read under way too.
func (c *deadlineConn) hurry(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if end := time.Now().Add(d); end.Before(c.end) {
		c.end = end
		_ = c.Conn.SetDeadline(c.limit()) // fails on a closed connection only
	}
}

// abort closes the line below TLS, whose own farewell could block.
func (c *deadlineConn) abort() {
	c.mu.Lock()
	c.dead = true
	c.mu.Unlock()
	_ = c.Conn.Close() // it is given up either way
}

func (c *deadlineConn) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

func (c *deadlineConn) writeFailed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}
