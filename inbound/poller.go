package inbound

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
)

// A Mailbox says which folder to watch and what to do with its mail.
type Mailbox struct {
	Source   string // key in the config, and Receipt.Source
	IMAP     imapbox.Config
	After    After
	Backlog  Backlog
	Poll     time.Duration // longest time between two looks; 5 minutes if zero
	Idle     time.Duration // length of one IDLE (RFC 2177); 9 minutes if zero
	MaxBytes int64         // of larger mails only the beginning is taken; 50 MiB if zero
}

// A Backlog says which of the mail that lies in a mailbox at the first start is
// taken. At most one field is set.
type Backlog struct {
	All   bool
	Since time.Time     // zero if Age counts
	Age   time.Duration // before the first start
}

// baseline is the instant before which mail is left alone.
func (b Backlog) baseline(now time.Time) time.Time {
	switch {
	case b.All:
		return time.Time{}
	case !b.Since.IsZero():
		return b.Since
	}
	return now.Add(-b.Age)
}

// Blobs keeps raw mail. An error with a method Outage() bool that says true is a
// fault of the place where it is kept, and not of one mail.
type Blobs interface {
	// KeepBlobs puts mails whose bytes are in memory where they stay, and takes
	// their Inline away, if they can not be written with their receipts. It is
	// called before the transaction that takes them.
	KeepBlobs(ctx context.Context, blobs []*ticket.Blob) error
	// NewBlob begins a blob whose bytes come as a stream.
	NewBlob(ctx context.Context) BlobWriter
	// OpenBlob reads one back.
	OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadCloser, error)
}

// A BlobWriter takes the bytes of one blob. Exactly one of Commit and Abort ends
// it.
type BlobWriter interface {
	io.Writer
	Commit() (ticket.Blob, error)
	Abort() error
}

// A Poller watches one mailbox. Its exported fields are set before Run.
type Poller struct {
	Mailbox
	Desk       *ticket.Desk
	Blobs      Blobs
	AuthservID string // whose Authentication-Results are believed (RFC 8601); "" for nobody's
	Now        func() time.Time
	Log        *slog.Logger
	Room       func() bool // whether there is room for more mail where it is kept; nil is always
	Swept      func()      // rung after each sweep that reached the end; may be nil

	pace       pace            // usualPace() if zero
	reconciled time.Time       // when the whole mailbox was last compared with the receipts
	suspects   map[uint32]bool // UIDs among which the connection broke: asked for one by one
	readOnly   bool            // said so already
	entered    bool            // the desk knows that this poller reads
	wary       int             // how many mails are still to be taken one by one
	epoch      uint32          // of the last sweep; 0 before the first
	once       sync.Once
	kick       chan struct{}
}

// A pace is how long a poller waits. Servers lock accounts that connect, or try
// a wrong password, too often.
type pace struct {
	first   time.Duration // after the first connection that failed
	longest time.Duration // up to which that wait doubles
	steady  time.Duration // a connection that lasted longer than this begins anew with first
	login   time.Duration // after a login that was refused
	retry   time.Duration // before a mail that failed is tried again
}

func usualPace() pace {
	return pace{first: time.Second, longest: 5 * time.Minute, steady: time.Minute, login: 5 * time.Minute, retry: 10 * time.Second}
}

