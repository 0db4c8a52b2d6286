package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"strings"
	"time"
)

// ReadBackup says what is in a backup, and verifies it: the file, every
// reference between its rows, and the sum of every raw mail. It changes nothing.
func ReadBackup(ctx context.Context, file string) (Backup, error) {
	b, err := readBackup(ctx, file)
	if err != nil {
		return Backup{}, fmt.Errorf("read the backup %s: %w", file, err)
	}
	return b, nil
}

func readBackup(ctx context.Context, file string) (b Backup, err error) {
	db, err := openBackup(ctx, file)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if b, err = db.describe(ctx); err != nil {
		return b, err
	}
	return b, db.verify(ctx)
}

// openBackup opens a file that must be a backup of our schema. It changes
// nothing.
func openBackup(ctx context.Context, file string) (*DB, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file")
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("this is no file: name the file of a backup")
	}
	e := sqlite{file}
	pool, err := openPool(ctx, file, readerPragmas, 1)
	if err != nil {
		return nil, explainBackup(err)
	}
	db := &DB{engine: e, dialect: e.words(), write: pool, now: time.Now, died: make(chan struct{})}
	if err := db.checkBackupSchema(ctx); err != nil {
		return nil, errors.Join(explainBackup(err), db.Close())
	}
	return db, nil
}

// explainBackup says what an engine's error about a backup means.
func explainBackup(err error) error {
	if IsFatal(err) {
		return brokenError{fmt.Errorf("the file is damaged, or no backup (%w)", err)}
	}
	return err
}

// A brokenError says what is wrong with a file that can not be restored.
type brokenError struct{ error }

func (e brokenError) Unwrap() error { return e.error }

func (db *DB) checkBackupSchema(ctx context.Context) error {
	all, err := ourMigrations()
	if err != nil {
		return err
	}
	version, err := db.checkSchema(ctx, db.write, all)
	switch {
	case err != nil:
		return err
	case version == 0:
		return errors.New("the file is empty: it is no backup")
	case version < int64(len(all)):
		return fmt.Errorf("it has schema %d, this deskpost wants %d: restore it with the deskpost that took it, "+
			"and then start this one, which brings the desk up to date", version, len(all))
	}
	return nil
}

// describe says what is in a backup.
func (db *DB) describe(ctx context.Context) (Backup, error) {
	var b Backup
	row := db.write.QueryRowContext(ctx, `SELECT taken_at, version, engine,
			(SELECT COUNT(*) FROM tickets), (SELECT COUNT(*) FROM receipts), (SELECT COALESCE(SUM(size), 0) FROM blobs WHERE place IS NULL),
			(SELECT COUNT(*) FROM blobs WHERE place IS NOT NULL AND sum IS NOT NULL),
			(SELECT COUNT(*) FROM notices WHERE settled_at IS NULL), (SELECT MIN(queued_at) FROM notices WHERE settled_at IS NULL)
		FROM backups WHERE restored_at IS NULL`)
	err := row.Scan(instant{&b.TakenAt}, &b.Version, &b.Engine, &b.Tickets, &b.Mails, &b.Bytes, &b.InBucket, &b.Unsent, instant{&b.OldestUnsent})
	if errors.Is(err, sql.ErrNoRows) {
		return b, errors.New("this is a desk and no backup: take one of it with deskpost backup, and restore that")
	}
	if err != nil {
		return b, explainBackup(err)
	}
	return b, nil
}

// verify reads a SQLite desk from one end to the other.
func (db *DB) verify(ctx context.Context) error {
	for _, check := range []func(context.Context) error{db.verifyFile, db.verifyReferences, db.verifyBlobs} {
		if err := check(ctx); err != nil {
			return explainBackup(err)
		}
	}
	return nil
}

func (db *DB) verifyFile(ctx context.Context) error {
	var found string
	if err := db.write.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return fmt.Errorf("check the file: %w", err)
	}
	if found != "ok" {
		return brokenError{fmt.Errorf("the file is damaged (%s)", strings.Join(strings.Fields(found), " "))}
	}
	return nil
}

func (db *DB) verifyReferences(ctx context.Context) error {
	var from, to string
	var broken int64
	row := db.write.QueryRowContext(ctx, `SELECT "table", parent, COUNT(*) OVER () FROM pragma_foreign_key_check LIMIT 1`)
	err := row.Scan(&from, &to, &broken)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("check references: %w", err)
	}
	return brokenError{fmt.Errorf("%d rows refer to some that are missing, such as one of %s to %s", broken, from, to)}
}

// verifyBlobs compares every raw mail that is in the file with its sum, chunk by
// chunk.
func (db *DB) verifyBlobs(ctx context.Context) error {
	rows, err := db.write.QueryContext(ctx, `SELECT b.id, b.sum, b.size, c.bytes FROM blobs AS b
		LEFT JOIN blob_chunks AS c ON c.blob = b.id WHERE b.sum IS NOT NULL AND b.place IS NULL ORDER BY b.id, c.seq`)
	if err != nil {
		return fmt.Errorf("check raw mail: %w", err)
	}
	defer rows.Close()
	var at blobSum
	for rows.Next() {
		var id, size int64
		var sum, chunk sql.RawBytes
		if err := rows.Scan(&id, &sum, &size, &chunk); err != nil {
			return fmt.Errorf("check raw mail: %w", err)
		}
		if at.id != id {
			if err := at.check(); err != nil {
				return err
			}
			at = blobSum{id: id, sum: bytes.Clone(sum), size: size, hash: sha256.New()}
		}
		at.read += int64(len(chunk))
		at.hash.Write(chunk)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check raw mail: %w", err)
	}
	return at.check()
}

// A blobSum is a raw mail whose chunks are being read.
type blobSum struct {
	id         int64 // 0 if there is none
	sum        []byte
	size, read int64
	hash       hash.Hash
}

func (b *blobSum) check() error {
	if b.id == 0 || b.read == b.size && bytes.Equal(b.hash.Sum(nil), b.sum) {
		return nil
	}
	return brokenError{fmt.Errorf("the raw mail %x is damaged: its %d bytes have another sum", b.sum, b.read)}
}
