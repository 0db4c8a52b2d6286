package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A part is a SQLite desk in the making. It has a name of its own until it is
// whole, so that what has the right name always is.
type part struct {
	path    string
	target  string
	replace bool     // the target may be there already
	keep    bool     // the file stays even though it did not become the target
	file    *os.File // locked; closed last, since closing it drops the engine's locks as well
}

// newPart makes the file, or takes over one that a program that died has left.
// Only its owner may read it.
func newPart(target, suffix string, replace bool) (*part, error) {
	target, err := filepath.Abs(target)
	if err != nil {
		return nil, err
	}
	p := &part{path: target + suffix, target: target, replace: replace}
	if err := p.checkTarget(); err != nil {
		return nil, err
	}
	p.file, err = os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explainFile(p.path, err)
	}
	if err := p.claim(); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

// claim makes the file this process's and empty.
func (p *part) claim() error {
	err := syscall.Flock(int(p.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	mine, statErr := p.file.Stat()
	there, lstatErr := os.Lstat(p.path)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(lstatErr, fs.ErrNotExist):
		return fmt.Errorf("another deskpost is just writing %s: wait until it has ended", p.path)
	case err != nil:
		return fmt.Errorf("lock %s: %w", p.path, err)
	case statErr != nil:
		return statErr
	case lstatErr != nil:
		return lstatErr
	case !os.SameFile(mine, there): // it was renamed or removed before it was locked
		return fmt.Errorf("another deskpost has just written %s: try again", p.path)
	}
	return errors.Join(p.file.Chmod(0o600), p.file.Truncate(0))
}

// checkTarget refuses a file that may not be replaced.
func (p *part) checkTarget() error {
	info, err := os.Lstat(p.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return explainFile(p.target, err)
	case info.IsDir():
		return explainFile(p.target, &fs.PathError{Op: "write", Path: p.target, Err: syscall.EISDIR})
	case !p.replace:
		return thereError(p.target)
	}
	return nil
}

// A thereError names a file that would have to be overwritten.
type thereError string

func (e thereError) Error() string { return string(e) + " is there already" }

// partPragmas do without everything that guards a file which others use or
// which has to outlive a crash: a part that is not published is thrown away.
// Rows come table by table, so references are checked at the end.
const partPragmas = "_journal_mode=OFF&_synchronous=OFF&_foreign_keys=off&_locking_mode=EXCLUSIVE&_cache_size=-16000"

// open makes an empty desk in the file. Its one connection writes.
func (p *part) open(ctx context.Context) (*DB, error) {
	e := sqlite{p.path}
	pool, err := openPool(ctx, p.path, partPragmas, 1)
	if err != nil {
		return nil, e.explain(err)
	}
	db := &DB{engine: e, dialect: e.words(), write: pool, now: time.Now, died: make(chan struct{}), lock: noLock{}}
	_, err = pool.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d", pageSize))
	if err == nil {
		err = db.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(e.explain(err), db.Close())
	}
	return db, nil
}

// noLock is the lock of a file that no other process knows.
type noLock struct{}

func (noLock) alone() bool                { return true }
func (noLock) abandoned() bool            { return false }
func (noLock) join(context.Context) error { return nil }
func (noLock) release() error             { return nil }

// publish puts the file, with which the engine is done, on the disk and gives it
// its name.
func (p *part) publish() error {
	if err := p.file.Sync(); err != nil {
		return explainFile(p.path, err)
	}
	if err := p.checkTarget(); err != nil {
		return err
	}
	if err := os.Rename(p.path, p.target); err != nil {
		return explainFile(p.target, err)
	}
	p.keep = true
	dir, err := os.Open(filepath.Dir(p.target))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// end removes the file unless it was published or is to be kept.
func (p *part) end() error {
	var err error
	if !p.keep {
		err = os.Remove(p.path)
	}
	return errors.Join(err, p.file.Close())
}
