// Package store keeps the desk in SQLite or PostgreSQL: tickets, receipts, the
// outbox and the raw mail. Both are asked by the same SQL text (see dialect) and
// differ in how they are opened, locked and explained (see engine). It is the
// one implementation of ticket.Store, and the suite in store/storetest pins on
// both what it promises.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// A DB is an open desk. It may be used by several goroutines. On SQLite one
// writes at a time, on PostgreSQL several do; readers never wait for them.
type DB struct {
	engine  engine
	dialect dialect
	write   *sql.DB // on SQLite one connection, so that writers queue here and not in the engine
	read    *sql.DB
	lock    lock             // nil if not taken
	waiting func(why string) // told that something is waited for; may be nil
	node    *node            // nil where there can be only one
	objects objects          // the bucket with raw mail, if there is one
	owned   atomic.Bool      // the bucket is known to be this desk's
	now     func() time.Time
	still   func() error          // says so if the database changed where nobody should; nil if all may write
	begun   bool                  // there was no desk in the database before
	dead    atomic.Pointer[error] // the fault after which nothing is written any more
	died    chan struct{}         // closed when there is one
}

var (
	_ ticket.Store = (*DB)(nil)
	_ ticket.Tx    = (*tx)(nil)
)

// An Option changes how Open opens a desk.
type Option func(*options)

type options struct {
	lock     bool
	existing bool
	node     string
	lease    time.Duration
	leading  func(Leadership)
	waiting  func(why string)
	checking func(why string)
	password string
	now      func() time.Time
	objects  objects
}

func optionsOf(opts []Option) options {
	o := options{now: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithLock makes Open take the lock of a daemon. Commands that read or do one
// small thing do not take it.
//
// Of a SQLite file there is one, and Open soon refuses one that is locked. On
// PostgreSQL each node has its own, under its name; Open waits until another
// process of that name ends or ctx does. A DB that loses its lock, with the
// connection that held it, writes nothing more, and its errors are fatal.
func WithLock() Option { return func(o *options) { o.lock = true } }

// WithExisting makes Open refuse a database with no desk in it, where it would
// make one. A command that looks at a desk has nothing to do on an empty one,
// and its database is lost or is named wrongly.
func WithExisting() Option { return func(o *options) { o.existing = true } }

// WithNode is what the daemon is called among several on a PostgreSQL database.
func WithNode(name string) Option { return func(o *options) { o.node = name } }

// WithWaiting makes Open tell, once for each thing, that it waits, why, and
// what to do about it.
func WithWaiting(waiting func(why string)) Option {
	return func(o *options) { o.waiting = waiting }
}

// WithChecking makes Open tell why it reads through the whole database before it
// opens it, which takes a while. It does so for the holder of the lock only, on
// a SQLite file that is small or whose last holder did not end in order.
func WithChecking(told func(why string)) Option { return func(o *options) { o.checking = told } }

// WithPassword gives the password of the user in a PostgreSQL URL, which must
// not stand in the URL.
func WithPassword(password string) Option { return func(o *options) { o.password = password } }

// WithClock makes the store read the time from now where nobody hands it an
// instant: the age of an upload. It is time.Now otherwise.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Open opens the desk at a URL such as "sqlite:/var/lib/deskpost/desk.db" or
// "postgres://user@host/desk", and brings its schema up to date. A SQLite file
// is made if there is none; a PostgreSQL database has to be there. Its errors
// name the database, say what is wrong with it and how to mend it.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	o := optionsOf(opts)
	e, err := engineFor(url, o.password)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, dialect: e.words(), objects: o.objects, now: o.now, waiting: o.waiting, died: make(chan struct{})}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(e.explain(err), db.Close())
	}
	return db, nil
}

// engineFor is the engine that a URL names.
func engineFor(url, password string) (engine, error) {
	if isPostgres(url) {
		return newPostgres(url, password)
	}
	path, err := sqlitePath(url)
	return sqlite{path}, err
}

func (db *DB) open(ctx context.Context, o options) error {
	if err := db.engine.prepare(!o.existing); err != nil {
		return err
	}
	var err error
	if o.lock {
		db.lock, err = db.engine.takeLock(ctx, wait{daemon: true, node: o.node, waiting: o.waiting, lost: db.die})
		if err != nil {
			return err
		}
		if err := db.engine.check(ctx, db.lock.abandoned(), o.checking); err != nil {
			db.die(err)
			return err
		}
	}
	if err := patiently(ctx, func() error {
		db.write, err = db.engine.openWriters(ctx)
		return err
	}); err != nil {
		return err
	}
	if o.existing {
		if err := db.checkThere(ctx, db.write); err != nil {
			return err
		}
	}
	if err := patiently(ctx, func() error { return db.migrate(ctx) }); err != nil {
		return err
	}
	if err := patiently(ctx, func() error {
		db.read, err = db.engine.openReaders(ctx)
		return err
	}); err != nil || db.lock == nil {
		return err
	}
	if err := db.join(ctx, o); err != nil {
		return err
	}
	return db.checkWhole(ctx) // now that no restore can be at work any more
}

// join begins the work of a daemon, beside others or alone.
func (db *DB) join(ctx context.Context, o options) error {
	if err := db.lock.join(ctx); err != nil || db.lock.alone() {
		return err
	}
	// Before we shared the lock, a newer program may have changed the tables.
	if err := db.migrate(ctx); err != nil {
		return err
	}
	pool, err := db.engine.openBeats(ctx)
	if err != nil {
		return err
	}
	db.node = newNode(o, pool)
	if err := db.checkClock(ctx); err != nil {
		return err
	}
	db.node.running.Go(db.beat)
	return nil
}

