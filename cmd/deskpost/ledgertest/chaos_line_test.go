package ledgertest_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// A line is a way of one daemon to one server, which can be cut or held.
type line struct {
	kind     string // imap, imap-tls, smtp, database
	target   string
	listener net.Listener
	report   *report

	mu    sync.Mutex
	free  *sync.Cond // no longer held
	held  bool
	down  bool       // connections are refused
	rnd   *rand.Rand // draws where connections are cut; nil for nowhere
	calls map[*call]bool
}

// newLine starts a way to target until the test ends.
func newLine(t *testing.T, r *report, kind, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{kind: kind, target: target, listener: listener, report: r, calls: make(map[*call]bool)}
	l.free = sync.NewCond(&l.mu)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { l.pass(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.cut()
		l.hold(false)
		running.Wait()
	})
	return l
}

func (l *line) port() string {
	_, port, _ := net.SplitHostPort(l.listener.Addr().String()) // a listener's address has a port
	return port
}

// drawCuts has one connection in so many be cut somewhere; nil ends that.
func (l *line) drawCuts(rnd *rand.Rand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rnd = rnd
}

// cut ends all connections and takes no more until mend.
func (l *line) cut() {
	l.mu.Lock()
	l.down = true
	calls := l.calls
	l.calls = make(map[*call]bool)
	l.mu.Unlock()
	for c := range calls {
		c.end("the line was cut")
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// hold lets nothing pass until it is called with false: nobody hears of it.
func (l *line) hold(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
	l.free.Broadcast()
}

func (l *line) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held {
		l.free.Wait()
	}
}

// A plan says where a connection is to be cut. Zero is nowhere.
type plan struct {
	up, down int64 // after so many bytes from the daemon, or to it
	literal  int   // inside the so manyth literal that the server sends (RFC 9051 section 4.3)
	dot      int   // at the so manyth end of a mail
	answer   bool  // at a dot: after it, so that the answer is lost; else before it
}

// share is how many of a hundred connections are cut.
var share = map[string]int{"imap": 40, "imap-tls": 30, "smtp": 50, "database": 5}

func (l *line) plan() plan {
	rnd := l.rnd
	if rnd == nil || rnd.IntN(100) >= share[l.kind] {
		return plan{}
	}
	bytes := int64(1) << rnd.IntN(18)
	bytes += rnd.Int64N(bytes)
	switch choice := rnd.IntN(4); {
	case l.kind == "imap" && choice < 2:
		return plan{literal: 1 + rnd.IntN(20)}
	case l.kind == "smtp" && choice < 3:
		return plan{dot: 1 + rnd.IntN(8), answer: choice > 0}
	case choice == 3:
		return plan{up: bytes}
	}
	return plan{down: bytes}
}

// pass passes on one connection.
func (l *line) pass(client net.Conn) {
	l.mu.Lock()
	down := l.down
	c := &call{line: l, plan: l.plan(), client: client}
	l.mu.Unlock()
	if down {
		client.Close()
		return
	}
	server, err := net.Dial("tcp", l.target)
	if err != nil { // it is being killed
		client.Close()
		return
	}
	c.server = server
	l.mu.Lock()
	l.calls[c] = true
	l.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { c.copy(server, client, c.fromClient) })
	both.Go(func() { c.copy(client, server, c.fromServer) })
	both.Wait()
	l.mu.Lock()
	delete(l.calls, c)
	l.mu.Unlock()
}

// A call is one connection over a line.
type call struct {
	line           *line
	plan           plan
	client, server net.Conn

	mu       sync.Mutex
	up, down int64
	literals int
	dots     int
	last     []byte // the end of what the client sent, to find a dot in
	doubt    bool   // a mail has ended and nothing was answered yet
	mute     bool   // the next answer is not passed on
	ended    bool
}

// copy passes on what look lets through, until an end or a cut.
func (c *call) copy(to io.Writer, from io.Reader, look func([]byte) (pass []byte, cut string)) {
	defer c.end("")
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		c.line.wait()
		if n > 0 {
			pass, cut := look(buffer[:n])
			if _, err := to.Write(pass); err != nil {
				return
			}
			if cut != "" {
				c.end(cut)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// end ends the connection; why says how, if it was us. A mail whose answer is
// lost by that is in doubt.
func (c *call) end(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	c.client.Close()
	if c.server != nil {
		c.server.Close()
	}
	if why != "" {
		c.line.report.event("cut-"+c.line.kind, "%s", why)
	}
	if c.doubt {
		c.line.report.event("doubt", "a mail's end was sent and its answer lost")
	}
}

var endOfMail = []byte("\r\n.\r\n")

func (c *call) fromClient(b []byte) (pass []byte, cut string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plan.up > 0 && c.up+int64(len(b)) >= c.plan.up {
		b = b[:c.plan.up-c.up]
		cut = "after " + strconv.FormatInt(c.plan.up, 10) + " bytes from the daemon"
	}
	c.up += int64(len(b))
	if c.line.kind != "smtp" {
		return b, cut
	}
	seen := append(c.last, b...)
	if at := bytes.Index(seen, endOfMail); at >= 0 {
		c.dots++
		switch {
		case c.dots == c.plan.dot && !c.plan.answer:
			return b[:max(0, at+2-len(c.last))], "before the end of a mail"
		case c.dots == c.plan.dot:
			c.mute = true
		}
		c.doubt = true
		seen = seen[at+len(endOfMail):]
	}
	c.last = bytes.Clone(seen[max(0, len(seen)-len(endOfMail)+1):])
	return b, cut
}

var literalStart = regexp.MustCompile(`\{(\d+)\}\r\n`)

func (c *call) fromServer(b []byte) (pass []byte, cut string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute && c.doubt {
		return nil, "after the end of a mail, its answer lost"
	}
	if c.plan.down > 0 && c.down+int64(len(b)) >= c.plan.down {
		b = b[:c.plan.down-c.down]
		cut = "after " + strconv.FormatInt(c.plan.down, 10) + " bytes from the server"
	}
	c.down += int64(len(b))
	c.doubt = c.doubt && cut != ""
	if c.plan.literal == 0 || cut != "" {
		return b, cut
	}
	for _, m := range literalStart.FindAllSubmatchIndex(b, -1) {
		if c.literals++; c.literals != c.plan.literal {
			continue
		}
		size, err := strconv.Atoi(string(b[m[2]:m[3]]))
		if err != nil {
			continue // no literal after all
		}
		return b[:min(len(b), m[1]+size/2)], "inside a literal of " + plural(size, "byte")
	}
	return b, ""
}
