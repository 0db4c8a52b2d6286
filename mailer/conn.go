package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is an open, signed-in connection.
type session struct {
	*deadlineConn
	client    *smtp.Client
	tls       *tls.Conn // nil without TLS
	hello     []string  // lines of the EHLO answer
	mechanism string    // how we signed in; "" if we did not
	dirty     bool      // a transaction is open at the server

	idle *time.Timer // closes it while it is kept
}

// connect dials, protects the line and says EHLO. No wait in it passes end.
func (r *Relay) connect(ctx context.Context, end time.Time) (*session, *Fault) {
	if limit := time.Now().Add(r.Timeouts.connect()); limit.Before(end) {
		end = limit
	}
	dialCtx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	dialer := net.Dialer{Timeout: 30 * time.Second}
	nc, err := dialer.DialContext(dialCtx, "tcp", r.Addr)
	if err != nil {
		return nil, newFault(FaultUnavailable, r.Addr, err, "cannot be reached: "+err.Error())
	}
	s := &session{deadlineConn: &deadlineConn{Conn: nc, block: r.Timeouts.block(), end: end}}
	stop := context.AfterFunc(ctx, s.abort)
	defer stop()
	if fault := r.greet(dialCtx, s); fault != nil {
		s.abort()
		return nil, fault
	}
	return s, nil
}

func (r *Relay) greet(ctx context.Context, s *session) *Fault {
	switch r.TLS {
	case Implicit:
		if fault := r.handshake(ctx, s); fault != nil {
			return fault
		}
		s.client = smtp.NewClient(s.tls)
	case StartTLS:
		if fault := r.upgrade(s); fault != nil {
			return fault
		}
		if fault := r.handshake(ctx, s); fault != nil {
			return fault
		}
		s.client = smtp.NewClient(&greeted{Conn: s.tls, greeting: strings.NewReader("220 TLS\r\n")})
	default:
		s.client = smtp.NewClient(s.deadlineConn)
	}
	return r.ehlo(s)
}

// ehlo introduces us on s.client and notes what the server says of itself.
func (r *Relay) ehlo(s *session) *Fault {
	s.client.CommandTimeout, s.client.SubmissionTimeout = r.Timeouts.command(), r.Timeouts.final()
	var heard strings.Builder // bounded by deadlineConn; nothing secret is said before AUTH
	s.client.DebugWriter = &heard
	err := s.client.Hello(r.name(s))
	s.client.DebugWriter = nil
	if err != nil {
		text := "does not greet us: " + oneLine(err.Error())
		if r.TLS != Implicit && (errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.EOF)) {
			text += "; if this port expects TLS at once, as 465 does, set implicit TLS"
		}
		return newFault(FaultUnavailable, r.Addr, err, text)
	}
	s.hello = nil
	for line := range strings.Lines(heard.String()) {
		if rest, ok := strings.CutPrefix(line, "250"); ok && len(rest) > 0 {
			s.hello = append(s.hello, oneLine(rest[1:]))
		}
	}
	return nil
}

// name is what we call ourselves. "localhost", the library's choice, counts
// as a sign of spam.
func (r *Relay) name(s *session) string {
	if r.Hello != "" {
		return r.Hello
	}
	local, ok := s.LocalAddr().(*net.TCPAddr)
	if !ok {
		return "localhost"
	}
	if ip4 := local.IP.To4(); ip4 != nil {
		return "[" + ip4.String() + "]"
	}
	return "[IPv6:" + local.IP.String() + "]"
}

// signIn authenticates if the relay has a user. It closes s on a fault.
func (r *Relay) signIn(ctx context.Context, s *session) *Fault {
	if r.User == "" {
		return nil
	}
	stop := context.AfterFunc(ctx, s.abort)
	defer stop()
	fault := r.auth(s)
	if fault != nil {
		s.abort()
	}
	return fault
}

func (r *Relay) auth(s *session) *Fault {
	if remote, ok := s.RemoteAddr().(*net.TCPAddr); s.tls == nil && !(ok && remote.IP.IsLoopback()) {
		return newFault(FaultAuth, r.Addr, nil, "the password is not sent without TLS: use implicit TLS or STARTTLS")
	}
	if r.Password == nil {
		return newFault(FaultAuth, r.Addr, nil, "user "+r.User+" has no password: set one")
	}
	password, err := r.Password()
	if err != nil {
		return newFault(FaultAuth, r.Addr, err, "the password cannot be read: "+err.Error())
	}
	var mechanism sasl.Client
	switch {
	case s.client.SupportsAuth(sasl.Plain):
		s.mechanism, mechanism = sasl.Plain, sasl.NewPlainClient("", r.User, password)
	case s.client.SupportsAuth(sasl.Login):
		s.mechanism, mechanism = sasl.Login, sasl.NewLoginClient(r.User, password)
	default:
		_, offered := s.client.Extension("AUTH")
		return newFault(FaultAuth, r.Addr, nil, fmt.Sprintf("takes no password (AUTH %s): use its submission port, usually 465 or 587", oneLine(offered)))
	}
	err = s.client.Auth(mechanism)
	var said *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said) && said.Code/100 == 5, errors.Is(err, sasl.ErrUnexpectedServerChallenge):
		return newFault(FaultAuth, r.Addr, err, "refuses user "+r.User+": "+oneLine(err.Error())+"; correct user and password")
	default: // 454 and a lost line say nothing about the password
		return newFault(FaultUnavailable, r.Addr, err, "cannot sign us in now: "+oneLine(err.Error()))
	}
}

// quit leaves politely but does not wait long for the farewell.
func (s *session) quit() {
	s.until(time.Now().Add(2 * time.Second))
	_ = s.client.Quit() // nothing depends on how the server takes it
	s.abort()
}
