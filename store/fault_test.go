package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// fill writes entries until there is no room for them.
func fill(tx ticket.Tx) error {
	for {
		if err := tx.AddEntry(&ticket.Entry{Ticket: 1001, Text: strings.Repeat("x", 100_000)}); err != nil {
			return err
		}
	}
}

// TestDiskFull demands that a full disk undoes a whole transaction, even where
// the caller takes the error for that of one mail: SQLite may have rolled back
// already, and what came after would be committed on its own (F10).
func TestDiskFull(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openTest(t)
	save := func(tx ticket.Tx, n ticket.Number) error { return tx.Save(&ticket.Ticket{Number: n}) }
	if err := db.Update(ctx, func(tx ticket.Tx) error { return save(tx, 1001) }); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := db.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		t.Helper()
		if _, err := db.write.Exec(fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 50)
	for name, f := range map[string]func(ticket.Tx) error{
		"straight": fill,
		"swallowed": func(tx ticket.Tx) error {
			if err := save(tx, 1002); err != nil {
				return err
			}
			if err := tx.Try(func() error { return fill(tx) }); !IsDiskFull(err) {
				return fmt.Errorf("try: got %w, want a full disk", err)
			}
			if err := save(tx, 1003); err == nil {
				t.Error("a transaction that the engine gave up went on")
			}
			return nil
		},
	} {
		if err := db.Update(ctx, f); !IsDiskFull(err) || !strings.Contains(err.Error(), "make room") {
			t.Errorf("%s: got %v, want that the disk is full", name, err)
		}
	}
	limit(1 << 30)
	err := db.Update(ctx, func(tx ticket.Tx) error {
		found, err := tx.Find(ticket.Filter{})
		if err == nil && len(found) != 1 {
			err = fmt.Errorf("%d tickets are there, want the one from before", len(found))
		}
		return errors.Join(err, save(tx, 1004))
	})
	if err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestFatal demands that nothing is written any more once the disk failed (F12).
func TestFatal(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	broken := sqlite3.Error{Code: sqlite3.ErrIoErr}
	err := db.update(context.Background(), func(t *tx) error { return t.failed(broken) })
	if !IsFatal(err) || !strings.Contains(err.Error(), "the disk failed") {
		t.Fatalf("got %v, want that the disk failed", err)
	}
	ran := false
	err = db.Update(context.Background(), func(ticket.Tx) error { ran = true; return nil })
	if !IsFatal(err) || ran {
		t.Errorf("the next update: %v, it ran: %t", err, ran)
	}
}

// TestBusy demands that a write that another process keeps waiting fails with
// an error that says so, changes nothing and works later; reading goes on (F13).
func TestBusy(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openTest(t)
	other := openAt(t, db.engine.name())
	if _, err := db.write.Exec("PRAGMA busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	save := func(tx ticket.Tx) error { return tx.Save(&ticket.Ticket{Number: 1001}) }
	err := other.Update(ctx, func(ticket.Tx) error {
		if err := db.Update(ctx, save); !IsBusy(err) || !strings.Contains(err.Error(), "another program is writing") {
			t.Errorf("update beside another writer: got %v", err)
		}
		return db.View(ctx, func(tx ticket.Tx) error {
			if _, err := tx.Ticket(1001); !errors.Is(err, ticket.ErrNotFound) {
				t.Errorf("view beside another writer: got %v", err)
			}
			return nil
		})
	})
	if err := errors.Join(err, db.Update(ctx, save)); err != nil {
		t.Error(err)
	}
}

// crashURL names, for the child of TestCrash, the database to write to.
const crashURL = "DESKPOST_TEST_CRASH_URL"

// TestCrash kills a process that commits without pause, and demands that all
// it was told to be committed is there and nothing is there by half.
func TestCrash(t *testing.T) {
	if url := os.Getenv(crashURL); url != "" {
		crashChild(t, url)
		return
	}
	t.Parallel()
	url := enginetest.URL(t)
	var promised int64
	for round := range 3 {
		promised = max(promised, killWriter(t, url, 20+7*round))
		db := openURL(t, url, WithLock()) // the lock of the dead is free, or soon will be
		checkCrash(t, db, promised)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter starts a child, kills it after so many commits and returns the
// last ticket that it said was committed.
func killWriter(t *testing.T, url string, commits int) (last int64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrash$")
	child.Env = append(os.Environ(), crashURL+"="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		n, err := strconv.ParseInt(strings.TrimPrefix(lines.Text(), "committed "), 10, 64)
		if err != nil {
			t.Errorf("the child says: %s", lines.Text())
			continue
		}
		last = n
		if seen++; seen == commits {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return last
}

// crashChild takes mails until it is killed.
func crashChild(t *testing.T, url string) {
	db, err := Open(context.Background(), url, WithLock())
	if err != nil {
		t.Fatal(err)
	}
	for {
		var number int64
		err := db.update(context.Background(), func(tx *tx) error {
			n, err := takeOne(tx, benchMail())
			number = n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("committed", number)
		w := db.NewBlob(context.Background()) // and is killed inside uploads too
		if _, err := w.Write(bytes.Repeat([]byte{byte(number)}, 300_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkCrash demands that every ticket up to the promised one is there, whole.
func checkCrash(t *testing.T, db *DB, promised int64) {
	t.Helper()
	if _, file := db.engine.(sqlite); file {
		var verdict string
		if err := db.write.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Fatalf("integrity: %s, %v", verdict, err)
		}
	}
	if promised < int64(ticket.FirstNumber) {
		t.Fatalf("the child committed nothing: %d", promised)
	}
	err := db.View(context.Background(), func(tx ticket.Tx) error {
		for n := ticket.FirstNumber; ; n++ {
			if _, err := tx.Ticket(n); err != nil {
				if int64(n) <= promised {
					t.Errorf("ticket %d was committed and is gone", n)
				}
				return nil
			}
			entries, err1 := tx.Entries(n)
			events, err2 := tx.Events(n)
			notices, err3 := tx.Notices(n)
			taken, err4 := tx.TakenOn(n)
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return err
			}
			if len(entries) != 1 || len(events) != 2 || len(notices) != 2 || len(taken) != 1 {
				t.Errorf("ticket %d has %d entries, %d events, %d notices, %d receipts", n,
					len(entries), len(events), len(notices), len(taken))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
