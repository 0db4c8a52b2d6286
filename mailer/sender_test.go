package mailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskpost/ticket"
)

func mustRound(t *testing.T, s *Sender, want int) {
	t.Helper()
	if sent, err := s.Round(t.Context()); err != nil || sent != want {
		t.Errorf("Round = %d, %v; want %d", sent, err, want)
	}
}

func TestRoundEmptiesTheOutbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		s, d, _ := senderOf(t, nil, 45) // more than two claims
		s.Echo = "desk@example.com"
		s.Relay = relayFunc(func(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report {
			var b bytes.Buffer
			if err := body(&b); err != nil || int64(b.Len()) != size {
				t.Errorf("announced %d bytes and wrote %d, %v", size, b.Len(), err)
			}
			want := []string{"karen@example.org", "jj@müller.example"}
			if !slices.Equal(env.To, want) || env.From != "support+b25.def@example.com" || env.Echo != s.Echo {
				t.Errorf("envelope %+v", env)
			}
			ids = append(ids, env.ID)
			return all(env, ticket.Sent, 250, "ok")
		})
		mustRound(t, s, 45)
		if len(ids) != 45 || ids[0] != "notice-1" || ids[44] != "notice-45" {
			t.Errorf("sent %v", ids)
		}
		want := []ticket.Result{{Recipient: "karen@example.org", Verdict: ticket.Sent, Answer: "250 ok"},
			{Recipient: "jj@müller.example", Verdict: ticket.Sent, Answer: "250 ok"}}
		if diff := cmp.Diff(want, d.results(7)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestLinksAreNotCopied: a mail whose link lets in whoever follows it goes to its
// reader only.
func TestLinksAreNotCopied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		copied := map[string]string{}
		s, d, _ := senderOf(t, nil, 4)
		s.Echo = "desk@example.com"
		for i, kind := range []ticket.NoticeKind{ticket.NoticeReply, ticket.NoticeSignIn, ticket.NoticeConfirm, ticket.NoticeVisit} {
			d.notices[i].Kind = kind
		}
		s.Relay = relayFunc(func(_ context.Context, env Envelope, _ int64, body func(io.Writer) error) Report {
			copied[env.ID] = env.Echo
			return all(env, ticket.Sent, 250, "ok")
		})
		mustRound(t, s, 4)
		want := map[string]string{"notice-1": s.Echo, "notice-2": "", "notice-3": "", "notice-4": ""}
		if diff := cmp.Diff(want, copied); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestOnlyOutstandingRecipientsAreServed: who has the mail does not get it again
// (F32).
func TestOnlyOutstandingRecipientsAreServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var to []string
		s, d, _ := senderOf(t, relayFunc(func(_ context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
			to = env.To
			return Report{Answers: []Answer{{Recipient: env.To[0], Verdict: ticket.Refused, Code: 550, Enhanced: "5.1.1", Text: "no such user"}}}
		}), 1)
		d.notices[0].Recipients[0].SentAt = time.Now()
		mustRound(t, s, 0)
		if !slices.Equal(to, []string{"jj@müller.example"}) {
			t.Errorf("sent to %v", to)
		}
		if diff := cmp.Diff([]ticket.Result{{Recipient: "jj@müller.example", Verdict: ticket.Refused, Answer: "550 5.1.1 no such user"}}, d.results(1)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// run starts Run and returns how to stop it.
func run(t *testing.T, s *Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

func TestRunWaitsForTheBellAndTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		s, d, _ := senderOf(t, relayFunc(func(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report {
			at = append(at, time.Since(start))
			return takes(ctx, env, size, body)
		}), 0)
		stop := run(t, s)
		queue := func(id int64, due time.Duration) {
			n := sampleNotice()
			n.ID, n.DueAt = id, start.Add(due)
			d.add(n)
		}
		time.Sleep(7 * time.Second)
		queue(1, 0)
		s.Wake()
		s.Wake() // never blocks
		synctest.Wait()
		queue(2, 10*time.Second) // found by its due time
		s.Wake()
		time.Sleep(8 * time.Second)
		queue(3, 0) // nobody rings: found by the poll, 30 s after the last look
		time.Sleep(time.Minute)
		stop()
		if want := []time.Duration{7 * time.Second, 10 * time.Second, 40 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("sent at %v, want %v", at, want)
		}
	})
}

// TestRelayFaultCostsNoAttempts: a relay that refuses the sign-in holds all
// mail, and is tried ever more rarely (F30).
func TestRelayFaultCostsNoAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		var down atomic.Bool
		down.Store(true)
		s, d, log := senderOf(t, nil, 3)
		s.Relay = relayFunc(func(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report {
			if !down.Load() {
				return takes(ctx, env, size, body)
			}
			at = append(at, time.Since(start).Round(time.Second))
			r := all(env, ticket.Later, 535, "no")
			r.Fault = &Fault{Kind: FaultAuth, Text: "relay refuses the password"}
			return r
		})
		stop := run(t, s)
		for id := range int64(20) {
			time.Sleep(time.Minute)
			n := sampleNotice()
			n.ID, n.DueAt, n.Attempts = 100+id, time.Now(), 0
			d.add(n)
			s.Wake() // must not hurry
		}
		synctest.Wait() // the sender sleeps: what it wrote may be read
		var want []time.Duration
		for _, seconds := range []int{0, 5, 15, 35, 75, 155, 315, 615, 915} {
			want = append(want, time.Duration(seconds)*time.Second)
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("tried at (-want +got):\n%s", diff)
		}
		down.Store(false)
		time.Sleep(pauseMax + time.Second)
		stop()
		for id := int64(1); id <= 3; id++ {
			if d.attempts(id) != 1 || len(d.results(id)) != 2 {
				t.Errorf("notice %d: %d attempts, results %v", id, d.attempts(id), d.results(id))
			}
		}
		if bad, good := strings.Count(log.String(), "relay is at fault"), strings.Count(log.String(), "relay is back"); bad != 1 || good != 1 {
			t.Errorf("logged %d times as down and %d times as up:\n%s", bad, good, log)
		}
	})
}

