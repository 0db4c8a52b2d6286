package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"deskpost/inbound/mime"
)

// patience is how long a person of the story waits for a mail.
const patience = 30 * time.Second

// A person of the story reads and writes mail like anybody.
type person struct {
	host  *demoHost
	email string
	name  string
	read  uint32 // UIDs up to here were looked at
}

func (h *demoHost) person(email string) *person {
	for _, p := range demoPeople {
		if p.email == email {
			return &person{host: h, email: email, name: p.name}
		}
	}
	return &person{host: h, email: email}
}

// first is the person's first name.
func (p *person) first() string {
	first, _, _ := strings.Cut(p.name, " ")
	return first
}

// write sends a new mail.
func (p *person) write(to, subject, text string) error {
	return p.send(to, subject, "", text)
}

// answer sends an answer as a mail program does: to Reply-To, with the headers
// of the conversation, the old text quoted below.
func (p *person) answer(m *mime.Message, text string) error {
	to := m.From[0].Address
	if len(m.ReplyTo) > 0 {
		to = m.ReplyTo[0].Address
	}
	var refs strings.Builder
	for _, id := range append(m.References, m.MessageID) {
		fmt.Fprintf(&refs, " <%s>", id)
	}
	headers := fmt.Sprintf("In-Reply-To: <%s>\r\nReferences:%s\r\n", m.MessageID, strings.ReplaceAll(refs.String(), " <", "\r\n <"))
	subject := m.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n> ")
	body := fmt.Sprintf("%s\n\nOn %s, %s wrote:\n%s\n", text, m.Date.Format("Mon, 2 Jan 2006 at 15:04"), m.From[0].Address, quoted)
	return p.send(to, subject, headers, body)
}

func (p *person) send(to, subject, headers, body string) error {
	_, domain, _ := strings.Cut(p.email, "@")
	raw := fmt.Sprintf("From: %s <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n%sMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
		p.name, p.email, to, subject, time.Now().Format(time.RFC1123Z), rand.Text(), domain, headers, strings.ReplaceAll(body, "\n", "\r\n"))
	c, err := smtp.Dial(p.host.smtp.Addr())
	if err != nil {
		return fmt.Errorf("%s connects to the mail server: %w", p.first(), err)
	}
	defer c.Close()
	if err := c.SendMail(p.email, []string{to}, strings.NewReader(raw)); err != nil {
		return fmt.Errorf("%s writes to %s: %w", p.first(), to, err)
	}
	return nil
}

// await waits for a mail whose subject and text contain the words, among those
// not read yet.
func (p *person) await(ctx context.Context, subject string, text ...string) (*mime.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		stored, err := p.host.imap.Messages(p.email, "INBOX")
		if err != nil {
			return nil, fmt.Errorf("%s looks into the mailbox: %w", p.first(), err)
		}
		for _, s := range stored {
			if s.UID <= p.read {
				continue
			}
			if m := mime.Read(bytes.NewReader(s.Raw), mime.DefaultLimits()); containsAll(m, subject, text) {
				p.read = s.UID
				return m, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s waited %s for a mail about %q in vain: the step did not happen", p.first(), patience, append([]string{subject}, text...))
		case <-look.C:
		}
	}
}

func containsAll(m *mime.Message, subject string, text []string) bool {
	return strings.Contains(m.Subject, subject) &&
		!slices.ContainsFunc(text, func(words string) bool { return !strings.Contains(m.Text, words) })
}