// Run watches the mailbox until ctx ends: it commits the mails in hand and
// returns nil. Faults of the server and the store are logged, and tried again
// after a growing wait. It may run again afterwards, and then begins as after a
// start: somebody else may have read the mailbox meanwhile.
func (p *Poller) Run(ctx context.Context) error {
	p.begin()
	p.reconciled, p.suspects, p.readOnly, p.wary = time.Time{}, nil, false, 0
	defer p.leave(ctx)
	wait := p.pace.first
	var since time.Time // when the first try in a row failed
	for ctx.Err() == nil {
		began := p.Now()
		err := p.session(ctx)
		if ctx.Err() != nil {
			break
		}
		lasted := p.Now().Sub(began)
		if lasted > p.pace.steady {
			wait = p.pace.first
		}
		if since.IsZero() || lasted > p.pace.steady {
			since = p.Now()
		}
		pause := jitter(wait)
		if imapbox.KindOf(err) == imapbox.KindLogin {
			pause = p.pace.login
		}
		what := "mail can not be taken" // by the desk; the server is fine
		if imapbox.KindOf(err) != 0 {
			what = "mailbox can not be read"
		}
		p.Log.Error(what, "mailbox", p.Source, "error", err,
			"for", p.Now().Sub(since).Round(time.Second), "again_in", pause.Round(time.Second))
		sleep(ctx, pause, p.kicks())
		wait = min(2*wait, p.pace.longest)
	}
	return nil
}

// Kick ends the wait after a fault, for whoever has mended something. It never
// blocks, and may be called from any goroutine.
func (p *Poller) Kick() {
	select {
	case p.kicks() <- struct{}{}:
	default: // it is kicked already
	}
}

func (p *Poller) kicks() chan struct{} {
	p.once.Do(func() { p.kick = make(chan struct{}, 1) })
	return p.kick
}

// Sweep connects, takes all mail there is, and disconnects: one pass, for
// commands that do not stay.
func (p *Poller) Sweep(ctx context.Context) error {
	p.begin()
	defer p.leave(ctx)
	box, err := imapbox.Dial(ctx, p.IMAP)
	if err != nil {
		return err
	}
	defer box.Close()
	for ctx.Err() == nil {
		left, err := p.sweep(ctx, box)
		if err != nil || left == nothing {
			return err
		}
		if left == failures || left == held {
			sleep(ctx, p.pace.retry, nil)
		}
	}
	return context.Cause(ctx)
}

// hasRoom reports whether mail may be fetched. What stays on its server is safe;
// a disk that is full would fail everybody else on it too.
func (p *Poller) hasRoom() bool { return p.Room == nil || p.Room() }

func (p *Poller) begin() {
	if p.pace == (pace{}) {
		p.pace = usualPace()
	}
}

// session is the life of one connection. It ends with an error; that of ctx if
// that is why.
func (p *Poller) session(ctx context.Context) error {
	box, err := imapbox.Dial(ctx, p.IMAP)
	if err != nil {
		return err
	}
	defer box.Close()
	state := box.State()
	p.Log.Info("mailbox connected", "mailbox", p.Source, "folder", state.Folder, "uidvalidity", state.UIDValidity,
		"mails", state.Exists, "idle", state.Idle)
	for {
		left, err := p.sweep(ctx, box)
		if err != nil {
			return err
		}
		if left == newMail {
			continue
		}
		slice := p.slice(state.Idle)
		if left == failures || left == held {
			slice = min(slice, p.pace.retry)
		}
		if _, err := box.Wait(ctx, slice); err != nil {
			return err
		}
	}
}

// slice is how long to wait for the server at a stretch.
func (p *Poller) slice(idle bool) time.Duration {
	poll, slice := p.Poll, p.Idle
	if poll <= 0 {
		poll = 5 * time.Minute
	}
	if slice <= 0 {
		slice = 9 * time.Minute
	}
	if !idle {
		return poll
	}
	return min(poll, slice)
}

// jitter is d on average, so that pollers do not come in step.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d+1)
}

// sleep waits, at most until a kick or the end of ctx.
func sleep(ctx context.Context, d time.Duration, kick <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-kick:
	}
}

// isRefusal reports whether the server only said no: the connection is good.
func isRefusal(err error) bool {
	return imapbox.KindOf(err) == imapbox.KindRefused
}

// isBroken reports whether err is the connection's end, and not the store's
// fault or the end of ctx.
func isBroken(err error) bool {
	e, ok := errors.AsType[*imapbox.Error](err)
	return ok && e.Kind.Broken()
}
