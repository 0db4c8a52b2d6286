package mailer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"deskpost/templates"
	"deskpost/ticket"
)

var (
	_ Desk      = (*ticket.Desk)(nil)
	_ Submitter = (*Relay)(nil)
)

// memDesk keeps an outbox in memory by the rules of the real one.
type memDesk struct {
	mu        sync.Mutex
	notices   []*ticket.Notice
	settled   map[int64][]ticket.Result
	postponed []string
	busy      int // so many calls of Settle fail
	broken    error
}

func (d *memDesk) add(n ticket.Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, &n)
}

func (d *memDesk) Claim(_ context.Context, lease time.Duration, limit int) ([]ticket.Notice, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return nil, d.broken
	}
	var claimed []ticket.Notice
	now := time.Now()
	for _, n := range d.notices {
		if n.SettledAt.IsZero() && !n.DueAt.After(now) && !n.LeasedUntil.After(now) && len(claimed) < limit {
			n.Attempts++
			n.LeasedUntil = now.Add(lease)
			claimed = append(claimed, *n)
		}
	}
	return claimed, nil
}

func (d *memDesk) find(id int64) *ticket.Notice {
	return d.notices[slices.IndexFunc(d.notices, func(n *ticket.Notice) bool { return n.ID == id })]
}

func (d *memDesk) Settle(ctx context.Context, id int64, _ int, results []ticket.Result) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.busy > 0 {
		d.busy--
		return errors.New("database is locked")
	}
	n := d.find(id)
	d.settled[id] = append(d.settled[id], results...)
	n.LeasedUntil, n.DueAt = time.Time{}, time.Now().Add(time.Minute)
	if !slices.ContainsFunc(results, func(r ticket.Result) bool { return r.Verdict == ticket.Later || r.Verdict == ticket.InDoubt }) {
		n.SettledAt = time.Now()
	}
	return nil
}

func (d *memDesk) Postpone(_ context.Context, id int64, _ int, until time.Time, why string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.find(id)
	n.Attempts--
	n.LeasedUntil, n.DueAt = time.Time{}, until
	d.postponed = append(d.postponed, why)
	return nil
}

func (d *memDesk) NextDue(context.Context) (time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var next time.Time
	for _, n := range d.notices {
		at := n.DueAt
		if n.LeasedUntil.After(at) {
			at = n.LeasedUntil
		}
		if n.SettledAt.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

func (d *memDesk) results(id int64) []ticket.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settled[id]
}

func (d *memDesk) attempts(id int64) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.find(id).Attempts
}

// A relayFunc stands in for a Relay.
type relayFunc func(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report

func (f relayFunc) Submit(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report {
	return f(ctx, env, size, body)
}

// all gives each recipient the same answer.
func all(env Envelope, v ticket.Verdict, code int, text string) Report {
	var r Report
	for _, to := range env.To {
		r.Answers = append(r.Answers, Answer{Recipient: to, Verdict: v, Code: code, Text: text})
	}
	return r
}

// takes is a relay that takes everything.
func takes(_ context.Context, env Envelope, _ int64, body func(io.Writer) error) Report {
	if err := body(io.Discard); err != nil {
		return all(env, ticket.Later, 0, "stopped while sending the body: "+err.Error())
	}
	return all(env, ticket.Sent, 250, "ok")
}

func builtInTemplates(t *testing.T) *templates.Set {
	t.Helper()
	set, err := templates.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// senderOf is a sender over an outbox with the given number of notices.
func senderOf(t *testing.T, relay Submitter, notices int) (*Sender, *memDesk, *bytes.Buffer) {
	t.Helper()
	d := &memDesk{settled: map[int64][]ticket.Result{}}
	for i := range notices {
		n := sampleNotice()
		n.ID, n.DueAt, n.Attempts = int64(i+1), time.Now(), 0
		d.add(n)
	}
	log := new(bytes.Buffer)
	s := &Sender{Desk: d, Relay: relay, Open: hello, Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil))}
	s.SetTemplates(builtInTemplates(t))
	return s, d, log
}
