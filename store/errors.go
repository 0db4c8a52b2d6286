package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// IsDiskFull reports whether an error says that there is no room left. Nothing
// was written; the same works once there is room.
func IsDiskFull(err error) bool {
	if hasCode(err, sqlite3.ErrFull) {
		return true
	}
	var e sqlite3.Error
	if errors.As(err, &e) {
		err = e.SystemErrno // what is behind an I/O error
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// IsBusy reports whether an error says that another process was writing for
// longer than the store waits. Nothing was written; the same may work later.
func IsBusy(err error) bool {
	return hasCode(err, sqlite3.ErrBusy) || hasCode(err, sqlite3.ErrLocked)
}

// IsFatal reports whether an error says that the disk failed or the database is
// damaged. The DB writes nothing more; the program should stop.
func IsFatal(err error) bool {
	if IsDiskFull(err) {
		return false
	}
	return hasCode(err, sqlite3.ErrIoErr) || hasCode(err, sqlite3.ErrCorrupt) || hasCode(err, sqlite3.ErrNotADB)
}

func hasCode(err error, code sqlite3.ErrNo) bool {
	var e sqlite3.Error // a value, not a pointer
	return errors.As(err, &e) && e.Code == code
}

// endsTransaction reports whether SQLite may have rolled back the transaction
// in which the error came up (sqlite.org/lang_transaction.html, section 3).
func endsTransaction(err error) bool {
	for _, code := range []sqlite3.ErrNo{sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrNomem, sqlite3.ErrBusy,
		sqlite3.ErrInterrupt, sqlite3.ErrCorrupt} {
		if hasCode(err, code) {
			return true
		}
	}
	return false
}

// A fileError says what is wrong with the database file and how to mend it.
type fileError struct {
	path  string
	wrong string
	mend  string
	err   error
}

func (e *fileError) Error() string {
	return fmt.Sprintf("database %s: %s (%v): %s", e.path, e.wrong, e.err, e.mend)
}

func (e *fileError) Unwrap() error { return e.err }

// explain adds to what the engine or the system says of a file what an operator
// can do about it. Errors that are not about the file stay as they are.
func explain(path string, err error) error {
	var known *fileError
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &fileError{path: path, err: err}
	var at *fs.PathError
	if errors.As(err, &at) {
		e.path = at.Path
	}
	dir := filepath.Dir(path)
	switch {
	case IsDiskFull(err):
		e.wrong, e.mend = "the disk is full", "make room on the file system of "+dir
	case hasCode(err, sqlite3.ErrNotADB):
		e.wrong, e.mend = "this is not a database", "name another file, or restore the desk from a backup"
	case hasCode(err, sqlite3.ErrCorrupt):
		e.wrong, e.mend = "the database is damaged", "stop deskpost, keep a copy of the file and restore the last backup"
	case hasCode(err, sqlite3.ErrIoErr):
		e.wrong, e.mend = "the disk failed", "look into the system's log, mend the disk and start deskpost again"
	case IsBusy(err):
		e.wrong, e.mend = "another program is writing to it", "wait, or end the program that holds it"
	case hasCode(err, sqlite3.ErrReadonly), errors.Is(err, syscall.EROFS):
		e.wrong, e.mend = "it can not be written", "mount the file system for writing, or move the database"
	case hasCode(err, sqlite3.ErrCantOpen):
		e.wrong, e.mend = "it can not be opened", "let the user who runs deskpost write to "+dir
	case errors.Is(err, fs.ErrPermission):
		e.wrong, e.mend = "permission denied", "let the user who runs deskpost read and write the file and "+dir
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.wrong, e.mend = "its directory does not exist", "make the directory "+dir
	case errors.Is(err, syscall.EISDIR):
		e.wrong, e.mend = "this is a directory", "name a file in it, such as "+filepath.Join(path, "desk.db")
	default:
		return err
	}
	return e
}
