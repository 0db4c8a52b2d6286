package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deskpost/inbound"
	"deskpost/ticket"
)

// settings checks the whole file.
func (c *checker) settings(raw *rawConfig) *settings {
	s := &settings{raw: raw, Policy: c.policy(raw)}
	s.Database, s.DatabasePassword = c.database(raw)
	s.Node = c.node(raw.Node)
	s.Blobs = c.blobs(raw)
	s.FreeSpace = c.freeSpace(raw.FreeSpace)
	s.Control = c.control(raw.Control, s.Database)
	s.Mailboxes = c.mailboxes(raw, s.Policy)
	for _, m := range s.Mailboxes {
		box := s.Policy.Mailboxes[m.Key]
		box.Poll = m.Poll
		s.Policy.Mailboxes[m.Key] = box
	}
	s.Relay = c.relay(raw)
	s.Web = c.web(raw.Web)
	s.Policy.Page, s.Policy.Portal, s.Policy.SecondFactor = s.Web.URL, s.Web.Portal, s.Web.SecondFactor
	s.Webhooks = c.webhooks(raw, s.Policy)
	s.AuthservID = c.authservID(raw.Mail.AuthservID)
	s.MaxSize = c.maxSize(raw.Mail.MaxSize)
	s.Echo = raw.Mail.Echo
	s.Log = c.log(raw.Log)
	c.addresses(raw, s.Policy)
	return s
}

// relative makes a path independent of the working directory: paths in the
// config are relative to it.
func (c *checker) relative(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(c.src.dir(), path)
}

// contents reads a file that the config names, of which one byte more than a
// config may have is enough to see that it is too large.
func (c *checker) contents(path keyPath, file string) ([]byte, bool) {
	f, err := openRegular(file)
	if err != nil {
		c.fault(path, "%v", unreadable(file, err))
		return nil, false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		c.fault(path, "%v", unreadable(file, err))
	}
	return data, err == nil
}

func (c *checker) mailboxes(raw *rawConfig, policy *ticket.Policy) []mailboxSettings {
	names := c.names("mailbox")
	if len(names) == 0 && !c.bad["mailbox"] {
		c.fault(at("mailbox"), "no mailbox is set, so no mail would be read; add [mailbox.NAME]")
	}
	var all []mailboxSettings
	for _, name := range slices.Sorted(slices.Values(names)) {
		all = append(all, c.mailbox(name, raw.Mailbox[name], policy))
	}
	return all
}

func (c *checker) mailbox(name string, raw rawMailbox, policy *ticket.Policy) mailboxSettings {
	in := func(key string) keyPath { return at("mailbox", name, key) }
	if c.required(in("department"), raw.Department, `department = "NAME"`) {
		c.reference(in("department"), raw.Department, "a", "department", slices.Collect(maps.Keys(policy.Departments)))
	}
	m := mailboxSettings{
		Key:     name,
		Address: raw.Address,
		CAs:     c.authorities(in("ca_file"), raw.CAFile),
		Backlog: c.backlog(in("backlog"), raw.Backlog, policy.Zone),
		Poll:    c.duration(in("poll"), raw.Poll, time.Second, day),
		// RFC 2177 section 3: servers may cut an IDLE of 30 minutes.
		Idle: c.duration(in("idle"), raw.Idle, time.Second, 29*time.Minute),
	}
	m.Endpoint = c.endpoint(in("url"), raw.URL, imapProtocol(), raw.AllowInsecure)
	m.After = c.after(in("after"), raw.After, m.Endpoint.Folder)
	m.After.Delay = c.duration(in("delete_after"), raw.DeleteAfter, day, 3650*day)
	if m.Endpoint.Host != "" && m.Endpoint.User == "" {
		c.fault(in("url"), "the URL has no user to sign in as; write it before the host, as in %s", imapProtocol().example)
	}
	m.Password = c.password(in("password"), raw.Password, m.Endpoint)
	return m
}

func (c *checker) relay(raw *rawConfig) relaySettings {
	const key = "main"
	for _, name := range c.names("relay") {
		if name != key {
			c.fault(at("relay", name), "there can be one relay; call it [relay.%s]", key)
		}
	}
	in := func(k string) keyPath { return at("relay", key, k) }
	r, ok := raw.Relay[key]
	if !ok {
		if !c.known(at("relay", key)) {
			c.fault(at("relay", key), "no relay is set, so no mail could be sent; add the table with a url")
		}
		return relaySettings{}
	}
	s := relaySettings{Key: key, Hello: c.hello(in("hello"), r.Hello), CAs: c.authorities(in("ca_file"), r.CAFile)}
	s.Endpoint = c.endpoint(in("url"), r.URL, smtpProtocol(), r.AllowInsecure)
	e := s.Endpoint
	if e.User != "" && e.Security == plaintext && !e.loopback() {
		c.fault(in("url"), "a password is never sent to another machine in the clear; write smtps:// or"+
			" smtp+starttls://, or take the user out")
	}
	s.Password = c.password(in("password"), r.Password, e)
	return s
}

