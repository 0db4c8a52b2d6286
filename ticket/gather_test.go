package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// alarms takes all mail about deadlines that is due out of the outbox.
func (w *world) alarms() []ticket.Notice {
	w.t.Helper()
	var all []ticket.Notice
	for {
		got := w.sent()
		if len(got) == 0 {
			return slices.DeleteFunc(all, func(n ticket.Notice) bool { return !strings.HasPrefix(string(n.Kind), "escalation") })
		}
		all = append(all, got...)
	}
}

// tickets counts the tickets that a mail lists, by the title of the list.
func tickets(n ticket.Notice) map[string]int {
	count := map[string]int{}
	for _, list := range n.Facts.Lists {
		count[list.Title] += len(list.Tickets) + 1000*list.More
	}
	return count
}

// TestNoAlarmIsOnlyCounted: where there are more tickets than a mail lists, there
// is another mail.
func TestNoAlarmIsOnlyCounted(t *testing.T) {
	t.Parallel()
	w := guarded(t, nil)
	for i := range 203 {
		w.take(from(fmt.Sprintf("c%d@customer.example", i), "Help", "text"))
	}
	w.alarms()
	w.now = time.Date(2026, 1, 5, 10, 30, 0, 0, time.UTC)
	w.swept()
	w.tick()
	var got []int
	for _, n := range w.alarms() {
		got = append(got, tickets(n)["Deadlines"])
	}
	if !slices.Equal(got, []int{200, 3}) {
		t.Errorf("mails with %v tickets", got)
	}
}

// TestCatchUpTellsWhoStandsIn: of a catch-up that would mail too many, the deputy
// of a lead who is away is told, when the deputy works. People who are no agents
// are told as ever.
func TestCatchUpTellsWhoStandsIn(t *testing.T) {
	t.Parallel()
	w := guarded(t, func(p *ticket.Policy) {
		rule(ticket.AssignRoundRobin, 0)(p)
		for i := range 51 {
			key := fmt.Sprintf("agent-%d", i)
			p.Agents[key] = ticket.Agent{Key: key, Name: key, Emails: []string{key + "@private.example"}, Access: map[string]string{"support": "agent"}}
		}
		plan := p.Plans["sev-c"]
		plan.Steps = plan.Steps[1:2] // the breach
		plan.Steps[0].Do = []string{"mail:assignee,boss@customer.example"}
		p.Plans["sev-c"] = plan
		worksIn(t, p, "john", "America/New_York", "mon-fri 09:00-17:00")
		a := p.Agents["john"]
		a.Access = map[string]string{"support": "agent"}
		p.Agents["john"] = a
	})
	w.leave(ticket.AgentState{Agent: "lead", Deputy: "john"})
	got := w.catchUp(51)
	if want := []string{"escalations:boss@customer.example"}; !slices.Equal(mailed(got), want) || tickets(got[0])["Deadlines"] != 51 {
		t.Fatalf("mailed %v, want %v", mailed(got), want)
	}
	w.now = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	got = w.alarms()
	if want := []string{"escalations:" + john}; !slices.Equal(mailed(got), want) {
		t.Fatalf("mailed %v, want %v", mailed(got), want)
	}
	listed := tickets(got[0])
	if n := listed["This is for Lea Dahl, who is away. You stand in."]; n < 50 || n+listed["Deadlines"] != 51 { // one may be John's own
		t.Errorf("it lists %v", listed)
	}
}

// TestCatchUpWakes those whom a step is to wake, however many they are.
func TestCatchUpWakes(t *testing.T) {
	t.Parallel()
	w := guarded(t, func(p *ticket.Policy) {
		rule(ticket.AssignRoundRobin, 0)(p)
		for i := range 51 {
			key := fmt.Sprintf("agent-%d", i)
			p.Agents[key] = ticket.Agent{Key: key, Name: key, Emails: []string{key + "@private.example"}, Access: map[string]string{"support": "agent"}}
		}
		plan := p.Plans["sev-c"]
		plan.Steps = plan.Steps[1:2]
		plan.Steps[0].Do, plan.Steps[0].Wake = []string{"mail:assignee"}, true
		p.Plans["sev-c"] = plan
	})
	if got := w.catchUp(51); len(got) != 51 {
		t.Errorf("mailed %v", mailed(got))
	}
}

// TestLaterAlarmOfAListSaysWhatIsUnread: the mail that waits for the lead was
// begun while all mailboxes were read.
func TestLaterAlarmOfAListSaysWhatIsUnread(t *testing.T) {
	t.Parallel()
	w := guarded(t, func(p *ticket.Policy) {
		worksIn(t, p, "lead", "America/New_York", "mon-fri 09:00-17:00")
	})
	for range 2 {
		w.take(from(karen, "Help", "text"))
	}
	for range 30 {
		w.now = w.now.Add(time.Minute)
		w.swept()
		w.tick()
	}
	w.take(from(karen, "Help", "text")) // due at 10:30
	for ; w.now.Before(time.Date(2026, 1, 5, 10, 5, 0, 0, time.UTC)); w.now = w.now.Add(time.Minute) {
		w.swept()
		w.tick()
	}
	for ; w.now.Before(time.Date(2026, 1, 5, 10, 45, 0, 0, time.UTC)); w.now = w.now.Add(time.Minute) {
		w.tick() // the mailbox is out
	}
	w.now = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	got := to(t, w.alarms(), ticket.NoticeEscalations, lead)
	if n := tickets(got)["Deadlines"]; n != 3 {
		t.Errorf("it lists %v", tickets(got))
	}
	if !slices.ContainsFunc(got.Facts.Remarks, func(s string) bool { return strings.Contains(s, "can not be read since") }) {
		t.Errorf("remarks %q", got.Facts.Remarks)
	}
}

// TestCorrectionIsNotLate: what the lead reads of a breach that was none.
func TestCorrectionIsNotLate(t *testing.T) {
	t.Parallel()
	w := shift(t, false, nil)
	var first ticket.Notice
	for range 2 {
		w.take(from(karen, "Help", "text"))
		first = to(t, w.sent(), ticket.NoticeNew, jane)
	}
	w.now = time.Date(2026, 1, 5, 10, 5, 0, 0, time.UTC)
	w.tick()
	w.takeLate(answer(first, jane, "#reply\n\nHello"), time.Date(2026, 1, 5, 9, 50, 0, 0, time.UTC))
	w.tick()
	w.now = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	got := to(t, w.alarms(), ticket.NoticeEscalations, lead)
	for _, line := range got.Facts.Lists[0].Tickets {
		if revoked := strings.Contains(line.When, "Correction"); revoked == line.Late || revoked != (line.Number == 1002) {
			t.Errorf("%+v", line)
		}
	}
}

// A counting store counts the transactions that write.
type counting struct {
	ticket.Store
	updates int
}

func (c *counting) Update(ctx context.Context, f func(ticket.Tx) error) error {
	c.updates++
	return c.Store.Update(ctx, f)
}

// TestWaitingAlarmsCostNoWrites: a tick does not write for mail that only waits for
// its time, be it of one ticket or a list.
func TestWaitingAlarmsCostNoWrites(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 2} {
		w := shift(t, false, nil)
		for range count {
			w.take(from(karen, "Help", "text"))
		}
		w.now = time.Date(2026, 1, 5, 10, 1, 0, 0, time.UTC)
		w.tick()
		store := &counting{Store: w.desk.Store}
		w.desk.Store = store
		w.now = w.now.Add(time.Minute)
		w.tick()
		if store.updates != 0 {
			t.Errorf("%d tickets: %d updates", count, store.updates)
		}
	}
}
