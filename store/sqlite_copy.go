package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"deskpost/ticket/failpoint"
)

// restoring ends the name of a database that is being restored. While it is
// there, nobody opens the one it will become.
const restoring = ".restoring"

// checkRestored refuses a database of which a restore has not ended.
func checkRestored(path string) error {
	_, err := os.Lstat(path + restoring)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("a restore of %s runs or has not ended (%s is there): wait, or run deskpost restore again", path, path+restoring)
}

// build makes the desk under another name, and gives it its own when it is
// whole.
func (s sqlite) build(ctx context.Context, db *DB, _ Backup, fill func() error) error {
	p, err := newPart(s.path, restoring, false)
	if there := thereError(""); errors.As(err, &there) {
		return fmt.Errorf("%w; restore never overwrites: move the old database away, or name another one in the config", err)
	}
	if err != nil {
		return err
	}
	err = s.buildPart(ctx, db, p, fill)
	return errors.Join(err, p.end())
}

func (s sqlite) buildPart(ctx context.Context, db *DB, p *part, fill func() error) error {
	// The engine would take what is left of an old database for part of the new.
	for _, companion := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Lstat(s.path + companion); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s belongs to an older database: move it to where that one is", s.path+companion)
		}
	}
	if err := failpoint.Here("restore.begun"); err != nil {
		return err
	}
	whole, err := p.open(ctx)
	if err != nil {
		return err
	}
	db.write = whole.write
	if err := fill(); err != nil {
		return err // whoever called closes db
	}
	if err := whole.verify(ctx); err != nil {
		return err
	}
	db.write = nil
	if err := whole.Close(); err != nil {
		return err
	}
	if err := p.publish(); err != nil {
		return err
	}
	return failpoint.Here("restore.renamed")
}

// load writes row by row: the engine is in this process.
func (s sqlite) load(ctx context.Context, _ *sql.Conn, into *sql.Tx, t table, r *tableRows) error {
	holders := make([]string, len(r.columns))
	for i := range holders {
		holders[i] = "?"
	}
	insert, err := into.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)",
		t.name, strings.Join(r.columns, ", "), strings.Join(holders, ", ")))
	if err != nil {
		return err
	}
	defer insert.Close()
	for r.Next() {
		values, err := r.Values()
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return r.Err()
}
