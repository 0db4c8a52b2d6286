package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"deskpost/inbound"
	"deskpost/inbound/imapbox"
	"deskpost/mailer"
	"deskpost/store"
	"deskpost/templates"
	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// How long one mail may take on its way to the relay, and how much longer than
// the longest attempt its lease is: the sender gives up some minutes before it
// ends. After a crash a mail in hand waits for its lease to end, unless the same
// node starts again.
const (
	mailWithin  = 10 * time.Minute
	leaseMargin = 4 * time.Minute
)

// An app is the assembled program: the one place that knows all the parts.
type app struct {
	settings *settings // as at the start; the desk has the policy in force
	db       *store.DB
	desk     *ticket.Desk
	pollers  []*inbound.Poller
	relay    *mailer.Relay
	sender   *mailer.Sender
	webhooks *mailer.Webhooks
	leads    *leads
	rewind   chan struct{} // rung when what recurs has changed, or the clock
	read     chan struct{} // rung when a mailbox was read
	now      func() time.Time
	log      *slog.Logger
	certs    certificates

	reloading sync.Mutex // held by the one reload at a time
}

// assemble opens the database, which makes this the only daemon of its name on
// it, and puts the parts together. Nothing runs yet.
func assemble(ctx context.Context, s *settings, log *slog.Logger, opts ...store.Option) (*app, error) {
	words, err := templates.Load(nil)
	if err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	now, leads := failpoint.Clock(time.Now), newLeads(log)
	opts = append([]store.Option{store.WithClock(now), store.WithLeading(leads.told)}, opts...)
	db, err := openDesk(ctx, s, now, log, opts...)
	if err != nil {
		return nil, err
	}
	if db.Begun() {
		log.Info("a new desk begins: if there was one, stop deskpost, and name its database or restore a backup", "database", s.Database)
	}
	if err := bucketKept(ctx, db, s.Blobs); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	keys, err := db.Keys(ctx, now(), rand.Reader)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read signing keys: %w", err), db.Close())
	}
	a := &app{settings: s, db: db, leads: leads, rewind: make(chan struct{}, 1), read: make(chan struct{}, 1), now: now, log: log}
	a.desk = &ticket.Desk{Store: db, Keys: keys, Now: now, Began: now(), Node: db.Node()}
	a.desk.SetPolicy(s.Policy)
	if err := errors.Join(departmentsKept(ctx, a.desk, s.Policy), statusesKept(ctx, a.desk, s.Policy)); err != nil {
		return nil, errors.Join(&usageError{err}, db.Close())
	}
	left, err := a.desk.Recover(ctx) // the lock says that no other sender of this name lives
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if left > 0 {
		log.Info("taking up mail that was being sent when the program ended", "notices", left)
	}
	if err := a.desk.RecoverDeliveries(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := a.tellHeld(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.relay = newRelay(s.Relay, log)
	a.relay.TLSConfig.VerifyConnection = a.certs.watch(a.relay.Addr)
	a.sender = &mailer.Sender{Desk: a.desk, Relay: a.relay, Lease: a.relay.Longest() + leaseMargin, Open: a.openFile, Echo: s.Echo, Now: now, Log: log}
	a.sender.SetTemplates(words)
	a.webhooks = &mailer.Webhooks{Desk: a.desk, Now: now, Log: log}
	a.webhooks.SetEndpoints(endpointsOf(s))
	a.desk.Wake = a.wake
	space, err := newRoom(s, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	for _, m := range s.Mailboxes {
		p := a.newPoller(m, s.MaxSize)
		p.Room = space.enough
		a.pollers = append(a.pollers, p)
	}
	return a, nil
}

// wake has both look for work who send what the desk queues.
func (a *app) wake() {
	a.sender.Wake()
	a.webhooks.Wake()
}

// endpointsOf are where the webhooks of a config are.
func endpointsOf(s *settings) map[string]*mailer.Endpoint {
	all := map[string]*mailer.Endpoint{}
	for key, w := range s.Webhooks {
		all[key] = w.endpoint()
	}
	return all
}

// openDesk opens the database as the daemon of its name, and says what it waits
// for.
func openDesk(ctx context.Context, s *settings, now func() time.Time, log *slog.Logger, opts ...store.Option) (*store.DB, error) {
	var checking time.Time
	waiting := func(why string) {
		log.Info("waiting: "+why, "database", s.Database)
		standBy(log, why)
	}
	check := func(why string) {
		checking = now()
		log.Warn("checking the database before it is used", "database", s.Database, "because", why)
		moreTime(log)
	}
	opts = append([]store.Option{store.WithLock(), store.WithNode(s.Node), store.WithWaiting(waiting), store.WithChecking(check)}, opts...)
	db, err := openDatabase(ctx, s, opts...)
	if err == nil && !checking.IsZero() {
		log.Info("the database is whole", "database", s.Database, "took", now().Sub(checking).Round(time.Millisecond))
	}
	return db, err
}

// openDatabase opens the database that the settings name.
func openDatabase(ctx context.Context, s *settings, opts ...store.Option) (*store.DB, error) {
	password, err := s.databasePassword()
	if err != nil {
		return nil, err
	}
	blobs, err := bucketOptions(s.Blobs)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, s.Database, append(append(opts, blobs...), store.WithPassword(password))...)
}

// databasePassword looks the password of the database up; "" if none is set.
func (s *settings) databasePassword() (string, error) {
	if s.DatabasePassword == nil {
		return "", nil
	}
	password, err := s.DatabasePassword()
	if err != nil {
		return "", fmt.Errorf("database_password: %w", err)
	}
	return password, nil
}

func (a *app) close() error {
	return errors.Join(a.relay.Close(), a.db.Close())
}

func newRelay(s relaySettings, log *slog.Logger) *mailer.Relay {
	return &mailer.Relay{
		Addr: s.Endpoint.addr(), TLS: mailer.TLSMode(s.Endpoint.Security),
		TLSConfig: &tls.Config{ServerName: s.Endpoint.Host, RootCAs: s.CAs},
		User:      s.Endpoint.User, Password: s.Password, Hello: s.Hello, Log: log,
		Timeouts: mailer.Timeouts{Mail: mailWithin},
	}
}

func imapConfig(m mailboxSettings, log *slog.Logger) imapbox.Config {
	return imapbox.Config{
		Addr: m.Endpoint.addr(), Security: imapbox.Security(m.Endpoint.Security),
		TLSConfig: &tls.Config{ServerName: m.Endpoint.Host, RootCAs: m.CAs},
		User:      m.Endpoint.User, Password: m.Password, Folder: m.Endpoint.Folder, Log: log,
	}
}

func (a *app) newPoller(m mailboxSettings, maxSize int64) *inbound.Poller {
	config := imapConfig(m, a.log)
	config.MaxBytes = maxSize
	config.TLSConfig.VerifyConnection = a.certs.watch(config.Addr)
	return &inbound.Poller{
		Mailbox: inbound.Mailbox{
			Source: m.Key, IMAP: config,
			After:   m.After,
			Backlog: m.Backlog,
			Poll:    m.Poll, Idle: m.Idle, MaxBytes: maxSize,
		},
		Desk: a.desk, Blobs: blobs{a.db}, AuthservID: a.settings.AuthservID,
		Now: a.now, Log: a.log, Swept: a.swept,
	}
}

// blobs makes the store's blob writer the poller's.
type blobs struct{ *store.DB }

func (b blobs) NewBlob(ctx context.Context) inbound.BlobWriter { return b.DB.NewBlob(ctx) }

func (b blobs) OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadCloser, error) {
	return b.DB.OpenBlob(ctx, sum)
}

