package imapbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
)

// certificate makes a certificate that vouches for itself, and the roots that
// trust it.
func certificate(t *testing.T, name string, notAfter time.Time) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: notAfter.Add(-1000 * time.Hour), NotAfter: notAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

func TestTLS(t *testing.T) {
	t.Parallel()
	expires := time.Now().Add(240 * time.Hour).Truncate(time.Second)
	serverTLS, roots := certificate(t, "mail.example", expires)
	for _, security := range []imapbox.Security{imapbox.ImplicitTLS, imapbox.StartTLS} {
		server := memory(t, memimap.Options{TLSConfig: serverTLS, StartTLS: security == imapbox.StartTLS})
		deliver(t, server, "A: 1\r\n\r\nhello\r\n")
		cfg := patient(server.Addr())
		cfg.Security = security
		cfg.TLSConfig = &tls.Config{RootCAs: roots, ServerName: "mail.example"}
		box := dial(t, cfg)
		if whole, _, err := take(t.Context(), box, 1); err != nil || whole[1] != "A: 1\r\n\r\nhello\r\n" {
			t.Errorf("security %d: %v, %v", security, whole, err)
		}
		report, err := imapbox.Probe(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if report.TLSVersion != "TLS 1.3" || !report.CertNotAfter.Equal(expires) || report.CertSubject != "CN=mail.example" ||
			report.Exists != 1 || report.UIDValidity == 0 || !report.Idle || !slices.Contains(report.Capabilities, "MOVE") || report.Addr != cfg.Addr {
			t.Errorf("security %d: report %+v", security, report)
		}
	}
}

// TestTLSFaults has certificates that prove nothing, and servers without TLS
// (F29).
func TestTLSFaults(t *testing.T) {
	t.Parallel()
	good, roots := certificate(t, "mail.example", time.Now().Add(time.Hour))
	old, oldRoots := certificate(t, "mail.example", time.Now().Add(-time.Hour))
	plain := inboundtest.Serve(t, inboundtest.Script{inboundtest.Greeting("")}, inboundtest.Script{inboundtest.Greeting("")})
	for name, tc := range map[string]struct {
		addr   string
		roots  *x509.CertPool
		host   string
		says   string
		expect imapbox.Kind
	}{
		"other name":    {memory(t, memimap.Options{TLSConfig: good}).Addr(), roots, "imap.example", `not for "imap.example" but for ["mail.example"]`, imapbox.KindTLS},
		"expired":       {memory(t, memimap.Options{TLSConfig: old}).Addr(), oldRoots, "mail.example", "not now", imapbox.KindTLS},
		"untrusted":     {memory(t, memimap.Options{TLSConfig: good}).Addr(), nil, "mail.example", "does not trust", imapbox.KindTLS},
		"no TLS there":  {plain.Addr, roots, "mail.example", "does not speak TLS on this port", imapbox.KindTLS},
		"mute":          {inboundtest.Serve(t, inboundtest.Script{mute()}).Addr, roots, "mail.example", "no answer in time", imapbox.KindSilent},
		"cut":           {inboundtest.Serve(t, inboundtest.Script{cut()}).Addr, roots, "mail.example", "the connection ended", imapbox.KindLost},
		"not our trust": {memory(t, memimap.Options{TLSConfig: good}).Addr(), oldRoots, "mail.example", "does not trust", imapbox.KindTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := patient(tc.addr)
			if tc.expect == imapbox.KindSilent {
				cfg = config(tc.addr)
			}
			cfg.Security = imapbox.ImplicitTLS
			cfg.TLSConfig = &tls.Config{RootCAs: tc.roots, ServerName: tc.host}
			if tc.roots == nil {
				cfg.TLSConfig.RootCAs = x509.NewCertPool()
			}
			_, err := imapbox.Dial(t.Context(), cfg)
			if imapbox.KindOf(err) != tc.expect || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("kind %d: %v; want %q", imapbox.KindOf(err), err, tc.says)
			}
		})
	}
}

