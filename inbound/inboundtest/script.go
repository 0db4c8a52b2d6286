// Package inboundtest is the IMAP servers one would not choose: each says on
// every connection exactly what its script tells it, right or wrong.
//
// A script is a list of steps. Most begin with OpenBox, which brings a client to
// the selected folder, and go on with the fault to be tried:
//
//	server := inboundtest.Serve(t, inboundtest.OpenBox("IDLE").Then(
//		inboundtest.Expect(`UID FETCH 1 `),
//		inboundtest.Send("* 1 FETCH (UID 1 BODY[] {1000}\r\nabc"),
//		inboundtest.Cut(),
//	))
package inboundtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Step is one thing a server does on a connection.
type Step func(*session) error

// Script is what a server does on a connection, from the greeting on. At its
// end the connection is closed.
type Script []Step

// Then returns the script followed by more steps.
func (s Script) Then(steps ...Step) Script {
	return append(append(Script(nil), s...), steps...)
}

// session is one connection being served.
type session struct {
	conn net.Conn
	in   *bufio.Reader
	tag  string // of the last command
	note func(line string)
}

// errCut ends a script on purpose.
var errCut = errors.New("cut")

// Expect reads one command and fails the test unless it matches the regular
// expression pattern. Its tag replaces $TAG in what is sent after it.
func Expect(pattern string) Step {
	want := regexp.MustCompile(pattern)
	return func(s *session) error {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("expect %q: %w", pattern, err)
		}
		line = strings.TrimRight(line, "\r\n")
		s.note(line)
		if tag, _, ok := strings.Cut(line, " "); ok { // DONE has no tag, and answers the tag of its IDLE
			s.tag = tag
		}
		if !want.MatchString(line) {
			return fmt.Errorf("expect %q, got %q", pattern, line)
		}
		return nil
	}
}

// Send writes text as it stands, but for $TAG. Lines must end in \r\n.
func Send(text string) Step {
	return func(s *session) error {
		_, err := io.WriteString(s.conn, s.fill(text))
		return err
	}
}

// Answer is Expect and Send: the two halves of a command.
func Answer(pattern, text string) Step {
	expect, send := Expect(pattern), Send(text)
	return func(s *session) error {
		if err := expect(s); err != nil {
			return err
		}
		return send(s)
	}
}

// Drip writes text one byte at a time, with a pause before each.
func Drip(text string, pause time.Duration) Step {
	return func(s *session) error {
		for _, c := range []byte(s.fill(text)) {
			time.Sleep(pause)
			if _, err := s.conn.Write([]byte{c}); err != nil {
				return errCut // the client has had enough of it
			}
		}
		return nil
	}
}

// Flood writes n times the byte c, as long as the client takes it.
func Flood(c byte, n int) Step {
	return func(s *session) error {
		chunk := []byte(strings.Repeat(string(c), 1<<15))
		for n > 0 {
			k := min(n, len(chunk))
			if _, err := s.conn.Write(chunk[:k]); err != nil {
				return errCut
			}
			n -= k
		}
		return nil
	}
}

// Mute says nothing more, and hears everything, until the client hangs up.
func Mute() Step {
	return func(s *session) error {
		// Whatever ends it, it is the client's doing.
		_, _ = io.Copy(io.Discard, s.in)
		return errCut
	}
}

// Leave answers LOGOUT, and ends the script.
func Leave() Step { return Answer("LOGOUT", "* BYE until next time\r\n$TAG OK out\r\n") }

// Cut closes the connection.
func Cut() Step { return func(*session) error { return errCut } }

func (s *session) fill(text string) string { return strings.ReplaceAll(text, "$TAG", s.tag) }

// Greeting is a greeting that names the capabilities, which are IMAP4rev1 and
// the given ones.
func Greeting(caps string) Step { return Send("* OK " + capability(caps) + " ready\r\n") }

func capability(caps string) string {
	return "[" + strings.TrimSpace("CAPABILITY IMAP4rev1 "+caps) + "]"
}

// Folder is the answer to SELECT: UIDVALIDITY 7, three mails, next UID 4.
const Folder = "* FLAGS (\\Seen \\Deleted)\r\n* 3 EXISTS\r\n* 0 RECENT\r\n" +
	"* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 4] next\r\n$TAG OK [READ-WRITE] done\r\n"

// Login is the script up to the login, with the given capabilities.
func Login(caps string) Script {
	return Script{Greeting(caps), Answer(`LOGIN "desk" "secret"`, "$TAG OK "+capability(caps)+" in\r\n")}
}

// OpenBox is the script up to the selected folder, with the given capabilities.
func OpenBox(caps string) Script { return Login(caps).Then(Answer(`SELECT INBOX`, Folder)) }

// Server plays scripts.
type Server struct {
	Addr string // host:port

	mu    sync.Mutex
	heard []string
}

// Serve starts a server on a free port of the loopback interface until the
// test ends. The first connection gets the first script, and so on; beyond
// the last script connections are closed at once. A script that does not get
// the command it expects fails the test, unless the client has hung up.
func Serve(t testing.TB, scripts ...Script) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s := &Server{Addr: listener.Addr().String()}
	var accepting, running sync.WaitGroup
	var conns sync.Map
	accepting.Go(func() {
		for i := 0; ; i++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if i >= len(scripts) {
				conn.Close()
				continue
			}
			conns.Store(conn, nil)
			running.Go(func() { s.play(t, conn, scripts[i]) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		accepting.Wait()
		conns.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		running.Wait()
	})
	return s
}

func (s *Server) play(t testing.TB, conn net.Conn, script Script) {
	defer conn.Close()
	sess := &session{conn: conn, in: bufio.NewReader(conn), note: s.note}
	for i, step := range script {
		err := step(sess)
		switch {
		case err == nil:
		case errors.Is(err, errCut), errors.Is(err, io.EOF), isNet(err):
			return
		default:
			t.Errorf("script, step %d: %v", i, err)
			return
		}
	}
}

// isNet reports whether the client's end of the connection is at fault.
func isNet(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func (s *Server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, line)
}

// Heard returns the commands received so far, by all scripts, each with its
// tag.
func (s *Server) Heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}
