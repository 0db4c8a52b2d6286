package mailer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskpost/mailer/mailertest"
	"deskpost/ticket"
)

// sends is a relay that notes when each notice was begun, in the order of their
// beginning, and takes for each as long as slow says.
type sends struct {
	mu    sync.Mutex
	began []int64
	now   int
	most  int // mails at the same time
	slow  map[int64]time.Duration
}

func (s *sends) Submit(ctx context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
	var id int64
	if _, err := fmt.Sscanf(env.ID, "notice-%d", &id); err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.began = append(s.began, id)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	select {
	case <-time.After(s.slow[id]):
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	return all(env, ticket.Sent, 250, "ok")
}

func (s *sends) order() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.began)
}

// TestSlowMailHoldsUpNoOther, be it the first of a round or not: what is due, and
// what comes meanwhile, leaves beside it, but for the mails of its own ticket,
// which stay in their order (F36, F40).
func TestSlowMailHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		relay := &sends{slow: map[int64]time.Duration{1: 8 * time.Minute}}
		s, d, _ := senderOf(t, relay, 5)
		for i, n := range d.notices {
			n.Ticket = ticket.Number(1000 + i)
		}
		d.notices[3].Ticket = d.notices[0].Ticket // 4 is of the same ticket as 1
		stop := run(t, s)
		time.Sleep(time.Minute)
		if got := relay.order(); !slices.Equal(got, []int64{1, 2, 3, 5}) {
			t.Errorf("after a minute %v had left", got)
		}
		late := sampleNotice()
		late.ID, late.Ticket, late.DueAt, late.Attempts = 6, 2000, time.Now(), 0
		d.add(late)
		s.Wake()
		synctest.Wait()
		if got := relay.order(); !slices.Equal(got, []int64{1, 2, 3, 5, 6}) {
			t.Errorf("a mail that came meanwhile waits: %v", got)
		}
		time.Sleep(8 * time.Minute)
		stop()
		if got := relay.order(); !slices.Equal(got, []int64{1, 2, 3, 5, 6, 4}) {
			t.Errorf("left in the order %v", got)
		}
		if relay.most > DefaultConnections {
			t.Errorf("%d mails at the same time", relay.most)
		}
	})
}

// TestRelayThatHangsIsAskedOnce: beside a first mail that fails none is begun
// while the relay is known to be down (F30, F36).
func TestRelayThatHangsIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries sync.Map
		s, d, _ := senderOf(t, relayFunc(func(_ context.Context, env Envelope, _ int64, _ func(io.Writer) error) Report {
			tries.Store(env.ID, true)
			time.Sleep(time.Minute)
			r := all(env, ticket.Later, 0, "no answer")
			r.Fault = &Fault{Kind: FaultUnavailable, Text: "relay does not answer"}
			return r
		}), 4)
		for i, n := range d.notices {
			n.Ticket = ticket.Number(1000 + i)
		}
		if _, err := s.Round(t.Context()); err == nil {
			t.Error("no fault")
		}
		time.Sleep(time.Hour)
		tries.Clear()
		if _, err := s.Round(t.Context()); err == nil {
			t.Error("no fault")
		}
		asked := 0
		tries.Range(func(any, any) bool { asked++; return true })
		if asked != 1 {
			t.Errorf("%d mails were tried at a relay that is down", asked)
		}
		for id := int64(1); id <= 4; id++ {
			if d.attempts(id) != 0 {
				t.Errorf("notice %d lost a try", id)
			}
		}
	})
}

// TestLostAnswerIsSentAgainAsTheSameMail: each lost answer costs one double at
// most, byte by byte the same, and the doubt is in the log (F34, F35).
func TestLostAnswerIsSentAgainAsTheSameMail(t *testing.T) {
	t.Parallel()
	for name, temper := range map[string]mailertest.Temper{
		"cut":      {Cut: mailertest.Final},
		"too late": {Mute: mailertest.Final},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.Start(t, temper)
			s, d, log := senderOf(t, relayTo(t, sink), 1)
			mustRound(t, s, 1)
			if !strings.Contains(log.String(), "2 in-doubt") {
				t.Errorf("the doubt is not in the log:\n%s", log)
			}
			sink.Set(mailertest.Temper{})
			d.notices[0].DueAt = time.Now()
			mustRound(t, s, 1)
			mustRound(t, s, 0)
			mails := sink.Mails()
			if len(mails) != 2 || !bytes.Equal(mails[0].Raw, mails[1].Raw) {
				t.Errorf("%d mails, not the same one twice", len(mails))
			}
		})
	}
}

// TestExtensionSets composes a mail with letters of many languages for servers
// that can do little and much: it is 7 bit on every line, and the same everywhere
// (F39).
func TestExtensionSets(t *testing.T) {
	t.Parallel()
	var first []byte
	for _, extensions := range [][]string{
		{}, {"SIZE 1000"}, {"SIZE 0"}, mailertest.Without("8BITMIME"), mailertest.Without("PIPELINING"), mailertest.Without("SMTPUTF8", "DSN"),
		append(mailertest.DefaultExtensions(), "CHUNKING", "BINARYMIME", "LIMITS RCPTMAX=1", "X-FROB"),
	} {
		sink := mailertest.Start(t, mailertest.Temper{Extensions: extensions})
		s, _, _ := senderOf(t, relayTo(t, sink), 1)
		mustRound(t, s, 1)
		mails := sink.Mails()
		if len(mails) != 1 {
			t.Fatalf("%q: %d mails", extensions, len(mails))
		}
		raw := mails[0].Raw
		if first == nil {
			first = raw
		}
		if !bytes.Equal(raw, first) || bytes.ContainsFunc(raw, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: not the same 7 bit mail", extensions)
		}
		if m, err := mail.ReadMessage(bytes.NewReader(raw)); err != nil || m.Header.Get("Message-Id") == "" {
			t.Errorf("%q: %v", extensions, err)
		}
	}
}
