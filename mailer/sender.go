package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"deskpost/templates"
	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// A Desk keeps the outbox; *ticket.Desk does. All methods are safe to repeat.
type Desk interface {
	// Claim leases up to limit due notices and books an attempt for each.
	Claim(ctx context.Context, lease time.Duration, limit int) ([]ticket.Notice, error)
	// Settle records how an attempt ended and decides on the next one.
	Settle(ctx context.Context, id int64, attempt int, results []ticket.Result) error
	// Postpone takes the booking of an attempt back and ends the lease.
	Postpone(ctx context.Context, id int64, attempt int, until time.Time, why string) error
	// NextDue is when Claim may next find work; zero if there is none.
	NextDue(ctx context.Context) (time.Time, error)
}

// A Submitter sends a mail; *Relay does. See [Relay.Submit].
type Submitter interface {
	Submit(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report
}

// DefaultConnections is how many mails go to a relay at the same time, so that a
// slow one does not hold up the others. Some providers allow no more than three
// connections.
const DefaultConnections = 2

const (
	claimLimit   = 20
	defaultLease = 15 * time.Minute
	leaseMargin  = 3 * time.Minute  // between the end of an attempt and that of its lease: clocks of two nodes, each off by a minute, and a little
	pollEvery    = 30 * time.Second // in case a Wake was lost with a process
	pauseMin     = 5 * time.Second  // after the first fault of the relay or the store
	pauseMax     = 5 * time.Minute
	submitGrace  = 20 * time.Second // for the mail in hand, once the program stops
	settleGrace  = 10 * time.Second // and for writing down how it went
)

// settleWaits are the pauses before Settle is tried again. What it has to say
// is known nowhere else.
var settleWaits = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

// A Sender empties the outbox. Its fields and the first wording are set before
// the first call. Wake and SetTemplates may be called from any goroutine, Run
// and Round from one.
type Sender struct {
	Desk  Desk
	Relay Submitter
	Open  func(ticket.File) (io.ReadCloser, error) // fs.ErrNotExist: the bytes are gone
	Echo  string                                   // own mailbox that gets a copy of each mail; "" for none
	Lease time.Duration                            // of a claim; 15 minutes if 0. Attempts are cut off before its end
	Now   func() time.Time
	Log   *slog.Logger

	Connections int // mails under way at the same time; DefaultConnections if 0

	templates atomic.Pointer[templates.Set]
	once      sync.Once
	wake      chan struct{}
	relay     outage
	store     outage
}

// SetTemplates sets the wording, from the next mail on.
func (s *Sender) SetTemplates(set *templates.Set) { s.templates.Store(set) }

// Wake has Run look for work now. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.bell() <- struct{}{}:
	default: // it rings already
	}
}

func (s *Sender) bell() chan struct{} {
	s.once.Do(func() { s.wake = make(chan struct{}, 1) })
	return s.wake
}

// Run sends what is due until ctx is cancelled; the mails in hand are finished
// first, for at most 30 seconds. No fault ends it, and it returns nil.
func (s *Sender) Run(ctx context.Context) error {
	for {
		_, err := s.Round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			// A bell must not hurry a relay or a store that is down.
			wait(ctx, s.pause(), nil)
			continue
		}
		wait(ctx, s.untilDue(ctx), s.bell())
	}
}

// wait returns when the time is over, the bell rings or ctx is cancelled.
func wait(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-bell:
	case <-ctx.Done():
	}
}

// pause is how long Run leaves the relay and the store alone after a fault.
func (s *Sender) pause() time.Duration { return max(s.relay.pause(), s.store.pause()) }

// untilDue is how long there is nothing to do. What is due but cannot be
// claimed yet is looked at once a second.
func (s *Sender) untilDue(ctx context.Context) time.Duration {
	due, err := s.Desk.NextDue(ctx)
	if err != nil {
		s.noteStore(ctx, err)
		return pollEvery
	}
	if due.IsZero() {
		return pollEvery
	}
	d := due.Sub(s.Now())
	if d <= 0 {
		return time.Second
	}
	return min(d, pollEvery)
}

