package mailer

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// A TLSMode says how the connection to a relay is protected.
type TLSMode int

const (
	Implicit TLSMode = iota // TLS from the first byte, usually port 465 (RFC 8314)
	StartTLS                // the upgrade is demanded, usually port 587 (RFC 3207)
	Insecure                // none; a password is only sent to this machine
)

// upgrade asks for STARTTLS. The library's own way says EHLO localhost and
// leaves the handshake to the first command, where its faults are hard to
// tell; here the line is left ready for the handshake.
func (r *Relay) upgrade(s *session) *Fault {
	s.client = smtp.NewClient(s.deadlineConn)
	if fault := r.ehlo(s); fault != nil {
		return fault
	}
	if ok, _ := s.client.Extension("STARTTLS"); !ok {
		return newFault(FaultTLS, r.Addr, nil, "does not offer STARTTLS: use its TLS port, usually 465, with implicit TLS")
	}
	s.SetDeadline(time.Now().Add(r.Timeouts.command()))
	defer s.SetDeadline(time.Time{})
	in := bufio.NewReader(s.deadlineConn)
	_, err := io.WriteString(s.deadlineConn, "STARTTLS\r\n")
	if err == nil {
		_, _, err = textproto.NewReader(in).ReadResponse(220)
	}
	if err != nil {
		return newFault(FaultTLS, r.Addr, err, "refuses STARTTLS: "+oneLine(err.Error())+"; look at the TLS settings of the relay")
	}
	// Words sent in the clear before the handshake must not count as said
	// inside it (CVE-2011-0411).
	if in.Buffered() > 0 {
		return newFault(FaultTLS, r.Addr, nil, "somebody speaks out of turn before TLS begins: the line is tampered with or the relay is broken")
	}
	return nil
}

func (r *Relay) handshake(ctx context.Context, s *session) *Fault {
	config := r.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(r.Addr)
	}
	s.tls = tls.Client(s.deadlineConn, config)
	if err := s.tls.HandshakeContext(ctx); err != nil {
		return newFault(tlsKind(err), r.Addr, err, tlsText(err, config.ServerName))
	}
	return nil
}

// tlsKind tells a line that broke from a handshake that failed: only the
// second needs a person.
func tlsKind(err error) FaultKind {
	var network net.Error
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return FaultTLS
	}
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return FaultUnavailable
	}
	return FaultTLS
}

// tlsText says what is wrong with the handshake and what mends it.
func tlsText(err error, host string) string {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("its certificate is for %s, not for %s: set the relay's address to a name in its certificate",
			oneLine(strings.Join(name.Certificate.DNSNames, ", ")), host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("its certificate is valid from %s to %s only: renew it there, or correct this machine's clock",
			invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that this machine does not know: name a file with that authority's certificate in ca_file"
	case errors.As(err, &record):
		return "does not speak TLS at once on this port: use STARTTLS, or its TLS port, usually 465"
	default:
		return "TLS cannot be set up: " + oneLine(err.Error())
	}
}

// A greeted connection repeats the greeting that was read before TLS began,
// because the library waits for one on every connection.
type greeted struct {
	net.Conn
	greeting io.Reader
}

func (g *greeted) Read(p []byte) (int, error) {
	if n, err := g.greeting.Read(p); err == nil {
		return n, nil
	}
	return g.Conn.Read(p)
}
