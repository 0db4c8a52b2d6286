package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// backUp writes a backup of a desk.
func backUp(t testing.TB, db *DB) (file string, b Backup) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "backup.db")
	b, err := db.BackUp(t.Context(), file, "test")
	if err != nil {
		t.Fatal(err)
	}
	return file, b
}

// openTicket writes a ticket that all tables but one know of, in one transaction.
func openTicket(tx ticket.Tx, now time.Time) error {
	next, err := tx.Next("ticket", 1001)
	if err != nil {
		return err
	}
	n := ticket.Number(next)
	raw := fmt.Appendf(nil, "Subject: %d\r\n\r\ntext\r\n", n)
	r := &ticket.Receipt{Source: "box", Epoch: 1, UID: uint32(n), Digest: sha256.Sum256(raw), Keyed: true, Received: now, At: now,
		Raw: ticket.Blob{Sum: sha256.Sum256(raw), Size: int64(len(raw)), Inline: raw}}
	tk := &ticket.Ticket{Number: n, Subject: fmt.Sprint(n), Status: ticket.New, Requester: ticket.Address{Email: "ann@example.com"},
		OpenedAt: now, UpdatedAt: now}
	if err := tx.Save(tk); err != nil {
		return err
	}
	if _, _, err := tx.Receive(r); err != nil {
		return err
	}
	if err := tx.Conclude(r.ID, ticket.Conclusion{Outcome: ticket.Opened, Ticket: n}, ticket.Mail{}); err != nil {
		return err
	}
	_, err = tx.Queue(&ticket.Notice{ID: int64(n), Ticket: n, Kind: ticket.NoticeAck, QueuedAt: now, DueAt: now,
		Recipients: []ticket.Recipient{{Address: tk.Requester}}})
	return err
}

// counts reads what must agree in any consistent picture of a desk that holds
// nothing but what openTicket wrote.
func counts(t testing.TB, db *DB) [4]int64 {
	t.Helper()
	var c [4]int64
	row := db.write.QueryRowContext(context.Background(), `SELECT (SELECT COUNT(*) FROM tickets), (SELECT COUNT(*) FROM receipts),
		(SELECT COUNT(*) FROM notice_recipients), (SELECT COALESCE(MAX(value), 1000) - 1000 FROM counters WHERE name = 'ticket')`)
	if err := row.Scan(&c[0], &c[1], &c[2], &c[3]); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBackUpUnderLoad takes backups while several write, and demands that each
// is one consistent picture of its moment, verified, and restores to a desk that
// goes on numbering where it stood (F17).
func TestBackUpUnderLoad(t *testing.T) {
	t.Parallel()
	db := openEngine(t, WithLock()) // as the daemon has it
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 3 {
		writers.Go(func() {
			for ctx.Err() == nil {
				err := db.Update(context.Background(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) })
				if err != nil {
					t.Errorf("write while a backup is taken: %v", err)
					return
				}
				written.Add(1)
			}
		})
	}
	var last string
	for round := range 3 {
		for before := written.Load(); written.Load() < before+20; time.Sleep(time.Millisecond) {
		}
		before := written.Load()
		file, b := backUp(t, db)
		last = file
		if b.Tickets < before || b.Tickets != b.Mails || b.Unsent != b.Tickets || b.Bytes == 0 || b.OldestUnsent.IsZero() ||
			b.Engine != db.dialect.engine || b.Version != "test" || b.TakenAt.IsZero() {
			t.Errorf("round %d, after %d tickets: %+v", round, before, b)
		}
	}
	stop()
	writers.Wait()
	url := enginetest.URL(t)
	r, err := Restore(t.Context(), url, last, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	restored := openURL(t, url, WithLock())
	if c := counts(t, restored); c[0] != r.Tickets || c[1] != c[0] || c[2] != c[0] || c[3] != c[0] {
		t.Errorf("restored tickets, receipts, recipients and the counter are %v, the backup says %+v", c, r)
	}
	if r.Held != r.Unsent {
		t.Errorf("%d held of %d unsent", r.Held, r.Unsent)
	}
	for range 3 {
		if err := restored.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
			t.Fatalf("write to the restored desk: %v", err)
		}
	}
}

// TestBackUpKeepsToItsFile demands that nobody else may read the file, that what
// is there is not overwritten unless asked for, and that nothing is left beside it.
func TestBackUpKeepsToItsFile(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	if err := os.WriteFile(file+".part", []byte("what one that died has left"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := db.BackUp(t.Context(), file, "test"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if _, err := db.BackUp(t.Context(), file, "test"); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a second backup to the same file ended with %v", err)
	}
	if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if b, err := db.BackUp(t.Context(), file, "test", WithReplace()); err != nil || b.Tickets != 1 {
		t.Errorf("a backup that replaces another: %+v, %v", b, err)
	}
	for _, other := range []string{"desk.db", "notes.txt"} {
		path := filepath.Join(t.TempDir(), other)
		write := func() error { return os.WriteFile(path, []byte("notes"), 0o600) }
		if other == "desk.db" {
			write = func() error {
				desk, err := Open(t.Context(), "sqlite:"+path)
				return errors.Join(err, desk.Close())
			}
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Stat(path)
		_, err := db.BackUp(t.Context(), path, "test", WithReplace())
		after, statErr := os.Stat(path)
		if err == nil || !strings.Contains(err.Error(), "backup") || statErr != nil || !os.SameFile(before, after) {
			t.Errorf("a backup in the place of %s: %v, %v", other, err, statErr)
		}
	}
	running, err := newPart(filepath.Join(dir, "other.db"), ".part", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.BackUp(t.Context(), filepath.Join(dir, "other.db"), "test"); err == nil || !strings.Contains(err.Error(), "another deskpost") {
		t.Errorf("two backups to one file: %v", err)
	}
	if err := running.end(); err != nil {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := db.BackUp(stopped, filepath.Join(dir, "other.db"), "test"); !errors.Is(err, context.Canceled) {
		t.Errorf("a backup that is stopped: %v", err)
	}
	if _, err := db.BackUp(t.Context(), filepath.Join(dir, "missing", "backup.db"), "test"); err == nil || !strings.Contains(err.Error(), "make the directory") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if names := list(t, dir); names != "backup.db" {
		t.Errorf("in the directory are %s", names)
	}
}

// list names the files of a directory.
func list(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestBackUpOfDamagedMail demands that a raw mail which is damaged in the desk
// itself does not pass for backed up, and that the copy is not thrown away.
func TestBackUpOfDamagedMail(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.Exec(db.dialect.bind("UPDATE blob_chunks SET bytes = $1"), []byte("other")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err := db.BackUp(t.Context(), filepath.Join(dir, "backup.db"), "test")
	if err == nil || !strings.Contains(err.Error(), "is damaged") || list(t, dir) != "backup.db.part" {
		t.Errorf("ended with %v and left %s", err, list(t, dir))
	}
}

// TestBackUpWithABucket demands that a backup says of how much raw mail it has
// the names only, and that it restores all the same.
func TestBackUpWithABucket(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	for range 2 {
		if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"DELETE FROM blob_chunks WHERE blob = (SELECT MIN(id) FROM blobs)",
		"UPDATE blobs SET place = 'an object' WHERE id = (SELECT MIN(id) FROM blobs)",
	} {
		if _, err := db.write.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	file, b := backUp(t, db)
	if b.InBucket != 1 || b.Bytes == 0 || b.Mails != 2 {
		t.Errorf("%+v", b)
	}
	if _, err := Restore(t.Context(), enginetest.URL(t), file, rand.Reader); err != nil {
		t.Error(err)
	}
}
