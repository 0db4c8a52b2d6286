package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
	"github.com/pressly/goose/v3/database"
)

// sqlite is a file of SQLite.
type sqlite struct{ path string }

func (s sqlite) name() string { return s.path }

func (s sqlite) prepare(mayMake bool) error {
	if err := checkRestored(s.path); err != nil {
		return err
	}
	if !mayMake {
		info, err := os.Stat(s.path)
		if err != nil {
			return err
		}
		if info.Size() == 0 && !hasLog(s.path) {
			return noDeskError(s.path)
		}
	}
	return prepareFile(s.path)
}

func (s sqlite) openWriters(ctx context.Context) (*sql.DB, error) {
	if err := layOut(ctx, s.path); err != nil {
		return nil, err
	}
	return openPool(ctx, s.path, writerPragmas, 1)
}

func (s sqlite) openReaders(ctx context.Context) (*sql.DB, error) {
	return openPool(ctx, s.path, readerPragmas, readers)
}

// takeLock does not wait long: who starts a second daemon on the same machine
// has made a mistake.
func (s sqlite) takeLock(ctx context.Context, _ wait) (lock, error) {
	l, err := lockFile(ctx, s.path, lockPatience)
	if err != nil {
		return nil, err // not a nil *fileLock
	}
	return l, nil
}

// takeAlone takes the same lock: there is no other.
func (s sqlite) takeAlone(ctx context.Context, w wait) (lock, error) { return s.takeLock(ctx, w) }

// openBeats opens nothing: who has the file has every lease of it.
func (s sqlite) openBeats(context.Context) (*sql.DB, error) { return nil, nil }

func (s sqlite) explain(err error) error { return explainFile(s.path, err) }

// words are SQLite's. Its writers are alone, so they need not hold anything.
// "$1" would be a name to it, bound by order of appearance: "$2, $1" would
// silently be swapped. "?1" is a number.
func (s sqlite) words() dialect {
	return dialect{
		engine:      "SQLite",
		migrations:  database.DialectSQLite3,
		placeholder: "?",
		id:          "INTEGER PRIMARY KEY",
		once:        "INTEGER PRIMARY KEY AUTOINCREMENT",
		key:         "INTEGER PRIMARY KEY", // with BIGINT, it would be an index beside the table
		bytes:       "BLOB",
		search:      sqliteSearch,
		tables:      "SELECT COUNT(*), COUNT(CASE WHEN name = $1 THEN 1 END) FROM sqlite_master WHERE type = 'table'",
		size:        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	}
}

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
		return "", fmt.Errorf("database URL %q: want sqlite:/path/to/desk.db or postgres://user@host/database", url)
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

// pageSize is that of a new database, in bytes. Most of what is written is raw
// mail, which goes faster in pages larger than the usual 4096; but each commit
// writes every page it changed, so still larger ones would delay single mails.
const pageSize = 8192

// layOut gives an empty file its page size, which can not be changed once the
// write-ahead log is in use. So this can not be done in the DSN, whose pragmas
// the driver runs in an order of its own. A file that is not empty, from
// another release or made by another process just now, keeps what it has.
func layOut(ctx context.Context, path string) error {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return nil
	}
	pool, err := openPool(ctx, path, "_busy_timeout=5000", 1)
	if err != nil {
		return err
	}
	// The page size is kept by the first page, which the journal mode writes.
	_, err = pool.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d; PRAGMA journal_mode = WAL", pageSize))
	return errors.Join(err, pool.Close())
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
