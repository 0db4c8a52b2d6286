package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// IsDiskFull reports whether an error says that there is no room left. Nothing
// was written; the same works once there is room.
func IsDiskFull(err error) bool {
	if hasCode(err, sqlite3.ErrFull) || hasPgCode(err, pgDiskFull) {
		return true
	}
	var e sqlite3.Error
	if errors.As(err, &e) {
		err = e.SystemErrno // what is behind an I/O error
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// IsBusy reports whether an error says that others were writing for longer than
// the store waits, or that the server still starts. Nothing was written; the
// same may work later.
func IsBusy(err error) bool {
	return hasCode(err, sqlite3.ErrBusy) || hasCode(err, sqlite3.ErrLocked) ||
		hasPgCode(err, pgSerialization, pgDeadlock, pgLockTimeout, pgStarting)
}

// IsFatal reports whether an error says that the disk failed, the database is
// damaged, another process may hold the lock that this one had, or the clock is
// wrong. The DB writes nothing more; the program should stop.
func IsFatal(err error) bool {
	if IsDiskFull(err) {
		return false
	}
	return hasCode(err, sqlite3.ErrIoErr) || hasCode(err, sqlite3.ErrCorrupt) || hasCode(err, sqlite3.ErrNotADB) ||
		errors.Is(err, errLockLost) || errors.Is(err, errSkew) || errors.Is(err, errDamaged) ||
		hasPgCode(err, pgIOError, pgCorruptData, pgCorruptIndex)
}

// isDuplicate reports whether a row was refused because another has its unique
// values. On PostgreSQL the savepoint around it has to be undone then.
func isDuplicate(err error) bool {
	var e sqlite3.Error
	if errors.As(err, &e) {
		return e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey
	}
	return hasPgCode(err, pgDuplicate)
}

func hasCode(err error, code sqlite3.ErrNo) bool {
	var e sqlite3.Error // a value, not a pointer
	return errors.As(err, &e) && e.Code == code
}

// endsTransaction reports whether SQLite may have rolled back the transaction
// in which the error came up (sqlite.org/lang_transaction.html, section 3), or
// PostgreSQL is at fault and not what was asked of it.
func endsTransaction(err error) bool {
	for _, code := range []sqlite3.ErrNo{sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrNomem, sqlite3.ErrBusy,
		sqlite3.ErrInterrupt, sqlite3.ErrCorrupt} {
		if hasCode(err, code) {
			return true
		}
	}
	return pgEnds(err)
}

// A databaseError says what is wrong with a database and how to mend it.
type databaseError struct {
	name  string
	wrong string
	mend  string
	err   error
}

func (e *databaseError) Error() string {
	return fmt.Sprintf("database %s: %s (%v): %s", e.name, e.wrong, e.err, e.mend)
}

func (e *databaseError) Unwrap() error { return e.err }

// damagedMend is what to do about a SQLite file that is not whole. deskpost does
// not touch it, nor the mail server.
const damagedMend = "keep deskpost stopped and the file as it is, write out what can be read with " +
	"deskpost verify --salvage DIR, restore the last backup with deskpost restore, and start deskpost again: " +
	"the mail that came since is still on the mail server and will be taken"

// explainFile adds to what the engine or the system says of a file what an operator
// can do about it. Errors that are not about the file stay as they are.
func explainFile(path string, err error) error {
	var known *databaseError
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &databaseError{name: path, err: err}
	var at *fs.PathError
	if errors.As(err, &at) {
		e.name = at.Path
	}
	dir := filepath.Dir(path)
	switch {
	case IsDiskFull(err):
		e.wrong, e.mend = "the disk is full", "make room on the file system of "+dir
	case hasCode(err, sqlite3.ErrNotADB):
		e.wrong, e.mend = "this is not a database", "name another file; if this was the desk, "+damagedMend
	case hasCode(err, sqlite3.ErrCorrupt):
		e.wrong, e.mend = "the database is damaged", damagedMend
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
	case errors.Is(err, fs.ErrNotExist) && isDir(dir):
		e.wrong, e.mend = "there is no such file", "name the right one, or if this was the desk, restore the last backup with deskpost restore"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.wrong, e.mend = "its directory does not exist", "make the directory "+dir
	case errors.Is(err, syscall.EISDIR):
		e.wrong, e.mend = "this is a directory", "name a file in it, such as "+filepath.Join(path, "desk.db")
	default:
		return err
	}
	return e
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isDamage reports whether an error says that a SQLite file is not whole.
func isDamage(err error) bool {
	return hasCode(err, sqlite3.ErrCorrupt) || hasCode(err, sqlite3.ErrNotADB) || hasCode(err, sqlite3.ErrIoErr)
}