// elapsed is the time between two instants, by the clock on the wall too, which
// alone goes on while the machine sleeps. A clock set back adds nothing.
func elapsed(from, to time.Time) time.Duration {
	return max(0, to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

func (s *Sender) lease() time.Duration { return cmp.Or(s.Lease, defaultLease) }

func (s *Sender) connections() int { return cmp.Or(s.Connections, DefaultConnections) }

// send makes one attempt for one notice, within the given time. The error is a
// fault of the relay or the store; what is wrong with the mail itself is
// settled.
func (s *Sender) send(ctx context.Context, n ticket.Notice, within time.Duration) (taken bool, err error) {
	words, err := s.words(n)
	var size int64
	if err == nil {
		size, err = Size(n, words)
	}
	if err != nil {
		return false, s.settle(ctx, n, refusedAll(n, err))
	}
	env := Envelope{From: n.ReturnPath, To: outstanding(n), Echo: s.Echo, ID: fmt.Sprintf("notice-%d", n.ID)}
	if n.Kind.SignsIn() {
		env.Echo = "" // several people may read that mailbox
	}
	if len(env.To) == 0 {
		return false, s.settle(ctx, n, nil)
	}
	began := s.Now()
	attempt, cancel := outlive(ctx, submitGrace, within)
	defer cancel()
	var broken error // what kept the mail from being written
	report := s.Relay.Submit(attempt, env, size, func(w io.Writer) error {
		out := &faulty{w: failpoint.Writer("mailer.data", w)}
		err := Compose(out, n, words, s.Open)
		if out.err == nil {
			broken = err
		}
		return err
	})
	if broken != nil && hopeless(broken) {
		return false, s.settle(ctx, n, refusedAll(n, broken))
	}
	if ctx.Err() != nil && !anyTaken(report) {
		s.giveBack(ctx, []ticket.Notice{n}, s.Now(), "the program stopped")
		return false, nil
	}
	s.noteRelay(report.Fault)
	if report.Fault != nil && !anyTaken(report) {
		s.giveBack(ctx, []ticket.Notice{n}, s.Now().Add(s.pause()), report.Fault.Error())
		return false, report.Fault
	}
	s.log().Info("mail submitted", "notice", n.ID, "kind", n.Kind, "ticket", n.Ticket, "attempt", n.Attempts,
		"size", size, "took", s.Now().Sub(began), "answers", summary(report))
	if err := failpoint.Here("mailer.answered"); err != nil {
		return anyTaken(report), err
	}
	return anyTaken(report), s.settle(ctx, n, results(report))
}

// words has a notice worded. A template of the operator that fails is logged
// and does not hold up the mail.
func (s *Sender) words(n ticket.Notice) (templates.Rendered, error) {
	set := s.templates.Load()
	if set == nil {
		return templates.Rendered{}, errors.New("the sender has no templates")
	}
	r, err := set.Mail(n)
	var override *templates.OverrideError
	if errors.As(err, &override) {
		s.log().Error("a template of yours failed; run `deskpost check`", "notice", n.ID, "ticket", n.Ticket, "err", err)
		return r, nil
	}
	return r, err
}

// settle writes down how an attempt went. It is not stopped by ctx, because the
// mail is out.
func (s *Sender) settle(ctx context.Context, n ticket.Notice, results []ticket.Result) error {
	for _, r := range results {
		if r.Verdict == ticket.Refused {
			s.log().Warn("mail refused", "notice", n.ID, "ticket", n.Ticket, "kind", n.Kind, "answer", r.Answer)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleGrace)
	defer cancel()
	err := s.Desk.Settle(ctx, n.ID, n.Attempts, results)
	for _, d := range settleWaits {
		if err == nil || ctx.Err() != nil {
			break
		}
		wait(ctx, d, nil)
		err = s.Desk.Settle(ctx, n.ID, n.Attempts, results)
	}
	s.noteStore(ctx, err)
	if err == nil {
		err = failpoint.Here("mailer.settled")
	}
	return err
}

// giveBack ends the leases of notices that nothing was sent of. Where the store
// does not take that, the leases end by themselves.
func (s *Sender) giveBack(ctx context.Context, batch []ticket.Notice, until time.Time, why string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleGrace)
	defer cancel()
	for _, n := range batch {
		if err := s.Desk.Postpone(ctx, n.ID, n.Attempts, until, why); err != nil {
			s.noteStore(ctx, err)
			return
		}
	}
}

// outlive is a context that ends a grace after ctx does, and after limit at the
// latest.
func outlive(ctx context.Context, grace, limit time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		wait(longer, grace, nil)
		cancel()
	})
	return longer, func() { stop(); cancel() }
}

// faulty remembers that writing failed: then it is the line that is broken and
// not the mail.
type faulty struct {
	w   io.Writer
	err error
}

func (f *faulty) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil {
		f.err = err
	}
	return n, err
}

// hopeless reports whether a mail that could not be written never will be.
func hopeless(err error) bool {
	var file *FileError
	return !errors.As(err, &file) || file.Gone
}

func outstanding(n ticket.Notice) []string {
	var to []string
	for _, r := range n.Recipients {
		if r.Outstanding() {
			to = append(to, r.Address.Email)
		}
	}
	return to
}

func refusedAll(n ticket.Notice, why error) []ticket.Result {
	var all []ticket.Result
	for _, to := range outstanding(n) {
		all = append(all, ticket.Result{Recipient: to, Verdict: ticket.Refused, Answer: oneLine("not sent: " + why.Error())})
	}
	return all
}

// anyTaken reports whether the mail is, or may be, with the relay.
func anyTaken(r Report) bool {
	for _, a := range r.Answers {
		if a.Verdict == ticket.Sent || a.Verdict == ticket.InDoubt {
			return true
		}
	}
	return false
}

func results(r Report) []ticket.Result {
	all := make([]ticket.Result, 0, len(r.Answers))
	for _, a := range r.Answers {
		all = append(all, ticket.Result{Recipient: a.Recipient, Verdict: a.Verdict, Answer: said(a)})
	}
	return all
}

// said is an answer as people read it: "550 5.1.1 no such user".
func said(a Answer) string {
	var words []string
	if a.Code != 0 {
		words = append(words, fmt.Sprint(a.Code))
	}
	for _, w := range []string{a.Enhanced, a.Text} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// summary counts the verdicts for the log.
func summary(r Report) string {
	count := make(map[ticket.Verdict]int)
	for _, a := range r.Answers {
		count[a.Verdict]++
	}
	var words []string
	for _, v := range []ticket.Verdict{ticket.Sent, ticket.Later, ticket.Refused, ticket.InDoubt} {
		if count[v] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	return strings.Join(words, ", ")
}

func (s *Sender) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}
