package mailer

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"time"
)

// A ProbeReport is what a relay shows of itself before any mail.
type ProbeReport struct {
	Name        string    // how the server calls itself
	Extensions  []string  // its EHLO lines, sorted: "8BITMIME", "SIZE 52428800" ...
	TLSVersion  string    // "TLS 1.3", or "" without TLS
	CertExpires time.Time // of its certificate; zero without TLS
	CertNames   []string
	Mechanism   string // how we signed in; "" if there is no user
}

// Probe connects and signs in, as a Submit would, and sends nothing. The
// error is a *Fault; the report then holds what was learnt before it.
func (r *Relay) Probe(ctx context.Context) (ProbeReport, error) {
	var p ProbeReport
	s, fault := r.connect(ctx, time.Now().Add(r.Timeouts.mail()))
	if fault != nil {
		return p, fault
	}
	if len(s.hello) > 0 {
		p.Name, _, _ = strings.Cut(s.hello[0], " ")
		p.Extensions = slices.Sorted(slices.Values(s.hello[1:]))
	}
	if s.tls != nil {
		state := s.tls.ConnectionState()
		p.TLSVersion = tls.VersionName(state.Version)
		p.CertExpires, p.CertNames = state.PeerCertificates[0].NotAfter, state.PeerCertificates[0].DNSNames
	}
	if fault := r.signIn(ctx, s); fault != nil {
		return p, fault
	}
	p.Mechanism = s.mechanism
	s.quit()
	return p, nil
}
