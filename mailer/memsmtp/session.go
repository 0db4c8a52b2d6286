package memsmtp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is one connection. The library calls it from one goroutine.
type session struct {
	server *Server
	conn   *smtp.Conn
	signed bool // user and password were right
	mail   Received
}

var _ smtp.AuthSession = (*session)(nil)

func (s *Server) open(c *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms is part of smtp.AuthSession.
func (x *session) AuthMechanisms() []string {
	if x.server.options.Auth == nil {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth is part of smtp.AuthSession.
func (x *session) Auth(mechanism string) (sasl.Server, error) {
	if x.server.options.Auth == nil || mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if !x.server.options.Auth(user, password) {
			return smtp.ErrAuthFailed
		}
		x.signed = true
		return nil
	}), nil
}

// Mail is part of smtp.Session.
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.server.options.Auth != nil && !x.signed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	x.mail = Received{From: from}
	return nil
}

// Rcpt is part of smtp.Session.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.mail.To = append(x.mail.To, to)
	return nil
}

// Data is part of smtp.Session. A mail whose end never came is not handed on.
func (x *session) Data(r io.Reader) error {
	var raw bytes.Buffer
	if x.server.options.Trace {
		raw.WriteString(x.trace())
	}
	if _, err := raw.ReadFrom(r); err != nil {
		var said *smtp.SMTPError
		if errors.As(err, &said) { // too large
			return said
		}
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "the end of the mail did not arrive"}
	}
	mail := x.mail
	mail.Raw = raw.Bytes()
	return x.server.deliver(mail)
}

// Reset is part of smtp.Session.
func (x *session) Reset() { x.mail = Received{} }

// Logout is part of smtp.Session.
func (x *session) Logout() error { return nil }

// trace is the Received line. A single recipient is named; several are not,
// since they may not know of each other (RFC 5321 7.2).
func (x *session) trace() string {
	with := "ESMTP" // RFC 3848
	if _, protected := x.conn.TLSConnectionState(); protected {
		with += "S"
	}
	if x.signed {
		with += "A"
	}
	ip, _, err := net.SplitHostPort(x.conn.Conn().RemoteAddr().String())
	if err != nil {
		ip = "unknown"
	}
	recipient := ""
	if len(x.mail.To) == 1 {
		recipient = "\r\n\tfor <" + plain(x.mail.To[0]) + ">"
	}
	return fmt.Sprintf("Received: from %s ([%s])\r\n\tby %s with %s%s;\r\n\t%s\r\n",
		plain(x.conn.Hostname()), ip, x.server.options.Hostname, with, recipient,
		x.server.options.Now().Format(time.RFC1123Z))
}

// plain takes out of a client's word what would break the line it is put in.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("()<>;", r) {
			return -1
		}
		return r
	}, s)
}
