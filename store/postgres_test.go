package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// TestPostgresGivesWay demands that two updates that hold each other up both
// succeed: the server ends one, and it runs again.
func TestPostgresGivesWay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openURL(t, enginetest.Postgres(t))
	save := func(tx ticket.Tx) error {
		return errors.Join(tx.Save(&ticket.Ticket{Number: 1001}), tx.Save(&ticket.Ticket{Number: 1002}))
	}
	if err := db.Update(ctx, save); err != nil {
		t.Fatal(err)
	}
	var met, group sync.WaitGroup
	met.Add(2)
	runs := make(chan ticket.Number, 10)
	for _, first := range []ticket.Number{1001, 1002} {
		group.Go(func() {
			once := sync.OnceFunc(func() { met.Done(); met.Wait() })
			err := db.Update(ctx, func(tx ticket.Tx) error {
				runs <- first
				if _, err := tx.Ticket(first); err != nil {
					return err
				}
				once()
				// As one mail of a group does. The error must not become that mail's.
				if err := tx.Try(func() error { _, err := tx.Ticket(2003 - first); return err }); err != nil {
					return nil
				}
				return tx.Record(ticket.Event{Ticket: first, Kind: ticket.TicketOpened})
			})
			if err != nil {
				t.Errorf("the update that begins with %d: %v", first, err)
			}
		})
	}
	group.Wait()
	if len(runs) < 3 { // the second run may meet the other's again
		t.Errorf("%d runs, want one of two to be run again", len(runs))
	}
	err := db.View(ctx, func(tx ticket.Tx) error {
		for _, n := range []ticket.Number{1001, 1002} {
			if events, err := tx.Events(n); err != nil || len(events) != 1 {
				t.Errorf("ticket %d has %d events, %v", n, len(events), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPostgresHealsPool demands that connections which the server ended are
// made anew.
func TestPostgresHealsPool(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openURL(t, enginetest.Postgres(t))
	next := func() error {
		return db.Update(ctx, func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err })
	}
	var pid int
	if err := errors.Join(next(), db.write.QueryRow("SELECT pg_backend_pid()").Scan(&pid)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.read.Exec("SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	if err := next(); err != nil {
		// Whoever meets the dead connection first may be told; nobody else is.
		if IsFatal(err) {
			t.Errorf("a connection that ended is fatal: %v", err)
		}
		if err := next(); err != nil {
			t.Error(err)
		}
	}
}

// openPostgresSchema opens a database and brings it to the given schema.
func openPostgresSchema(t *testing.T, url string, files fs.FS) error {
	t.Helper()
	ctx := context.Background()
	e, err := newPostgres(url, "")
	if err != nil {
		t.Fatal(err)
	}
	write, err := e.openWriters(ctx)
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{engine: e, dialect: e.words(), write: write, died: make(chan struct{})}
	defer db.Close()
	return db.migrateTo(ctx, files)
}

func TestPostgresMigrate(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	files := released()
	second := released()
	second["0002_second.sql"] = sqlFile("CREATE TABLE b (id @id);\nINSERT INTO nowhere VALUES (1);\n")
	if err := openPostgresSchema(t, url, files); err != nil {
		t.Fatal(err)
	}
	if err := openPostgresSchema(t, url, second); err == nil {
		t.Fatal("a migration that can not run gave no error")
	}
	// Were the first half of it kept, the table would be there already.
	second["0002_second.sql"] = sqlFile("CREATE TABLE b (id @id, raw @bytes);\n")
	var group sync.WaitGroup
	for range 4 { // one applies it, the others wait
		group.Go(func() {
			if err := openPostgresSchema(t, url, second); err != nil {
				t.Errorf("the mended migration: %v", err)
			}
		})
	}
	group.Wait()
	err := openPostgresSchema(t, url, files)
	if want := "database has schema 2, this deskpost knows 1"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a newer schema: got %v, want %q", err, want)
	}
	second["0001_first.sql"] = sqlFile("CREATE TABLE a (id @id, raw @bytes);\n-- better\n")
	err = openPostgresSchema(t, url, second)
	if want := "schema file 0001_first.sql is not the one"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a file that changed: got %v, want %q", err, want)
	}
}

// TestPostgresMigrateOnlyOne demands that a command does not change the tables
// of a daemon that runs, nor those of another program.
func TestPostgresMigrateOnlyOne(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	db := openURL(t, url, WithLock())
	schema, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		t.Fatal(err)
	}
	if err := openPostgresSchema(t, url, schema); err != nil {
		t.Errorf("with nothing to do: %v", err)
	}
	text, err := fs.ReadFile(schema, "0001_desk.sql")
	if err != nil {
		t.Fatal(err)
	}
	newer := released()
	newer["0001_desk.sql"] = sqlFile("")
	newer["0001_desk.sql"].Data = text
	delete(newer, "0001_first.sql")
	newer["0002_second.sql"] = sqlFile("CREATE TABLE b (id @id);\n")
	if err := openPostgresSchema(t, url, newer); err == nil || !strings.Contains(err.Error(), "another deskpost runs") {
		t.Errorf("under a running daemon: got %v, want a refusal", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	foreign := enginetest.Postgres(t)
	if err := openPostgresSchema(t, foreign, released()); err != nil {
		t.Fatal(err)
	}
	other, err := newPostgres(foreign, "")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := other.openWriters(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec("DROP TABLE " + versionTable); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), foreign); err == nil || !strings.Contains(err.Error(), "of another program") {
		t.Errorf("the tables of another program: got %v, want a refusal", err)
	}
}

func TestPostgresOpenErrors(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	there, err := newPostgres(url, "")
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("@%s:%d", there.config.Host, there.config.Port)
	server := "postgres://" + there.config.User + address
	for url, want := range map[string]string{
		server + "/no_such_database":                      "createdb --encoding=UTF8",
		"postgres://no_such_user" + address + "/postgres": "the server refuses the user",
		"postgres://desk@127.0.0.1:1/desk":                "the server can not be reached",
		server + "/postgres?search_path=no_such_schema":   "search_path names no schema",
	} {
		_, err := Open(context.Background(), url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: got %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("open %s: the error has several lines: %v", url, err)
		}
	}
}

func TestPostgresURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres:///desk":                                   "",
		"postgres://desk@localhost/desk":                     "",
		"postgresql://desk@[::1]:5433/desk":                  "",
		"postgres://desk@127.0.0.1,db.example/desk":          "does not say whether TLS protects",
		"postgres://desk@db.example/desk":                    "does not say whether TLS protects",
		"postgres://desk@db.example/desk?sslmode=require":    "",
		"postgres://desk:hunter2@localhost/desk":             "database_password",
		"postgres://desk@localhost/desk?password=hunter2":    "database_password",
		"postgres://desk:hun/ter2@localhost/desk":            "cannot be read",
		"postgres://localhost":                               "names no database",
		"postgres://localhost/desk?sslmode=maybe":            "sslmode is invalid",
		"postgres://localhost/desk?connect_timeout=sometime": "connect_timeout",
	} {
		err := CheckURL(url)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", url, err, want)
		case err != nil && strings.Contains(err.Error(), "ter2"):
			t.Errorf("%s: the error shows the password: %v", url, err)
		}
	}
}

