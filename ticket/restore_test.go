package ticket_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// newKeyedWorld is a world whose keys are those of its store.
func newKeyedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.open(w.desk.Store.(*store.DB))
	return w
}

// open makes a desk of a store.
func (w *world) open(db *store.DB) {
	w.t.Helper()
	keys, err := db.Keys(context.Background(), w.now, rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	w.desk = &ticket.Desk{Store: db, Keys: keys, Now: func() time.Time { return w.now }}
	w.desk.SetPolicy(policy())
}

// backUp writes a backup of the desk as it is.
func (w *world) backUp() (file string) {
	w.t.Helper()
	file = filepath.Join(w.t.TempDir(), "backup.db")
	if _, err := w.desk.Store.(*store.DB).BackUp(w.t.Context(), file, "test"); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// restore goes on with a backup, a day later.
func (w *world) restore(file string) store.Restored {
	w.t.Helper()
	w.now = w.now.Add(24 * time.Hour)
	url := enginetest.URL(w.t)
	r, err := store.Restore(w.t.Context(), url, file, rand.Reader, store.WithClock(func() time.Time { return w.now }))
	if err != nil {
		w.t.Fatal(err)
	}
	w.open(storetest.OpenAt(w.t, url))
	return r
}

// audited demands that an audit finds nothing wrong.
func (w *world) audited() {
	w.t.Helper()
	_, err := w.desk.Store.(*store.DB).Audit(w.t.Context(), store.Audit{Keys: w.desk.Keys, Found: func(f store.Finding) {
		w.t.Errorf("%s: %s: %s", f.Code, f.Where, f.Wrong)
	}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTokensOfALostDesk demands that a token which was minted after the backup
// never joins a mail to the ticket that has later got the same notice ID, not
// even for somebody who takes part in both; and that those from before the
// backup go on naming theirs (F17).
func TestTokensOfALostDesk(t *testing.T) {
	t.Parallel()
	w := newKeyedWorld(t)
	w.take(from("ann@customer.example", "Before", "text"))
	w.want(ticket.Opened)
	before := w.sent()
	file := w.backUp()

	w.now = w.now.Add(48 * time.Hour) // else she would get no second acknowledgement
	w.take(from("ann@customer.example", "Lost", "text"))
	lost := w.want(ticket.Opened)
	minted := w.sent()
	ack, toJohn := to(t, minted, ticket.NoticeAck, "ann@customer.example"), to(t, minted, ticket.NoticeNew, "john@private.example")

	w.restore(file)
	w.now = w.now.Add(48 * time.Hour)
	w.uid = 100
	w.take(from("ann@customer.example", "Something else", "text"))
	if again := w.want(ticket.Opened); again != lost {
		t.Fatalf("the numbers are not given out again: %d, then %d", lost, again)
	}
	now := w.sent()
	if n := to(t, now, ticket.NoticeAck, "ann@customer.example"); n.ID != ack.ID || n.ReplyTo == ack.ReplyTo {
		t.Fatalf("the acknowledgements are notice %d %s and %d %s: want one ID and two tokens", ack.ID, ack.ReplyTo, n.ID, n.ReplyTo)
	}

	for name, m := range map[string]ticket.Mail{
		"by the address":     {Recipients: []string{ack.ReplyTo}},
		"by the Message-ID":  {Recipients: []string{"support@bank.example"}, InReplyTo: []string{ack.MessageID}},
		"by the return path": {Recipients: []string{ack.ReturnPath}},
	} {
		answer := from("ann@customer.example", "about the lost ticket", "answer "+name)
		answer.Recipients, answer.InReplyTo = m.Recipients, m.InReplyTo
		w.take(answer)
		if n := w.want(ticket.Opened); n == lost {
			t.Errorf("%s: joined ticket %d", name, n)
		}
	}
	// The agent's answer must not go to whoever is the requester now.
	w.take(answer(toJohn, "john@private.example", "Your account is 4711."))
	if n := w.want(ticket.Opened); n == lost {
		t.Errorf("the agent's answer joined ticket %d", n)
	}
	for _, n := range w.sent() {
		if n.Kind == ticket.NoticeReply {
			t.Errorf("the agent's answer was sent to %s", n.Recipients[0].Address.Email)
		}
	}
	w.take(answer(to(t, before, ticket.NoticeAck, "ann@customer.example"), "ann@customer.example", "once more"))
	if n := w.want(ticket.Appended); n != 1001 {
		t.Errorf("the answer to a mail from before the backup is on ticket %d", n)
	}
}

// heldWorld is a world restored from a backup in which three mails were to be
// sent.
func heldWorld(t *testing.T) (*world, []ticket.Notice) {
	t.Helper()
	w := newKeyedWorld(t)
	w.take(from("ann@customer.example", "Help", "text"))
	file := w.backUp()
	if sent := w.sent(); len(sent) != 3 {
		t.Fatalf("%v were to be sent, want three", mailed(sent))
	}
	if r := w.restore(file); r.Held != 3 || r.Unsent != 3 {
		t.Fatalf("restored %+v, want three held", r)
	}
	held, err := w.desk.Waiting(context.Background(), 0, true, 10)
	if err != nil || len(held) != 3 {
		t.Fatalf("%d are held, %v", len(held), err)
	}
	return w, held
}

// TestRestoreHoldsWhatWasQueued demands that what was to be sent at the backup is
// not sent by itself, and that a person can have it sent or dropped, each once,
// which the diary says (F17).
func TestRestoreHoldsWhatWasQueued(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, held := heldWorld(t)
	if _, err := w.desk.Recover(ctx); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(10 * 24 * time.Hour)
	if sent := w.sent(); len(sent) > 0 {
		t.Errorf("%v were sent by themselves", mailed(sent))
	}
	if due, err := w.desk.NextDue(ctx); err != nil || !due.IsZero() {
		t.Errorf("the sender waits for %v, %v", due, err)
	}
	if !strings.HasPrefix(held[0].HeldWhy, "restored from the backup of ") {
		t.Errorf("held because %q", held[0].HeldWhy)
	}
	ack, toJohn := to(t, held, ticket.NoticeAck, "ann@customer.example"), to(t, held, ticket.NoticeNew, "john@private.example")
	for _, first := range []bool{true, false} {
		if done, err := w.desk.Release(ctx, "", ack.ID); done != first || err != nil {
			t.Errorf("release: %t, %v; want %t", done, err, first)
		}
		if done, err := w.desk.Drop(ctx, "", toJohn.ID, "he knows"); done != first || err != nil {
			t.Errorf("drop: %t, %v; want %t", done, err, first)
		}
	}
	if sent := mailed(w.sent()); !slices.Equal(sent, []string{"ack:ann@customer.example"}) {
		t.Errorf("sent %v, want what was released", sent)
	}
	if sent := w.sent(); len(sent) > 0 {
		t.Errorf("%v were sent again", mailed(sent))
	}
	c := w.show(1001)
	dropped := to(t, c.Notices, ticket.NoticeNew, "john@private.example")
	if r := dropped.Recipients[0]; r.FailedAt.IsZero() || r.Answer != "he knows" || dropped.SettledAt.IsZero() || dropped.HeldAt.IsZero() {
		t.Errorf("the dropped mail stands as %+v", dropped)
	}
	var kinds []ticket.EventKind
	for _, e := range c.Events {
		if e.Actor.Kind == ticket.ByOperator {
			kinds = append(kinds, e.Kind)
		}
	}
	if !slices.Equal(kinds, []ticket.EventKind{ticket.NoticeReleased, ticket.NoticeDropped}) {
		t.Errorf("the diary has %v", kinds)
	}
	var refusal *ticket.Refusal
	if _, err := w.desk.Release(ctx, "", 999); !errors.As(err, &refusal) {
		t.Errorf("release of no notice: %v", err)
	}
	if n, err := w.desk.Held(ctx); n != 1 || err != nil {
		t.Errorf("%d still held, %v; want the one to Jane", n, err)
	}
	w.audited()
}

// TestEchoSettlesWhatIsHeld demands that a copy of a held mail, which proves that
// the lost desk sent it, takes it off the list; a second copy is a loop (F17).
func TestEchoSettlesWhatIsHeld(t *testing.T) {
	t.Parallel()
	w, held := heldWorld(t)
	ack := to(t, held, ticket.NoticeAck, "ann@customer.example")
	echo := from("support@bank.example", "Re: Help", "the copy")
	echo.Stamp, echo.MessageID = ack.Stamp, ack.MessageID
	w.take(echo)
	w.want(ticket.Echo)
	n := to(t, w.show(1001).Notices, ticket.NoticeAck, "ann@customer.example")
	if n.Recipients[0].SentAt.IsZero() || n.SettledAt.IsZero() || n.Held() || !n.HeldAt.IsZero() {
		t.Errorf("after its copy came by it stands as %+v", n)
	}
	if left, err := w.desk.Held(t.Context()); left != 2 || err != nil {
		t.Errorf("%d are held, %v; want the other two", left, err)
	}
	if done, err := w.desk.Release(t.Context(), "", ack.ID); done || err != nil {
		t.Errorf("released although it was sent: %t, %v", done, err)
	}
	w.take(echo)
	w.want(ticket.Loop)
	w.audited()
}

// TestRestoreTwice demands that a backup of a restored desk keeps what is held,
// and that each restore signs with a key of its own (F17).
func TestRestoreTwice(t *testing.T) {
	t.Parallel()
	w, _ := heldWorld(t)
	keys := len(w.desk.Keys)
	w.take(from("bob@customer.example", "Other", "text"))
	if r := w.restore(w.backUp()); r.Held != 6 {
		t.Errorf("%d are held, want the three of before and three more", r.Held)
	}
	if len(w.desk.Keys) != keys+1 {
		t.Errorf("%d keys, want one more than %d", len(w.desk.Keys), keys)
	}
}

// TestRestoreHoldsRepliesThatComeAgain demands that an agent's reply, whose mail
// is taken again after a restore, is in the thread and not sent a second time by
// itself; and that one written after the restore goes out at once (F17).
func TestRestoreHoldsRepliesThatComeAgain(t *testing.T) {
	t.Parallel()
	w := newKeyedWorld(t)
	w.take(from("ann@customer.example", "Help", "text"))
	toJohn := to(t, w.sent(), ticket.NoticeNew, "john@private.example")
	file := w.backUp()
	reply, replied := answer(toJohn, "john@private.example", "It is the cable."), w.now.Add(time.Hour)
	reply.MessageID = "reply@private.example"
	w.deliverAt(50, reply, replied)
	if sent := mailed(w.sent()); !slices.Contains(sent, "reply:ann@customer.example") {
		t.Fatalf("the desk that is lost sent %v", sent)
	}

	w.restore(file)
	w.deliverAt(50, reply, replied)
	w.want(ticket.Appended)
	if sent := mailed(w.sent()); slices.Contains(sent, "reply:ann@customer.example") {
		t.Errorf("sent again: %v", sent)
	}
	held, err := w.desk.Waiting(t.Context(), 0, true, 10)
	if err != nil || !slices.Equal(mailed(held), []string{"reply:ann@customer.example"}) {
		t.Errorf("held are %v, %v", mailed(held), err)
	}
	entries := w.show(1001).Entries
	if last := entries[len(entries)-1]; last.Text != "It is the cable." {
		t.Errorf("the thread ends with %q", last.Text)
	}
	w.now = w.now.Add(time.Minute)
	w.uid = 60
	w.take(answer(toJohn, "john@private.example", "Is it well now?"))
	if sent := mailed(w.sent()); !slices.Contains(sent, "reply:ann@customer.example") {
		t.Errorf("after the restore only %v was sent", sent)
	}
}

// TestOldEchoSettlesNothingNew demands that a copy which was taken before the
// backup, and is met again in the folder it was moved to, proves nothing about
// whom the relay did not take the mail for then; a copy that came later does
// (F17).
func TestOldEchoSettlesNothingNew(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newKeyedWorld(t)
	w.take(from("ann@customer.example", "Help", "text"))
	toJohn := to(t, w.sent(), ticket.NoticeNew, "john@private.example")
	w.take(answer(toJohn, "john@private.example", "#cc "+bob+"\n#reply\n\nIt is the cable."))
	claimed, err := w.desk.Claim(ctx, time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	reply := to(t, claimed, ticket.NoticeReply, "ann@customer.example")
	err = w.desk.Settle(ctx, reply.ID, reply.Attempts, []ticket.Result{
		{Recipient: "ann@customer.example", Verdict: ticket.Sent}, {Recipient: bob, Verdict: ticket.Later}})
	if err != nil {
		t.Fatal(err)
	}
	copied, came := from("support@bank.example", "Re: Help", "It is the cable."), w.now
	copied.Stamp, copied.MessageID = reply.Stamp, reply.MessageID
	w.deliverAt(60, copied, came)
	w.want(ticket.Echo)
	if left := w.outstanding(1001, reply.ID); !slices.Equal(left, []string{bob}) {
		t.Fatalf("before the backup %v are open", left)
	}
	w.restore(w.backUp())

	w.deliverAt(61, copied, came)
	w.want(ticket.Duplicate)
	if left := w.outstanding(1001, reply.ID); !slices.Equal(left, []string{bob}) {
		t.Errorf("after the same copy %v are open", left)
	}
	w.deliverAt(62, copied, came.Add(time.Hour))
	w.want(ticket.Echo)
	if left := w.outstanding(1001, reply.ID); len(left) > 0 {
		t.Errorf("after a new copy %v are open", left)
	}
	w.audited()
}
