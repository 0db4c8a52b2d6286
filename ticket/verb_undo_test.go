package ticket_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestUndo takes back all that one mail did, and nothing before it.
func TestUndo(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 1)
	w.run(fresh[0], "#open\n#high\n#tag +vpn")
	before := w.show(1001).Ticket
	w.run(fresh[0], "#emergency\n#assign jane\n#tag -vpn +lan\n#time 10m\n#field customer-no=4711\n#due fri\n#dept online-banking\n#sla sev-a\n#pending 2d")
	if got := w.run(fresh[0], "#undo"); len(got) != 1 || !strings.Contains(got[0], "priority: Emergency -> High") || !strings.Contains(got[0], "status: pending -> open") {
		t.Errorf("results: %q", got)
	}
	after := w.show(1001).Ticket
	after.UpdatedAt, after.StatusAt = before.UpdatedAt, before.StatusAt
	if !reflect.DeepEqual(after, before) {
		t.Errorf("the ticket is\n%+v, and was\n%+v", after, before)
	}
	w.replays(1001)
	same(t, "twice", w.run(fresh[0], "#undo"), []string{"#undo: you did nothing on this ticket within 15 minutes that could be undone"})
	w.audited()
}

// TestUndoLeavesTheWorkOfOthers takes back only what is still as it was left.
func TestUndoLeavesTheWorkOfOthers(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	mine, johns := to(t, out, ticket.NoticeNew, jane), to(t, out, ticket.NoticeNew, "john@private.example")
	w.take(answer(mine, jane, "#high\n#tag +vpn"))
	w.take(answer(johns, "john@private.example", "#emergency"))
	w.sent()
	same(t, "results", w.run(mine, "#undo"), []string{"#undo: tags: vpn -> none; priority has changed since, and stays"})
	if got := w.show(n).Ticket.Priority; got != "Emergency" {
		t.Errorf("priority is %s", got)
	}
	w.replays(n)
}

// TestUndoOfAReply recalls a reply while its mail waits: nobody gets it, the
// clocks run on, and its customer never reads it.
func TestUndoOfAReply(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	p := *w.desk.Policy()
	p.SendDelay, p.Portal = 5*time.Minute, true
	w.desk.SetPolicy(&p)
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#resolve\nThe wrong customer's secret."))
	w.sent()
	w.now = w.now.Add(10 * time.Second)
	due := w.show(n).Ticket.Deadline
	if got := w.run(fresh, "#undo"); !strings.Contains(got[0], "the reply is taken back, and nobody outside gets it") {
		t.Errorf("results: %q", got)
	}
	w.now = w.now.Add(time.Hour)
	if got := mailed(w.sent()); slices.Contains(got, "reply:"+karen) {
		t.Errorf("mailed %v", got)
	}
	c := w.show(n)
	if e := c.Entries[len(c.Entries)-1]; !e.Denied || c.Ticket.Status != ticket.Open || c.Ticket.Deadline.IsZero() || !due.IsZero() {
		t.Errorf("%+v on %+v, due %s before", e, c.Ticket, due)
	}
	if text := w.visible(karen, n); strings.Contains(text, "secret") {
		t.Errorf("the customer reads %q", text)
	}
	w.replays(n)
	w.audited()
}

// TestUndoOfAReplyThatHasLeft says so, and undoes the rest.
func TestUndoOfAReplyThatHasLeft(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 1)
	w.run(fresh[0], "#high\n#reply\nHere is the answer.")
	got := w.run(fresh[0], "#undo")
	if !strings.Contains(got[0], "the reply has left for karen@customer.example and stays") || !strings.Contains(got[0], "priority: High -> Normal") {
		t.Errorf("results: %q", got)
	}
	c := w.show(1001)
	if e := c.Entries[len(c.Entries)-1]; e.Denied || e.Kind != ticket.Reply {
		t.Errorf("the reply is %+v", e)
	}
	w.replays(1001)
	w.audited()
}

// TestUndoInTime refuses what is too late, not alone, or another's.
func TestUndoInTime(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	mine, johns := to(t, out, ticket.NoticeNew, jane), to(t, out, ticket.NoticeNew, "john@private.example")
	w.take(answer(johns, "john@private.example", "#high"))
	w.sent()
	if got := w.run(mine, "#undo"); !strings.Contains(got[0], "you did nothing") {
		t.Errorf("another's deed: %q", got)
	}
	w.run(mine, "#emergency")
	for _, block := range []string{"#undo\n#tag +a", "#undo\n#note\nAnd a text."} {
		if got := strings.Join(w.run(mine, block), "\n"); !strings.Contains(got, "stands alone") {
			t.Errorf("%q: %s", block, got)
		}
	}
	w.now = w.now.Add(15 * time.Minute)
	if got := w.run(mine, "#undo"); !strings.Contains(got[0], "within 15 minutes") {
		t.Errorf("too late: %q", got)
	}
	if got := w.show(n).Ticket.Priority; got != "Emergency" {
		t.Errorf("priority is %s", got)
	}
}
