package main

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"deskpost/web"
)

// TestCertificates keeps what ends first of each chain, and the best chain of each
// server, as it was seen last.
func TestCertificates(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	chain := func(days ...int) (all []*x509.Certificate) {
		for _, n := range days {
			all = append(all, &x509.Certificate{NotAfter: day(n)})
		}
		return all
	}
	var c certificates
	for _, seen := range []struct {
		server string
		chains [][]*x509.Certificate
	}{
		{"smtp.example:465", [][]*x509.Certificate{chain(9, 30)}},
		{"imap.example:993", [][]*x509.Certificate{chain(1, 30)}},
		{"imap.example:993", [][]*x509.Certificate{chain(20, 4, 30), chain(20, 5)}}, // renewed
		{"smtp.example:465", nil},                                                   // unverified: says nothing
	} {
		if err := c.watch(seen.server)(tls.ConnectionState{VerifiedChains: seen.chains}); err != nil {
			t.Error(err)
		}
	}
	want := []web.Certificate{{Server: "imap.example:993", Until: day(5)}, {Server: "smtp.example:465", Until: day(9)}}
	if got := c.list(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
