package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// readers is how many views may be open at once.
const readers = 4

// Pragmas are set in the DSN, since they hold for one connection. Transactions
// that write begin IMMEDIATE: a deferred one that reads first and then writes
// fails at once under load, whatever the busy timeout. FULL makes a commit
// durable before it returns.
const (
	writerPragmas = "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=on&_txlock=immediate" +
		"&_cache_size=-16000&_stmt_cache_size=64"
	readerPragmas = "mode=ro&_busy_timeout=5000&_query_only=on&_stmt_cache_size=64"
)

// sqlitePath is the path in a URL such as "sqlite:/var/lib/deskpost/desk.db".
func sqlitePath(url string) (string, error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || path == "" {
		return "", fmt.Errorf("database URL %q: want sqlite:/path/to/desk.db", url)
	}
	return filepath.Abs(strings.TrimPrefix(path, "//"))
}

// prepareFile makes an empty database file that only its owner may read, and
// finds out what would keep the engine from using one that is there: its own
// error for all of this is "unable to open database file".
//
// A file that is there is looked at but not opened. Closing any descriptor of
// it would drop the locks that this process holds on it through the engine.
func prepareFile(path string) error {
	const readWrite = 4 | 2
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return f.Close()
	case !os.IsExist(err):
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	}
	for _, p := range []string{path, filepath.Dir(path)} { // its companions -wal and -shm are made beside it
		if err := syscall.Access(p, readWrite); err != nil {
			return &fs.PathError{Op: "write", Path: p, Err: err}
		}
	}
	return nil
}

// openPatience is how long opening is tried while the database is busy.
const openPatience = 5 * time.Second

// patiently runs f until it no longer says that the database is busy. Where a
// process that opens a database meets one that makes it, or the last one that
// closes it, the engine says so at once, whatever the busy timeout.
func patiently(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := f()
		if !IsBusy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

func openWriter(ctx context.Context, path string) (*sql.DB, error) {
	return openPool(ctx, path, writerPragmas, 1)
}

func openReaders(ctx context.Context, path string) (*sql.DB, error) {
	return openPool(ctx, path, readerPragmas, readers)
}

func openPool(ctx context.Context, path, pragmas string, size int) (*sql.DB, error) {
	// As a URL, so that mode= counts and a "?" in the path does not.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}
