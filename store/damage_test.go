package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// damagedMails is how many tickets the desk has that is damaged.
const damagedMails = 60

// wholeFile is the file of a closed desk with some mail, and its bytes.
func wholeFile(t *testing.T) []byte {
	t.Helper()
	url := enginetest.SQLite(t)
	db := workedDesk(t, url)
	keys, err := db.Keys(context.Background(), auditClock, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	desk := &ticket.Desk{Store: db, Keys: keys, Now: db.now}
	desk.SetPolicy(auditPolicy())
	for uid := uint32(5); uid <= damagedMails; uid++ {
		takeForAudit(t, desk, uid, fmt.Sprintf("q%d@customer.example", uid), nil)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDamagedFile damages a desk in the ways a disk or a person does (F14): the
// daemon does not open it and leaves it as it is, verify does not call it clean,
// and salvage writes out what is left of it.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	whole := wholeFile(t)
	clone := func(change func(b []byte) []byte) []byte { return change(bytes.Clone(whole)) }
	for name, c := range map[string]struct {
		file  []byte
		least int // of the mails
	}{
		"flipped bytes in a page": {clone(func(b []byte) []byte {
			at := bytes.LastIndex(b, []byte("mail mail")) / pageSize * pageSize // a leaf, and no way to others
			for i := range 64 {
				b[at+i] ^= 0xff
			}
			return b
		}), damagedMails / 2},
		"zeroed pages": {clone(func(b []byte) []byte {
			clear(b[len(b)*5/6/pageSize*pageSize : len(b)*11/12/pageSize*pageSize]) // behind the roots of the tables
			return b
		}), 1},
		"truncated":    {clone(func(b []byte) []byte { return b[:len(b)*19/20/pageSize*pageSize+100] }), 1},
		"first page":   {clone(func(b []byte) []byte { clear(b[:pageSize]); return b }), 0},
		"foreign file": {[]byte(strings.Repeat("Dear diary,\n", 2000)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			path := filepath.Join(t.TempDir(), "desk.db")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(ctx, "sqlite:"+path, WithLock())
			if !IsFatal(err) {
				t.Fatalf("the daemon opens it: %v", err)
			}
			for _, step := range []string{path, "keep", "verify --salvage", "deskpost restore", "still on the mail server"} {
				if !strings.Contains(err.Error(), step) {
					t.Errorf("the error does not say %q: %v", step, err)
				}
			}
			checkNotClean(t, path)
			checkSalvage(t, path, c.least)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.file) {
				t.Errorf("the file was written to: %v", err)
			}
		})
	}
}

func checkNotClean(t *testing.T, path string) {
	t.Helper()
	db, err := OpenToRead(context.Background(), "sqlite:"+path)
	if err != nil {
		return
	}
	defer db.Close()
	findings := 0
	_, err = db.Audit(context.Background(), Audit{Found: func(f Finding) {
		if f.Code == fileDamaged.Code {
			findings++
		}
	}})
	if err == nil && findings == 0 {
		t.Error("verify calls it clean")
	}
}

// checkSalvage demands that enough mails come out, each byte for byte as it was
// or marked as broken, and that what is lost is said.
func checkSalvage(t *testing.T, path string, least int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "salvaged")
	done, err := Salvage(context.Background(), "sqlite:"+path, dir)
	if least == 0 {
		if err == nil || !strings.Contains(err.Error(), "restore the last backup") {
			t.Errorf("salvaged %+v, %v: want that there is nothing", done, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if done.Mails < least || done.Tickets == 0 || len(done.Lost) == 0 {
		t.Errorf("salvaged %.500v, want at least %d mails, some tickets and something lost", fmt.Sprintf("%+v", done), least)
	}
	named, err := filepath.Glob(filepath.Join(dir, "ticket-*", "receipt-*[0-9].eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range named {
		raw, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(raw, []byte("Message-ID: <q")) || !bytes.HasSuffix(raw, []byte("mail mail ")) {
			t.Errorf("%s: %d bytes, %v", file, len(raw), err)
		}
	}
	if len(named) == 0 {
		t.Error("no mail lies beside its ticket")
	}
}

// TestSalvageWhole demands that nothing is left behind of a file that is whole.
func TestSalvageWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := os.WriteFile(path, wholeFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "salvaged")
	done, err := Salvage(context.Background(), "sqlite:"+path, dir)
	if err != nil || done.Mails != damagedMails || done.Broken != 0 || done.Tickets != damagedMails-1 ||
		done.Entries != damagedMails || len(done.Lost) > 0 {
		t.Fatalf("salvaged %+v, %v", done, err)
	}
	thread, err := os.ReadFile(filepath.Join(dir, "ticket-1001", "thread.txt"))
	if err != nil || strings.Count(string(thread), "It is gone.") != 2 {
		t.Errorf("the thread: %s, %v", thread, err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "unnamed")); err == nil {
		t.Errorf("mail without receipt: %v", left)
	}
	if _, err := Salvage(context.Background(), "sqlite:"+path, dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into the same directory again: %v", err)
	}
}

// TestEmptiedFile demands that a file which was emptied is not taken for a new
// one while its log is there (F14).
func TestEmptiedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	for _, file := range []string{path, path + "-wal"} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(context.Background(), "sqlite:"+path, WithLock()); !IsFatal(err) || !strings.Contains(err.Error(), "deskpost restore") {
		t.Errorf("the daemon opens it: %v", err)
	}
	if _, err := OpenToRead(context.Background(), "sqlite:"+path); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("verify opens it: %v", err)
	}
}

// TestCheckedAfterDeath demands that the next start knows that the last one did
// not end in order, and when its log was deleted (F14).
func TestCheckedAfterDeath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	openAndClose := func(want string) {
		t.Helper()
		why := ""
		db, err := Open(context.Background(), "sqlite:"+path, WithLock(), WithChecking(func(w string) { why = w }))
		if err != nil {
			t.Fatal(err)
		}
		if why == "" != (want == "") || !strings.Contains(why, want) {
			t.Errorf("checked because %q, want %q", why, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	openAndClose("")
	openAndClose("")
	if err := os.WriteFile(path+".lock", []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	openAndClose("desk.db-wal is gone")
	openAndClose("")
	broken := openAt(t, path, WithLock())
	broken.die(fmt.Errorf("the disk failed"))
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	openAndClose("did not end in order")
}

// TestDamagedWhileOpen demands that damage which is met at work ends the writing,
// and with it the daemon (F14).
func TestDamagedWhileOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "desk.db")
	whole := wholeFile(t)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openAt(t, path, WithLock())
	at := bytes.LastIndex(whole, []byte("mail mail")) / pageSize
	// By another process: closing a file of SQLite's here would drop its locks.
	dd := exec.Command("dd", "if=/dev/urandom", "of="+path, fmt.Sprint("bs=", pageSize), fmt.Sprint("seek=", at), "count=1", "conv=notrunc")
	if out, err := dd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var sums []ticket.Sum
	err := db.view(ctx, func(t *tx) (err error) {
		sums, err = rows(t, func(s scan) (sum ticket.Sum, err error) { return sum, s(sumTo{&sum}) }, `SELECT sum FROM blobs`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sum := range sums {
		if err = db.VerifyBlob(ctx, sum); err != nil {
			break
		}
	}
	if !IsFatal(err) || !strings.Contains(err.Error(), "deskpost restore") {
		t.Fatalf("a damaged page was read with %v", err)
	}
	if err := db.Watch(ctx); !IsFatal(err) {
		t.Errorf("the watch ended with %v", err)
	}
	if err := db.Update(ctx, func(ticket.Tx) error { return nil }); !IsFatal(err) {
		t.Errorf("it was written on: %v", err)
	}
}
