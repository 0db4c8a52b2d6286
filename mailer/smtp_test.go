package mailer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"deskpost/mailer/mailertest"
	"deskpost/ticket"
)

const letter = "From: desk@desk.example\r\nSubject: hello\r\n\r\nGood morning.\r\n"

// quick are time-outs that a test can wait for.
func quick() Timeouts {
	return Timeouts{Connect: 2 * time.Second, Command: time.Second, Block: time.Second,
		Mail: 5 * time.Second, Final: time.Second, Linger: 500 * time.Millisecond}
}

func relayTo(t *testing.T, s *mailertest.Sink) *Relay {
	t.Helper()
	r := &Relay{Addr: s.Addr(), TLS: Insecure, Hello: "desk.example", Timeouts: quick()}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close relay: %v", err)
		}
	})
	return r
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func to(addresses ...string) Envelope {
	return Envelope{From: "desk+v1@desk.example", To: addresses, ID: "n42"}
}

// verdicts is "sent later refused", in the order of the recipients.
func verdicts(r Report) string {
	var all []string
	for _, a := range r.Answers {
		all = append(all, string(a.Verdict))
	}
	return strings.Join(all, " ")
}

// TestSubmitTempers is what relays say and fail to say, at each point of a
// conversation (F30, F31, F32, F33, F34, F35, F36, F37).
func TestSubmitTempers(t *testing.T) {
	t.Parallel()
	say := func(at mailertest.Stage, answer string) mailertest.Temper {
		return mailertest.Temper{Say: map[mailertest.Stage]string{at: answer}}
	}
	rcpt := func(answers ...string) mailertest.Temper {
		m := map[string]string{}
		for i := 0; i < len(answers); i += 2 {
			m[answers[i]+"@x.example"] = answers[i+1]
		}
		return mailertest.Temper{Rcpt: m}
	}
	huge := strings.Repeat("250-"+strings.Repeat("x", 900)+"\r\n", 11000) + "250 end"
	tests := []struct {
		name   string
		temper mailertest.Temper
		want   string // verdicts for a, b and c
		code   int    // of the first answer
		kept   int    // mails at the sink
		fault  FaultKind
	}{
		{"takes all", mailertest.Temper{}, "sent sent sent", 250, 1, ""},
		{"another 2xx at the end", say(mailertest.Final, "251 2.0.0 forwarded"), "sent sent sent", 251, 1, ""},

		{"421 at connect", say(mailertest.Connect, "421 4.3.2 busy"), "later later later", 421, 0, FaultUnavailable},
		{"554 at connect", say(mailertest.Connect, "554 no service"), "later later later", 554, 0, FaultUnavailable},
		{"cut at connect", mailertest.Temper{Cut: mailertest.Connect}, "later later later", 0, 0, FaultUnavailable},
		{"mute at connect", mailertest.Temper{Mute: mailertest.Connect}, "later later later", 0, 0, FaultUnavailable},
		{"EHLO refused", say(mailertest.Hello, "550 go away"), "later later later", 550, 0, FaultUnavailable},
		{"EHLO unknown, HELO too", say(mailertest.Hello, "502 what"), "later later later", 502, 0, FaultUnavailable},

		{"450 at MAIL", say(mailertest.From, "450 4.7.1 slow down"), "later later later", 450, 0, ""},
		{"552 at MAIL", say(mailertest.From, "552 5.3.4 too big"), "refused refused refused", 552, 0, ""},
		{"550 at MAIL", say(mailertest.From, "550 5.1.8 who are you"), "refused refused refused", 550, 0, ""},
		{"503 at MAIL", say(mailertest.From, "503 5.5.1 order"), "later later later", 503, 0, ""},
		{"421 at MAIL", say(mailertest.From, "421 4.3.0 bye"), "later later later", 421, 0, ""},
		{"530 at MAIL", say(mailertest.From, "530 5.7.0 sign in"), "later later later", 530, 0, FaultAuth},
		{"502 5.7.0 at MAIL", say(mailertest.From, "502 5.7.0 sign in"), "later later later", 502, 0, FaultAuth},
		{"cut at MAIL", mailertest.Temper{Cut: mailertest.From}, "later later later", 0, 0, ""},

		{"three ways", rcpt("a", "550 5.1.1 nobody", "b", "452 4.2.2 full"), "refused later sent", 550, 1, ""},
		{"greylisted", rcpt("a", "450 4.7.1 later", "b", "451 later", "c", "450 later"), "later later later", 450, 0, ""},
		{"all refused", rcpt("a", "550 no", "b", "551 no", "c", "553 no"), "refused refused refused", 550, 0, ""},
		{"too many, old spelling", rcpt("b", "552 5.5.3 too many", "c", "552 too many"), "sent later later", 250, 1, ""},
		{"mailbox full for good", rcpt("a", "552 5.2.2 full"), "refused sent sent", 552, 1, ""},
		{"421 at the second RCPT", rcpt("a", "550 5.1.1 nobody", "b", "421 4.3.0 bye"), "refused later later", 550, 0, ""},
		{"cut at RCPT", mailertest.Temper{Cut: mailertest.To}, "later later later", 0, 0, ""},
		{"mute at RCPT", mailertest.Temper{Mute: mailertest.To}, "later later later", 0, 0, ""},
		{"unknown code", rcpt("a", "650 eh"), "later sent sent", 650, 1, ""},
		{"no SMTP", rcpt("a", "HTTP/1.1 200 OK"), "later later later", 0, 0, ""},
		{"10 MB answer", rcpt("a", huge), "later later later", 0, 0, ""},
		{"endless line", rcpt("a", "250 "+strings.Repeat("x", 1<<20)), "later later later", 0, 0, ""},

		{"554 at DATA", say(mailertest.Data, "554 5.5.1 no"), "refused refused refused", 554, 0, ""},
		{"451 at DATA", say(mailertest.Data, "451 4.3.0 no"), "later later later", 451, 0, ""},
		{"cut in the body", mailertest.Temper{Cut: mailertest.Body}, "", 0, 0, ""}, // checked below

		{"554 after the dot", say(mailertest.Final, "554 5.7.1 spam"), "refused refused refused", 554, 0, ""},
		{"452 after the dot", say(mailertest.Final, "452 4.3.1 disk"), "later later later", 452, 0, ""},
		{"421 after the dot", say(mailertest.Final, "421 4.3.1 bye"), "later later later", 421, 0, ""},
		{"354 after the dot", say(mailertest.Final, "354 more"), "later later later", 354, 0, ""},
		{"250 lost", mailertest.Temper{Cut: mailertest.Final}, "in-doubt in-doubt in-doubt", 0, 1, ""},
		{"250 too late", mailertest.Temper{Mute: mailertest.Final}, "in-doubt in-doubt in-doubt", 0, 1, ""},
		{"nonsense after the dot", say(mailertest.Final, "2xx ok"), "in-doubt in-doubt in-doubt", 0, 1, ""},
		{"cut after 250", mailertest.Temper{CutAfter: mailertest.Final}, "sent sent sent", 250, 1, ""},
		{"250 lost, one refused", mailertest.Temper{Cut: mailertest.Final, Rcpt: map[string]string{"a@x.example": "550 no"}},
			"refused in-doubt in-doubt", 550, 1, ""},
		{"drip", mailertest.Temper{Drip: 30 * time.Millisecond}, "later later later", 0, 0, FaultUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.Start(t, tt.temper)
			r := relayTo(t, sink)
			body := letter
			if tt.temper.Cut == mailertest.Body {
				// A body that fits into socket buffers would end in doubt: we
				// cannot know that the sink never saw the dot.
				body, tt.want = strings.Repeat(letter, 200_000), "later later later"
			}
			began := time.Now()
			got := r.Submit(t.Context(), to("a@x.example", "b@x.example", "c@x.example"), int64(len(body)), text(body))
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("took %v", took)
			}
			if v := verdicts(got); v != tt.want {
				t.Errorf("verdicts %q, want %q\n%+v", v, tt.want, got)
			}
			if c := got.Answers[0].Code; c != tt.code {
				t.Errorf("code %d, want %d: %+v", c, tt.code, got.Answers[0])
			}
			if k := len(sink.Mails()); k != tt.kept {
				t.Errorf("%d mails at the sink, want %d", k, tt.kept)
			}
			if f := faultKind(got); f != tt.fault {
				t.Errorf("fault %q, want %q: %v", f, tt.fault, got.Fault)
			}
			for _, a := range got.Answers {
				if a.Text == "" || len(a.Text) > 512 || !utf8.ValidString(a.Text) {
					t.Errorf("text %q", a.Text)
				}
			}
		})
	}
}

