package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	daemon := openAt(t, path, WithLock())
	_, err := Open(context.Background(), "sqlite:"+path, WithLock())
	if err == nil {
		t.Fatal("a second daemon got the database")
	}
	for _, want := range []string{"another deskpost", fmt.Sprint("process ", os.Getpid()), path + ".lock", "stop it first"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	command := openAt(t, path) // a command does not need the lock
	if err := command.Update(context.Background(), func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err }); err != nil {
		t.Errorf("a command beside the daemon: %v", err)
	}
	if err := daemon.Close(); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, WithLock())
}

// TestOpenExisting demands that who wants a desk that is there makes none, says
// what may have become of it, and finds the one that is.
func TestOpenExisting(t *testing.T) {
	t.Parallel()
	url := enginetest.URL(t)
	db, err := Open(t.Context(), url, WithExisting())
	if err == nil {
		db.Close()
		t.Fatal("opened a desk that nobody has made")
	}
	if !strings.Contains(err.Error(), "deskpost restore") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if path, err := sqlitePath(url); err == nil && list(t, filepath.Dir(path)) != "" {
		t.Errorf("it left %s", list(t, filepath.Dir(path)))
	}
	if !openURL(t, url).Begun() {
		t.Error("whoever makes a desk does not hear of it")
	}
	if db, err = Open(t.Context(), url, WithExisting()); err != nil {
		t.Fatal(err)
	}
	if db.Begun() {
		t.Error("a desk that is there is called new")
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	first, err := lockFile(context.Background(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		second, err := lockFile(context.Background(), path, lockPatience)
		if err != nil {
			t.Errorf("the lock was not waited for: %v", err)
			return
		}
		second.release()
	})
	if err := first.release(); err != nil {
		t.Error(err)
	}
	group.Wait()
}

func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			db, err := Open(context.Background(), "sqlite:"+path)
			if err != nil {
				t.Errorf("open a new database with others: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestPageSize demands that a new database gets our page size, and that one
// which has another is opened as it is.
func TestPageSize(t *testing.T) {
	t.Parallel()
	fresh, old := filepath.Join(t.TempDir(), "desk.db"), filepath.Join(t.TempDir(), "desk.db")
	pool, err := openPool(context.Background(), old, writerPragmas, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{fresh: pageSize, old: 4096} {
		db := openAt(t, path)
		var size int
		var mode string
		if err := db.read.QueryRow("SELECT page_size, journal_mode FROM pragma_page_size, pragma_journal_mode").Scan(&size, &mode); err != nil {
			t.Fatal(err)
		}
		if size != want || mode != "wal" {
			t.Errorf("page size %d, journal mode %q, want %d and wal", size, mode, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("From: ann@example.com\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"sqlite:" + garbage: "this is not a database",
		"sqlite:" + dir:     "this is a directory",
		"sqlite:" + filepath.Join(dir, "no/desk.db"):  "make the directory " + filepath.Join(dir, "no"),
		"sqlite:" + filepath.Join(garbage, "desk.db"): "its directory does not exist",
		"mysql://localhost/desk":                      "want sqlite:/path/to/desk.db or postgres://",
		"sqlite:":                                     "want sqlite:/path/to/desk.db",
	} {
		_, err := Open(context.Background(), url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: got %v, want %q", url, err, want)
		}
		if path := strings.TrimPrefix(url, "sqlite:"); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("open %s: the error does not name it: %v", url, err)
		}
	}
}

func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("nothing is read-only to root")
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := os.Chmod(p, 0o500); err != nil {
			t.Fatal(err)
		}
		_, err := Open(context.Background(), "sqlite:"+path)
		if err == nil || !strings.Contains(err.Error(), p) || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("open with %s read-only: got %v", p, err)
		}
		if err := os.Chmod(p, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		want  string
		full  bool
		busy  bool
		fatal bool
	}{
		{sqlite3.Error{Code: sqlite3.ErrFull}, "the disk is full", true, false, false},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.ENOSPC}, "the disk is full", true, false, false},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EIO}, "the disk failed", false, false, true},
		{syscall.ENOSPC, "the disk is full", true, false, false},
		{sqlite3.Error{Code: sqlite3.ErrBusy}, "another program is writing", false, true, false},
		{sqlite3.Error{Code: sqlite3.ErrIoErr}, "the disk failed", false, false, true},
		{sqlite3.Error{Code: sqlite3.ErrCorrupt}, "the database is damaged", false, false, true},
		{sqlite3.Error{Code: sqlite3.ErrReadonly}, "it can not be written", false, false, false},
		{&fs.PathError{Op: "open", Path: "/x/desk.db", Err: syscall.EROFS}, "mount the file system for writing", false, false, false},
		{&fs.PathError{Op: "open", Path: "/x/desk.db", Err: syscall.EACCES}, "permission denied", false, false, false},
	} {
		err := explainFile("/x/desk.db", fmt.Errorf("do something: %w", c.err))
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "/x/desk.db") || !errors.Is(err, c.err) {
			t.Errorf("%v is explained as %v, want %q", c.err, err, c.want)
		}
		if IsDiskFull(err) != c.full || IsBusy(err) != c.busy || IsFatal(err) != c.fatal {
			t.Errorf("%v: full %t, busy %t, fatal %t", err, IsDiskFull(err), IsBusy(err), IsFatal(err))
		}
		if again := explainFile("/x/desk.db", err); again.Error() != err.Error() {
			t.Errorf("explained twice: %v", again)
		}
	}
	other := errors.New("something else")
	if got := explainFile("/x/desk.db", other); got != other {
		t.Errorf("an error that is not about the file became %v", got)
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	if err := db.Update(context.Background(), func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err }); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(db.engine.name() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("desk.db%s has mode %o: mail is private", suffix, mode)
		}
	}
}

// TestPath demands that what means something in a URL is nothing special in a
// path.
func TestPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20.db")
	openAt(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}