// A relay that fails after it took the mail for somebody must not have the
// attempt undone: that one would get the mail twice.
func TestFaultAfterAcceptanceIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, _ := senderOf(t, relayFunc(func(_ context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
			r := all(env, ticket.InDoubt, 0, "no answer")
			r.Fault = &Fault{Kind: FaultUnavailable, Text: "gone"}
			return r
		}), 1)
		mustRound(t, s, 1)
		if got := d.results(1); len(got) != 2 || got[0].Verdict != ticket.InDoubt || len(d.postponed) != 0 {
			t.Errorf("results %v, postponed %v", got, d.postponed)
		}
	})
}

func TestMailThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*Sender, *ticket.Notice)
		want  ticket.Verdict
		says  string
	}{
		"blob gone": {func(s *Sender, _ *ticket.Notice) {
			s.Open = func(ticket.File) (io.ReadCloser, error) { return nil, fmt.Errorf("blob 12: %w", fs.ErrNotExist) }
		}, ticket.Refused, "blob 12"},
		"store busy": {func(s *Sender, _ *ticket.Notice) {
			s.Open = func(ticket.File) (io.ReadCloser, error) { return nil, errors.New("database is locked") }
		}, ticket.Later, "locked"},
		"bad sender":   {func(_ *Sender, n *ticket.Notice) { n.From.Email = "x" }, ticket.Refused, "cannot be a sender"},
		"unknown kind": {func(_ *Sender, n *ticket.Notice) { n.Kind = "nope" }, ticket.Refused, "nope"},
		"line broken":  {func(s *Sender, _ *ticket.Notice) { s.Relay = relayFunc(breaks) }, ticket.Later, "broken pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d, _ := senderOf(t, relayFunc(takes), 2)
				test.spoil(s, d.notices[0])
				if _, err := s.Round(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := d.results(1)
				if len(got) != 2 || got[0].Verdict != test.want || !strings.Contains(got[0].Answer, test.says) {
					t.Errorf("results %+v", got)
				}
				if len(d.results(2)) != 2 {
					t.Error("the mail behind it was not tried")
				}
			})
		})
	}
}