func faultKind(r Report) FaultKind {
	if r.Fault == nil {
		return ""
	}
	return r.Fault.Kind
}

// A server that stops reading must not hold us longer than one write may take (F36).
func TestSubmitUnreadBody(t *testing.T) {
	t.Parallel()
	r := relayTo(t, mailertest.Start(t, mailertest.Temper{Deaf: true}))
	r.Timeouts.Mail = time.Minute                                   // so that nothing else ends it
	body := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 300_000) // beyond any socket buffer
	began := time.Now()
	got := r.Submit(t.Context(), to("a@x.example"), int64(len(body)), text(body))
	if v := verdicts(got); v != "later" {
		t.Errorf("verdict %q, want later: %+v", v, got)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v with a block time-out of %v", took, r.Timeouts.Block)
	}
}

// The overall bound holds even if every single step stays within its own (F36).
func TestSubmitOverallDeadline(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	r.Timeouts.Mail = 300 * time.Millisecond
	got := r.Submit(t.Context(), to("a@x.example"), 0, func(w io.Writer) error {
		for {
			if _, err := io.WriteString(w, strings.Repeat("slow and steady\r\n", 500)); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	if v := verdicts(got); v != "later" || len(sink.Mails()) != 0 {
		t.Errorf("verdict %q, %d mails", v, len(sink.Mails()))
	}
}

func TestSubmitEnvelope(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	env := to("a@x.example", "b+c=d@x.example")
	env.Echo = "echo@desk.example"
	got := r.Submit(t.Context(), env, int64(len(letter)), text(letter))
	want := []Answer{
		{Recipient: "a@x.example", Verdict: ticket.Sent, Code: 250, Enhanced: "2.0.0", Text: "queued as 4B1D"},
		{Recipient: "b+c=d@x.example", Verdict: ticket.Sent, Code: 250, Enhanced: "2.0.0", Text: "queued as 4B1D"},
	}
	if d := cmp.Diff(want, got.Answers); d != "" {
		t.Error(d)
	}
	mails := []mailertest.Mail{{
		From: "desk+v1@desk.example", FromParams: fmt.Sprintf("BODY=8BITMIME SIZE=%d RET=HDRS ENVID=n42", len(letter)),
		To: []string{"a@x.example", "b+c=d@x.example", "echo@desk.example"},
		ToParams: []string{"NOTIFY=FAILURE,DELAY ORCPT=RFC822;a@x.example", "NOTIFY=FAILURE,DELAY ORCPT=RFC822;b+2Bc+3Dd@x.example",
			"NOTIFY=NEVER ORCPT=RFC822;echo@desk.example"},
		Raw: []byte(letter),
	}}
	if d := cmp.Diff(mails, sink.Mails()); d != "" {
		t.Error(d)
	}
	if !slices.Contains(sink.Commands(), "EHLO desk.example") {
		t.Errorf("no EHLO with our name in %q", sink.Commands())
	}
}

// TestSubmitNullPathAndPlainServer is a server without any extension (F39).
func TestSubmitNullPathAndPlainServer(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{Extensions: []string{}})
	r := relayTo(t, sink)
	env := to("a@x.example")
	env.From = ""
	if v := verdicts(r.Submit(t.Context(), env, 0, text(letter))); v != "sent" {
		t.Fatalf("verdict %q", v)
	}
	m := sink.Mails()[0]
	if m.From != "" || m.FromParams != "" || m.ToParams[0] != "" {
		t.Errorf("envelope %+v", m)
	}
}

func TestSubmitEcho(t *testing.T) {
	t.Parallel()
	const echo = "echo@desk.example"
	tests := []struct {
		name   string
		rcpt   map[string]string
		cut    mailertest.Stage
		want   string
		echo   string // verdict, "" if not offered
		copies int
	}{
		{"with a real one", nil, "", "sent sent", "sent", 1},
		{"one of two refused", map[string]string{"a@x.example": "550 no"}, "", "refused sent", "sent", 1},
		{"all refused", map[string]string{"a@x.example": "550 no", "b@x.example": "550 no"}, "", "refused refused", "", 0},
		{"all later", map[string]string{"a@x.example": "450 no", "b@x.example": "450 no"}, "", "later later", "", 0},
		{"echo refused", map[string]string{echo: "550 no"}, "", "sent sent", "refused", 1},
		{"in doubt", nil, mailertest.Final, "in-doubt in-doubt", "in-doubt", 1},
		{"line lost at the echo", map[string]string{echo: "421 bye"}, "", "later later", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.Start(t, mailertest.Temper{Rcpt: tt.rcpt, Cut: tt.cut})
			env := to("a@x.example", "b@x.example")
			env.Echo = echo
			wrote := 0
			got := relayTo(t, sink).Submit(t.Context(), env, 0, func(w io.Writer) error { wrote++; return text(letter)(w) })
			if v := verdicts(got); v != tt.want {
				t.Errorf("verdicts %q, want %q", v, tt.want)
			}
			e := ""
			if got.Echo != nil {
				e = string(got.Echo.Verdict)
			}
			if e != tt.echo || len(sink.Mails()) != tt.copies || wrote != tt.copies {
				t.Errorf("echo %q, want %q; %d mails and %d bodies, want %d", e, tt.echo, len(sink.Mails()), wrote, tt.copies)
			}
		})
	}
}

// TestSubmitGreylistedThenTaken is put off once and then sent once (F31).
func TestSubmitGreylistedThenTaken(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{Rcpt: map[string]string{"a@x.example": "450 4.7.1 come back"}})
	r := relayTo(t, sink)
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "later" {
		t.Fatalf("first try %q", v)
	}
	sink.Set(mailertest.Temper{})
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" {
		t.Fatalf("second try %q", v)
	}
	if n := len(sink.Mails()); n != 1 || sink.Connections() != 1 {
		t.Errorf("%d mails over %d connections, want 1 over 1", n, sink.Connections())
	}
}

