package store

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// released is a schema of one file, as a program would have been released with.
func released() fstest.MapFS {
	return fstest.MapFS{"0001_first.sql": sqlFile("CREATE TABLE a (id @id, raw @bytes);\n")}
}

// sqlFile is a file of a schema.
func sqlFile(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
}

// openSchema opens a database and brings it to the given schema.
func openSchema(t *testing.T, path string, files fs.FS) error {
	t.Helper()
	ctx := context.Background()
	if err := prepareFile(path); err != nil {
		t.Fatal(err)
	}
	write, err := sqlite{path}.openWriters(ctx)
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{engine: sqlite{path}, dialect: sqlite{}.words(), write: write, died: make(chan struct{})}
	defer db.Close()
	return db.migrateTo(ctx, files)
}

// tables lists the tables of a database.
func tables(t *testing.T, path string) string {
	t.Helper()
	write, err := sqlite{path}.openWriters(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	var names string
	err = write.QueryRow("SELECT COALESCE(group_concat(name || ' ' || sql, '; '), '') FROM sqlite_master").Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	files := released()
	if err := openSchema(t, path, files); err != nil {
		t.Fatal(err)
	}
	if got := tables(t, path); !strings.Contains(got, "a (id INTEGER PRIMARY KEY, raw BLOB)") {
		t.Fatalf("the words were not replaced: %s", got)
	}
	files["0002_second.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE b (id @id);\nINSERT INTO b VALUES (7);\n")}
	for range 2 { // the second time there is nothing to do
		if err := openSchema(t, path, files); err != nil {
			t.Fatal(err)
		}
	}
	if got := tables(t, path); !strings.Contains(got, "b (id INTEGER PRIMARY KEY)") {
		t.Fatalf("the second file was not applied: %s", got)
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  func(fstest.MapFS) // what the program of today has
		want string
	}{
		"a newer schema": {
			func(f fstest.MapFS) { delete(f, "0002_second.sql") },
			"database has schema 2, this deskpost knows 1: install the newer deskpost or restore a backup made before the upgrade",
		},
		"a released file that changed": {
			func(f fstest.MapFS) { f["0001_first.sql"].Data = append(f["0001_first.sql"].Data, "-- better\n"...) },
			"schema file 0001_first.sql is not the one this database was made with",
		},
		"a gap in the numbers": {
			func(f fstest.MapFS) { f["0004_fourth.sql"] = f["0002_second.sql"] },
			"schema file 0004_fourth.sql: want number 0003",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "desk.db")
			files := released()
			files["0002_second.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE b (id @id);\n")}
			if err := openSchema(t, path, files); err != nil {
				t.Fatal(err)
			}
			before := tables(t, path)
			c.now(files)
			err := openSchema(t, path, files)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, want %q", err, c.want)
			}
			if after := tables(t, path); after != before {
				t.Errorf("the database was changed:\n%s\n%s", before, after)
			}
		})
	}
}

func TestMigrateIsWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	files := released()
	files["0002_second.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE b (id @id);\nINSERT INTO nowhere VALUES (1);\n")}
	if err := openSchema(t, path, files); err == nil {
		t.Fatal("a migration that can not run gave no error")
	}
	if got := tables(t, path); strings.Contains(got, "TABLE b") || !strings.Contains(got, "TABLE a") {
		t.Fatalf("half of a migration was kept, or a whole one undone: %s", got)
	}
	files["0002_second.sql"].Data = []byte("-- +goose Up\nCREATE TABLE b (id @id);\n")
	if err := openSchema(t, path, files); err != nil {
		t.Fatalf("the mended migration: %v", err)
	}
}

func TestMigrateForeign(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.db")
	write, err := sqlite{path}.openWriters(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_, err = write.Exec("CREATE TABLE songs (id INTEGER)")
	if err := errors.Join(err, write.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), "sqlite:"+path); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Fatalf("got %v, want a refusal", err)
	}
	if got := tables(t, path); strings.Count(got, "CREATE") != 1 {
		t.Errorf("the foreign database was changed: %s", got)
	}
}

// TestMigrateOnlyOne demands that a command does not change the tables of a
// daemon that runs.
func TestMigrateOnlyOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := openSchema(t, path, released()); err != nil {
		t.Fatal(err)
	}
	l, err := lockFile(context.Background(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	if err := openSchema(t, path, released()); err != nil {
		t.Errorf("with nothing to do: %v", err)
	}
	files := released()
	files["0002_second.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE b (id @id);\n")}
	if err := openSchema(t, path, files); err == nil || !strings.Contains(err.Error(), "another deskpost") {
		t.Errorf("under a running daemon: got %v, want a refusal", err)
	}
}
