package inbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"deskpost/inbound/memimap"
	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// nameless is a mail without a Message-ID.
func nameless(text string) []byte {
	return fmt.Appendf(nil, "From: Ann <ann@example.com>\r\nTo: support@bank.example\r\nSubject: nameless\r\n\r\n%s\r\n", text)
}

// restored backs the desk up, lets f change it, and goes on with the backup as
// after the loss of everything since.
func (w *world) restored(f func()) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "backup.db")
	if _, err := w.db.BackUp(w.t.Context(), file, "test"); err != nil {
		w.t.Fatal(err)
	}
	f()
	url := enginetest.URL(w.t)
	if _, err := store.Restore(w.t.Context(), url, file, rand.Reader); err != nil {
		w.t.Fatal(err)
	}
	w.db = storetest.OpenAt(w.t, url)
	policy := w.desk.Policy()
	keys, err := w.db.Keys(w.t.Context(), w.now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	w.desk = &ticket.Desk{Store: w.db, Now: w.now, Keys: keys}
	w.desk.SetPolicy(policy)
}

// tickets are how many there are.
func (w *world) tickets() int {
	w.t.Helper()
	list, err := w.desk.List(context.Background(), ticket.Filter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}

// TestRestoreFindsMovedMail demands that mail which was taken and moved away
// after the backup becomes a ticket of the restored desk, each once, whether it
// has a Message-ID or not, and that what the backup knows does not come again
// (F17).
func TestRestoreFindsMovedMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	move := func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} }
	noon := time.Now().Add(-time.Hour).Truncate(time.Second)
	w.deliverAt(letter("old", "before the backup"), noon.Add(-72*time.Hour))
	w.deliverAt(letter("first", "before the backup"), noon)
	w.deliverAt(nameless("twice"), noon)
	w.deliverAt(nameless("twice"), noon)
	w.sweep(move)
	if n := w.tickets(); n != 4 {
		t.Fatalf("%d tickets before the backup, want 4", n)
	}
	w.restored(func() {
		w.deliverAt(letter("second", "after the backup"), noon.Add(time.Minute))
		w.deliverAt(nameless("twice"), noon) // a third one like the two
		w.deliverAt(nameless("other"), noon)
		w.sweep(move)
		if n := w.tickets(); n != 7 {
			t.Fatalf("%d tickets on the desk that is lost, want 7", n)
		}
	})
	w.deliver(letter("third", "after the restore"))
	for range 2 {
		w.sweep(move)
		if n := w.tickets(); n != 8 {
			t.Errorf("%d tickets after the restore, want 8\n%s", n, w.log.text.String())
		}
	}
	if n := w.log.count("looking for mail that was moved away"); n != 1 {
		t.Errorf("the folder was looked through %d times, want once", n)
	}
	done, err := w.server.Messages("desk", "Done")
	if err != nil || len(done) != 8 {
		t.Errorf("%d mails in the folder (%v), want 8: nothing may be taken out of it", len(done), err)
	}
	outcomes := map[ticket.Outcome]int{}
	for _, taken := range w.receipts() {
		if taken.Source == ticket.FolderSource("support", "Done") {
			outcomes[taken.Outcome]++
		}
	}
	// The mail of three days ago is older than any that can be lost.
	if outcomes[ticket.Opened] != 3 || outcomes[ticket.Duplicate] != 4 || outcomes[ticket.BeforeBaseline] != 1 {
		t.Errorf("the folder's mail ended as %v", outcomes)
	}
}

// TestRestoreWithoutMovedMail demands that a folder which was never made, or
// which is not configured, is no reason to look for it for ever (F17).
func TestRestoreWithoutMovedMail(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]After{
		"no folder yet":    {Action: AfterMove, Folder: "Done"},
		"nothing is moved": {Action: AfterSeen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, memimap.Options{})
			set := func(p *Poller) { p.After = after }
			w.sweep(set) // the source is known
			w.restored(func() {})
			for _, looking := range []bool{true, false} {
				pos, err := w.desk.Resume(t.Context(), "support", 1, 1)
				if err != nil || pos.Lost.IsZero() == looking {
					t.Errorf("mail is lost since %v, %v; looking for it: want %t", pos.Lost, err, looking)
				}
				w.sweep(set)
			}
		})
	}
}

// TestRestoreTakesWhatIsInTheMailbox demands that mail which the lost desk left
// in the mailbox comes again by its UID, each once (F17).
func TestRestoreTakesWhatIsInTheMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("first", "before the backup"))
	w.deliver(nameless("before the backup"))
	w.sweep()
	w.restored(func() {
		w.deliver(letter("second", "after the backup"))
		w.deliver(nameless("after the backup"))
		w.sweep()
	})
	w.sweep()
	if n := w.tickets(); n != 4 {
		t.Errorf("%d tickets, want 4\n%s", n, w.log.text.String())
	}
}
