package memsmtp_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"deskpost/mailer"
	"deskpost/mailer/mailertest"
	"deskpost/mailer/memsmtp"
	"deskpost/ticket"
)

// A box is a handler that remembers.
type box struct {
	mu    sync.Mutex
	mails []memsmtp.Received
	err   error
}

func (b *box) take(r memsmtp.Received) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.mails = append(b.mails, r)
	}
	return b.err
}

func (b *box) all() []memsmtp.Received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]memsmtp.Received(nil), b.mails...)
}

func listen(t *testing.T, o memsmtp.Options, b *box) *memsmtp.Server {
	t.Helper()
	s, err := memsmtp.Listen(o, b.take)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
	return s
}

func submit(t *testing.T, r *mailer.Relay, body string, to ...string) mailer.Report {
	t.Helper()
	defer r.Close()
	return r.Submit(t.Context(), mailer.Envelope{From: "a@desk.example", To: to, ID: "n1"}, 0,
		func(w io.Writer) error { _, err := io.WriteString(w, body); return err })
}

func TestServerHandsOverWhatCame(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := listen(t, memsmtp.Options{}, b)
	body := "Subject: x\r\n\r\n.dot\r\n..two\r\nmid\n.\nMAIL FROM:<evil@x>\r\n"
	got := submit(t, &mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure}, body, "b@x.example", "jürgen@x.example")
	for _, a := range got.Answers {
		if a.Verdict != ticket.Sent {
			t.Errorf("%+v", a)
		}
	}
	want := []memsmtp.Received{{From: "a@desk.example", To: []string{"b@x.example", "jürgen@x.example"},
		Raw: []byte(strings.ReplaceAll(body, "mid\n.\n", "mid\r\n.\r\n"))}}
	if d := cmp.Diff(want, b.all()); d != "" {
		t.Error(d)
	}
}

// A client that does not end its lines rightly gets no second mail in.
func TestServerIsNotOpenToSmuggling(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := listen(t, memsmtp.Options{}, b)
	for i, end := range []string{"\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r"} {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\none%sMAIL FROM:<evil@x>\r\nRCPT TO:<b@x>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n", end)
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatal(err)
		}
		c.Close()
		if n := len(b.all()); n != i+1 {
			t.Fatalf("%q: %d mails, want %d", end, n, i+1)
		}
	}
}

func TestServerAnswersOfTheHandler(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want mailer.Answer
	}{
		{"taken", nil, mailer.Answer{Verdict: ticket.Sent, Code: 250, Enhanced: "2.0.0"}},
		{"refused", &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "no"}, mailer.Answer{Verdict: ticket.Refused, Code: 554, Enhanced: "5.7.1"}},
		{"refused, wrapped", fmt.Errorf("policy: %w", &smtp.SMTPError{Code: 452, Message: "no"}), mailer.Answer{Verdict: ticket.Later, Code: 452, Enhanced: "4.0.0"}},
		{"own fault", errors.New("disk /secret/path is full"), mailer.Answer{Verdict: ticket.Later, Code: 451, Enhanced: "4.3.0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, memsmtp.Options{}, &box{err: tt.err})
			got := submit(t, &mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure}, "x\r\n", "b@x.example").Answers[0]
			if strings.Contains(got.Text, "secret") {
				t.Errorf("the client was told %q", got.Text)
			}
			got.Text, got.Recipient = "", ""
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestServerAuthAndTLS(t *testing.T) {
	t.Parallel()
	sink := mailertest.StartTLS(t, mailertest.Temper{}) // lends its certificate
	for _, protected := range []bool{false, true} {
		for _, password := range []string{"", "s3cret", "guess"} {
			b := &box{}
			o := memsmtp.Options{Auth: func(user, pass string) bool { return user == "desk" && pass == "s3cret" }}
			r := &mailer.Relay{TLS: mailer.Insecure}
			if protected {
				o.TLSConfig = sink.ServerTLS()
				r.TLS, r.TLSConfig = mailer.StartTLS, sink.TLSConfig()
			}
			r.Addr = listen(t, o, b).Addr()
			if password != "" {
				r.User, r.Password = "desk", func() (string, error) { return password, nil }
			}
			got := submit(t, r, "x\r\n", "b@x.example")
			if ok := password == "s3cret"; got.Auth() == ok || (len(b.all()) == 1) != ok {
				t.Errorf("tls=%v password=%q: %d mails, fault %v", protected, password, len(b.all()), got.Fault)
			}
		}
	}
}

func TestServerNoPasswordInTheClear(t *testing.T) {
	t.Parallel()
	s := listen(t, memsmtp.Options{TLSConfig: &tls.Config{}, Auth: func(string, string) bool { return true }}, &box{})
	p, err := (&mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure}).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(p.Extensions, " "); strings.Contains(all, "AUTH") || !strings.Contains(all, "STARTTLS") {
		t.Errorf("offers %q without TLS", all)
	}
}

func TestServerTooLarge(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := listen(t, memsmtp.Options{MaxBytes: 1000}, b)
	r := &mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure}
	got := submit(t, r, strings.Repeat("0123456789\r\n", 200), "b@x.example").Answers[0]
	if got.Verdict != ticket.Refused || got.Code != 552 || len(b.all()) != 0 {
		t.Errorf("%+v, %d mails", got, len(b.all()))
	}
}

func TestServerTornMailIsNotHandedOver(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := listen(t, memsmtp.Options{}, b)
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf a mail\r\n")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if len(b.all()) != 0 || !strings.Contains(string(answer), "451 4.4.2") {
		t.Errorf("%d mails, answer %q", len(b.all()), answer)
	}
}

func TestServerTrace(t *testing.T) {
	t.Parallel()
	b := &box{}
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	s := listen(t, memsmtp.Options{Trace: true, Hostname: "mx.example", Now: func() time.Time { return now }}, b)
	r := &mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure, Hello: "desk.example"}
	submit(t, r, "Subject: x\r\n\r\n", "b@x.example")
	mails := b.all()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	want := "Received: from desk.example ([127.0.0.1])\r\n\tby mx.example with ESMTP\r\n\tfor <b@x.example>;\r\n\tSun, 29 Mar 2026 01:30:00 +0000\r\nSubject: x\r\n\r\n"
	if d := cmp.Diff(want, string(mails[0].Raw)); d != "" {
		t.Error(d)
	}
}

// Close waits for a handler at work, so that its caller may then free what
// the handler uses.
func TestServerCloseWaitsForHandler(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	left := false
	s, err := memsmtp.Listen(memsmtp.Options{}, func(memsmtp.Received) error {
		close(entered)
		<-leave
		left = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan mailer.Report, 1)
	go func() {
		r := &mailer.Relay{Addr: s.Addr(), TLS: mailer.Insecure}
		defer r.Close()
		done <- r.Submit(t.Context(), mailer.Envelope{To: []string{"b@x.example"}}, 0,
			func(w io.Writer) error { _, err := io.WriteString(w, "x\r\n"); return err })
	}()
	<-entered
	time.AfterFunc(30*time.Millisecond, func() { close(leave) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !left {
		t.Error("Close came back before the handler")
	}
	if v := (<-done).Answers[0].Verdict; v != ticket.InDoubt {
		t.Errorf("verdict %v, want in doubt: the line was cut before the answer", v)
	}
}
