// Package mailertest is an SMTP sink with a temper, for tests: it takes mail
// and remembers it, or refuses, stalls and hangs up exactly where it is told.
package mailertest

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
)

// A Mail is what the sink took at a final dot.
type Mail struct {
	From       string   // address in MAIL, "" for the null path
	To         []string // addresses in the accepted RCPTs
	FromParams string   // ESMTP parameters of MAIL, as sent
	ToParams   []string // of each of To
	User       string   // who was signed in
	TLS        bool
	Raw        []byte // as sent, with the dot-stuffing undone
}

// A Sink listens on a port of its own until the test ends.
type Sink struct {
	listener net.Listener
	tls      *tls.Config
	wg       sync.WaitGroup

	mu          sync.Mutex
	temper      Temper
	implicit    bool
	password    func(user, password string) bool
	onDelivered func(Mail)
	mails       []Mail
	commands    []string
	connections int
	open        map[net.Conn]struct{}
	done        chan struct{} // closed at the end of the test
}

// Start runs a sink on 127.0.0.1 that offers STARTTLS. Its certificate is for
// that address; see TLSConfig.
func Start(t testing.TB, temper Temper) *Sink {
	t.Helper()
	return start(t, temper, false)
}

// StartTLS runs a sink that speaks TLS from the first byte.
func StartTLS(t testing.TB, temper Temper) *Sink {
	t.Helper()
	return start(t, temper, true)
}

func start(t testing.TB, temper Temper, implicit bool) *Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s := &Sink{listener: l, temper: temper, implicit: implicit, open: map[net.Conn]struct{}{}, done: make(chan struct{})}
	s.tls = &tls.Config{Certificates: []tls.Certificate{Valid.issue(t)}}
	s.wg.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

// Addr is host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Set changes the temper for what comes, on open connections too.
func (s *Sink) Set(temper Temper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.temper = temper
}

// Passwords makes AUTH succeed only if ok says so. Without it all sign in.
func (s *Sink) Passwords(ok func(user, password string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = ok
}

// OnDelivered has f called with each mail that is taken, before the client
// gets its answer, on the connection's goroutine.
func (s *Sink) OnDelivered(f func(Mail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onDelivered = f
}

// Present makes the sink show another certificate from now on.
func (s *Sink) Present(t testing.TB, c Certificate) {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{c.issue(t)}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls = config
}

// Mails returns what was taken so far.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Commands returns every command line of all connections so far, but for
// credentials.
func (s *Sink) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Connections returns how many connections were made so far.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Open returns how many connections are open. At 0 all that clients had sent has
// been dealt with.
func (s *Sink) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// HangUp closes all open connections, as a restart of the server would.
func (s *Sink) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close() // the session on it finds out by itself
	}
}

func (s *Sink) stop() {
	close(s.done)
	_ = s.listener.Close()
	s.HangUp()
	s.wg.Wait()
}

func (s *Sink) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.register(c) {
			_ = c.Close()
			return
		}
		s.wg.Go(func() {
			defer s.forget(c)
			s.serve(c)
		})
	}
}

// register is false once the test is over.
func (s *Sink) register(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
	}
	s.connections++
	s.open[c] = struct{}{}
	return true
}

func (s *Sink) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	_ = c.Close()
}

func (s *Sink) now() Temper {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.temper
}

func (s *Sink) config() *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tls
}

func (s *Sink) heard(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, line)
}

func (s *Sink) keep(m Mail) {
	s.mu.Lock()
	s.mails = append(s.mails, m)
	f := s.onDelivered
	s.mu.Unlock()
	if f != nil {
		f(m)
	}
}

func (s *Sink) admits(user, password string) bool {
	s.mu.Lock()
	ok := s.password
	s.mu.Unlock()
	return ok == nil || ok(user, password)
}
