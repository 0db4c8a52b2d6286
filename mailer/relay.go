package mailer

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Relay is the mail server that takes our mail: a submission server with a
// user and a password (RFC 6409), or a trusted host without. The fields are
// set before the first call and not changed afterwards.
//
// A Relay keeps connections open between mails so that a burst is sent over one
// sign-in each. Its methods may be called from several goroutines; each Submit
// then has a connection of its own.
type Relay struct {
	Addr      string                 // host:port
	TLS       TLSMode                // the zero value is the strictest
	TLSConfig *tls.Config            // nil: the system's authorities and the host of Addr
	User      string                 // "": no sign-in
	Password  func() (string, error) // asked at each sign-in, so that a changed secret is picked up
	Hello     string                 // our name in EHLO; "": our address as a literal (RFC 5321 4.1.3)
	Timeouts  Timeouts
	Log       *slog.Logger // nil: silent

	mu     sync.Mutex
	kept   []*session // idle between two mails, at most DefaultConnections
	closed bool
}

// Timeouts bound every wait for a relay. The defaults, used where a field is
// zero, are not below the minimum of RFC 5321 4.5.3.2.
type Timeouts struct {
	Connect time.Duration // from dialling until signed in; 5m
	Command time.Duration // a command's whole answer, however it drips; 5m
	Block   time.Duration // one write while the body is sent; 3m
	Mail    time.Duration // one mail up to the final dot, connecting included; 20m
	Final   time.Duration // the answer to the final dot; 10m
	Linger  time.Duration // the same once the caller's context is cancelled; 30s
	Idle    time.Duration // how long an unused connection is kept; 30s
}

func (t Timeouts) connect() time.Duration { return cmp.Or(t.Connect, 5*time.Minute) }
func (t Timeouts) command() time.Duration { return cmp.Or(t.Command, 5*time.Minute) }
func (t Timeouts) block() time.Duration   { return cmp.Or(t.Block, 3*time.Minute) }
func (t Timeouts) mail() time.Duration    { return cmp.Or(t.Mail, 20*time.Minute) }
func (t Timeouts) final() time.Duration   { return cmp.Or(t.Final, 10*time.Minute) }
func (t Timeouts) linger() time.Duration  { return cmp.Or(t.Linger, 30*time.Second) }
func (t Timeouts) idle() time.Duration    { return cmp.Or(t.Idle, 30*time.Second) }

// Longest is the most time one Submit waits for the network. A lease on a
// mail being sent has to outlive it.
func (r *Relay) Longest() time.Duration { return r.Timeouts.mail() + r.Timeouts.final() }

// take returns a kept connection that still answers, else a new one.
func (r *Relay) take(ctx context.Context, end time.Time) (s *session, reused bool, fault *Fault) {
	for s := r.pop(); s != nil; s = r.pop() {
		s.until(end)
		stop := context.AfterFunc(ctx, s.abort)
		check := s.client.Noop
		if s.dirty {
			check = s.client.Reset
		}
		err := check()
		stop()
		if err == nil {
			s.dirty = false
			return s, true, nil
		}
		r.log().Debug("kept relay connection was dead", "relay", r.Addr, "err", err)
		s.abort()
	}
	s, fault = r.connect(ctx, end)
	if fault == nil {
		fault = r.signIn(ctx, s)
	}
	if fault != nil {
		return nil, false, fault
	}
	s.until(end)
	return s, false, nil
}

// pop takes out the connection kept last, nil if there is none.
func (r *Relay) pop() *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) == 0 {
		return nil
	}
	s := r.kept[len(r.kept)-1]
	r.kept = r.kept[:len(r.kept)-1]
	s.idle.Stop()
	return s
}

// put keeps s for another mail.
func (r *Relay) put(s *session) {
	s.writeBy(time.Time{})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.kept) >= DefaultConnections {
		go s.quit() // the answer to QUIT is waited for by nobody
		return
	}
	r.kept = append(r.kept, s)
	s.idle = time.AfterFunc(r.Timeouts.idle(), func() {
		if r.forget(s) {
			s.quit()
		}
	})
}

// forget takes s out of the kept connections, and reports whether it was there.
func (r *Relay) forget(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.kept, s)
	if i >= 0 {
		r.kept = slices.Delete(r.kept, i, i+1)
	}
	return i >= 0
}

// Close ends the kept connections. A Submit under way is not disturbed; its
// connection is closed when it is done.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	for s := r.pop(); s != nil; s = r.pop() {
		s.quit()
	}
	return nil
}

func (r *Relay) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
