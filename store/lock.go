package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A fileLock is the lock of a SQLite file. The kernel frees it.
type fileLock struct {
	file *os.File
	left bool // somebody's signature was in it
}

// lockFile locks the file beside the database and writes our process ID into
// it.
func lockFile(ctx context.Context, database string, patience time.Duration) (*fileLock, error) {
	path := database + ".lock"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := waitForLock(ctx, f, patience); err != nil {
		holder := readHolder(f)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another deskpost (%s) runs on the database %s: it holds %s; "+
				"stop it first, or give this one a database of its own", holder, database, path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	l := &fileLock{file: f, left: signed(f)}
	if err := l.sign(); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// waitForLock tries to lock f until patience ends.
func waitForLock(ctx context.Context, f *os.File, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// sign writes who holds the lock, for the error of whoever comes next.
func (l *fileLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// alone implements lock.
func (l *fileLock) alone() bool { return true }

// join implements lock: whoever has the lock is alone with the tables.
func (l *fileLock) join(context.Context) error { return nil }

// release frees the lock. The file stays: removing it could pull it away from
// under a process that has just opened it.
func (l *fileLock) release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

// abandoned reports whether the last holder ended without releasing the lock: its
// signature is still there.
func (l *fileLock) abandoned() bool { return l.left }

// signed reports whether there is anything in a lock file.
func signed(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Size() > 0
}

// keep frees the lock as a death would: the next holder finds it abandoned.
func (l *fileLock) keep() error { return l.file.Close() }

// readHolder says who holds a lock, as far as its file tells.
func readHolder(f *os.File) string {
	b := make([]byte, 20)
	n, err := f.ReadAt(b, 0)
	pid := strings.TrimSpace(string(b[:n]))
	if _, bad := strconv.Atoi(pid); bad != nil || (err != nil && n == 0) {
		return "process unknown"
	}
	return "process " + pid
}
