package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"deskpost/ticket/failpoint"
)

// A Backup says what is in the file of a backup. Such a file is a SQLite desk of
// the same schema, whatever engine the desk it was taken of runs on: it can be
// looked at anywhere, and restored to either engine.
type Backup struct {
	TakenAt time.Time // all that was committed before is in it
	Version string    // of the deskpost that took it
	Engine  string    // of the desk it was taken of: "SQLite" or "PostgreSQL"

	Tickets      int64
	Mails        int64     // receipts, of whatever outcome
	Bytes        int64     // of raw mail that is in the file
	InBucket     int64     // raw mails that are in a bucket, of which the file has the names
	Unsent       int64     // mails of ours that were still to be sent
	OldestUnsent time.Time // when the oldest of them was queued; zero if there is none
}

// A BackupOption changes how a backup is taken.
type BackupOption func(*backupOptions)

type backupOptions struct{ replace bool }

// WithReplace lets a backup take the place of an older one, once it is whole. It
// takes the place of nothing else: the file may be the desk itself.
func WithReplace() BackupOption { return func(o *backupOptions) { o.replace = true } }

// BackUp writes one consistent picture of the desk into a file, while others
// read and write the desk. The file has its name only when it is whole, verified
// and on the disk; until then it is called file.part, and is removed if BackUp
// fails, unless what failed is the verification: the desk itself may be damaged,
// and then the copy is better than nothing. The file holds the keys that sign
// tokens, so only its owner may read it. The version is that of the program.
func (db *DB) BackUp(ctx context.Context, file, version string, opts ...BackupOption) (Backup, error) {
	var o backupOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.replace {
		if err := checkReplaced(ctx, file); err != nil {
			return Backup{}, fmt.Errorf("back up to %s: %w", file, err)
		}
	}
	p, err := newPart(file, ".part", o.replace)
	if there := thereError(""); errors.As(err, &there) {
		err = fmt.Errorf("%w: name another file, or replace an older backup with --force", err)
	}
	if err != nil {
		return Backup{}, fmt.Errorf("back up to %s: %w", file, err)
	}
	b, err := db.backUp(ctx, p, version)
	if err := errors.Join(err, p.end()); err != nil {
		return Backup{}, fmt.Errorf("back up to %s: %w", file, err)
	}
	return b, nil
}

// checkReplaced refuses a file that is there and is no backup, of whatever
// schema: a desk that is written over is lost, and so is any other file.
func checkReplaced(ctx context.Context, file string) error {
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil // newPart has the better words
	}
	if err != nil {
		return err
	}
	backups := 0
	pool, err := openPool(ctx, file, readerPragmas, 1)
	if err == nil {
		row := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM backups WHERE restored_at IS NULL AND id <> $1`, unended)
		err = errors.Join(row.Scan(&backups), pool.Close())
	}
	switch {
	case err != nil:
		return fmt.Errorf("the file that is there can not be read as a backup (%w), and only a backup is replaced: "+
			"name another file, or move that one away", err)
	case backups == 0:
		return errors.New("the file that is there is a desk and no backup, and is not replaced: name another file")
	}
	return nil
}

func (db *DB) backUp(ctx context.Context, p *part, version string) (Backup, error) {
	if err := db.checkWhole(ctx); err != nil {
		return Backup{}, err
	}
	copied, err := p.open(ctx)
	if err != nil {
		return Backup{}, err
	}
	if err := db.copyTo(ctx, copied, version); err != nil {
		return Backup{}, errors.Join(err, copied.Close())
	}
	if err := errors.Join(copied.Close(), failpoint.Here("backup.copied")); err != nil {
		return Backup{}, err
	}
	b, err := readBackup(ctx, p.path)
	if err != nil {
		p.keep = true
		return Backup{}, fmt.Errorf("the copy is not whole: %w; it stays there as %s, for the desk itself may be damaged", err, p.path)
	}
	if err := p.publish(); err != nil {
		return Backup{}, err
	}
	return b, failpoint.Here("backup.renamed")
}

// copyTo fills an empty desk with a picture of this one, and notes that it is a
// backup.
func (db *DB) copyTo(ctx context.Context, copied *DB, version string) error {
	at := db.now() // not later than the picture
	picture, err := db.read.BeginTx(ctx, db.dialect.view)
	if err != nil {
		return fmt.Errorf("begin view: %w", db.engine.explain(err))
	}
	defer picture.Rollback()
	if err := db.dialect.letIdle(ctx, picture); err != nil {
		return db.engine.explain(err)
	}
	err = copied.fill(ctx, picture, func(t *tx) error {
		_, err := t.exec(`INSERT INTO backups (id, taken_at, version, engine)
			SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3 FROM backups`, at.UnixMilli(), version, db.dialect.engine)
		return err
	})
	return db.engine.explain(err)
}

// unended is the ID of the row that says that a restore has not ended.
const unended = 0

// checkWhole refuses a database that is not a desk: a backup, or what a restore
// that died has left.
func (db *DB) checkWhole(ctx context.Context) error {
	var id int64
	row := db.write.QueryRowContext(ctx, `SELECT COALESCE(MIN(id), -1) FROM backups WHERE restored_at IS NULL`)
	if err := row.Scan(&id); err != nil {
		return fmt.Errorf("look whether the desk is whole: %w", err)
	}
	switch {
	case id < 0:
		return nil
	case id == unended:
		return fmt.Errorf("the database %s is not whole: a restore of it has not ended; run deskpost restore again", db.engine.name())
	}
	return fmt.Errorf("%s is a backup: to run a desk from it, restore it into a database of its own with deskpost restore",
		db.engine.name())
}
