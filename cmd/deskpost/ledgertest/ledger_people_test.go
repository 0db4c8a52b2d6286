package ledgertest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"deskpost/inbound/mime"
)

// People write to the desk, and answer what they get from it: customers and
// agents alike.
type people struct {
	host   *mailHost
	report *report
	plan   []*conversation
	done   context.CancelFunc // ends them
	writes sync.WaitGroup
	open   atomic.Int64 // mails that are being sent

	mu      sync.Mutex
	letters []*letter       // all that came
	read    map[string]bool // by base name of the file
	mails   []*mail         // all that was sent

	returned map[string]string // what Postfix returned: why, by the address of the sender
}

// A letter is a mail that somebody got.
type letter struct {
	box       string // whose mailbox
	to        string // the address it was sent to
	id        string // Message-ID
	queued    string // Postfix's name for the mail: two of them are two mails from the desk
	subject   string
	text      string
	replyTo   string
	fromRelay bool // Postfix wrote it
}

func newPeople(host *mailHost, r *report, plan []*conversation) *people {
	return &people{host: host, report: r, plan: plan, read: make(map[string]bool), returned: make(map[string]string)}
}

// live has people write for a while; they go on reading and answering until
// close.
func (p *people) live(ctx context.Context, writing time.Duration) {
	ctx, p.done = context.WithCancel(ctx)
	p.writes.Go(func() { p.readAll(ctx) })
	pause := writing / time.Duration(len(p.plan))
	for _, c := range p.plan {
		for _, m := range c.first {
			p.write(ctx, m)
		}
		rest(ctx, pause)
	}
}

func (p *people) close() {
	p.done()
	p.writes.Wait()
}

// busy says what people have not sent or read yet, "" if nothing.
func (p *people) busy() string {
	if n := p.open.Load(); n > 0 {
		return plural(int(n), "mail") + " not sent yet"
	}
	for _, box := range peopleBoxes {
		for _, path := range p.host.files(box) {
			p.mu.Lock()
			read := p.read[baseName(path)]
			p.mu.Unlock()
			if !read {
				return "unread mail of " + box
			}
		}
	}
	return ""
}

// write sends a mail, as often as it takes until Postfix has it.
func (p *people) write(ctx context.Context, m *mail) {
	p.mu.Lock()
	p.mails = append(p.mails, m)
	p.mu.Unlock()
	p.open.Add(1)
	p.writes.Go(func() {
		defer p.open.Add(-1)
		for times := 0; times < m.times; {
			err := p.send(m)
			var said *smtp.SMTPError
			switch {
			case err == nil:
				m.accepted = true
				times++
				continue
			case errors.As(err, &said) && said.Code/100 == 5:
				m.refused = said.Error()
				return
			}
			if !rest(ctx, 300*time.Millisecond) {
				p.report.fail("mail %s could not be sent: %v", m.tag, err)
				return
			}
		}
	})
}

func (p *people) send(m *mail) error {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+p.host.smtp, serverPatience)
	if err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(serverPatience)); err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	defer c.Close()
	if err := c.Mail(m.from, nil); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := c.Rcpt(to, nil); err != nil {
			return err
		}
	}
	data, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(m.raw); err != nil {
		return err
	}
	return data.Close()
}

// readAll reads what comes, until ctx ends.
func (p *people) readAll(ctx context.Context) {
	for rest(ctx, 150*time.Millisecond) {
		for _, box := range peopleBoxes {
			for _, path := range p.host.files(box) {
				p.mu.Lock()
				known := p.read[baseName(path)]
				p.mu.Unlock()
				if known {
					continue
				}
				l, err := readLetter(box, path)
				if err != nil {
					p.report.fail("read a mail of %s: %v", box, err)
					continue
				}
				p.answer(ctx, l)
				p.mu.Lock()
				if l.fromRelay {
					p.returned[l.to] = l.text
				} else {
					p.letters = append(p.letters, l)
				}
				p.read[baseName(path)] = true
				p.mu.Unlock()
			}
		}
	}
}

var (
	numberIn = regexp.MustCompile(`ledger-(\d{6})`)
	queuedIn = regexp.MustCompile(`by ci\.bank\.example \(Postfix\) with E?SMTPS?A? id (\w+)`)
)

func readLetter(box, path string) (*letter, error) {
	raw, err := readAsServed(path)
	if err != nil {
		return nil, err
	}
	m := mime.Read(bytes.NewReader(raw), mime.DefaultLimits())
	l := &letter{box: box, to: strings.ToLower(strings.Trim(m.Header.Get("Delivered-To"), "<> ")), id: m.MessageID, subject: m.Subject,
		text: m.Text}
	if found := queuedIn.FindSubmatch(raw); found != nil {
		l.queued = string(found[1])
	}
	switch {
	case len(m.ReplyTo) > 0:
		l.replyTo = m.ReplyTo[0].Address
	case len(m.From) > 0:
		l.replyTo = m.From[0].Address
	}
	l.fromRelay = strings.HasPrefix(strings.ToUpper(l.replyTo), "MAILER-DAEMON@")
	return l, nil
}

// answer answers a letter, if its conversation says so: once, even if the
// letter comes twice.
func (p *people) answer(ctx context.Context, l *letter) {
	found := numberIn.FindStringSubmatch(l.subject)
	if found == nil {
		return
	}
	number, _ := strconv.Atoi(found[1]) // it is six digits
	if number < 1 || number > len(p.plan) {
		return
	}
	c := p.plan[number-1]
	for _, a := range c.kind.answers {
		if a.by != l.box || !strings.Contains(l.subject, a.subject) || c.later[a.step] != nil {
			continue
		}
		headers := fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%s>\r\n%s", l.id, l.id, a.headers)
		text := fmt.Sprintf(a.text, word(number, a.step)) + "\n\nOn that day, the desk wrote:\n> " +
			strings.ReplaceAll(strings.TrimSpace(l.text), "\n", "\n> ")
		m := c.compose(a.step, l.to, "Re: "+strings.TrimPrefix(l.subject, "Re: "), headers, text, l.replyTo)
		c.later[a.step] = m
		p.write(ctx, m)
		return
	}
}
