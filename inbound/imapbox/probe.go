package imapbox

import (
	"context"
	"crypto/tls"
	"time"
)

// Report is what a connection to the mailbox shows to the person setting it up.
type Report struct {
	State
	Addr         string
	TLSVersion   string    // "TLS 1.3"; empty without TLS
	CertSubject  string    // of the server's own certificate; empty without TLS
	CertIssuer   string    // who vouches for it
	CertNotAfter time.Time // when it expires; zero without TLS
	Alerts       []string  // what the server wants its users to be told (RFC 9051, section 7.1)
}

// Probe connects, logs in, selects the folder, and reports. It changes
// nothing. Its errors are those of Dial.
func Probe(ctx context.Context, cfg Config) (Report, error) {
	b, err := Dial(ctx, cfg)
	if err != nil {
		return Report{}, err
	}
	defer b.Close()
	_, alerts := b.guard.asides()
	r := Report{State: b.State(), Addr: cfg.Addr, Alerts: alerts}
	if b.tls != nil {
		r.TLSVersion = tls.VersionName(b.tls.Version)
		if len(b.tls.PeerCertificates) > 0 {
			cert := b.tls.PeerCertificates[0]
			r.CertSubject, r.CertIssuer, r.CertNotAfter = cert.Subject.String(), cert.Issuer.String(), cert.NotAfter
		}
	}
	return r, nil
}