// openFile streams an attachment out of the raw mail it came in.
func (a *app) openFile(f ticket.File) (io.ReadCloser, error) {
	raw, err := a.db.OpenBlob(context.Background(), f.Raw)
	if errors.Is(err, ticket.ErrNotFound) {
		err = fs.ErrNotExist // the mailer's word for a mail that can never be sent
	}
	if err != nil {
		return nil, fmt.Errorf("open the mail that holds %s: %w", f.Name, err)
	}
	return inbound.OpenFile(raw, f)
}

// mailHTML draws the HTML of a mail for the page.
func (a *app) mailHTML(f ticket.File, picture func(part string) string, remote bool) (safe string, withheld int, err error) {
	raw, err := a.openFile(f)
	if err != nil {
		return "", 0, err
	}
	defer raw.Close()
	return inbound.MailHTML(raw, picture, remote)
}

// run works until ctx ends, then stops in order: no new mail is taken and the
// group in hand is committed, then the mail being sent is finished. The first
// part that fails stops the others.
func (a *app) run(ctx context.Context) error {
	intake, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	var in, out sync.WaitGroup
	var faults faultList
	start := func(parts *sync.WaitGroup, ctx context.Context, name string, run func(context.Context) error) {
		parts.Go(func() {
			if err := run(ctx); err != nil {
				faults.add(fmt.Errorf("%s: %w", name, err))
				stop(err)
			}
		})
	}
	for _, p := range a.pollers {
		start(&in, intake, "mailbox "+p.Source, a.leading(mailboxLease(p.Source), p.Run))
	}
	start(&in, intake, "clock", a.leading(clockLease, a.runClock))
	start(&in, intake, "database", a.db.Watch)
	if a.settings.Web.Listen != "" {
		start(&in, intake, "page", a.runPage)
	}
	start(&out, sending, "mailer", a.sender.Run)
	start(&out, sending, "webhooks", a.webhooks.Run)
	<-intake.Done()
	in.Wait()
	stopSending()
	out.Wait()
	return faults.join()
}

// leading is work for the node that leads it: this one, sooner or later.
func (a *app) leading(lease string, work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return a.db.Lead(ctx, lease, work) }
}

// A faultList collects what went wrong in parts that run at the same time.
type faultList struct {
	mu   sync.Mutex
	errs []error
}

func (f *faultList) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
}

func (f *faultList) join() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.errs...)
}
