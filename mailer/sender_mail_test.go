package mailer

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskpost/mailer/mailertest"
	"deskpost/templates"
	"deskpost/ticket"
)

func TestTemplatesAreSwapped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mails := make(chan string, 10)
		s, d, log := senderOf(t, relayFunc(func(_ context.Context, env Envelope, _ int64, body func(io.Writer) error) Report {
			var b strings.Builder
			if err := body(&b); err != nil {
				t.Error(err)
			}
			mails <- b.String()
			return all(env, ticket.Sent, 250, "ok")
		}), 1)
		mustRound(t, s, 1)
		set, err := templates.Load(fstest.MapFS{"mail/reply.txt": {Data: []byte(
			`{{define "subject"}}Swapped{{end}}{{define "body"}}{{if eq .Department "trap"}}{{index .Items 9}}{{end}}x{{end}}`)}})
		if err != nil {
			t.Fatal(err)
		}
		s.SetTemplates(set)
		n := sampleNotice()
		n.ID, n.DueAt = 2, time.Now()
		d.add(n)
		n.ID, n.Facts.Department = 3, "trap"
		d.add(n)
		mustRound(t, s, 2)
		for _, want := range []string{"?=", "Subject: Swapped", "?="} { // the third has the built-in words
			if m := <-mails; !strings.Contains(m, want) {
				t.Errorf("want %q in\n%s", want, m)
			}
		}
		if !strings.Contains(log.String(), "mail/reply.txt:1") {
			t.Errorf("the fault is not logged:\n%s", log)
		}
	})
}

// Over a real connection: what Compose writes arrives byte by byte, and a lost
// 250 is doubt (F34).
func TestSenderOverSMTP(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{Rcpt: map[string]string{"jj@xn--mller-kva.example": "550 5.1.1 no such user"}})
	s, d, _ := senderOf(t, relayTo(t, sink), 1)
	mustRound(t, s, 1)
	words, err := builtInTemplates(t).Mail(*d.notices[0])
	if err != nil {
		t.Fatal(err)
	}
	mails := sink.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	if diff := cmp.Diff(string(composed(t, *d.notices[0], words, hello)), string(mails[0].Raw)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got := d.results(1)
	if len(got) != 2 || got[0].Verdict != ticket.Sent || got[1].Verdict != ticket.Refused || !strings.Contains(got[1].Answer, "no such user") {
		t.Errorf("results %+v", got)
	}

	sink.Set(mailertest.Temper{Cut: mailertest.Final})
	n := sampleNotice()
	n.ID, n.DueAt = 2, time.Now()
	d.add(n)
	mustRound(t, s, 1)
	if got := d.results(2); len(got) != 2 || got[0].Verdict != ticket.InDoubt {
		t.Errorf("results %+v", got)
	}
}
