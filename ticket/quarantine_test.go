package ticket_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// stolen is a ticket on which somebody has used the answering address of Jane, to
// close it.
func stolen(t *testing.T, by string) (*world, ticket.Number, []ticket.Notice) {
	w, n, out := opened(t)
	m := answer(to(t, out, ticket.NoticeNew, jane), by, "#close\nThis is settled.")
	m.Files = []ticket.File{{Name: "a.txt", Type: "text/plain", Size: 1}}
	w.take(m)
	w.want(ticket.Quarantined)
	w.sent()
	w.now = w.now.Add(3 * time.Hour)
	return w, n, out
}

func (w *world) aside(agent string) []ticket.QuarantinedMail {
	w.t.Helper()
	list, err := w.desk.Quarantined(context.Background(), agent, 10)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) release(agent string, receipt int64) ticket.Number {
	w.t.Helper()
	n, err := w.desk.ReleaseMail(context.Background(), agent, receipt)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestReleaseOfAStranger takes the mail as a stranger's: held, without its
// commands, and without what its token would have allowed.
func TestReleaseOfAStranger(t *testing.T) {
	t.Parallel()
	w, n, _ := stolen(t, "eve@evil.example")
	list := w.aside("jane")
	if len(list) != 1 || list[0].Ticket != n || list[0].Mail.From.Email != "eve@evil.example" || !strings.Contains(list[0].Why, "the answering address of") {
		t.Fatalf("quarantined: %+v", list)
	}
	if got := w.release("jane", list[0].Receipt); got != n {
		t.Errorf("it is on ticket %d", got)
	}
	c := w.show(n)
	e := c.Entries[len(c.Entries)-1]
	if !e.Held || e.Kind != ticket.Message || !e.At.Equal(w.now) || len(e.Files) != 1 || c.Ticket.Status != ticket.New || e.Receipt != 0 {
		t.Errorf("entry %+v on %+v", e, c.Ticket)
	}
	if !strings.Contains(strings.Join(e.Remarks, "\n"), "released by Jane") {
		t.Errorf("remarks: %q", e.Remarks)
	}
	if got := mailed(w.sent()); slices.Contains(got, "reply:"+karen) || !slices.Contains(got, "guest:lead@private.example") {
		t.Errorf("mailed %v", got)
	}
	if left := w.aside("jane"); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	w.replays(n)
	w.audited()
}

// TestReleaseOfTheCustomer takes the mail of somebody who takes part as theirs.
func TestReleaseOfTheCustomer(t *testing.T) {
	t.Parallel()
	w, n, out := stolen(t, karen)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#pending"))
	w.sent()
	w.release("john", w.aside("john")[0].Receipt)
	c := w.show(n)
	if e := c.Entries[len(c.Entries)-1]; e.Held || c.Ticket.Status != ticket.Open || !strings.Contains(e.Text, "This is settled.") {
		t.Errorf("entry %+v on %+v", e, c.Ticket)
	}
	w.audited()
}

// TestReleaseWithoutATicket opens one, without a word to whoever sent it.
func TestReleaseWithoutATicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := from(karen, "Round and round", "Help!")
	m.Hops = 200
	w.take(m)
	w.want(ticket.Quarantined)
	list := w.aside("jane")
	if len(list) != 1 || list[0].Ticket != 0 || list[0].Department != "support" {
		t.Fatalf("quarantined: %+v", list)
	}
	w.now = w.now.Add(time.Hour)
	n := w.release("jane", list[0].Receipt)
	c := w.show(n)
	if c.Ticket.Requester.Email != karen || !c.Ticket.OpenedAt.Equal(w.now) || c.Entries[0].Text != "Help!" {
		t.Errorf("ticket %+v with %+v", c.Ticket, c.Entries)
	}
	if got := mailed(w.sent()); slices.Contains(got, "ack:"+karen) {
		t.Errorf("mailed %v", got)
	}
	w.replays(n)
	w.audited()
}

// TestRejectedMail stays where it is.
func TestRejectedMail(t *testing.T) {
	t.Parallel()
	w, n, _ := stolen(t, "eve@evil.example")
	receipt := w.aside("jane")[0].Receipt
	if err := w.desk.RejectMail(context.Background(), "jane", receipt); err != nil {
		t.Fatal(err)
	}
	if left := w.aside("jane"); len(left) != 0 || len(w.show(n).Entries) != 1 {
		t.Errorf("left %+v, thread %+v", left, w.show(n).Entries)
	}
	for _, err := range []error{
		w.desk.RejectMail(context.Background(), "jane", receipt),
		func() error { _, err := w.desk.ReleaseMail(context.Background(), "jane", receipt); return err }(),
	} {
		refusal(t, err, ticket.NotFound, "somebody has decided it already")
	}
	w.replays(n)
	w.audited()
}

// TestWhoDecidesAboutMail shows it to agents who may reply in its department.
func TestWhoDecidesAboutMail(t *testing.T) {
	t.Parallel()
	w, _, _ := stolen(t, "eve@evil.example")
	receipt := w.aside("jane")[0].Receipt
	w.change(func(p *ticket.Policy) {
		jane := p.Agents["jane"]
		jane.Access = map[string]string{"support": "reader"}
		p.Agents["jane"] = jane
	})
	if list := w.aside("jane"); len(list) != 0 {
		t.Errorf("who may not reply sees %+v", list)
	}
	_, err := w.desk.ReleaseMail(context.Background(), "jane", receipt)
	refusal(t, err, ticket.NotFound, "no such mail waits")
	refusal(t, w.desk.RejectMail(context.Background(), "jane", receipt), ticket.NotFound, "no such mail waits")
	if list := w.aside("john"); len(list) != 1 {
		t.Errorf("left for John: %+v", list)
	}
}
