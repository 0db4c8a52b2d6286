//go:build failpoint

package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// The child of the tests below is told by its environment what to back up or
// restore, and where to.
const (
	killBackUp  = "DESKPOST_TEST_KILL_BACKUP"
	killRestore = "DESKPOST_TEST_KILL_RESTORE"
	killFile    = "DESKPOST_TEST_KILL_FILE"
)

// TestKillChild is no test but what the child does.
func TestKillChild(t *testing.T) {
	file := os.Getenv(killFile)
	switch url := os.Getenv(killRestore); {
	case url != "":
		if _, err := Restore(t.Context(), url, file, rand.Reader); err != nil {
			t.Fatal(err)
		}
	case os.Getenv(killBackUp) != "":
		db := openURL(t, os.Getenv(killBackUp))
		if _, err := db.BackUp(t.Context(), file, "test"); err != nil {
			t.Fatal(err)
		}
	default:
		t.Skip("only the child of another test has something to do")
	}
}

// killedAt runs the child until it dies at a step. It fails the test if the
// child lives on.
func killedAt(t *testing.T, step string, environment ...string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(append(os.Environ(), "DESKPOST_FAILPOINTS="+step), environment...)
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%s: the child ended with %v:\n%s", step, err, out)
	}
}

// deskAt is a desk with a ticket.
func deskAt(t *testing.T, url string) *DB {
	t.Helper()
	db := openURL(t, url)
	if err := db.Update(t.Context(), func(tx ticket.Tx) error { return openTicket(tx, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestKillBackUp kills backups at every step, and demands that a file with the
// right name is whole and that the next backup is not in the way of the dead
// one's (F17).
func TestKillBackUp(t *testing.T) {
	t.Parallel()
	url := enginetest.URL(t)
	db := deskAt(t, url)
	steps := []string{"backup.copied=kill", "backup.renamed=kill"}
	for n := 1; n <= len(deskTables); n += 4 {
		steps = append(steps, fmt.Sprintf("copy.table=kill@%d", n))
	}
	for _, step := range steps {
		file := filepath.Join(t.TempDir(), "backup.db")
		killedAt(t, step, killBackUp+"="+url, killFile+"="+file)
		_, err := ReadBackup(t.Context(), file)
		if renamed := strings.HasPrefix(step, "backup.renamed"); renamed != (err == nil) {
			t.Errorf("%s: the backup is read with %v", step, err)
		}
		if _, err := db.BackUp(t.Context(), file, "test", WithReplace()); err != nil {
			t.Errorf("%s: the next backup ended with %v", step, err)
		}
		if _, err := ReadBackup(t.Context(), file); err != nil {
			t.Errorf("%s: the next backup is read with %v", step, err)
		}
	}
}

// TestKillRestore kills restores at every step, and demands that no desk runs on
// what they leave until restore was run again, and that it is whole then (F17).
func TestKillRestore(t *testing.T) {
	t.Parallel()
	file, _ := backUp(t, deskAt(t, enginetest.URL(t)))
	steps := []string{"restore.begun=kill", "restore.copied=kill"}
	for n := 1; n <= len(deskTables); n += 4 {
		steps = append(steps, fmt.Sprintf("copy.table=kill@%d", n))
	}
	for _, step := range steps {
		url := enginetest.URL(t)
		killedAt(t, step, killRestore+"="+url, killFile+"="+file)
		if db, err := Open(t.Context(), url, WithLock()); err == nil || !strings.Contains(err.Error(), "run deskpost restore again") {
			if err == nil {
				db.Close()
			}
			t.Errorf("%s: half a desk was opened with %v", step, err)
		}
		r, err := Restore(t.Context(), url, file, rand.Reader)
		if err != nil || r.Held != 1 {
			t.Fatalf("%s: restore again: %+v, %v", step, r, err)
		}
		db := openURL(t, url, WithLock())
		if c := counts(t, db); c != [4]int64{1, 1, 1, 1} {
			t.Errorf("%s: the desk has %v", step, c)
		}
		if keys, err := db.Keys(t.Context(), time.Now(), rand.Reader); err != nil || len(keys) != 1 {
			t.Errorf("%s: %d keys, %v; want the new one only", step, len(keys), err)
		}
	}
	url := enginetest.SQLite(t)
	killedAt(t, "restore.renamed=kill", killRestore+"="+url, killFile+"="+file)
	if c := counts(t, openURL(t, url, WithLock())); c != [4]int64{1, 1, 1, 1} {
		t.Errorf("killed when it was done: the desk has %v", c)
	}
}