func (c *checker) hello(path keyPath, value string) string {
	if strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") != "" || len(value) > 253 {
		c.fault(path, "%q is not a host name; write the name of this machine, such as desk.bank.example", value)
	}
	return value
}

func (c *checker) endpoint(path keyPath, value string, p protocol, allowInsecure bool) endpoint {
	if !c.required(path, value, fmt.Sprintf("url = %q", p.example)) {
		return endpoint{}
	}
	e, err := parseEndpoint(value, p, allowInsecure)
	if err != nil {
		c.fault(path, "%v", err)
	}
	return e
}

// password checks that a secret is there now and returns how to look it up.
func (c *checker) password(path keyPath, s secret, e endpoint) func() (string, error) {
	switch {
	case c.known(path):
		return nil
	case !s.isSet():
		if e.User != "" {
			c.fault(path, `is missing, and the url has a user; write password = "file:PATH"`)
		}
		return nil
	case e.Host != "" && e.User == "":
		c.fault(path, "the url has no user that it could belong to; add the user to the url, or take the password out")
	}
	return c.reveal(path, s)
}

// reveal checks that a secret is there now, and safe, and returns how to look it
// up.
func (c *checker) reveal(path keyPath, s secret) func() (string, error) {
	if s.isLiteral() && c.src.mode.Perm()&0o004 != 0 {
		c.fault(path, "a password stands in a file that every user may read; run chmod 640 %s, or write it to a file"+
			` of its own and %s = "file:PATH"`, shellQuote(c.src.path), path[len(path)-1])
	}
	from := secretSource{dir: c.src.dir(), env: c.src.env}
	if _, err := s.reveal(from); err != nil {
		c.fault(path, "%v", err)
	}
	return func() (string, error) { return s.reveal(from) }
}

// authorities adds the certificates of a file to those of the system.
func (c *checker) authorities(path keyPath, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	file = c.relative(file)
	pem, ok := c.contents(path, file)
	if !ok {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any, as small containers are
	}
	if !pool.AppendCertsFromPEM(pem) {
		c.fault(path, "%s holds no certificate; it must be in PEM form (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool
}

func (c *checker) after(path keyPath, value, source string) inbound.After {
	folder, moves := strings.CutPrefix(value, "move:")
	switch {
	case !moves:
		if !slices.Contains([]string{"seen", "keep", "delete"}, value) && !c.known(path) {
			c.fault(path, "%q is not possible here%s Write one of: seen, keep, move:FOLDER, delete", value,
				fullStop(didYouMean(value, []string{"seen", "keep", "delete"})))
		}
		return inbound.After{Action: inbound.AfterAction(value)}
	case folder == "":
		c.fault(path, "the folder is missing; write one such as move:Done")
	case folder == source:
		c.fault(path, "%q is the folder that is read, so mail would stay there; write another", folder)
	}
	c.oneLine(path, folder)
	return inbound.After{Action: inbound.AfterMove, Folder: folder}
}

func (c *checker) backlog(path keyPath, value string, zone *time.Location) inbound.Backlog {
	if value == "all" {
		return inbound.Backlog{All: true}
	}
	if zone == nil {
		zone = time.UTC // the zone's own fault is noted
	}
	if from, err := time.ParseInLocation(time.DateOnly, value, zone); err == nil {
		return inbound.Backlog{Since: from}
	}
	age, err := parseDuration(value)
	if err != nil && !c.known(path) {
		c.fault(path, `%q says nothing of how old mail may be; write "24h", "30d", "all" or a day such as "2026-01-31"`, value)
	}
	return inbound.Backlog{Age: age}
}

func (c *checker) authservID(value string) string {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`;()"<>@`, r) }) {
		c.fault(at("mail", "authserv_id"), "%q is not the name of a mail server; copy the first word behind"+
			" \"Authentication-Results:\" of a mail you got", value)
	}
	return value
}

func (c *checker) maxSize(value string) int64 {
	const least, most = 64 << 10, 1 << 30
	path := at("mail", "max_size")
	size, err := parseSize(value)
	switch {
	case c.known(path):
	case err != nil:
		c.fault(path, "%v", err)
	case size < least || size > most:
		c.fault(path, "%q is out of bounds; write a size from %s to %s", value, formatSize(least), formatSize(most))
	}
	return size
}

func (c *checker) log(raw rawLog) logSettings {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn,
		"error": slog.LevelError}
	return logSettings{
		Level:  levels[c.oneOf(at("log", "level"), raw.Level, "debug", "info", "warn", "error")],
		Format: c.oneOf(at("log", "format"), raw.Format, "json", "text"),
	}
}
