package ledgertest

import (
	"bytes"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
)

// died starts the program with a plan for one step, and demands that it dies
// there.
func (w *world) died(plan string) *child {
	w.t.Helper()
	c := w.start(plan, 1)
	want, _, _ := strings.Cut(plan, "=")
	if step := c.outlive(10 * time.Second); step != want {
		w.t.Fatalf("the program died at %q, not at %q:\n%s", step, want, c.log)
	}
	w.settle()
	return c
}

// await waits until the books of a running program say yes to a query that
// returns a number, which is the case when it is not 0.
func (w *world) await(c *child, query string) {
	w.t.Helper()
	w.peek(func(db *sql.DB) {
		for deadline := time.Now().Add(20 * time.Second); w.count(db, query) == 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				w.t.Fatalf("%s stays at 0:\n%s", query, c.log)
			}
		}
	})
}

// afterwards waits until a program is done with all mail in its mailboxes and
// all mail in its outbox.
func (w *world) afterwards(c *child) {
	w.t.Helper()
	c.works()
	w.mu.Lock()
	mails := len(w.delivered)
	w.mu.Unlock()
	w.await(c, fmt.Sprintf(`SELECT CASE WHEN (SELECT COUNT(*) FROM receipts WHERE after_done_at IS NOT NULL) >= %d
		AND NOT EXISTS (SELECT 1 FROM notices WHERE settled_at IS NULL) THEN 1 ELSE 0 END`, mails))
}

// sums counts what there is in the books of a dead program.
func (w *world) sums() (tickets, receipts int) {
	w.t.Helper()
	w.look(func(db *sql.DB) {
		tickets, receipts = w.count(db, "SELECT COUNT(*) FROM tickets"), w.count(db, "SELECT COUNT(*) FROM receipts")
	})
	return tickets, receipts
}

// TestDeathAtAStep kills the program once, at each step of one mail's way in and
// of the answer's way out. What the books hold before the next start is what
// the step says; after it there are one ticket, one acknowledgement and one
// notice in any case, and twice is only what was in the gap (F01, F02, F03,
// F05, F07).
func TestDeathAtAStep(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		step    string
		padding int
		taken   int  // receipts when it dies
		gap     bool // the relay has taken a mail, and the books do not know
	}{
		{step: "inbound.sweep"}, // F01
		{step: "inbound.fetch"},
		{step: "inbound.literal"},
		{step: "inbound.kept"},
		{step: "store.upload", padding: 300 << 10}, // F02
		{step: "inbound.kept", padding: 300 << 10},
		{step: "inbound.read", padding: 300 << 10},
		{step: "inbound.read"}, // F05
		{step: "store.receipt"},
		{step: "store.ticket"},
		{step: "store.queue"},
		{step: "inbound.committed", taken: 1}, // F03
		{step: "inbound.told", taken: 1},
		{step: "inbound.noted", taken: 1},
		{step: "inbound.swept"}, // of the empty mailbox, or later
		{step: "mailer.claimed", taken: 1},
		{step: "mailer.mail", taken: 1},
		{step: "mailer.data", taken: 1},
		{step: "mailer.dot", taken: 1},
		{step: "mailer.answered", taken: 1, gap: true}, // F07
		{step: "store.delivery", taken: 1, gap: true},
		{step: "mailer.settled", taken: 1},
	} {
		t.Run(fmt.Sprintf("%s %d", tc.step, tc.padding), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, enginetest.URL(t))
			conversation{number: 1, mailbox: supportBox, padding: tc.padding}.begin(w)
			w.died(tc.step + "=kill@1")
			inGap := len(w.unnoted(w.acceptances()))
			if outgoing := tc.gap || strings.HasPrefix(tc.step, "mailer."); outgoing && inGap != 0 != tc.gap {
				t.Errorf("died with %d mails in the gap", inGap) // else the mailer was at work beside, wherever it was
			}
			if tickets, receipts := w.sums(); tc.step != "inbound.swept" && (receipts != tc.taken || tickets != tc.taken) {
				t.Errorf("died with %d tickets and %d receipts, want %d", tickets, receipts, tc.taken)
			}
			c := w.start("", 1)
			w.afterwards(c)
			c.stop()
			if tickets, receipts := w.sums(); tickets != 1 || receipts != 1 {
				t.Errorf("%d tickets and %d receipts, want 1", tickets, receipts)
			}
			out := map[string]int{}
			for _, a := range w.acceptances() {
				out[a.to]++
			}
			if len(out) != 2 || out["c1@customer.example"]+out[johnEmail] != 2+inGap {
				t.Errorf("sent: %v, want an acknowledgement and a notice, and %d once more", out, inGap)
			}
		})
	}
}