// If our own side fails, no dot may follow what was written so far.
func TestSubmitBodyFails(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	env := to("a@x.example")
	env.Echo = "echo@desk.example"
	got := r.Submit(t.Context(), env, 0, func(w io.Writer) error {
		_, err := io.WriteString(w, letter)
		return errors.Join(err, errors.New("blob is gone"))
	})
	if v := verdicts(got); v != "later" || !strings.Contains(got.Answers[0].Text, "blob is gone") {
		t.Errorf("%q %+v", v, got.Answers)
	}
	if got.Echo == nil || got.Echo.Verdict != ticket.Later {
		t.Errorf("echo %+v", got.Echo)
	}
	if v := verdicts(r.Submit(t.Context(), to("b@x.example"), 0, text(letter))); v != "sent" {
		t.Errorf("next mail %q", v)
	}
	if m := sink.Mails(); len(m) != 1 || m[0].To[0] != "b@x.example" {
		t.Errorf("half a mail was delivered: %+v", m)
	}
}

func TestSubmitCancel(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		sink := mailertest.Start(t, mailertest.Temper{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got := relayTo(t, sink).Submit(ctx, to("a@x.example"), 0, text(letter))
		if v := verdicts(got); v != "later" || got.Fault != nil {
			t.Errorf("%q, fault %v", v, got.Fault)
		}
	})
	t.Run("while the server is mute", func(t *testing.T) {
		t.Parallel()
		r := relayTo(t, mailertest.Start(t, mailertest.Temper{Mute: mailertest.To}))
		r.Timeouts.Command = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		got := r.Submit(ctx, to("a@x.example"), 0, text(letter))
		if v := verdicts(got); v != "later" || time.Since(began) > 2*time.Second {
			t.Errorf("%q after %v", v, time.Since(began))
		}
	})
	t.Run("in the body", func(t *testing.T) {
		t.Parallel()
		sink := mailertest.Start(t, mailertest.Temper{})
		ctx, cancel := context.WithCancel(t.Context())
		got := relayTo(t, sink).Submit(ctx, to("a@x.example"), 0, func(w io.Writer) error {
			defer cancel()
			return text(letter)(w)
		})
		if v := verdicts(got); v != "later" || len(sink.Mails()) != 0 {
			t.Errorf("%q, %d mails", v, len(sink.Mails()))
		}
	})
	t.Run("after the dot, answered", func(t *testing.T) {
		t.Parallel()
		sink := mailertest.Start(t, mailertest.Temper{})
		ctx, cancel := context.WithCancel(t.Context())
		sink.OnDelivered(func(mailertest.Mail) { cancel(); time.Sleep(30 * time.Millisecond) })
		got := relayTo(t, sink).Submit(ctx, to("a@x.example"), 0, text(letter))
		if v := verdicts(got); v != "sent" {
			t.Errorf("%q: %+v", v, got)
		}
	})
	t.Run("after the dot, mute", func(t *testing.T) {
		t.Parallel()
		sink := mailertest.Start(t, mailertest.Temper{Mute: mailertest.Final})
		ctx, cancel := context.WithCancel(t.Context())
		sink.OnDelivered(func(mailertest.Mail) { cancel() })
		r := relayTo(t, sink)
		r.Timeouts.Final = time.Minute
		began := time.Now()
		got := r.Submit(ctx, to("a@x.example"), 0, text(letter))
		if v := verdicts(got); v != "in-doubt" || time.Since(began) > 2*time.Second {
			t.Errorf("%q after %v", v, time.Since(began))
		}
	})
}
