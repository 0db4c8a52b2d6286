package mailer

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpost/mailer/mailertest"
)

// TestRelayReusesConnection, and finds out by itself that a kept one has died,
// as while the machine slept (F56).
func TestRelayReusesConnection(t *testing.T) {
	t.Parallel()
	full := mailertest.Temper{Rcpt: map[string]string{"full@x.example": "452 4.2.2 full"}}
	tests := []struct {
		name        string
		temper      mailertest.Temper
		between     func(*mailertest.Sink)
		first       string // recipient of the first of three mails
		connections int
		want        string
	}{
		{"a burst", mailertest.Temper{}, nil, "a@x.example", 1, "sent"},
		{"after a refusal", full, nil, "full@x.example", 1, "later"},
		{"the server hung up", mailertest.Temper{}, (*mailertest.Sink).HangUp, "a@x.example", 3, "sent"},
		{"cut after each mail", mailertest.Temper{CutAfter: mailertest.Final}, nil, "a@x.example", 3, "sent"},
		{"NOOP refused", mailertest.Temper{Say: map[mailertest.Stage]string{mailertest.Noop: "421 idle too long"}}, nil, "a@x.example", 3, "sent"},
		{"NOOP mute", mailertest.Temper{Mute: mailertest.Noop}, nil, "a@x.example", 3, "sent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.Start(t, tt.temper)
			r := relayTo(t, sink)
			for i, address := range []string{tt.first, "b@x.example", "c@x.example"} {
				want := "sent"
				if i == 0 {
					want = tt.want
				}
				if v := verdicts(r.Submit(t.Context(), to(address), 0, text(letter))); v != want {
					t.Errorf("mail %d: %q, want %q", i, v, want)
				}
				if tt.between != nil {
					tt.between(sink)
				}
			}
			if n := sink.Connections(); n != tt.connections {
				t.Errorf("%d connections, want %d", n, tt.connections)
			}
		})
	}
}

// A kept connection that answers NOOP and dies at MAIL is replaced once; a
// server that always does so is not dialled for ever.
func TestRelayRedialsOnceAtMail(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" {
		t.Fatalf("first mail %q", v)
	}
	sink.Set(mailertest.Temper{Cut: mailertest.From})
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "later" {
		t.Errorf("second mail %q", v)
	}
	if n := sink.Connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestRelayClosesIdleConnection(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	r.Timeouts.Idle = 20 * time.Millisecond
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" {
		t.Fatalf("verdict %q", v)
	}
	waitFor(t, "QUIT", func() bool { return heard(sink, "QUIT") })
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" || sink.Connections() != 2 {
		t.Errorf("%q over %d connections, want sent over 2", v, sink.Connections())
	}
}

func TestRelayClose(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" {
		t.Fatalf("verdict %q", v)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if !heard(sink, "QUIT") {
		t.Errorf("no QUIT in %q", sink.Commands())
	}
}

func TestRelayConcurrent(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 5 {
				if v := verdicts(r.Submit(t.Context(), to(fmt.Sprintf("a%d.%d@x.example", i, j)), 0, text(letter))); v != "sent" {
					t.Errorf("verdict %q", v)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, m := range sink.Mails() {
		seen[strings.Join(m.To, " ")]++
	}
	if len(seen) != 40 || len(sink.Mails()) != 40 {
		t.Errorf("%d mails to %d recipients, want 40 to 40", len(sink.Mails()), len(seen))
	}
}

func heard(s *mailertest.Sink, command string) bool {
	for _, c := range s.Commands() {
		if c == command {
			return true
		}
	}
	return false
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %s within 2 s", what)
}