// TestDeathLeavesNoBlob demands that the bytes of a mail whose taking died have
// no owner but the one receipt that comes after (F02).
func TestDeathLeavesNoBlob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t))
	conversation{number: 1, mailbox: supportBox, padding: 300 << 10}.begin(w)
	w.died("store.upload=kill@1")
	w.died("inbound.kept=kill@1")
	c := w.start("", 1)
	w.afterwards(c)
	c.stop()
	w.look(func(db *sql.DB) {
		if n := w.count(db, "SELECT COUNT(*) FROM blobs WHERE sum IS NULL"); n != 1 {
			t.Errorf("%d uploads without an end, want the one that died: the daily round removes it", n)
		}
		if n := w.count(db, "SELECT COUNT(*) FROM blobs WHERE sum IS NOT NULL AND NOT EXISTS (SELECT 1 FROM receipts WHERE raw = sum)"); n != 0 {
			t.Errorf("%d named blobs belong to no receipt", n)
		}
	})
}

// TestDeathWhileMoving kills the program between the steps by which a mail is
// moved on a server without MOVE. At every moment it is in one of the folders
// (F04).
func TestDeathWhileMoving(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"imapbox.copied", "imapbox.flagged"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, enginetest.URL(t))
			c1 := conversation{number: 1, mailbox: helpBox}
			c1.begin(w)
			for range 2 { // the second death is on the way to mend the first
				w.died(step + "=kill@1")
				if w.find("INBOX", c1.firstID())+w.find(doneFolder, c1.firstID()) == 0 {
					t.Fatal("the mail has gone from both folders")
				}
			}
			c := w.start("", 1)
			w.afterwards(c)
			c.stop()
			if here, there := w.find("INBOX", c1.firstID()), w.find(doneFolder, c1.firstID()); here != 0 || there == 0 {
				t.Errorf("%d in the INBOX, %d in %s", here, there, doneFolder)
			}
			if tickets, receipts := w.sums(); tickets != 1 || receipts != 1 {
				t.Errorf("%d tickets and %d receipts, want 1", tickets, receipts)
			}
		})
	}
}

// find counts the mails with a Message-ID in a folder of the second mailbox.
func (w *world) find(folder, id string) (n int) {
	stored, err := w.imap.Messages(helpBox, folder)
	if err != nil && folder == "INBOX" { // the other one is made when it is needed
		w.t.Error(err)
	}
	for _, m := range stored {
		if idOf(m.Raw) == id {
			n++
		}
	}
	return n
}

