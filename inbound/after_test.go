package inbound

import (
	"errors"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
)

// TestAfter does each thing that can be done to a mail that was taken, also at
// servers that lack a command for it (F28).
func TestAfter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after   After
		without []string
		inbox   []string
		done    []string // in the folder Done
	}{
		"seen":                         {After{Action: AfterSeen}, nil, []string{"1 \\seen", "2 \\seen"}, nil},
		"default":                      {After{}, nil, []string{"1 \\seen", "2 \\seen"}, nil},
		"keep":                         {After{Action: AfterKeep}, nil, []string{"1", "2"}, nil},
		"move":                         {After{Action: AfterMove, Folder: "Done"}, nil, []string{}, []string{"1", "2"}},
		"move without MOVE":            {After{Action: AfterMove, Folder: "Done"}, []string{"MOVE"}, []string{}, []string{"1", "2"}},
		"move without MOVE or UIDPLUS": {After{Action: AfterMove, Folder: "Done"}, []string{"MOVE", "UIDPLUS"}, []string{"1 \\deleted", "2 \\deleted"}, []string{"1", "2"}},
		"delete later":                 {After{Action: AfterDelete, Delay: time.Hour}, nil, []string{"1", "2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, memimap.Options{Without: test.without})
			w.deliver(letter("a", "x"))
			w.deliver(letter("b", "x"))
			for range 2 { // the second sweep finds nothing more to do
				w.sweep(func(p *Poller) { p.After = test.after })
				w.want("1 opened", "2 opened")
				w.wantOnServer("INBOX", test.inbox...)
				if test.done != nil {
					w.wantOnServer("Done", test.done...)
				}
			}
		})
	}
}

func TestDeleteAfterItsDelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	change := func(p *Poller) { p.After = After{Action: AfterDelete, Delay: time.Hour} }
	w.deliver(letter("a", "x"))
	w.sweep(change)
	w.advance(50 * time.Minute)
	w.deliver(letter("b", "x"))
	w.sweep(change)
	w.wantOnServer("INBOX", "1", "2")
	w.advance(20 * time.Minute)
	w.sweep(change)
	w.wantOnServer("INBOX", "2")
	w.advance(time.Hour)
	w.sweep(change)
	w.wantOnServer("INBOX")
	w.want("1 opened", "2 opened")
}

// TestCrashBetweenCommitAndFlag breaks the store after the first commit, so
// that it never learns that the server was told; and the server before that, so
// that it was not.
func TestCrashBetweenCommitAndFlag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	committed := false
	w.desk.Store = &faultyStore{Store: w.db, update: func() error {
		if len(w.receipts()) > 0 {
			committed = true
			return errors.New("killed")
		}
		return nil
	}}
	if err := w.trySweep(func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} }); err == nil || !committed {
		t.Fatalf("the sweep was not killed: %v", err)
	}
	w.wantOnServer("Done", "1")
	w.desk.Store = w.db
	w.sweep(func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} })
	w.want("1 opened")
	if w.receipts()[0].AfterDone.IsZero() {
		t.Error("still owed")
	}

	// The server goes after the commit: the next sweep flags.
	raw := letter("b", "x")
	script := dialog(selected(), search(1), fetchMeta("1", meta(1, raw)), fetchBody("1", body(1, raw)), cut("STORE"))
	server := inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), script),
		dialog(inboundtest.OpenBox(""), selected(), search(1), stored(), leave()))
	w = worldAt(t, server.Addr)
	w.sweep()
	if !w.receipts()[0].AfterDone.IsZero() {
		t.Error("told, though the server was gone")
	}
	w.sweep()
	w.want("1 opened")
	if w.receipts()[0].AfterDone.IsZero() {
		t.Error("not told by the next sweep")
	}
}

// TestReadOnlyFolderIsSaidOnce takes mail out of a folder that it may not change
// (F28).
func TestReadOnlyFolderIsSaidOnce(t *testing.T) {
	t.Parallel()
	raw := letter("a", "x")
	readOnly := answer("SELECT", strings.Replace(inboundtest.Folder, "READ-WRITE", "READ-ONLY", 1))
	server := inboundtest.Serve(t,
		dialog(inboundtest.OpenBox(""), readOnly, search(1), fetchMeta("1", meta(1, raw)), fetchBody("1", body(1, raw)), leave()),
		dialog(inboundtest.OpenBox(""), readOnly, search(1), leave()),
		dialog(inboundtest.OpenBox(""), selected(), search(1), stored(), leave()))
	w := worldAt(t, server.Addr)
	p := w.poller()
	for range 3 {
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.want("1 opened")
	if got := w.log.count("read-only"); got != 1 {
		t.Errorf("said %d times", got)
	}
	if w.receipts()[0].AfterDone.IsZero() {
		t.Error("not told once the folder could be changed")
	}
}

// TestServerThatEndsAtEveryFlag is read all the same.
func TestServerThatEndsAtEveryFlag(t *testing.T) {
	t.Parallel()
	a, b := letter("a", "x"), letter("b", "x")
	w := worldAt(t, inboundtest.Serve(t,
		dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", meta(1, a)), fetchBody("1", body(1, a)), cut("STORE")),
		dialog(inboundtest.OpenBox(""), selected(), search(1, 2), fetchMeta("2", meta(2, b)), fetchBody("2", body(2, b)), cut("STORE")),
		dialog(inboundtest.OpenBox(""), selected(), search(2), stored(), leave())).Addr)
	for range 3 {
		w.sweep()
	}
	w.want("1 opened", "2 opened")
	for _, r := range w.receipts() {
		if r.AfterDone.IsZero() {
			t.Errorf("mail %d is still owed", r.UID)
		}
	}
}

func TestMoveIntoAFolderThatRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("a", "x"))
	change := func(p *Poller) { p.After = After{Action: AfterMove, Folder: "INBOX"} }
	w.sweep(change)
	w.sweep(change)
	w.want("1 opened")
	w.wantOnServer("INBOX", "1")
	if w.log.count("could not be told") != 2 || !w.receipts()[0].AfterDone.IsZero() {
		t.Error("a move that failed is neither said nor owed")
	}
}
