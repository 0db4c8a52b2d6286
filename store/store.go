// Package store keeps the desk in a SQL database: tickets, receipts, the
// outbox and the raw mail. SQLite runs; PostgreSQL comes next, from the same
// SQL text (see dialect). It is the one implementation of ticket.Store, and the
// suite in store/storetest pins what it promises.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"deskpost/ticket"
)

// A DB is an open desk. It may be used by several goroutines: one writes at a
// time, and readers do not wait for it.
type DB struct {
	path    string
	dialect dialect
	write   *sql.DB // one connection, so that writers queue here and not in the engine
	read    *sql.DB
	lock    *lock // nil if not taken
	now     func() time.Time
	dead    atomic.Pointer[error] // the fault after which nothing is written any more
}

var (
	_ ticket.Store = (*DB)(nil)
	_ ticket.Tx    = (*tx)(nil)
)

// An Option changes how Open opens a desk.
type Option func(*options)

type options struct {
	lock bool
	now  func() time.Time
}

// WithLock makes Open take the lock of the database, which only one process can
// hold. The daemon takes it; commands that read or do one small thing do not.
func WithLock() Option { return func(o *options) { o.lock = true } }

// WithClock makes the store read the time from now where nobody hands it an
// instant: the age of an upload. It is time.Now otherwise.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Open opens the desk at a URL such as "sqlite:/var/lib/deskpost/desk.db",
// making an empty one if there is none, and brings its schema up to date. Its
// errors name the file, say what is wrong with it and how to mend it.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	o := options{now: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	path, err := sqlitePath(url)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, dialect: sqlite(), now: o.now}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, o options) error {
	if err := prepareFile(db.path); err != nil {
		return err
	}
	var err error
	if o.lock {
		if db.lock, err = takeLock(ctx, db.path, lockPatience); err != nil {
			return err
		}
	}
	if err := patiently(ctx, func() error {
		db.write, err = openWriter(ctx, db.path)
		return err
	}); err != nil {
		return err
	}
	if err := patiently(ctx, func() error { return db.migrate(ctx) }); err != nil {
		return err
	}
	return patiently(ctx, func() error {
		db.read, err = openReaders(ctx, db.path)
		return err
	})
}

// Close closes the desk and frees its lock.
func (db *DB) Close() error {
	var errs []error
	// The writer goes last: the last connection folds the write-ahead log into
	// the database, and the readers may not write.
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.release())
	}
	return errors.Join(errs...)
}

// Update runs f in one transaction; see ticket.Store. The context ends the wait
// for other writers but not a transaction that has begun: SQLite's interrupt
// would hit whatever the connection does at that moment.
func (db *DB) Update(ctx context.Context, f func(ticket.Tx) error) error {
	return db.update(ctx, func(t *tx) error { return f(t) })
}

func (db *DB) update(ctx context.Context, f func(*tx) error) error {
	if err := db.Err(); err != nil {
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("wait for other writers: %w", err)
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	sqlTx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return db.fault("begin transaction", err)
	}
	defer sqlTx.Rollback() // after a commit this does nothing
	t := &tx{ctx: ctx, sql: sqlTx, dialect: &db.dialect, writes: true}
	err = f(t)
	if t.broken != nil {
		return db.fault("run transaction", t.broken)
	}
	if err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return db.fault("commit", err)
	}
	return nil
}

// View runs f on one consistent picture; see ticket.Store.
func (db *DB) View(ctx context.Context, f func(ticket.Tx) error) error {
	return db.view(ctx, func(t *tx) error { return f(t) })
}

func (db *DB) view(ctx context.Context, f func(*tx) error) error {
	sqlTx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin view: %w", err)
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

// fault wraps what went wrong with a transaction. After an I/O error or on a
// damaged file the handle is done for: what the engine believes to be on the
// disk may not be there, and writing on could make it worse.
func (db *DB) fault(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, explain(db.path, err))
	if IsFatal(err) {
		db.dead.CompareAndSwap(nil, &err)
	}
	return err
}