// openPatience is how long opening is tried while the database is busy.
const openPatience = 5 * time.Second

// patiently runs f until it no longer says that the database is busy. Where a
// process that opens a SQLite file meets one that makes it, or the last one that
// closes it, the engine says so at once, whatever the busy timeout. A
// PostgreSQL server says so while it starts.
func patiently(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := f()
		if !IsBusy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// Close closes the desk and frees its lock.
func (db *DB) Close() error {
	var errs []error
	if db.node != nil {
		errs = append(errs, db.node.close())
	}
	// The writer goes last: the last connection folds the write-ahead log into
	// the database, and the readers may not write.
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	errs = append(errs, db.freeLock())
	return errors.Join(errs...)
}

// freeLock frees the lock. After a fault of the disk or the database the next
// start shall find that this one did not end well.
func (db *DB) freeLock() error {
	file, ok := db.lock.(*fileLock)
	switch {
	case db.lock == nil:
		return nil
	case ok && db.Err() != nil:
		return file.keep()
	}
	return db.lock.release()
}

// updateTries is how often an Update is run that its engine undid for the sake
// of another one.
const updateTries = 10

// Update runs f in one transaction; see ticket.Store. Under the context of work
// that a lease was granted for, it fails with ErrLeaseLost if another node has
// the lease; see Lead. The context ends the wait for other writers but not a
// transaction that has begun: SQLite's interrupt would hit whatever the
// connection does at that moment.
func (db *DB) Update(ctx context.Context, f func(ticket.Tx) error) error {
	return db.update(ctx, func(t *tx) error { return f(t) })
}

func (db *DB) update(ctx context.Context, f func(*tx) error) error {
	for try := 1; ; try++ {
		err := db.updateOnce(ctx, f)
		if try == updateTries || ctx.Err() != nil || !gaveWay(err) {
			return err
		}
	}
}

func (db *DB) updateOnce(ctx context.Context, f func(*tx) error) error {
	if err := db.Err(); err != nil {
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return db.fault("wait for other writers", err)
	}
	defer conn.Close()
	ctx, cancel := db.unbroken(ctx)
	defer cancel()
	sqlTx, err := conn.BeginTx(ctx, db.dialect.update)
	if err != nil {
		return db.fault("begin transaction", err)
	}
	defer sqlTx.Rollback() // after a commit this does nothing
	t := &tx{ctx: ctx, sql: sqlTx, dialect: &db.dialect, writes: true}
	if err = db.stillLeads(t); err == nil {
		err = f(t)
	}
	if t.broken != nil {
		return db.fault("run transaction", t.broken)
	}
	if err != nil {
		return err
	}
	if fault := db.dead.Load(); fault != nil {
		return *fault // another process may run the desk by now
	}
	if err := failpoint.Here("store.commit"); err != nil {
		return db.fault("commit", err)
	}
	if err := sqlTx.Commit(); err != nil {
		return db.fault("commit", err)
	}
	return failpoint.Here("store.committed")
}

// unbroken is the context of a transaction that has begun: one that the end of
// ctx does not end. Where the engine is on the other end of a network, time
// does.
func (db *DB) unbroken(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if db.dialect.longest == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, db.dialect.longest)
}

// View runs f on one consistent picture; see ticket.Store.
func (db *DB) View(ctx context.Context, f func(ticket.Tx) error) error {
	return db.view(ctx, func(t *tx) error { return f(t) })
}

func (db *DB) view(ctx context.Context, f func(*tx) error) error {
	sqlTx, err := db.read.BeginTx(ctx, db.dialect.view)
	if err != nil {
		return fmt.Errorf("begin view: %w", db.engine.explain(err))
	}
	defer sqlTx.Rollback()
	t := &tx{ctx: ctx, sql: sqlTx, dialect: &db.dialect}
	err = f(t)
	if err != nil && IsFatal(err) {
		return db.fault("read", err)
	}
	return err
}

// Err is the fault of the disk or the database after which nothing is written
// any more, nil while all is well.
func (db *DB) Err() error {
	if fault := db.dead.Load(); fault != nil {
		return *fault
	}
	return nil
}

// Begun reports whether Open found no desk in the database and made an empty one.
func (db *DB) Begun() bool { return db.begun }

// Size is how many bytes the database takes up, indexes included.
func (db *DB) Size(ctx context.Context) (int64, error) {
	var bytes int64
	err := db.view(ctx, func(t *tx) error { return t.one(db.dialect.size, nil, &bytes) })
	if err != nil {
		return 0, fmt.Errorf("measure the database: %w", err)
	}
	return bytes, nil
}

// fault wraps what went wrong with a transaction. After an I/O error or on a
// damaged file the handle is done for: what the engine believes to be on the
// disk may not be there, and writing on could make it worse.
func (db *DB) fault(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, db.engine.explain(err))
	if IsFatal(err) {
		db.die(err)
	}
	return err
}

// die makes every later Update fail with err.
func (db *DB) die(err error) {
	if db.dead.CompareAndSwap(nil, &err) {
		close(db.died)
	}
}

// Watch waits until nothing can be written any more, and returns the fault,
// which is fatal (see IsFatal); nil if ctx ends first.
func (db *DB) Watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-db.died:
		return *db.dead.Load()
	}
}
