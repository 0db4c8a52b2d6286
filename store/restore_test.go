package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// backedUp is the file of a backup with one ticket.
func backedUp(t testing.TB) string {
	t.Helper()
	db := openTest(t)
	if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	file, _ := backUp(t, db)
	return file
}

// TestRestoreOfWhatIsNoBackup demands that a file which is not whole, or is
// something else, never becomes a desk.
func TestRestoreOfWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	good := backedUp(t)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := func(change func([]byte) []byte) string {
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := os.WriteFile(file, change(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	edited := func(statement string) string {
		file := bad(func(b []byte) []byte { return b })
		pool, err := openPool(t.Context(), file, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = pool.Exec(statement)
		if err := errors.Join(err, pool.Close()); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, c := range map[string]struct{ file, want string }{
		"missing":           {filepath.Join(t.TempDir(), "none.db"), "no such file"},
		"empty":             {bad(func([]byte) []byte { return nil }), "it is no backup"},
		"text":              {bad(func([]byte) []byte { return []byte(strings.Repeat("no database ", 1000)) }), "use another backup"},
		"an index is gone":  {withoutIndex(t, bad), "damaged"},
		"cut short":         {bad(func(b []byte) []byte { return b[:len(b)/2] }), "damaged"},
		"overwritten":       {bad(func(b []byte) []byte { copy(b[len(b)/2:], make([]byte, 3*pageSize)); return b }), "damaged"},
		"a desk":            {edited("UPDATE backups SET restored_at = 1"), "this is a desk and no backup"},
		"mail was changed":  {edited("UPDATE blob_chunks SET bytes = 'other'"), "have another sum: use another backup"},
		"mail is missing":   {edited("DELETE FROM blob_chunks"), "is damaged"},
		"a row is missing":  {edited("DELETE FROM tickets"), "missing"},
		"another program's": {edited("DROP TABLE " + versionTable), "another program"},
		"newer":             {edited("INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (999, 1)"), "install the newer deskpost"},
	} {
		url := enginetest.SQLite(t)
		_, err := Restore(t.Context(), url, c.file, rand.Reader)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: ended with %v, want %q", name, err, c.want)
		}
		path, _ := sqlitePath(url)
		if there := list(t, filepath.Dir(path)); there != "" && there != "desk.db.lock" {
			t.Errorf("%s: left %s", name, there)
		}
	}
	if _, err := Restore(t.Context(), enginetest.SQLite(t), good, bytes.NewReader(nil)); err == nil {
		t.Error("restored without a new key")
	}
}

// withoutIndex is a backup of which only an index is damaged: every row can be
// read.
func withoutIndex(t *testing.T, change func(func([]byte) []byte) string) string {
	t.Helper()
	var page int
	pool, err := openPool(t.Context(), change(func(b []byte) []byte { return b }), readerPragmas, 1)
	if err != nil {
		t.Fatal(err)
	}
	err = pool.QueryRow("SELECT rootpage FROM sqlite_master WHERE name = 'tickets_requester'").Scan(&page)
	if err := errors.Join(err, pool.Close()); err != nil {
		t.Fatal(err)
	}
	return change(func(b []byte) []byte {
		copy(b[(page-1)*pageSize:], bytes.Repeat([]byte{0xff}, pageSize))
		return b
	})
}

// TestRestoreNeverOverwrites demands that a database which holds anything is
// left as it is.
func TestRestoreNeverOverwrites(t *testing.T) {
	t.Parallel()
	file := backedUp(t)
	url := enginetest.URL(t)
	db := openURL(t, url)
	if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), url, file, rand.Reader); err == nil || !strings.Contains(err.Error(), "restore never overwrites") {
		t.Errorf("restore over a desk ended with %v", err)
	}
	missing := "sqlite:" + filepath.Join(t.TempDir(), "missing", "desk.db")
	if _, err := Restore(t.Context(), missing, file, rand.Reader); err == nil || strings.Contains(err.Error(), "overwrites") {
		t.Errorf("restore into a directory that is not there ended with %v", err)
	}
	if c := counts(t, db); c[0] != 1 {
		t.Errorf("the desk has %v", c)
	}
	running := enginetest.URL(t)
	openURL(t, running, WithLock())
	if _, err := Restore(t.Context(), running, file, rand.Reader); err == nil || !strings.Contains(err.Error(), "another deskpost") {
		t.Errorf("restore under a running daemon ended with %v", err)
	}
}

// TestRestoreBesideAnOldLog demands that what is left of an old database never
// becomes part of the new one.
func TestRestoreBesideAnOldLog(t *testing.T) {
	t.Parallel()
	url := enginetest.SQLite(t)
	path, err := sqlitePath(url)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-wal", []byte("of another database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), url, backedUp(t), rand.Reader); err == nil || !strings.Contains(err.Error(), "desk.db-wal belongs to an older database") {
		t.Errorf("ended with %v", err)
	}
}

// TestRestoreThatDidNotEnd demands that no desk runs on what a restore that died
// has left, nor on a backup, and that restore can be run again (F17).
func TestRestoreThatDidNotEnd(t *testing.T) {
	t.Parallel()
	file := backedUp(t)
	url := enginetest.URL(t)
	e, err := engineFor(url, "")
	if err != nil {
		t.Fatal(err)
	}
	switch e := e.(type) {
	case *postgres: // it died inside its transaction
		half := &DB{engine: e, dialect: e.words(), died: make(chan struct{}), lock: noLock{}}
		died := errors.New("died")
		if err := e.build(t.Context(), half, Backup{TakenAt: time.Now()}, func() error { return died }); !errors.Is(err, died) {
			t.Fatal(err)
		}
		if err := half.Close(); err != nil {
			t.Fatal(err)
		}
	case sqlite: // nobody was left to remove the part
		if err := os.WriteFile(e.path+restoring, []byte("half a database"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), url, WithLock()); err == nil || !strings.Contains(err.Error(), "run deskpost restore again") {
		t.Errorf("open half a desk: %v", err)
	}
	if _, err := Restore(t.Context(), url, file, rand.Reader); err != nil {
		t.Fatalf("restore again: %v", err)
	}
	db := openURL(t, url, WithLock())
	if c := counts(t, db); c[0] != 1 {
		t.Errorf("the desk has %v", c)
	}
	if _, err := Open(t.Context(), "sqlite:"+file, WithLock()); err == nil || !strings.Contains(err.Error(), "is a backup") {
		t.Errorf("run a desk on a backup: %v", err)
	}
}

// TestRestoreChangesTheEngine moves a desk to PostgreSQL and back.
func TestRestoreChangesTheEngine(t *testing.T) {
	t.Parallel()
	there := enginetest.Postgres(t)
	file := backedUp(t)
	if _, err := Restore(t.Context(), there, file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	moved := openURL(t, there, WithLock())
	for range 2 {
		if err := moved.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
			t.Fatal(err)
		}
	}
	back, b := backUp(t, moved)
	if b.Engine != "PostgreSQL" || b.Tickets != 3 {
		t.Errorf("the backup of the moved desk is %+v", b)
	}
	here := enginetest.SQLite(t)
	r, err := Restore(t.Context(), here, back, rand.Reader)
	if err != nil || r.Held != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	db := openURL(t, here, WithLock())
	if c := counts(t, db); c != [4]int64{3, 3, 3, 3} {
		t.Errorf("the desk that came back has %v", c)
	}
}
