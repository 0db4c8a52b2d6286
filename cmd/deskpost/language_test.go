package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"deskpost/inbound"
	"deskpost/mailer"
	"deskpost/store/storetest"
	"deskpost/templates"
	"deskpost/ticket"
)

const languageConfig = `
zone = "Europe/Berlin"

[mailbox.support]
address = "support@bank.example"
department = "support"
url = "imaps://support@imap.bank.example"
password = "file:support.password"

[relay.main]
url = "smtp+insecure://127.0.0.1"

[department.support]
name = "Support"
address = "support@bank.example"
tell_customer = ["message"]

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example"]
access = { support = "agent" }

[mail]
acknowledge = "always"
`

// TestMailIsAnsweredInItsLanguage follows a mail in each language through the desk:
// the receipt, an agent's reply, the next receipt and that the ticket is resolved
// are in it, and say so.
func TestMailIsAnsweredInItsLanguage(t *testing.T) {
	t.Parallel()
	words, err := templates.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for lang, tc := range map[string]struct{ subject, text, more, ack, reply, receipt, resolved string }{
		"en": {"Online banking", "Hello,\nI can not log in since this morning. Please help.", "I have tried it again, and it is the same.",
			"Your message has arrived", "We consider this solved.", "your further message", "we consider your request solved"},
		"de": {"Online-Banking gesperrt", "Guten Tag,\nseit heute früh komme ich nicht mehr ins Online-Banking. Bitte um Hilfe.", "Ich habe es noch einmal versucht, es geht nicht.",
			"wird persönlich gelesen", "Damit ist Ihre Anfrage aus unserer Sicht gelöst.", "Ihre weitere Nachricht", "ist Ihre Anfrage gelöst"},
		"fr": {"Accès à mon compte", "Bonjour,\nje ne peux plus me connecter depuis ce matin. Merci de votre aide.", "J'ai essayé encore une fois, cela ne fonctionne pas.",
			"Il nous est bien parvenu", "Nous considérons votre demande comme résolue.", "Votre nouveau message", "Nous considérons votre demande comme résolue"},
		"es": {"Acceso a mi cuenta", "Buenos días:\nno puedo entrar en mi cuenta desde esta mañana. Gracias por su ayuda.", "Lo he intentado otra vez y no funciona.",
			"lo leerá una persona", "Damos su solicitud por resuelta.", "Hemos recibido su nuevo mensaje", "Damos su solicitud por resuelta"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			d := newLanguageDesk(t, words)
			n := d.take(tc.subject, tc.text, "")
			d.wants(ticket.NoticeAck, lang, tc.ack)
			d.do(n, "Try again now.\n", "#resolve")
			d.wants(ticket.NoticeReply, lang, tc.reply)
			d.now = d.now.Add(time.Minute)
			d.take("Re: "+tc.subject, tc.more, d.lastID)
			d.wants(ticket.NoticeReceipt, lang, tc.receipt)
			d.do(n, "", "#resolve")
			d.wants(ticket.NoticeResolved, lang, tc.resolved)
		})
	}
}

// A languageDesk is a desk of one customer.
type languageDesk struct {
	t      *testing.T
	desk   *ticket.Desk
	words  *templates.Set
	now    time.Time
	uid    uint32
	lastID string // Message-ID of the last mail to the customer
}

func newLanguageDesk(t *testing.T, words *templates.Set) *languageDesk {
	d := &languageDesk{t: t, words: words, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	d.desk = &ticket.Desk{Store: storetest.Open(t), Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}}, Now: func() time.Time { return d.now }}
	d.desk.SetPolicy(parse(t, source(configDir(t), languageConfig)).Policy)
	return d
}

// take hands a mail of the customer to the desk as it came.
func (d *languageDesk) take(subject, text, inReplyTo string) ticket.Number {
	d.t.Helper()
	d.uid++
	raw := fmt.Appendf(nil, "Message-ID: <m%d@customer.example>\r\nIn-Reply-To: <%s>\r\nFrom: Karen <karen@customer.example>\r\nTo: support@bank.example\r\n"+
		"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nSubject: %s\r\nAccept-Language: en-US\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		d.uid, inReplyTo, mime.QEncoding.Encode("utf-8", subject), strings.ReplaceAll(text, "\n", "\r\n"))
	sum := ticket.Sum(sha256.Sum256(raw))
	m, digest, err := inbound.ReadMail(bytes.NewReader(raw), sum, "")
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := d.desk.Receive(d.t.Context(), ticket.Incoming{Mail: m, Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: d.uid, Digest: digest, Keyed: true,
		Received: d.now, Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil || c.Ticket == 0 {
		d.t.Fatalf("%+v, %v", c, err)
	}
	return c.Ticket
}

func (d *languageDesk) do(n ticket.Number, text, commands string) {
	d.t.Helper()
	done, err := d.desk.Do(d.t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: n, Text: commands + "\n\n" + text, Kind: ticket.Reply})
	if err != nil || !done.Done {
		d.t.Fatalf("%s: %v, %v", commands, done, err)
	}
}

// wants demands one mail to the customer among those that wait, of a kind and in a
// language.
func (d *languageDesk) wants(kind ticket.NoticeKind, lang, says string) {
	d.t.Helper()
	waiting, err := d.desk.Claim(d.t.Context(), time.Minute, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	found := 0
	for _, n := range waiting {
		if n.Kind.ToAgent() {
			continue
		}
		r, err := d.words.Mail(n)
		var out bytes.Buffer
		if err == nil {
			err = mailer.Compose(&out, n, r, nil)
		}
		if err != nil {
			d.t.Fatal(err)
		}
		sent, err := mail.ReadMessage(&out)
		if err != nil {
			d.t.Fatal(err)
		}
		found++
		d.lastID = n.MessageID
		if n.Kind != kind || sent.Header.Get("Content-Language") != lang || !strings.Contains(r.Text, says) || !strings.Contains(r.HTML, `lang="`+lang+`"`) {
			d.t.Errorf("%s in %q, want %s in %s with %q:\n%s", n.Kind, sent.Header.Get("Content-Language"), kind, lang, says, r.Text)
		}
		if err := d.desk.Settle(d.t.Context(), n.ID, n.Attempts, []ticket.Result{{Recipient: n.Recipients[0].Address.Email, Verdict: ticket.Sent}}); err != nil {
			d.t.Fatal(err)
		}
	}
	if found != 1 {
		d.t.Errorf("%d mails to the customer, want one %s", found, kind)
	}
}
