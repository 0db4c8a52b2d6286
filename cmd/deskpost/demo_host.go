package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"deskpost/inbound/memimap"
	"deskpost/inbound/mime"
	"deskpost/mailer/memsmtp"
)

// A demoHost is the mail provider of the demo: real IMAP and SMTP servers on
// loopback.
type demoHost struct {
	imap *memimap.Server
	smtp *memsmtp.Server
	line *timeline
}

func startDemoHost(line *timeline, log *slog.Logger) (*demoHost, error) {
	imap, err := memimap.Listen("127.0.0.1:0", memimap.Options{Log: log})
	if err != nil {
		return nil, fmt.Errorf("start the demo's IMAP server: %w", err)
	}
	host := &demoHost{imap: imap, line: line}
	for _, p := range demoPeople {
		if err := imap.AddUser(p.email, demoPassword); err != nil {
			return nil, errors.Join(err, imap.Close())
		}
	}
	host.smtp, err = memsmtp.Listen(memsmtp.Options{Hostname: demoAuthserv, Trace: true, Log: log}, host.deliver)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the demo's SMTP server: %w", err), imap.Close())
	}
	return host, nil
}

func (h *demoHost) close() error { return errors.Join(h.smtp.Close(), h.imap.Close()) }

// deliver does what a border mail server does: it checks the sender, writes
// down what it found, and puts the mail into the mailboxes.
func (h *demoHost) deliver(r memsmtp.Received) error {
	m := mime.Read(bytes.NewReader(r.Raw), mime.DefaultLimits())
	for _, to := range r.To {
		user := mailboxOf(to)
		if user == "" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user: " + to}
		}
		var trace bytes.Buffer
		fmt.Fprintf(&trace, "Return-Path: <%s>\r\nDelivered-To: %s\r\n%s", r.From, to, authenticationResults(r.From, m))
		if _, err := h.imap.Deliver(user, "INBOX", append(trace.Bytes(), withoutForged(r.Raw)...), time.Now()); err != nil {
			return fmt.Errorf("deliver to %s: %w", user, err)
		}
		h.line.mail(m, user)
	}
	return nil
}

// authenticationResults writes down whether From and the return path agree, the
// way a border server does after checking SPF and DMARC (RFC 8601). Mail of our
// own domains from elsewhere is forged.
func authenticationResults(returnPath string, m *mime.Message) string {
	if m.FromCount != 1 || len(m.From) != 1 || mailboxOf(m.From[0].Address) == "" {
		return ""
	}
	_, domain, _ := strings.Cut(m.From[0].Address, "@")
	_, envelope, _ := strings.Cut(returnPath, "@")
	verdict := choose(strings.EqualFold(domain, envelope), "pass", "fail")
	return fmt.Sprintf("Authentication-Results: %s; dmarc=%s header.from=%s\r\n", demoAuthserv, verdict, domain)
}

// withoutForged renames Authentication-Results that came with a mail: only the
// border server's own count (RFC 8601 section 5).
func withoutForged(raw []byte) []byte {
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	head = forgedResults.ReplaceAll(head, []byte("${1}X-Forged-Authentication-Results:"))
	if !found {
		return head
	}
	return slices.Concat(head, []byte("\r\n\r\n"), body)
}

var forgedResults = regexp.MustCompile(`(?im)(^)authentication-results[ \t]*:`)

// mailboxOf is the account that gets mail for an address, with or without a tag
// behind "+"; "" if there is none.
func mailboxOf(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	for _, p := range demoPeople {
		if p.email == local+"@"+domain {
			return p.email
		}
	}
	return ""
}

// A timeline prints the story as it happens.
type timeline struct {
	mu    sync.Mutex
	out   interface{ Write([]byte) (int, error) }
	began time.Time
}

func newTimeline(out interface{ Write([]byte) (int, error) }) *timeline {
	return &timeline{out: out, began: time.Now()}
}

func (t *timeline) printf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format, args...)
}

// chapter begins a part of the story.
func (t *timeline) chapter(title string) { t.printf("\n== %s\n", title) }

// step tells what somebody does.
func (t *timeline) step(format string, args ...any) {
	t.printf("%6.2fs  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}

// said quotes what was written.
func (t *timeline) said(text string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		t.printf("           | %s\n", line)
	}
}

// mail tells that a mail reached a mailbox.
func (t *timeline) mail(m *mime.Message, user string) {
	from := "nobody"
	if len(m.From) > 0 {
		from, _, _ = strings.Cut(m.From[0].Address, "@")
		if m.From[0].Name != "" {
			from = m.From[0].Name
		}
	}
	t.printf("%6.2fs      mail: %s -> %s: %s\n", time.Since(t.began).Seconds(), from, user, m.Subject)
}