// breaks is a relay that hangs up in the middle of the body.
func breaks(_ context.Context, env Envelope, _ int64, body func(io.Writer) error) Report {
	err := body(brokenPipe{})
	return all(env, ticket.Later, 0, "stopped while sending the body: "+err.Error())
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestSettleIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, log := senderOf(t, relayFunc(takes), 2)
		d.busy = 2
		mustRound(t, s, 2)
		if log.Len() == 0 || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestStoreThatStaysBusyStopsTheRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, log := senderOf(t, relayFunc(takes), 3)
		d.busy = 1000
		sent, err := s.Round(t.Context())
		if sent != 1 || err == nil || !strings.Contains(log.String(), "outbox cannot be") {
			t.Errorf("Round = %d, %v\n%s", sent, err, log)
		}
		// The first may be with the relay: its lease stays. The others are free.
		if d.attempts(1) != 1 || d.attempts(2) != 0 || d.attempts(3) != 0 {
			t.Errorf("attempts %d, %d, %d", d.attempts(1), d.attempts(2), d.attempts(3))
		}
	})
}

func TestStoreFaultIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, log := senderOf(t, relayFunc(takes), 1)
		d.broken = errors.New("disk full")
		stop := run(t, s)
		time.Sleep(time.Hour)
		d.mu.Lock()
		d.broken = nil
		d.mu.Unlock()
		time.Sleep(pauseMax + time.Second)
		stop()
		if strings.Count(log.String(), "disk full") != 1 || strings.Count(log.String(), "outbox is back") != 1 || len(d.results(1)) != 2 {
			t.Errorf("results %v, log:\n%s", d.results(1), log)
		}
	})
}

// The mail in hand is finished when the program stops, and what was claimed
// with it goes back with its attempt (F19).
func TestStopFinishesTheMailInHand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		takes   time.Duration
		settled int
	}{"in time": {submitGrace - time.Second, 2}, "hangs": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d, log := senderOf(t, relayFunc(func(ctx context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
					select {
					case <-time.After(test.takes):
						return all(env, ticket.Sent, 250, "ok")
					case <-ctx.Done():
						r := all(env, ticket.Later, 0, "cancelled")
						r.Fault = &Fault{Kind: FaultUnavailable, Text: "cancelled"}
						return r
					}
				}), 3)
				stop := run(t, s)
				synctest.Wait()
				began := time.Now()
				stop()
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("stopping took %v", took)
				}
				if len(d.results(1)) != test.settled || d.attempts(1) != min(1, test.settled) || d.attempts(2) != 0 || d.attempts(3) != 0 {
					t.Errorf("results %v, attempts %d, %d, %d", d.results(1), d.attempts(1), d.attempts(2), d.attempts(3))
				}
				if strings.Contains(log.String(), "ERROR") {
					t.Errorf("stopping is no fault:\n%s", log)
				}
			})
		})
	}
}

// No attempt runs beyond its lease, or somebody else would send the same mail
// beside us: neither behind slow ones in its batch nor at a relay that hangs.
func TestAttemptsEndBeforeTheirLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, _ := senderOf(t, nil, 4)
		s.Relay = relayFunc(func(ctx context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
			var id int64
			if _, err := fmt.Sscanf(env.ID, "notice-%d", &id); err != nil {
				t.Error(err)
			}
			d.mu.Lock()
			end := d.find(id).LeasedUntil
			d.mu.Unlock()
			slow := 4 * time.Minute
			if id == 3 {
				slow = time.Hour
			}
			report := all(env, ticket.Sent, 250, "ok")
			select {
			case <-time.After(slow):
			case <-ctx.Done():
				report = all(env, ticket.Later, 0, "too slow")
			}
			if left := time.Until(end); left < leaseMargin {
				t.Errorf("notice %d: the attempt ended %v before its lease", id, left)
			}
			return report
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		if sent, err := s.Round(ctx); err != nil || sent < 3 {
			t.Errorf("Round = %d, %v", sent, err)
		}
		for _, id := range []int64{1, 2, 4} {
			if d.attempts(id) != 1 {
				t.Errorf("notice %d: %d attempts", id, d.attempts(id))
			}
		}
	})
}