// TestMailThatKills has a mail end the process each time it is read. It is set
// aside after the tries that are booked for it, with its bytes, and somebody is
// told; the mails around it are taken meanwhile (F06).
func TestMailThatKills(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t))
	for number := range 5 {
		conversation{number: number + 1, mailbox: supportBox}.begin(w)
	}
	poison := letter{from: "c9@customer.example", to: supportBox, subject: "poison", id: "poison@customer.example", text: "Read me."}.raw()
	uid := w.deliver(supportBox, poison)
	for number := range 5 {
		conversation{number: number + 11, mailbox: supportBox}.begin(w)
	}
	const plan = "inbound.read=kill~poison"
	for range 4 { // the first one is not booked
		w.died(plan)
	}
	c := w.start(plan, 1)
	w.afterwards(c)
	c.stop()
	w.look(func(db *sql.DB) {
		got := w.list(db, 3, fmt.Sprintf("SELECT outcome, ticket, (SELECT COUNT(*) FROM notices WHERE ticket = receipts.ticket) FROM receipts WHERE uid = %d", uid))
		if len(got) != 1 || got[0][0] != "unreadable" || got[0][2] != "1" {
			t.Errorf("outcome, ticket, notices: %v, want unreadable with a ticket and one notice", got)
		}
		if n := w.count(db, "SELECT COUNT(*) FROM receipts WHERE outcome = 'opened'"); n != 10 {
			t.Errorf("%d other mails were taken, want 10", n)
		}
		if n := w.count(db, "SELECT COUNT(*) FROM failures"); n != 0 {
			t.Errorf("%d mails are still to be tried", n)
		}
		var raw []byte
		err := db.QueryRow(fmt.Sprintf("SELECT c.bytes FROM receipts AS r JOIN blobs AS b ON b.sum = r.raw JOIN blob_chunks AS c ON c.blob = b.id WHERE r.uid = %d", uid)).Scan(&raw)
		if err != nil || !bytes.Equal(raw, poison) {
			t.Errorf("its bytes are not kept as they came: %d of %d, %v", len(raw), len(poison), err)
		}
	})
}

// TestSecondCopyIsTheSame kills the program after the relay has taken a mail and
// before it is noted, without an echo. The mail goes out again, with the same
// bytes, and explain says that it may have gone out twice (F07).
func TestSecondCopyIsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t))
	conversation{number: 1, mailbox: supportBox}.begin(w)
	w.died("mailer.answered=kill@1")
	c := w.start("", 1)
	w.afterwards(c)
	c.stop()
	copies := map[string][][]byte{}
	for _, a := range w.acceptances() {
		copies[a.id] = append(copies[a.id], a.raw)
	}
	twice := 0
	for id, raws := range copies {
		if len(raws) == 2 {
			twice++
			if !bytes.Equal(raws[0], raws[1]) {
				t.Errorf("the copies of %s differ:\n%s\n%s", id, raws[0], raws[1])
			}
		}
	}
	if twice != 1 {
		t.Fatalf("%d mails went out twice, want 1", twice)
	}
	if out := w.explain("1001"); !strings.Contains(out, "it may have gone out twice") {
		t.Errorf("explain does not say that a mail may have gone out twice:\n%s", out)
	}
}

// TestEchoAfterTheGrace shows the limit of the echo: a relay that keeps the copy
// back for longer than the grace causes one second mail, the same as the first.
// When the copies come they change nothing any more (F07).
func TestEchoAfterTheGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t), withEcho())
	w.holdEchoes()
	conversation{number: 1, mailbox: supportBox}.begin(w)
	w.died("mailer.answered=kill@1")
	inGap := len(w.unnoted(w.acceptances()))
	c := w.start("", 1)
	w.afterwards(c)
	w.releaseEchoes()
	w.afterwards(c)
	c.stop()
	copies := map[string]int{}
	for _, a := range w.acceptances() {
		copies[a.id]++
	}
	if len(copies) != 2 || len(w.acceptances()) != 2+inGap || inGap == 0 {
		t.Errorf("sent: %v, want two mails and %d once more", copies, inGap)
	}
	w.look(func(db *sql.DB) {
		got := w.list(db, 2, "SELECT outcome, COUNT(*) FROM receipts GROUP BY outcome ORDER BY outcome")
		if fmt.Sprint(got) != fmt.Sprintf("[[echo 2] [loop %d] [opened 1]]", inGap) {
			t.Errorf("outcomes: %v", got)
		}
		if n := w.count(db, "SELECT COUNT(*) FROM tickets"); n != 1 {
			t.Errorf("%d tickets, want 1", n)
		}
	})
}

