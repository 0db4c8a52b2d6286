package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"deskpost/ticket/failpoint"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// versionTable is goose's list of the migrations that were applied, fileTable
// ours of the text each of them had.
const (
	versionTable = "schema_versions"
	fileTable    = "schema_files"
)

// A migration is a file of the schema as it was released. Its number is that of
// its name.
type migration struct {
	version int64
	name    string
	text    string
	sum     string // SHA-256 of text, in hex
}

// readMigrations reads the files of a schema in their order.
func readMigrations(files fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, entry := range entries {
		text, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(path.Base(entry.Name()), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version != int64(i+1) {
			return nil, fmt.Errorf("schema file %s: want number %04d", entry.Name(), i+1)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{version, entry.Name(), string(text), hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// ourMigrations are those that this program was built with.
func ourMigrations() ([]migration, error) {
	files, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return nil, err
	}
	return readMigrations(files)
}

// migrate brings the schema up to date with the files of this program.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return err
	}
	return db.migrateTo(ctx, files)
}

// migrateTo checks that the database is one of ours, of no later version and
// made by the files that this program has, and applies what is missing. Only
// who is alone may do that: another process may not find its tables changed
// while it runs.
func (db *DB) migrateTo(ctx context.Context, files fs.FS) (err error) {
	all, err := readMigrations(files)
	if err != nil {
		return err
	}
	version, err := db.checkSchema(ctx, db.write, all)
	if err != nil || version == int64(len(all)) {
		return err
	}
	if db.lock == nil || !db.lock.alone() {
		l, err := db.waitAlone(ctx, all)
		if l == nil {
			return err
		}
		defer func() { err = errors.Join(err, l.release()) }()
		// Whoever held the lock before may have done it.
		if version, err = db.checkSchema(ctx, db.write, all); err != nil || version == int64(len(all)) {
			return err
		}
	}
	db.begun = version == 0
	return db.apply(ctx, files, all)
}

// waitAlone takes the lock of who changes the tables; it is nil if another
// process brought them up to date meanwhile. A daemon waits for those that run.
func (db *DB) waitAlone(ctx context.Context, all []migration) (lock, error) {
	for told := false; ; told = true {
		l, busy := db.engine.takeAlone(ctx, wait{})
		if busy == nil {
			return l, nil
		}
		busy = fmt.Errorf("bring the schema up to date: %w", busy)
		if _, running := errors.AsType[runningError](busy); !running {
			return nil, busy
		}
		version, err := db.checkSchema(ctx, db.write, all)
		switch {
		case err != nil || version == int64(len(all)):
			return nil, err
		case db.lock == nil:
			return nil, busy
		case !told && db.waiting != nil:
			db.waiting(busy.Error())
		}
	}
}

// checkSchema returns the version of the database, 0 if it is empty.
func (db *DB) checkSchema(ctx context.Context, pool *sql.DB, all []migration) (int64, error) {
	var tables, ours, version int64
	row := pool.QueryRowContext(ctx, db.dialect.bind(db.dialect.tables), versionTable)
	if err := row.Scan(&tables, &ours); err != nil {
		return 0, fmt.Errorf("read schema: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	if ours == 0 {
		return 0, fmt.Errorf("%s is a database of another program: name another one", db.engine.name())
	}
	newest := pool.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable)
	if err := newest.Scan(&version); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if version > int64(len(all)) {
		return 0, fmt.Errorf("%s: database has schema %d, this deskpost knows %d: install the newer deskpost "+
			"or restore a backup made before the upgrade", db.engine.name(), version, len(all))
	}
	for _, m := range all[:version] {
		var sum string
		row := pool.QueryRowContext(ctx, db.dialect.bind("SELECT sum FROM "+fileTable+" WHERE version = $1"), m.version)
		if err := row.Scan(&sum); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("read checksum of schema %d: %w", m.version, err)
		}
		if sum != m.sum {
			return 0, fmt.Errorf("%s: schema file %s is not the one this database was made with: "+
				"install a released deskpost", db.engine.name(), m.name)
		}
	}
	return version, nil
}

// apply runs the migrations that are missing, each in one transaction with its
// version and its checksum.
func (db *DB) apply(ctx context.Context, files fs.FS, all []migration) error {
	inner, err := database.NewStore(db.dialect.migrations, versionTable)
	if err != nil {
		return err
	}
	keeper := &versionKeeper{Store: inner, dialect: &db.dialect, all: all}
	provider, err := goose.NewProvider(goose.DialectCustom, db.write, wordFS{files, &db.dialect}, goose.WithStore(keeper))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	// Not to be interrupted: see Update.
	if _, err := provider.Up(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// A versionKeeper is goose's table of versions, which also writes down the
// checksum of each file in the transaction that applies it.
type versionKeeper struct {
	database.Store
	dialect *dialect
	all     []migration
}

// CreateVersionTable makes the table of checksums, too.
func (k *versionKeeper) CreateVersionTable(ctx context.Context, conn database.DBTxConn) error {
	_, err := conn.ExecContext(ctx, "CREATE TABLE "+fileTable+
		" (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sum TEXT NOT NULL)")
	if err != nil {
		return err
	}
	if err := failpoint.Here("store.versions"); err != nil {
		return err
	}
	return k.Store.CreateVersionTable(ctx, conn)
}

// Insert writes down that a migration was applied, and which text it had.
func (k *versionKeeper) Insert(ctx context.Context, conn database.DBTxConn, req database.InsertRequest) error {
	if req.Version > 0 { // 0 is goose's mark that its table exists
		if err := failpoint.Here("store.migration"); err != nil {
			return err
		}
		m := k.all[req.Version-1]
		insert := k.dialect.bind("INSERT INTO " + fileTable + " (version, name, sum) VALUES ($1, $2, $3)")
		if _, err := conn.ExecContext(ctx, insert, m.version, m.name, m.sum); err != nil {
			return err
		}
	}
	return k.Store.Insert(ctx, conn, req)
}

// A wordFS is the files of a schema in the words of a dialect.
type wordFS struct {
	fs.FS
	dialect *dialect
}

func (w wordFS) ReadFile(name string) ([]byte, error) {
	text, err := fs.ReadFile(w.FS, name)
	return []byte(w.dialect.schema(string(text))), err
}

func (w wordFS) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := w.ReadFile(name)
	return wordFile{f, bytes.NewReader(text)}, err
}

// A wordFile is an open file of a wordFS.
type wordFile struct {
	fs.File
	text *bytes.Reader
}

func (f wordFile) Read(b []byte) (int, error) { return f.text.Read(b) }
