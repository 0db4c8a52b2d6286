package mailer

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"deskpost/mailer/mailertest"
)

// TestRelayAuth signs in, or finds that the relay is at fault and not the mail
// (F30).
func TestRelayAuth(t *testing.T) {
	t.Parallel()
	secret := func() (string, error) { return "s3cret", nil }
	only := func(mechanisms string) mailertest.Temper {
		return mailertest.Temper{Extensions: append(mailertest.Without("AUTH"), "AUTH "+mechanisms)}
	}
	tests := []struct {
		name     string
		temper   mailertest.Temper
		password func() (string, error)
		want     string // verdict
		kind     FaultKind
	}{
		{"PLAIN", mailertest.Temper{}, secret, "sent", ""},
		{"LOGIN only", only("LOGIN"), secret, "sent", ""},
		{"neither", only("XOAUTH2"), secret, "later", FaultAuth},
		{"none offered", mailertest.Temper{Extensions: mailertest.Without("AUTH")}, secret, "later", FaultAuth},
		{"wrong password", mailertest.Temper{}, func() (string, error) { return "guess", nil }, "later", FaultAuth},
		{"unreadable password", mailertest.Temper{}, func() (string, error) { return "", errors.New("no such file") }, "later", FaultAuth},
		{"no password", mailertest.Temper{}, nil, "later", FaultAuth},
		{"454", mailertest.Temper{Say: map[mailertest.Stage]string{mailertest.Auth: "454 4.7.0 directory down"}}, secret, "later", FaultUnavailable},
		{"cut", mailertest.Temper{Cut: mailertest.Auth}, secret, "later", FaultUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.StartTLS(t, tt.temper)
			sink.Passwords(func(user, password string) bool { return user == "desk" && password == "s3cret" })
			r := relayTo(t, sink)
			r.TLS, r.TLSConfig, r.User, r.Password = Implicit, sink.TLSConfig(), "desk", tt.password
			got := r.Submit(t.Context(), to("a@x.example"), 0, text(letter))
			if v := verdicts(got); v != tt.want || faultKind(got) != tt.kind || got.Auth() != (tt.kind == FaultAuth) {
				t.Errorf("%q, fault %v, want %q, %q", v, got.Fault, tt.want, tt.kind)
			}
			for _, m := range sink.Mails() {
				if m.User != "desk" {
					t.Errorf("signed in as %q", m.User)
				}
			}
			if got.Fault != nil && strings.Contains(got.Fault.Text, "s3cret") {
				t.Errorf("the password is in %q", got.Fault.Text)
			}
		})
	}
}

// A server beyond this machine does not get a password in the clear.
func TestRelayAuthInTheClear(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	r := &Relay{Addr: "mail.example:25", TLS: Insecure, User: "desk", Password: func() (string, error) {
		t.Error("the password was asked for")
		return "", nil
	}}
	if fault := r.auth(&session{deadlineConn: &deadlineConn{Conn: here}}); fault == nil || fault.Kind != FaultAuth {
		t.Errorf("fault %v", fault)
	}
}

func TestRelayUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := &Relay{Addr: addr, TLS: Insecure, Timeouts: quick()}
	got := r.Submit(t.Context(), to("a@x.example"), 0, func(io.Writer) error { t.Error("body was asked for"); return nil })
	if v := verdicts(got); v != "later" || faultKind(got) != FaultUnavailable {
		t.Errorf("%q, fault %v", v, got.Fault)
	}
	var dial *net.OpError
	if !errors.As(error(got.Fault), &dial) {
		t.Errorf("fault does not wrap the network's error: %#v", got.Fault.Err)
	}
}
