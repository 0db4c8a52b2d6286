package store

import (
	"context"
	"database/sql"
	"time"
)

// An engine is the database program behind a DB: how it is opened and locked,
// and what its errors mean. What it is asked is the same on each; see dialect.
type engine interface {
	words() dialect
	// name is the database as messages to people name it: it holds no secret.
	name() string
	// prepare makes what has to be there before a connection can be opened, or
	// if it may not make it, refuses a database of which that is not there.
	prepare(mayMake bool) error
	openWriters(ctx context.Context) (*sql.DB, error)
	openReaders(ctx context.Context) (*sql.DB, error)
	// openBeats opens what renews leases, which nothing else may keep busy.
	openBeats(ctx context.Context) (*sql.DB, error)
	// openReadOnly opens what is there for one who must not change anything. The
	// function, which may be nil, says so if somebody else did meanwhile.
	openReadOnly(ctx context.Context) (*sql.DB, func() error, error)
	// check looks whether a database that is about to be opened is whole, if there
	// is cause to; told, which may be nil, hears why before it begins.
	check(ctx context.Context, abandoned bool, told func(why string)) error
	// integrity is what to ask the engine about its own health.
	integrity(quick bool) []integrityQuery
	// takeLock takes the lock of a daemon: that of the desk, or of one node of
	// several.
	takeLock(ctx context.Context, w wait) (lock, error)
	// takeAlone takes the lock of the desk as a whole, to change its tables or to
	// restore it.
	takeAlone(ctx context.Context, w wait) (lock, error)
	// load writes the rows of a table in a transaction of the connection.
	load(ctx context.Context, conn *sql.Conn, into *sql.Tx, t table, r *tableRows) error
	// build gives db, of which the caller holds the lock, an empty desk at its
	// database, has fill fill it, and puts it in place if that has succeeded. What
	// is left behind otherwise says so to whoever opens it, and another build may
	// follow. A database that is not empty is refused.
	build(ctx context.Context, db *DB, b Backup, fill func() error) error
	// explain adds to an error of the engine what an operator can do about it.
	// Other errors stay as they are.
	explain(err error) error
}

// A lock keeps other processes from running the desk. It is freed when the
// process that holds it dies, however it dies.
type lock interface {
	// alone reports whether nobody else can run the desk beside the holder.
	alone() bool
	// abandoned reports whether whoever had it before died with it, as far as
	// that can be known.
	abandoned() bool
	// join is called once the tables are up to date: they stay so until release.
	join(ctx context.Context) error
	release() error
}

// A wait says how a lock is waited for.
type wait struct {
	daemon  bool             // who wants it runs the desk; a command wants it for a moment only
	node    string           // what the daemon is called
	waiting func(why string) // told once if the lock is not free; may be nil
	lost    func(error)      // told if the lock is lost before it is released; may be nil
}

// lockPatience is how long the lock is waited for by whoever does not wait until
// it is free: a daemon that is just ending, or a command that is just making the
// tables, is soon done.
const lockPatience = 2 * time.Second
