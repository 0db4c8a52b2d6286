package mailer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"deskpost/mailer/mailertest"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	sink := mailertest.StartTLS(t, mailertest.Temper{})
	sink.Passwords(func(_, password string) bool { return password == "s3cret" })
	r := relayTo(t, sink)
	password := "s3cret"
	r.TLS, r.TLSConfig, r.User, r.Password = Implicit, sink.TLSConfig(), "desk", func() (string, error) { return password, nil }

	p, err := r.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "sink.example" || p.Mechanism != "PLAIN" || p.TLSVersion != "TLS 1.3" {
		t.Errorf("%+v", p)
	}
	if d := time.Until(p.CertExpires); d < 20*time.Hour || d > 25*time.Hour {
		t.Errorf("certificate expires in %v", d)
	}
	if want := "8BITMIME AUTH PLAIN LOGIN DSN ENHANCEDSTATUSCODES PIPELINING SIZE 52428800 SMTPUTF8"; strings.Join(p.Extensions, " ") != want {
		t.Errorf("extensions %q, want %q", p.Extensions, want)
	}
	for _, c := range sink.Commands() {
		if strings.HasPrefix(c, "MAIL") {
			t.Errorf("the probe said %q", c)
		}
	}

	password = "guess"
	p, err = r.Probe(t.Context())
	var fault *Fault
	if !errors.As(err, &fault) || fault.Kind != FaultAuth || fault.Code != 535 {
		t.Errorf("error %v", err)
	}
	if p.Name != "sink.example" || p.Mechanism != "" {
		t.Errorf("what was learnt before the fault is lost: %+v", p)
	}
}

func TestProbeCancelled(t *testing.T) {
	t.Parallel()
	r := relayTo(t, mailertest.Start(t, mailertest.Temper{Mute: mailertest.Connect}))
	r.Timeouts = Timeouts{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := r.Probe(ctx); err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("error %v after %v", err, time.Since(began))
	}
}
