package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OpenToRead opens a desk that is there, to be read only: beside a daemon, as a
// copy or as a backup. It takes no lock, changes no schema, and what its DB is
// asked to write is refused. Of a bucket in the options it only reads.
func OpenToRead(ctx context.Context, url string, opts ...Option) (*DB, error) {
	o := optionsOf(opts)
	e, err := engineFor(url, o.password)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, dialect: e.words(), objects: o.objects, now: o.now, died: make(chan struct{})}
	if err := db.openToRead(ctx); err != nil {
		return nil, errors.Join(e.explain(err), db.Close())
	}
	return db, nil
}

func (db *DB) openToRead(ctx context.Context) error {
	err := patiently(ctx, func() (err error) {
		db.read, db.still, err = db.engine.openReadOnly(ctx)
		return err
	})
	if err != nil {
		return err
	}
	db.write = db.read // whose connections refuse it
	all, err := ourMigrations()
	if err != nil {
		return err
	}
	version, err := db.checkSchema(ctx, db.read, all)
	switch {
	case err != nil:
		return err
	case version == 0:
		return noDeskError(db.engine.name())
	case version < int64(len(all)):
		return fmt.Errorf("%s has schema %d, this deskpost knows %d: use the deskpost that wrote it, or start deskpost serve on it once",
			db.engine.name(), version, len(all))
	}
	return nil
}

// checkThere refuses a database with no desk in it.
func (db *DB) checkThere(ctx context.Context, pool *sql.DB) error {
	all, err := ourMigrations()
	if err != nil {
		return err
	}
	version, err := db.checkSchema(ctx, pool, all)
	if err == nil && version == 0 {
		return noDeskError(db.engine.name())
	}
	return err
}

// A noDeskError names a database that is there and empty.
type noDeskError string

func (e noDeskError) Error() string {
	return "the database " + string(e) + " is empty: there is no desk in it; name the right one in the config, " +
		"or if this was it, restore the last backup with deskpost restore"
}

// openReadOnly takes a file without a write-ahead log for one that nobody writes
// to: nothing is made beside it then, so that a backup can lie where nothing may
// be written. With a log it is read as the daemon's own readers do.
func (s sqlite) openReadOnly(ctx context.Context) (*sql.DB, func() error, error) {
	before, err := os.Stat(s.path)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, &fs.PathError{Op: "open", Path: s.path, Err: syscall.EISDIR}
	}
	if before.Size() == 0 {
		return nil, nil, noDeskError(s.path)
	}
	const pragmas = "_busy_timeout=5000&_query_only=on"
	if hasLog(s.path) {
		pool, err := openPool(ctx, s.path, "mode=ro&"+pragmas, 1)
		return pool, nil, err
	}
	pool, err := openPool(ctx, s.path, "mode=ro&immutable=1&"+pragmas, 1)
	return pool, func() error { return unchanged(s.path, before) }, err
}

// hasLog reports whether a file has a write-ahead log, as it has while somebody
// has it open and after a crash.
func hasLog(path string) bool {
	_, err := os.Stat(path + "-wal")
	return err == nil
}

// unchanged says so if a file was opened by a writer since it looked like before.
func unchanged(path string, before os.FileInfo) error {
	after, err := os.Stat(path)
	if err != nil {
		return err
	}
	if hasLog(path) || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return fmt.Errorf("%s was opened by another program while it was read, which may have changed what was seen: verify it again", path)
	}
	return nil
}

// integrity reads every page, or where it is to be quick leaves out whether the
// indexes fit the tables.
func (s sqlite) integrity(quick bool) []integrityQuery {
	pages := "PRAGMA integrity_check(20)"
	if quick {
		pages = "PRAGMA quick_check(20)"
	}
	return []integrityQuery{
		{fileDamaged, pages},
		{referenceBroken, `SELECT 'row ' || COALESCE(rowid, 0) || ' of ' || "table" || ' names a row of ' || parent || ' that is not there'
			FROM pragma_foreign_key_check`},
	}
}