// TestDialFaults is what servers say instead of letting us in. In no case may
// the password have gone out, except to the server that was asked to take it (F28, F29).
func TestDialFaults(t *testing.T) {
	t.Parallel()
	folders := func(n int) string {
		var list strings.Builder
		for i := range n {
			fmt.Fprintf(&list, "* LIST () \"/\" \"F%d\"\r\n", i)
		}
		return list.String()
	}
	noSelect := func(answerToList string) inboundtest.Script {
		return inboundtest.Login("").Then(answer("SELECT", "$TAG NO [NONEXISTENT] no such mailbox\r\n"), answer(`LIST "" `, answerToList), leave())
	}
	for name, tc := range map[string]struct {
		security imapbox.Security
		script   inboundtest.Script
		kind     imapbox.Kind
		says     string
		secret   bool // the password may be sent
	}{
		"STARTTLS removed": {imapbox.StartTLS, inboundtest.Script{inboundtest.Greeting(""), answer("STARTTLS", "$TAG BAD unknown command\r\n"), mute()},
			imapbox.KindTLS, "no password is sent in clear", false},
		"STARTTLS, PREAUTH": {imapbox.StartTLS, inboundtest.Script{send("* PREAUTH hello\r\n"), mute()},
			imapbox.KindTLS, "PREAUTH", false},
		"STARTTLS, injection": {imapbox.StartTLS, inboundtest.Script{inboundtest.Greeting("STARTTLS"), answer("STARTTLS", "$TAG OK begin\r\n* CAPABILITY IMAP4rev1 EVIL\r\n"), mute()},
			imapbox.KindTLS, "more in clear", false},
		"STARTTLS, BYE": {imapbox.StartTLS, inboundtest.Script{send("* BYE overloaded\r\n")},
			imapbox.KindUnavailable, "overloaded", false},
		"STARTTLS, another protocol": {imapbox.StartTLS, inboundtest.Script{send("220 mail.example ESMTP\r\n"), mute()},
			imapbox.KindTLS, "220 mail.example ESMTP", false},
		"STARTTLS, long greeting": {imapbox.StartTLS, inboundtest.Script{inboundtest.Flood('x', 1<<20)},
			imapbox.KindTLS, "too long", false},
		"STARTTLS, mute": {imapbox.StartTLS, inboundtest.Script{inboundtest.Greeting("STARTTLS"), expect("STARTTLS"), mute()},
			imapbox.KindSilent, "(limit 300ms)", false},
		"STARTTLS, endless talk": {imapbox.StartTLS, inboundtest.Script{inboundtest.Greeting(""), expect("STARTTLS"), send(strings.Repeat("* OK wait\r\n", 1000)), mute()},
			imapbox.KindTLS, "no STARTTLS", false},
		"BYE at once": {imapbox.Insecure, inboundtest.Script{send("* BYE [UNAVAILABLE] come back\r\n")},
			imapbox.KindUnavailable, "come back", false},
		"PREAUTH": {imapbox.Insecure, inboundtest.Script{send("* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n"), leave()},
			imapbox.KindLogin, "PREAUTH", false},
		"no login in clear": {imapbox.Insecure, inboundtest.Script{inboundtest.Greeting("LOGINDISABLED AUTH=PLAIN"), leave()},
			imapbox.KindLogin, "LOGINDISABLED", false},
		"capabilities refused": {imapbox.Insecure, inboundtest.Script{send("* OK hi\r\n"), answer("CAPABILITY", "$TAG NO no\r\n"), leave()},
			imapbox.KindProtocol, "capabilities", false},
		"login refused": {imapbox.Insecure, inboundtest.Script{inboundtest.Greeting(""), answer("LOGIN", "$TAG NO [AUTHENTICATIONFAILED] wrong\x1b[31m password\r\n"), leave()},
			imapbox.KindLogin, "refused: wrong [31m password; see whether user and password are right", true},
		"login not now": {imapbox.Insecure, inboundtest.Script{inboundtest.Greeting(""), answer("LOGIN", "$TAG NO [UNAVAILABLE] backend down\r\n"), leave()},
			imapbox.KindUnavailable, "backend down", true},
		"hangs up at login": {imapbox.Insecure, inboundtest.Script{inboundtest.Greeting(""), answer("LOGIN", "* BYE too many connections\r\n")},
			imapbox.KindLost, "too many connections", true},
		"no folder": {imapbox.Insecure, noSelect("* LIST () \"/\" Support\r\n* LIST () \"/\" Sales\r\n$TAG OK\r\n"),
			imapbox.KindFolder, "there is no such folder; the folders there are: Support, Sales", true},
		"no folder, many": {imapbox.Insecure, noSelect(folders(5000) + "$TAG OK\r\n"),
			imapbox.KindFolder, "F18, F19", true},
		"folder locked": {imapbox.Insecure, noSelect("* LIST () \"/\" INBOX\r\n$TAG OK\r\n"),
			imapbox.KindRefused, "no such mailbox", true},
		"UIDNOTSTICKY": {imapbox.Insecure, inboundtest.Login("").Then(answer("SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 3] v\r\n* NO [UIDNOTSTICKY] sorry\r\n$TAG OK\r\n"), leave()),
			imapbox.KindNumbering, "does not keep its message numbers", true},
		"no UIDVALIDITY": {imapbox.Insecure, inboundtest.Login("").Then(answer("SELECT", "* 1 EXISTS\r\n$TAG OK\r\n"), leave()),
			imapbox.KindNumbering, "no UIDVALIDITY", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, tc.script)
			cfg := patient(server.Addr)
			if tc.kind == imapbox.KindSilent {
				cfg = config(server.Addr)
			}
			cfg.Security = tc.security
			begin := time.Now()
			_, err := imapbox.Dial(t.Context(), cfg)
			soon(t, begin)
			if imapbox.KindOf(err) != tc.kind || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("kind %d, want %d: %v; want %q", imapbox.KindOf(err), tc.kind, err, tc.says)
			}
			if heard := strings.Join(server.Heard(), "\n"); !tc.secret && (strings.Contains(heard, "LOGIN") || strings.Contains(heard, "AUTHENTICATE")) {
				t.Errorf("the password went out: %q", heard)
			}
			if strings.Contains(fmt.Sprint(err), "secret") || strings.ContainsAny(fmt.Sprint(err), "\x1b\r\n") {
				t.Errorf("unfit for a log: %q", err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	for _, addr := range []string{addr, "no-port", ""} {
		if _, err := imapbox.Dial(t.Context(), config(addr)); imapbox.KindOf(err) != imapbox.KindUnreachable {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

func TestPasswordCannotBeHad(t *testing.T) {
	t.Parallel()
	gone := errors.New("open /run/secret: no such file")
	server := inboundtest.Serve(t, inboundtest.Script{inboundtest.Greeting(""), leave()}, inboundtest.Script{inboundtest.Greeting(""), leave()})
	cfg := patient(server.Addr)
	cfg.Password = func() (string, error) { return "", gone }
	if _, err := imapbox.Dial(t.Context(), cfg); imapbox.KindOf(err) != imapbox.KindLogin || !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	cfg.Password = nil
	if _, err := imapbox.Dial(t.Context(), cfg); imapbox.KindOf(err) != imapbox.KindLogin {
		t.Errorf("no password: %v", err)
	}
}

func TestOddPassword(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	for _, password := range []string{`quo"te\d`, "pässwörd", "with space", strings.Repeat("x", 4000)} {
		if err := server.AddUser("desk", password); err != nil {
			t.Fatal(err)
		}
		cfg := patient(server.Addr())
		cfg.Password = func() (string, error) { return password, nil }
		box, err := imapbox.Dial(t.Context(), cfg)
		if err != nil {
			t.Errorf("%.20q: %v", password, err)
			continue
		}
		box.Close()
	}
}

// TestPlainWhereLoginIsOff is a server that takes passwords over TLS by
// AUTHENTICATE only.
func TestPlainWhereLoginIsOff(t *testing.T) {
	t.Parallel()
	serverTLS, roots := certificate(t, "mail.example", time.Now().Add(time.Hour))
	script := inboundtest.Script{inboundtest.Greeting("LOGINDISABLED AUTH=PLAIN SASL-IR"),
		answer("AUTHENTICATE PLAIN AGRlc2sAc2VjcmV0", "$TAG OK [CAPABILITY IMAP4rev1] in\r\n"),
		answer("SELECT", inboundtest.Folder), leave()}
	plain := inboundtest.Serve(t, script)
	cfg := patient(tlsFront(t, serverTLS, plain.Addr))
	cfg.Security = imapbox.ImplicitTLS
	cfg.TLSConfig = &tls.Config{RootCAs: roots, ServerName: "mail.example"}
	dial(t, cfg)
}

// tlsFront puts TLS before a scripted server.
func tlsFront(t *testing.T, cfg *tls.Config, target string) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	proxy := inboundtest.ProxyOn(t, listener, target)
	return proxy.Addr
}

// TestReadOnlyAndAlert: nothing is changed in a folder opened read-only, and an
// alert is logged (F28, F29).
func TestReadOnlyAndAlert(t *testing.T) {
	t.Parallel()
	server := inboundtest.Serve(t,
		inboundtest.Login("").Then(answer("SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 3] v\r\n* OK [ALERT] disk is 95% full\r\n$TAG OK [READ-ONLY] done\r\n"),
			answer("SELECT", inboundtest.Folder), leave()))
	var logged strings.Builder
	cfg := patient(server.Addr)
	cfg.Log = slog.New(slog.NewTextHandler(&logged, nil))
	box := dial(t, cfg)
	if !box.State().ReadOnly {
		t.Error("not seen to be read-only")
	}
	if !strings.Contains(logged.String(), "disk is 95% full") {
		t.Errorf("the alert is not in the log: %s", logged.String())
	}
	for what, err := range map[string]error{
		"seen":   box.MarkSeen(t.Context(), []uint32{1}),
		"move":   box.Move(t.Context(), []uint32{1}, "Done"),
		"delete": box.Delete(t.Context(), []uint32{1}),
	} {
		if imapbox.KindOf(err) != imapbox.KindRefused {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s, err := box.Select(t.Context()); err != nil || s.ReadOnly {
		t.Errorf("selected again: %+v, %v", s, err)
	}
}
