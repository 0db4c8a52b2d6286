package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// guarded is the desk of bank with a barrier of ten minutes. It has begun, and its
// mailbox was read.
func guarded(t *testing.T, change func(*ticket.Policy)) *world {
	t.Helper()
	w := bank(t)
	p := *w.desk.Policy()
	p.CatchupWait, p.Sweep, p.Acknowledge = 10*time.Minute, 15*time.Second, ticket.AckNever
	if change != nil {
		change(&p)
	}
	w.desk.SetPolicy(&p)
	w.desk.Began = w.now
	w.swept()
	w.tick()
	return w
}

// swept says that the mailbox was read to its end just now.
func (w *world) swept() {
	w.t.Helper()
	if err := w.desk.Swept(w.t.Context(), "support", w.now); err != nil {
		w.t.Fatal(err)
	}
}

// late is a desk with a ticket whose first answer is due at ten, and which sleeps
// from five past nine until the given minutes past ten.
func late(t *testing.T, minutes int) (*world, ticket.Number, ticket.Notice) {
	t.Helper()
	w := guarded(t, nil)
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	notice := to(t, w.sent(), ticket.NoticeNew, jane)
	w.now = w.now.Add(5 * time.Minute)
	w.swept()
	w.tick()
	w.now = time.Date(2026, 1, 5, 10, minutes, 0, 0, time.UTC)
	return w, n, notice
}

// escalations are those that are due among the mail, as kind:address.
func (w *world) escalations() []string {
	w.t.Helper()
	return slices.DeleteFunc(mailed(w.sent()), func(s string) bool { return !strings.HasPrefix(s, "escalation") })
}

// TestAnswerBeforeTheEscalation: while the desk slept Jane has answered in time.
// Her mail is taken before anybody is told that the answer is late (F56).
func TestAnswerBeforeTheEscalation(t *testing.T) {
	t.Parallel()
	w, n, notice := late(t, 30)
	w.tick()
	if !w.desk.Waits() {
		t.Fatal("the desk does not wait for the mailbox")
	}
	if got := w.escalations(); len(got) != 0 {
		t.Fatalf("told %v before the mailbox was read", got)
	}
	answered := answer(notice, jane, "#reply\n\nHello")
	w.uid++
	answered.MessageID = fmt.Sprintf("m%d@private.example", w.uid)
	w.deliverAt(w.uid, answered, time.Date(2026, 1, 5, 9, 50, 0, 0, time.UTC))
	w.want(ticket.Commanded)
	w.now = w.now.Add(time.Minute)
	w.swept()
	w.tick()
	if got := w.escalations(); len(got) != 0 || w.desk.Waits() {
		t.Errorf("told %v", got)
	}
	if got := w.diary(n, ticket.StepReached, ticket.BreachRevoked); len(got) != 1 || !strings.Contains(got[0], "nobody told") {
		t.Errorf("diary %q", got) // the warning of 9:45, which is over
	}
}

// TestBarrierGivesUp: a mailbox that can not be read holds nothing up for more
// than ten minutes, and who is told reads that an answer may lie in it.
func TestBarrierGivesUp(t *testing.T) {
	t.Parallel()
	w, _, _ := late(t, 30)
	for range 9 {
		w.tick()
		w.now = w.now.Add(time.Minute)
	}
	if got := w.escalations(); len(got) != 0 {
		t.Fatalf("told %v", got)
	}
	w.now = w.now.Add(time.Minute)
	w.tick()
	got := to(t, w.sent(), ticket.NoticeEscalation, lead)
	if want := "the mailbox support@bank.example can not be read since Mon 5 Jan 2026, 09:05 UTC: an answer may lie in it"; !slices.Contains(got.Facts.Remarks, want) {
		t.Errorf("remarks %q, want %q", got.Facts.Remarks, want)
	}
}

// TestBarrierWhileAMailboxIsOut is shut when a mailbox was not read for longer
// than it may take, and opens when it is read again.
func TestBarrierWhileAMailboxIsOut(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	w.take(from(karen, "Help", "text"))
	w.want(ticket.Opened)
	w.sent()
	minute := func(n int) []string {
		t.Helper()
		for range n {
			w.now = w.now.Add(time.Minute)
			w.tick()
		}
		return w.escalations()
	}
	for range 11 { // read every five minutes, the last time at 9:55
		w.now = w.now.Add(4 * time.Minute)
		w.tick()
		w.now = w.now.Add(time.Minute)
		w.tick()
		w.swept()
	}
	if got := w.escalations(); len(got) != 1 {
		t.Errorf("the warning: told %v", got)
	}
	if got := minute(6); len(got) != 1 || w.desk.Waits() {
		t.Errorf("at 10:01, with the mailbox read at 9:55: told %v", got)
	}
	w.take(from(karen, "Help", "text")) // due at 11:01, warned at 10:46
	w.sent()
	if got := minute(8); len(got) != 0 || !w.desk.Waits() {
		t.Errorf("at 10:09: told %v", got)
	}
	w.swept()
	w.tick()
	if w.desk.Waits() {
		t.Error("it waits though the mailbox was read")
	}
}

