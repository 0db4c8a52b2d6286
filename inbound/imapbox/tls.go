package imapbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

// handshake begins TLS on the deadline-bound connection.
func (b *Box) handshake(ctx context.Context, conn net.Conn, host string) (*tls.Conn, error) {
	cfg := b.cfg.TLSConfig.Clone() // nil stays nil
	if cfg == nil {
		cfg = &tls.Config{}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, b.explainTLS(ctx, cfg.ServerName, err)
	}
	state := secured.ConnectionState()
	b.tls = &state
	return secured, nil
}

// explainTLS says in plain words why there is no TLS.
func (b *Box) explainTLS(ctx context.Context, host string, err error) error {
	op := "begin TLS with " + b.cfg.Addr
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	e := &Error{Kind: KindTLS, Op: op, Err: err}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		e.Text = fmt.Sprintf("the certificate is not for %q but for %q", host, name.Certificate.DNSNames)
		e.Mend = "connect by a name that is in the certificate"
		return e
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		e.Text = "the certificate was issued by an authority this machine does not trust"
		e.Mend = "name a file with the authority's certificate in ca_file, or have the server send its whole chain"
		return e
	}
	if cert, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		e.Text = "the certificate is not valid: " + cert.Error()
		if cert.Reason == x509.Expired {
			e.Text = fmt.Sprintf("the certificate is valid from %s to %s, not now",
				cert.Cert.NotBefore.Format("2006-01-02"), cert.Cert.NotAfter.Format("2006-01-02"))
		}
		e.Mend = "renew the certificate, and see whether this machine's clock is right"
		return e
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		e.Text = "the server does not speak TLS on this port"
		e.Mend = "use port 993, or STARTTLS on port 143"
		return e
	}
	if cause := b.wire.reason(); cause != nil {
		return explainCause(op, cause, err, b.cfg.CommandTimeout)
	}
	e.Text = "no secure connection: " + said(err.Error())
	return e
}
