package inbound

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

// TestRenumberingWithNewMailOnOldNumbers has UIDs that mean other mails than
// before. None is missed, none taken twice, and the log says why all was read
// again, once (F21).
func TestRenumberingWithNewMailOnOldNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	for _, name := range []string{"a", "b", "c"} {
		w.deliver(letter(name, "x"))
	}
	w.sweep()
	w.want("1 opened", "2 opened", "3 opened")
	if err := w.client().Delete(t.Context(), []uint32{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := w.server.Renumber("desk", "INBOX"); err != nil {
		t.Fatal(err)
	}
	w.deliver(letter("d", "x")) // 2, which was b's
	w.deliver(letter("e", "x")) // 3, which was c's
	p := w.poller()
	for range 3 {
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.want("1 opened", "2 opened", "3 opened", "1 duplicate", "2 opened", "3 opened")
	if got := w.log.count("has renumbered the mailbox"); got != 1 {
		t.Errorf("said %d times", got)
	}
}

// TestRenumberedWhileWeRead is a server that tells of new numbers between the
// list of mails and the mails: nothing of them is believed (F21).
func TestRenumberedWhileWeRead(t *testing.T) {
	t.Parallel()
	a, b := letter("a", "x"), letter("b", "x")
	renumbered := strings.Replace(inboundtest.Folder, "UIDVALIDITY 7", "UIDVALIDITY 8", 1)
	w := worldAt(t, inboundtest.Serve(t,
		dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", meta(1, a)),
			answer(asksBody("1"), "* OK [UIDVALIDITY 8] renumbered\r\n"+body(1, b)+"$TAG OK\r\n")),
		dialog(inboundtest.Login(""), answer("SELECT", renumbered), answer("SELECT", renumbered), search(1, 2),
			fetchMeta("1:2", meta(1, b), meta(2, a)), fetchBody("1:2", body(1, b), body(2, a)), stored(), leave())).Addr)
	if err := w.trySweep(); err == nil || !strings.Contains(err.Error(), "renumbered") {
		t.Fatalf("sweep: %v", err)
	}
	w.want()
	w.sweep()
	w.want("1 opened", "2 opened")
	if got := w.receipts()[0]; got.Subject != "b" || got.Epoch != 8 {
		t.Errorf("mail 1 is %q of numbering %d", got.Subject, got.Epoch)
	}
}

// TestOthersInTheMailbox lets people read, move and delete mail while it is
// taken and moved away, in batches of 1 to 10, so that sequence numbers never
// stand still. What they leave is taken, once, and it ends (F22, F23).
func TestOthersInTheMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	p := w.poller()
	p.After = After{Action: AfterMove, Folder: "Done"}
	w.run(p)
	box := w.client()
	var kept []string
	for batch := 1; batch <= 10; batch++ {
		var uids []uint32
		for i := range batch {
			name := fmt.Sprintf("m%d-%d", batch, i)
			uids = append(uids, w.deliver(letter(name, "x")))
			if i%3 != 2 {
				kept = append(kept, name)
			}
		}
		for i, uid := range uids {
			// The desk may have moved it already, which is as good.
			var err error
			switch i % 3 {
			case 0:
				err = box.MarkSeen(t.Context(), []uint32{uid})
			case 2:
				err = box.Delete(t.Context(), []uint32{uid})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	w.eventually("the mailbox is empty", func() bool { return len(w.onServer("INBOX")) == 0 })
	w.eventually("all that was left is taken", func() bool {
		taken := make(map[string]int)
		for _, r := range w.receipts() {
			if r.Outcome == ticket.Opened {
				taken[r.Subject]++
			}
		}
		for _, name := range kept {
			if taken[name] != 1 {
				return false
			}
		}
		return true
	})
}

// TestSequenceNumbersShift takes batches of 1 to 10 mails and removes each while
// it is taken: numbers by position would skip every second one (F23).
func TestSequenceNumbersShift(t *testing.T) {
	t.Parallel()
	for _, without := range [][]string{nil, {"MOVE"}} {
		w := newWorld(t, memimap.Options{Without: without})
		n := 0
		for batch := 1; batch <= 10; batch++ {
			for range batch {
				w.deliver(letter(fmt.Sprint("m", n), "x"))
				n++
			}
			w.sweep(func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} })
			if got := len(w.receipts()); got != n {
				t.Fatalf("without %v: %d of %d mails taken", without, got, n)
			}
			w.wantOnServer("INBOX")
		}
		if got := len(w.onServer("Done")); got != n {
			t.Errorf("without %v: %d mails in the other folder, want %d", without, got, n)
		}
	}
}

// TestFolderShrinks under our eyes: the server counts fewer mails with every
// answer, and hands out what it still has (F24).
func TestFolderShrinks(t *testing.T) {
	t.Parallel()
	a := letter("a", "x")
	w := worldAt(t, inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), selected(), search(3, 2, 1),
		answer(asksMeta("1:3"), meta(1, a)+"* 2 EXISTS\r\n* 1 EXISTS\r\n$TAG OK\r\n"), fetchMeta("2:3"), search(1),
		fetchBody("1", body(1, a)), stored(), leave())).Addr)
	w.sweep()
	w.want("1 opened")
}

// TestSameMailByTwoWays comes with other trace headers each time, as to two of
// our addresses or through a list, and is one mail. The same Message-ID over other
// words is another, and so are two equal mails without one (F26).
func TestSameMailByTwoWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	mail := letter("a", "x")
	list := "Received: from lists.example by mx.bank.example; Mon, 5 Jan 2026 09:00:00 +0000\r\nDelivered-To: banking@bank.example\r\n" +
		"List-Id: <all.lists.example>\r\nReturn-Path: <bounce@lists.example>\r\nDKIM-Signature: v=1; d=lists.example\r\n"
	w.deliver(mail)
	w.deliver(append([]byte(list), mail...))
	w.deliver(letter("a", "other words"))
	bare := []byte("From: fax@example.com\r\nSubject: fax\r\n\r\npage\r\n")
	w.deliver(bare)
	w.deliver(bare)
	w.sweep()
	w.want("1 opened", "2 duplicate", "3 opened", "4 opened", "5 opened")
}

