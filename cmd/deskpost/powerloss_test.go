package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// A lossImage is what a disk may hold after a power loss: the files of the
// database with everything that had been synced when the server was told of some
// mails. The log may hold more behind that, in whatever state.
type lossImage struct {
	dir    string
	told   []uint32 // UIDs that the server knows to be taken
	synced int64    // bytes of the log up to the last commit before which that was seen
}

// TestPowerLoss takes images of the disk while mails are being committed, cuts
// and tears what may not have been synced, and demands that verify finds nothing
// wrong in any of them and that whatever the server was told of is there (F18).
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	const mails = 24
	database := enginetest.SQLite(t)
	s := serveDemoIn(t, database)
	karen := s.host.person("karen@customer.example")
	reader, err := store.OpenToRead(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var taken []lossImage
	for i := 0; i < mails || len(taken[i-1].told) < mails; i++ {
		if i == 20*mails {
			t.Fatalf("after %d images the server was told of %d mails", i, len(taken[i-1].told))
		}
		written := make(chan error, 1)
		go func() { // while the image is taken, so that it may show a commit
			if i >= mails {
				written <- nil
				return
			}
			written <- karen.write("support@bank.example", fmt.Sprintf("Question %d", i), "how?")
		}()
		taken = append(taken, takeImage(t, s.host, reader, database[len("sqlite:"):]))
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	s.end()
	random := rand.New(rand.NewPCG(18, uint64(time.Now().UnixNano())))
	between := 0
	for i, image := range taken {
		if n := len(image.told); n > 0 && n < mails {
			between++
		}
		for how, damage := range map[string]func(*os.File, int64, int64) error{"whole": nil, "cut": cut, "torn": torn(random)} {
			t.Run(fmt.Sprintf("%d/%s", i, how), func(t *testing.T) { checkImage(t, image, damage, random) })
		}
	}
	if between == 0 {
		t.Error("no image shows the desk at work")
	}
}

// takeImage copies the database. A view that is open meanwhile keeps its log from
// being begun anew, so that what is copied one after the other fits together, as
// it does on a disk. Another process copies: closing a file of SQLite's here
// would drop its locks.
func takeImage(t *testing.T, host *demoHost, reader *store.DB, path string) lossImage {
	t.Helper()
	image := lossImage{dir: t.TempDir()}
	first, last := filepath.Join(image.dir, "first-wal"), filepath.Join(image.dir, "desk.db-wal")
	err := reader.View(t.Context(), func(tx ticket.Tx) error {
		if _, err := tx.Outcomes(); err != nil {
			return err
		}
		image.told = toldMails(t, host)
		for _, pair := range [][2]string{{path + "-wal", first}, {path, filepath.Join(image.dir, "desk.db")}, {path + "-wal", last}} {
			if out, err := exec.Command("cp", pair[0], pair[1]).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	image.synced = lastCommit(log)
	return image
}

// lastCommit is where the last commit of a write-ahead log ends
// (sqlite.org/fileformat2.html, section 4.1).
func lastCommit(log []byte) int64 {
	if len(log) < 32 {
		return 0
	}
	frame := 24 + int(binary.BigEndian.Uint32(log[8:]))
	end := int64(32)
	for at := 32; at+frame <= len(log) && string(log[at+8:at+16]) == string(log[16:24]); at += frame {
		if binary.BigEndian.Uint32(log[at+4:]) != 0 {
			end = int64(at + frame)
		}
	}
	return end
}

// cut ends the log somewhere behind what was synced.
func cut(log *os.File, at, _ int64) error { return log.Truncate(at) }

// torn fills what is behind it with what was never written.
func torn(random *rand.Rand) func(*os.File, int64, int64) error {
	return func(log *os.File, at, size int64) error {
		garbage := make([]byte, size-at)
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		_, err := log.WriteAt(garbage, at)
		return err
	}
}

func checkImage(t *testing.T, image lossImage, damage func(log *os.File, at, size int64) error, random *rand.Rand) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	for _, name := range []string{"desk.db", "desk.db-wal"} {
		b, err := os.ReadFile(filepath.Join(image.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if damage != nil {
		spoilLog(t, path+"-wal", image.synced, damage, random)
	}
	db, err := store.Open(t.Context(), "sqlite:"+path, store.WithLock()) // as serve does
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Audit(t.Context(), store.Audit{Found: func(f store.Finding) {
		t.Errorf("%s: %s: %s", f.Code, f.Where, f.Wrong)
	}})
	if err != nil {
		t.Fatal(err)
	}
	desk := &ticket.Desk{Store: db, Now: time.Now}
	for _, uid := range image.told {
		if _, err := desk.Explain(t.Context(), "support", 0, uid); err != nil {
			t.Errorf("the server was told of UID %d: %v", uid, err)
		}
	}
}

func spoilLog(t *testing.T, path string, synced int64, damage func(*os.File, int64, int64) error, random *rand.Rand) {
	t.Helper()
	log, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() <= synced {
		return
	}
	if err := damage(log, synced+random.Int64N(info.Size()-synced), info.Size()); err != nil {
		t.Fatal(err)
	}
}

// toldMails are the UIDs in the support mailbox that were marked as taken.
func toldMails(t *testing.T, host *demoHost) []uint32 {
	t.Helper()
	stored, err := host.imap.Messages("support@bank.example", "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	var told []uint32
	for _, m := range stored {
		if slices.Contains(m.Flags, `\Seen`) {
			told = append(told, m.UID)
		}
	}
	return told
}
