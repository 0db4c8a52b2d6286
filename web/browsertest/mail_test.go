package browsertest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
)

// A letter is a mail as its reader sees it.
type letter struct {
	subject, text  string
	html           string
	files          []string // their names
	replyTo        string
	id, references string
}

// write sends a mail to the desk's mailbox, as somebody with an ordinary mail
// program does.
func (d *desk) write(t *testing.T, from, subject, text string) {
	t.Helper()
	d.send(t, from, "support@bank.example", "Subject: "+subject+"\r\nContent-Type: text/plain; charset=utf-8\r\n", text)
}

// answer answers a mail.
func (d *desk) answer(t *testing.T, from string, to letter, text string) {
	t.Helper()
	d.send(t, from, to.replyTo, fmt.Sprintf("Subject: Re: %s\r\nIn-Reply-To: %s\r\nReferences: %s\r\n %s\r\nContent-Type: text/plain; charset=utf-8\r\n",
		to.subject, to.id, to.references, to.id), text)
}

func (d *desk) send(t *testing.T, from, to, headers, body string) {
	t.Helper()
	raw := fmt.Sprintf("From: %s\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@customer.example>\r\nMIME-Version: 1.0\r\n%sContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
		from, to, time.Now().Format(time.RFC1123Z), rand.Text(), headers, strings.ReplaceAll(body, "\n", "\r\n"))
	_, address, _ := strings.Cut(strings.TrimSuffix(from, ">"), "<")
	if err := smtp.SendMail(d.smtp, nil, address, []string{to}, []byte(raw)); err != nil {
		t.Fatalf("%s writes to %s: %v", from, to, err)
	}
}

// await waits until a mailbox has a mail whose subject has some words, and whose
// text has others.
func (d *desk) await(t *testing.T, mailbox, subject, words string) letter {
	t.Helper()
	var last []letter
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		last = d.mailbox(t, mailbox)
		for _, l := range last {
			if strings.Contains(l.subject, subject) && strings.Contains(l.text, words) {
				return l
			}
		}
	}
	t.Fatalf("%s waited in vain for a mail about %q that says %q; there are %+v", mailbox, subject, words, last)
	return letter{}
}

// mailbox reads all mail of an account, the newest first.
func (d *desk) mailbox(t *testing.T, account string) []letter {
	t.Helper()
	c, err := imapclient.DialInsecure(d.imap, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(account, password).Wait(); err != nil {
		t.Fatal(err)
	}
	inbox, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if inbox.NumMessages == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	stored, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var letters []letter
	for _, s := range stored {
		letters = append([]letter{readLetter(t, s.FindBodySection(section))}, letters...)
	}
	return letters
}

func readLetter(t *testing.T, raw []byte) letter {
	t.Helper()
	m, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read a mail: %v\n%s", err, raw)
	}
	l := letter{id: m.Header.Get("Message-Id"), references: m.Header.Get("References")}
	if l.subject, err = m.Header.Subject(); err != nil {
		t.Fatalf("read a subject: %v\n%s", err, raw)
	}
	for _, field := range []string{"Reply-To", "From"} {
		if list, err := m.Header.AddressList(field); err == nil && len(list) > 0 && l.replyTo == "" {
			l.replyTo = list[0].Address
		}
	}
	for {
		part, err := m.NextPart()
		if err == io.EOF {
			return l
		}
		if err != nil {
			t.Fatalf("read a mail: %v\n%s", err, raw)
		}
		header, inline := part.Header.(*mail.InlineHeader)
		if file, ok := part.Header.(*mail.AttachmentHeader); ok {
			name, err := file.Filename()
			if err != nil {
				t.Fatalf("read the name of a file: %v\n%s", err, raw)
			}
			l.files = append(l.files, name)
		}
		if !inline {
			continue
		}
		kind, _, err := header.ContentType()
		if err != nil || kind != "text/plain" && kind != "text/html" {
			continue
		}
		text, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatalf("read a mail: %v\n%s", err, raw)
		}
		if kind == "text/html" {
			l.html += string(text)
		} else {
			l.text += string(text)
		}
	}
}