// TestTenDaysOutage: people read and sort the mailbox while the desk is down,
// and every mail is taken when it is back. Nobody is thanked for a mail of
// last week (F27).
func TestTenDaysOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	policy := *w.desk.Policy()
	policy.Acknowledge = ticket.AckAlways
	policy.Caps = ticket.Caps{AddressHour: 1000, AddressDay: 1000, TicketDay: 1000, SystemHour: 1000}
	w.desk.SetPolicy(&policy)
	began := w.now()
	from := func(i int) []byte {
		return []byte(strings.ReplaceAll(string(letter(fmt.Sprint("m", i), "x")), "ann@", fmt.Sprintf("ann%d@", i)))
	}
	w.deliverAt(from(0), began)
	w.sweep(func(p *Poller) { p.Backlog = Backlog{Age: 24 * time.Hour} })
	w.want("1 opened")
	w.advance(10 * 24 * time.Hour)
	var uids []uint32
	for i := 1; i <= 40; i++ {
		uids = append(uids, w.deliverAt(from(i), began.Add(time.Duration(i)*6*time.Hour-time.Minute)))
	}
	if err := w.client().MarkSeen(t.Context(), uids); err != nil {
		t.Fatal(err)
	}
	w.sweep(func(p *Poller) { p.Backlog = Backlog{Age: 24 * time.Hour} })
	for i, r := range w.receipts() {
		if r.Outcome != ticket.Opened {
			t.Errorf("mail %d: %s", i, r.Outcome)
		}
	}
	if got := len(w.receipts()); got != 41 {
		t.Fatalf("%d mails taken", got)
	}
	acks := 0
	err := w.db.View(t.Context(), func(tx ticket.Tx) (err error) {
		acks, err = tx.CountNotices(ticket.NoticeFilter{Kinds: []ticket.NoticeKind{ticket.NoticeAck}})
		return err
	})
	if err != nil || acks != 1+4 { // the first mail, and those of the last 24 hours
		t.Errorf("%d acknowledgements, want 5, %v", acks, err)
	}
}

// TestMoveThatHasNoRoom leaves the mail where it is, says so, and does it once
// there is room (F28).
func TestMoveThatHasNoRoom(t *testing.T) {
	t.Parallel()
	raw := letter("a", "x")
	begin := dialog(inboundtest.OpenBox("UIDPLUS"), selected(), search(1), fetchMeta("1", meta(1, raw)), fetchBody("1", body(1, raw)))
	w := worldAt(t, inboundtest.Serve(t,
		dialog(begin, answer("UID COPY", "$TAG NO [OVERQUOTA] no room\r\n"), leave()),
		dialog(inboundtest.OpenBox("UIDPLUS"), selected(), search(1), answer(`UID COPY 1 "Done"`, "$TAG OK\r\n"),
			answer(`UID STORE 1 .*\\Deleted`, "$TAG OK\r\n"), answer("UID EXPUNGE 1$", "$TAG OK\r\n"), leave())).Addr)
	move := func(p *Poller) { p.After = After{Action: AfterMove, Folder: "Done"} }
	w.sweep(move)
	w.want("1 opened")
	if w.log.count("could not be told") != 1 || w.log.count("no room") != 1 || !w.receipts()[0].AfterDone.IsZero() {
		t.Errorf("not said, or not owed:\n%s", w.log.text.String())
	}
	w.sweep(move)
	if w.receipts()[0].AfterDone.IsZero() {
		t.Error("not moved once there was room")
	}
}

// TestOutageIsSaidWithItsLength: each failed try says since when the mailbox
// cannot be read (F29).
func TestOutageIsSaidWithItsLength(t *testing.T) {
	t.Parallel()
	w := worldAt(t, nobody(t))
	p := w.poller()
	p.pace.first, p.pace.longest = time.Hour, time.Hour
	w.run(p)
	w.eventually("a try", func() bool { return w.log.count("can not be read") > 0 })
	w.advance(16 * time.Minute)
	p.Kick()
	w.eventually("it says for how long", func() bool { return w.log.count("for=16m0s") > 0 })
}

// TestSleepOfEightHours: the connection is dead when the machine wakes up, and
// nobody has said so. It is opened anew, and the mail that came is taken at the
// first try (F56).
func TestSleepOfEightHours(t *testing.T) {
	t.Parallel()
	raw := letter("a", "x")
	w := worldAt(t, inboundtest.Serve(t,
		dialog(inboundtest.OpenBox(""), selected(), search(), inboundtest.Script{inboundtest.Mute()}),
		dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", meta(1, raw)), fetchBody("1", body(1, raw)), stored(),
			inboundtest.Script{inboundtest.Mute()})).Addr)
	w.box.CommandTimeout = time.Second
	p := w.poller()
	p.Poll = 100 * time.Millisecond
	stop := w.run(p)
	w.eventually("a connection", func() bool { return w.log.count("mailbox connected") == 1 })
	w.advance(8 * time.Hour)
	w.eventually("the mail", func() bool { return len(w.receipts()) == 1 && !w.receipts()[0].AfterDone.IsZero() })
	stop()
	w.want("1 opened")
	if got := w.log.count("could not be taken"); got != 0 {
		t.Errorf("%d tries failed:\n%s", got, w.log.text.String())
	}
}