// TestBarrierIsNotForSnoozes: what does not depend on mail is done at once.
func TestBarrierIsNotForSnoozes(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#take\n#snooze 2h"))
	w.want(ticket.Commanded)
	w.sent()
	w.now = w.now.Add(3 * time.Hour)
	if w.tick() != 1 || !w.desk.Waits() {
		t.Error("the snooze waits")
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"follow-up:" + jane}) {
		t.Errorf("told %v", got)
	}
	if !w.show(n).Ticket.Snoozed.IsZero() {
		t.Error("it is still snoozed")
	}
}

// TestAnswerBeforeTheTicketIsClosed: a customer who wrote while the desk slept
// finds their ticket open, not closed before their mail is read (F56).
func TestAnswerBeforeTheTicketIsClosed(t *testing.T) {
	t.Parallel()
	w := guarded(t, timed)
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#take\n#resolve\n#reply\nDone."))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	wrote := w.now.Add(6 * day)
	w.now = w.now.Add(8 * day)
	w.tick()
	if got := w.show(n).Ticket; got.Status != ticket.Resolved || got.Reminders != 0 {
		t.Fatalf("the ticket is %s before the mailbox was read, with %d warnings", got.Status, got.Reminders)
	}
	w.uid++
	late := answer(reply, karen, "It does not work yet.")
	late.MessageID = fmt.Sprintf("m%d@customer.example", w.uid)
	w.deliverAt(w.uid, late, wrote)
	w.want(ticket.Appended)
	w.swept()
	w.tick()
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("the ticket is %s", got)
	}
}

// TestClockJump: an hour that has not passed is like one that was slept through
// (F50, F56).
func TestClockJump(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	w.take(from(karen, "Help", "text"))
	w.want(ticket.Opened)
	w.sent()
	w.now = w.now.Add(2 * time.Hour)
	w.tick()
	if got := w.escalations(); len(got) != 0 || !w.desk.Waits() {
		t.Errorf("told %v at once", got)
	}
	w.now = w.now.Add(-2 * time.Hour) // the clock is right again: nothing is due
	w.swept()
	w.tick()
	if got := w.escalations(); len(got) != 0 {
		t.Errorf("told %v", got)
	}
	w.now = w.now.Add(15 * time.Second)
	w.swept()
	w.tick()
	if w.desk.Waits() {
		t.Error("it waits for a time that will come in two hours")
	}
}

// TestCatchUpEnds though a ticket can not be changed: what comes later is told at
// once.
func TestCatchUpEnds(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	w.take(from(karen, "Faulty", "text"))
	faulty := w.want(ticket.Opened)
	w.sent()
	w.desk.Store = &faultyStore{w.desk.Store, faulty + 1}
	w.now = w.now.Add(2 * time.Hour)
	w.swept()
	if _, err := w.desk.Tick(t.Context()); err == nil {
		t.Fatal("the ticket is not faulty")
	}
	w.now = w.now.Add(15 * time.Second)
	for range 2 {
		w.take(from("ken@customer.example", "Later", "text"))
		w.want(ticket.Opened)
	}
	w.sent()
	for range 70 { // past the deadline of an hour, with the mailbox read each minute
		w.now = w.now.Add(time.Minute)
		w.swept()
		if _, err := w.desk.Tick(t.Context()); err == nil {
			t.Fatal("the ticket is not faulty any more")
		}
	}
	if got := w.escalations(); len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "escalations:") }) {
		t.Errorf("told %v: what was not missed is merged as if it had been", got)
	}
}

// catchUp lets tickets of some customers become late while the desk sleeps, and
// returns what it mails when it wakes.
func (w *world) catchUp(tickets int) []ticket.Notice {
	w.t.Helper()
	for i := range tickets {
		w.take(from(fmt.Sprintf("c%d@customer.example", i), fmt.Sprintf("Help %d", i), "text"))
		w.want(ticket.Opened)
	}
	w.sent()
	w.now = time.Date(2026, 1, 5, 10, 30, 0, 0, time.UTC)
	w.tick()
	if got := w.escalations(); len(got) != 0 {
		w.t.Fatalf("told %v before the mailbox was read", got)
	}
	w.now = w.now.Add(15 * time.Second)
	w.swept()
	w.tick()
	return slices.DeleteFunc(w.sent(), func(n ticket.Notice) bool { return !strings.HasPrefix(string(n.Kind), "escalation") })
}

