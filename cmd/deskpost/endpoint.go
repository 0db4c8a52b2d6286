package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// A security is how a connection is protected. The order is that of
// imapbox.Security and mailer.TLSMode.
type security int

const (
	implicitTLS security = iota // TLS from the first byte (RFC 8314)
	startTLS                    // TLS after STARTTLS, never without
	plaintext                   // no TLS
)

// An endpoint is a mail server and how to get in, written as a URL.
type endpoint struct {
	Security security
	Host     string
	Port     int
	User     string // "" is no sign-in
	Folder   string // IMAP only, UTF-8
}

// addr is host:port.
func (e endpoint) addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// loopback reports whether the server is on this machine.
func (e endpoint) loopback() bool {
	ip := net.ParseIP(e.Host)
	return strings.EqualFold(e.Host, "localhost") || ip != nil && ip.IsLoopback()
}

// A protocol is what an endpoint speaks.
type protocol struct {
	example string
	ports   map[string]int // default port by scheme
	folder  string         // default folder; "" if the protocol has none
}

func imapProtocol() protocol {
	return protocol{example: "imaps://user@imap.example.org:993/INBOX", folder: "INBOX",
		ports: map[string]int{"imaps": 993, "imap+starttls": 143, "imap+insecure": 143}}
}

func smtpProtocol() protocol {
	return protocol{example: "smtps://user@smtp.example.org:465",
		ports: map[string]int{"smtps": 465, "smtp+starttls": 587, "smtp+insecure": 25}}
}

// parseEndpoint reads a URL such as imaps://user@host:993/INBOX. Its errors
// name the fix and do not repeat the URL, in which people also write
// passwords.
func parseEndpoint(text string, p protocol, allowInsecure bool) (endpoint, error) {
	scheme, _, ok := strings.Cut(text, "://")
	if !ok {
		return endpoint{}, fmt.Errorf("this is not a URL; write one such as %s", p.example)
	}
	port, ok := p.ports[scheme]
	if !ok {
		return endpoint{}, unknownScheme(scheme, p)
	}
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("this URL cannot be read; write one such as %s, with a number as the port, and"+
			" %%2F, %%25 and %%23 for /, %% and # in the user", p.example)
	}
	e := endpoint{Security: securityOf(scheme), Host: u.Hostname(), Port: port}
	if err := e.readUser(u); err != nil {
		return endpoint{}, err
	}
	if err := e.readPlace(u, p); err != nil {
		return endpoint{}, err
	}
	if e.Security == plaintext && !e.loopback() && !allowInsecure {
		return endpoint{}, fmt.Errorf("%s is not encrypted and %s is not this machine; write %s:// or %s://,"+
			" or allow_insecure = true if the network in between is yours",
			scheme, e.Host, strings.Replace(scheme, "+insecure", "s", 1), strings.Replace(scheme, "insecure", "starttls", 1))
	}
	return e, nil
}

func securityOf(scheme string) security {
	switch {
	case strings.HasSuffix(scheme, "+starttls"):
		return startTLS
	case strings.HasSuffix(scheme, "+insecure"):
		return plaintext
	}
	return implicitTLS
}

func unknownScheme(scheme string, p protocol) error {
	base := "imap"
	if p.folder == "" {
		base = "smtp"
	}
	if scheme == base {
		return fmt.Errorf("%[1]s:// does not say how the connection is protected; write %[1]ss:// (TLS from the start),"+
			" %[1]s+starttls:// or, on this machine only, %[1]s+insecure://", base)
	}
	return fmt.Errorf("%q is not a scheme that can be used here; write %[2]ss://, %[2]s+starttls:// or, on this machine"+
		" only, %[2]s+insecure://", scheme, base)
}

func (e *endpoint) readUser(u *url.URL) error {
	if u.User == nil {
		return nil
	}
	if _, ok := u.User.Password(); ok {
		return errors.New(`the URL holds a password; move it to password = "file:PATH"`)
	}
	e.User = u.User.Username()
	if strings.ContainsFunc(e.User, unicode.IsControl) {
		return errors.New("the user name has control characters; correct it")
	}
	return nil
}

func (e *endpoint) readPlace(u *url.URL, p protocol) error {
	if e.Host == "" || strings.ContainsFunc(e.Host, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return fmt.Errorf("the URL has no host that could be found; write one such as %s", p.example)
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil || port < 1 || port > 65535 {
			return fmt.Errorf("%q is not a port; write a number from 1 to 65535", u.Port())
		}
		e.Port = port
	}
	if u.RawQuery != "" || u.ForceQuery || strings.ContainsRune(u.String(), '#') {
		return errors.New("the URL goes on after the path; write %3F and %23 for ? and # in a folder")
	}
	folder := strings.TrimPrefix(u.Path, "/")
	switch {
	case p.folder == "" && folder != "":
		return fmt.Errorf("the URL has a path, which mail relays do not know; end it after the port, as in %s", p.example)
	case folder == "":
		folder = p.folder
	case strings.ContainsFunc(folder, unicode.IsControl):
		return errors.New("the folder has control characters; correct it")
	}
	e.Folder = folder
	return nil
}
