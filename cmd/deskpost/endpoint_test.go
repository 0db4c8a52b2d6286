package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	imap, smtp := imapProtocol(), smtpProtocol()
	tests := []struct {
		url  string
		p    protocol
		want endpoint
	}{
		{"imaps://u@h.example", imap, endpoint{implicitTLS, "h.example", 993, "u", "INBOX"}},
		{"imaps://u@h.example/", imap, endpoint{implicitTLS, "h.example", 993, "u", "INBOX"}},
		{"imap+starttls://u@h.example:1143/A%20b/c", imap, endpoint{startTLS, "h.example", 1143, "u", "A b/c"}},
		{"imaps://u%40x.example@h.example/Entw%C3%BCrfe", imap, endpoint{implicitTLS, "h.example", 993, "u@x.example", "Entwürfe"}},
		{"imaps://u@x.example@h.example/a%23b%3F", imap, endpoint{implicitTLS, "h.example", 993, "u@x.example", "a#b?"}},
		{"imap+insecure://u@[::1]:143", imap, endpoint{plaintext, "::1", 143, "u", "INBOX"}},
		{"imap+insecure://u@LOCALHOST", imap, endpoint{plaintext, "LOCALHOST", 143, "u", "INBOX"}},
		{"imap+insecure://u@127.9.9.9", imap, endpoint{plaintext, "127.9.9.9", 143, "u", "INBOX"}},
		{"smtps://u@h.example", smtp, endpoint{implicitTLS, "h.example", 465, "u", ""}},
		{"smtp+starttls://h.example", smtp, endpoint{startTLS, "h.example", 587, "", ""}},
		{"smtp+insecure://127.0.0.1", smtp, endpoint{plaintext, "127.0.0.1", 25, "", ""}},
	}
	for _, tt := range tests {
		if got, err := parseEndpoint(tt.url, tt.p, false); got != tt.want || err != nil {
			t.Errorf("parse %s: %+v, %v; want %+v", tt.url, got, err, tt.want)
		}
	}
	if got := tests[5].want.addr(); got != "[::1]:143" {
		t.Errorf("addr %q", got)
	}
	if _, err := parseEndpoint("imap+insecure://u@10.0.0.1", imap, true); err != nil {
		t.Errorf("insecurity that is spelled out: %v", err)
	}
}

// TestParseEndpointRefuses also holds the errors to print no part of a URL
// that could be a password.
func TestParseEndpointRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, want string }{
		{"", "not a URL"},
		{"h.example:993", "not a URL"},
		{"imap://u:hunter2@h.example", "does not say how"},
		{"IMAPS://u@h.example", "not a scheme"},
		{"imaps://u:hunter2@h.example", "holds a password"},
		{"imaps://u:hunter/2@h.example", "cannot be read"},
		{"imaps://u:hun#ter2@h.example", "cannot be read"},
		{"imaps://u:hun%ter2@h.example", "cannot be read"},
		{"imaps://u@", "no host"},
		{"imaps://u@h example", "cannot be read"},
		{"imaps://u@bänk.example", "no host"},
		{"imaps://u@h.example:0", "not a port"},
		{"imaps://u@h.example:65536", "not a port"},
		{"imaps://u@h.example/a?b", "%3F"},
		{"imaps://u@h.example/a?", "%3F"},
		{"imaps://u@h.example/a#b", "%23"},
		{"imaps://u@h.example/a%0d%0ab", "control characters"},
		{"imaps://u%0a@h.example", "control characters"},
		{"imap+insecure://u@10.0.0.1", "not this machine"},
		{"imap+insecure://u@localhost.evil.example", "not this machine"},
	}
	for _, tt := range tests {
		_, err := parseEndpoint(tt.url, imapProtocol(), false)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("parse %s: %v, want an error with %q", tt.url, err, tt.want)
		} else if strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("parse %s prints the password: %v", tt.url, err)
		}
	}
	if _, err := parseEndpoint("smtps://h.example/x", smtpProtocol(), false); err == nil {
		t.Error("a relay with a path was taken")
	}
}

func FuzzEndpoint(f *testing.F) {
	f.Add("imaps://u%40x@h.example:993/Entw%C3%BCrfe")
	f.Add("imap+insecure://[::1%25lo]:1/%00")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEndpoint(text, imapProtocol(), false)
		if err != nil {
			return
		}
		if e.Host == "" || e.Port < 1 || e.Port > 65535 || e.Folder == "" || e.Security == plaintext && !e.loopback() {
			t.Errorf("%q was taken as %+v", text, e)
		}
		if strings.ContainsAny(e.Host+e.User+e.Folder, "\r\n\x00") {
			t.Errorf("%q holds line breaks: %+v", text, e)
		}
	})
}

// TestCAFile: an authority from a file is trusted beside the system's.
func TestCAFile(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Bank CA"}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	dir := configDir(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	s := parse(t, source(dir, strings.Replace(fullConfig, `after = "keep"`, "after = \"keep\"\nca_file = \"ca.pem\"", 1)))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: s.Mailboxes[0].CAs}); err != nil {
		t.Errorf("the authority is not trusted: %v", err)
	}
	if s.Mailboxes[1].CAs != nil {
		t.Error("a mailbox without ca_file has authorities of its own")
	}
}