// TestCatchUpIsOneMailAPerson: of all that was missed (F52).
func TestCatchUpIsOneMailAPerson(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	got := w.catchUp(30)
	if want := []string{"escalations:" + lead}; !slices.Equal(mailed(got), want) {
		t.Fatalf("mailed %v, want %v", mailed(got), want)
	}
	if rows := got[0].Facts.Lists[0].Tickets; len(rows) != 30 {
		t.Errorf("it lists %d tickets", len(rows))
	}
	w.now = w.now.Add(2 * time.Hour)
	w.swept()
	if again := w.escalations(); len(again) != 0 {
		t.Errorf("again: %v", again)
	}
}

// TestCatchUpOfOneTicket is an ordinary mail on that ticket.
func TestCatchUpOfOneTicket(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	got := w.catchUp(1)
	if want := []string{"escalation:" + lead}; !slices.Equal(mailed(got), want) {
		t.Errorf("mailed %v, want %v", mailed(got), want)
	}
}

// TestCatchUpThatWouldMailMany tells the leads only, of all of it (F52).
func TestCatchUpThatWouldMailMany(t *testing.T) {
	t.Parallel()
	for _, agents := range []int{50, 51} {
		w := guarded(t, func(p *ticket.Policy) {
			rule(ticket.AssignRoundRobin, 0)(p)
			for i := range agents {
				key := fmt.Sprintf("agent-%d", i)
				p.Agents[key] = ticket.Agent{Key: key, Name: key, Emails: []string{key + "@private.example"}, Access: map[string]string{"support": "agent"}}
			}
			plan := p.Plans["sev-c"]
			plan.Steps = plan.Steps[1:2] // the breach
			plan.Steps[0].Do = []string{"mail:assignee"}
			p.Plans["sev-c"] = plan
		})
		got := w.catchUp(agents)
		if agents <= 50 {
			if len(got) != agents {
				t.Errorf("%d agents: mailed %v", agents, mailed(got))
			}
			continue
		}
		if want := []string{"escalations:" + lead}; !slices.Equal(mailed(got), want) {
			t.Fatalf("%d agents: mailed %v, want %v", agents, mailed(got), want)
		}
		if rows := got[0].Facts.Lists[0].Tickets; len(rows) != agents || len(got[0].Facts.Remarks) != 1 {
			t.Errorf("it lists %d tickets and says %q", len(rows), got[0].Facts.Remarks)
		}
	}
}

// TestCatchUpThatDies after some tickets: the next one tells of all of them, once.
func TestCatchUpThatDies(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	for i := range 6 {
		w.take(from(fmt.Sprintf("c%d@customer.example", i), "Help", "text"))
		w.want(ticket.Opened)
	}
	w.sent()
	w.now = time.Date(2026, 1, 5, 10, 30, 0, 0, time.UTC)
	w.swept()
	w.failing(4)
	w.restart()
	w.desk.Began = w.now
	w.now = w.now.Add(time.Minute)
	w.swept()
	w.tick()
	got := w.sent()
	rows := 0
	for _, n := range got {
		for _, list := range n.Facts.Lists {
			rows += len(list.Tickets)
		}
	}
	if len(got) != 1 || rows != 6 {
		t.Errorf("mailed %v with %d tickets", mailed(got), rows)
	}
}

// A dying store keeps so many updates and then none.
type dying struct {
	ticket.Store
	left int
}

// Update implements ticket.Store.
func (d *dying) Update(ctx context.Context, f func(ticket.Tx) error) error {
	if d.left == 0 {
		return errors.New("the power is off")
	}
	d.left--
	return d.Store.Update(ctx, f)
}

// failing ticks, and dies after so many tickets.
func (w *world) failing(tickets int) {
	w.t.Helper()
	alive := w.desk.Store
	w.desk.Store = &dying{alive, tickets}
	if _, err := w.desk.Tick(w.t.Context()); err == nil {
		w.t.Fatal("it does not die")
	}
	w.desk.Store = alive
}

// TestCatchUpWhileTheRelayIsOut: mail that was put off since the relay refuses our
// password is not made due again by the next tick.
func TestCatchUpWhileTheRelayIsOut(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	w.take(from(karen, "Help", "text"))
	w.sent()
	w.now = time.Date(2026, 1, 5, 10, 30, 0, 0, time.UTC)
	w.tick()
	w.now = w.now.Add(15 * time.Second)
	w.swept()
	w.tick()
	got, err := w.desk.Claim(t.Context(), time.Minute, 10)
	if err != nil || len(got) != 1 || got[0].Agent != "lead" {
		t.Fatalf("claimed %v, %v", mailed(got), err)
	}
	until := w.now.Add(10 * time.Minute)
	if err := w.desk.Postpone(t.Context(), got[0].ID, got[0].Attempts, until, "535 wrong password"); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(15 * time.Second)
	w.swept()
	w.tick()
	if n := w.notice(got[0].ID); !n.DueAt.Equal(until) || n.Waits != ticket.WaitsForNothing {
		t.Errorf("it is due %v and waits for %q, want %v", n.DueAt, n.Waits, until)
	}
}