// TestDeathWhileFollowingUp kills the program in the middle of what has become
// due by time. The rest is done by the next start, and nothing twice (F08).
func TestDeathWhileFollowingUp(t *testing.T) {
	t.Parallel()
	const tickets = 5
	w := newWorld(t, enginetest.URL(t), withPeople(pending))
	for number := range tickets {
		conversation{number: number + 1, mailbox: supportBox}.begin(w)
	}
	c := w.start("", 1)
	w.afterwards(c)
	w.await(c, fmt.Sprintf("SELECT CASE WHEN COUNT(*) = %d THEN 1 ELSE 0 END FROM tickets WHERE status = 'pending'", tickets))
	c.stop()
	w.advance(3 * time.Hour)
	w.died("store.ticket=kill@5") // each is written by its timer, and once more with its clocks if the mailboxes are read by then
	w.look(func(db *sql.DB) {
		if n := w.count(db, "SELECT COUNT(*) FROM tickets WHERE status = 'open'"); n != 2 && n != 4 {
			t.Errorf("%d tickets were followed up when it died, want 2 or 4", n)
		}
	})
	c = w.start("", 1)
	w.await(c, fmt.Sprintf("SELECT CASE WHEN COUNT(*) = %d THEN 1 ELSE 0 END FROM tickets WHERE status = 'open'", tickets))
	w.afterwards(c)
	c.stop()
	w.look(func(db *sql.DB) {
		if n := w.count(db, "SELECT COUNT(*) FROM notices WHERE kind = 'follow-up'"); n != tickets {
			t.Errorf("%d notices of %d follow-ups", n, tickets)
		}
	})
}

// TestSessionsAreSeen demands that the tests see the sessions of a program that
// lives: they wait for the end of those of a dead one, since a commit may still
// be under way in them.
func TestSessionsAreSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Postgres(t))
	c := w.start("", 1)
	c.works()
	if n := w.count(w.auditor(), sessionsQuery); n == 0 {
		t.Error("no session of a program that lives is seen")
	}
	c.stop()
	w.awaitSessions(w.auditor())
}

// TestDeathWhileMigrating kills the program inside the transactions that make
// its tables. Nothing is left of them, and the next start makes them (F09).
func TestDeathWhileMigrating(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t))
	conversation{number: 1, mailbox: supportBox}.begin(w)
	w.died("store.versions=kill@1")
	w.died("store.migration=kill@1")
	w.died("store.migration=kill@1")
	c := w.start("", 1)
	w.afterwards(c)
	c.stop()
	if tickets, _ := w.sums(); tickets != 1 {
		t.Errorf("%d tickets, want 1", tickets)
	}
}

// TestOlderProgramChangesNothing gives the program a database that a later one
// has made. It refuses to start, says why, and leaves mail and books as they are
// (F09).
func TestOlderProgramChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.URL(t))
	conversation{number: 1, mailbox: supportBox}.begin(w)
	c := w.start("", 1)
	w.afterwards(c)
	c.stop()
	w.change("INSERT INTO schema_versions (version_id, is_applied) VALUES (99, " + map[bool]string{true: "TRUE", false: "1"}[strings.HasPrefix(w.database, "postgres:")] + ")")
	before := w.contents()
	conversation{number: 2, mailbox: supportBox}.begin(w)
	c = w.start("", 1)
	select {
	case err := <-c.done:
		if err == nil || !strings.Contains(c.log.String(), "database has schema 99, this deskpost knows") {
			t.Errorf("it ended with %v and said\n%s", err, c.log)
		}
	case <-time.After(upWithin):
		t.Fatalf("it does not end:\n%s", c.log)
	}
	if after := w.contents(); !slices.Equal(before, after) {
		t.Errorf("the books have changed from\n%s\nto\n%s", before, after)
	}
	stored, err := w.imap.Messages(supportBox, "INBOX")
	if err != nil || len(stored) != 2 || slices.Contains(stored[1].Flags, "\\Seen") {
		t.Errorf("the new mail was touched: %+v, %v", stored, err)
	}
}