func TestPostgresPassword(t *testing.T) {
	t.Parallel()
	p, err := newPostgres("postgres://desk@db.example/desk?sslmode=prefer&connect_timeout=3&synchronous_commit=remote_apply", "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	if p.config.Password != "hunter2" || strings.Contains(p.name(), "hunter2") {
		t.Errorf("password %q, name %q", p.config.Password, p.name())
	}
	if p.config.ConnectTimeout != 3*time.Second || p.config.RuntimeParams["synchronous_commit"] != "remote_apply" {
		t.Errorf("what the URL says was overwritten: %v, %v", p.config.ConnectTimeout, p.config.RuntimeParams)
	}
	if p.config.RuntimeParams["lock_timeout"] != "30s" {
		t.Errorf("parameters: %v", p.config.RuntimeParams)
	}
}

// TestOneLine demands that what several attempts to connect say alike is said
// once.
func TestOneLine(t *testing.T) {
	t.Parallel()
	p, err := newPostgres("postgres://desk@127.0.0.1:1/desk", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = pgx.ConnectConfig(t.Context(), p.config)
	if text := p.explain(err).Error(); strings.Count(text, "connection refused") != 1 || strings.Contains(text, "\n") {
		t.Errorf("the error is %s", text)
	}
}

func TestExplainPostgres(t *testing.T) {
	t.Parallel()
	p, err := newPostgres("postgres://desk@localhost/desk", "")
	if err != nil {
		t.Fatal(err)
	}
	for code, c := range map[string]struct {
		want                    string
		full, busy, fatal, ends bool
	}{
		"53100": {"the disk of the server is full", true, false, false, true},
		"53300": {"each node needs 14", false, false, false, true},
		"28P01": {"the server refuses the user", false, false, false, false},
		"28000": {"the server refuses the user", false, false, false, false},
		"3D000": {"createdb --encoding=UTF8 --template=template0 --owner=desk desk", false, false, false, false},
		"42501": {"make the user desk the owner", false, false, false, false},
		"25006": {"name the primary server", false, false, false, true},
		"40001": {"other transactions keep it busy", false, true, false, true},
		"40P01": {"other transactions keep it busy", false, true, false, true},
		"55P03": {"other transactions keep it busy", false, true, false, true},
		"57P01": {"the server ended the connection", false, false, false, true},
		"58030": {"the disk of the server failed", false, false, true, true},
		"XX001": {"the database is damaged", false, false, true, true},
		"25P03": {"the server ended the connection", false, false, false, true},
		"XX000": {"", false, false, false, true},
		"23505": {"", false, false, false, false}, // a mail's own fault
		"22021": {"", false, false, false, false},
	} {
		cause := &pgconn.PgError{Code: code, Message: "it is so"}
		err := p.explain(fmt.Errorf("do something: %w", cause))
		if !strings.Contains(err.Error(), c.want) || !errors.Is(err, cause) || c.want != "" && !strings.Contains(err.Error(), "desk on localhost") {
			t.Errorf("%s is explained as %v, want %q", code, err, c.want)
		}
		if IsDiskFull(err) != c.full || IsBusy(err) != c.busy || IsFatal(err) != c.fatal || endsTransaction(err) != c.ends {
			t.Errorf("%s: full %t, busy %t, fatal %t, ends %t", code, IsDiskFull(err), IsBusy(err), IsFatal(err), endsTransaction(err))
		}
	}
}
