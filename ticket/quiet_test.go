package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// shift gives a world the plan of bank, without the warning, and a lead who works
// in New York: from 14:00 to 22:00 UTC.
func shift(t *testing.T, wake bool, change func(*ticket.Policy)) *world {
	t.Helper()
	w := bank(t)
	plan := w.desk.Policy().Plans["sev-c"]
	w.change(func(p *ticket.Policy) {
		p.Acknowledge = ticket.AckNever
		p.Calendars, p.Calendar = map[string]*calendar.Calendar{"office": office(t)}, "office"
		plan.Steps = []sla.Step{
			{Key: "breach", Metric: sla.First, Do: []string{"mail:lead", "tag:+late"}, Wake: wake},
			{Key: "nag", Metric: sla.First, At: sla.Point{Offset: time.Hour}, Do: []string{"mail:lead,jane"}},
		}
		p.Plans["sev-c"] = plan
		worksIn(t, p, "lead", "America/New_York", "mon-fri 09:00-17:00")
		if change != nil {
			change(p)
		}
	})
	return w
}

// TestAlarmsWaitForWorkingTime: the lead is told when the working day begins, of
// all tickets in one mail; what a step changes does not wait, nor does Jane, who
// works day and night.
func TestAlarmsWaitForWorkingTime(t *testing.T) {
	t.Parallel()
	w := shift(t, false, nil)
	w.take(from(karen, "One", "Help!"))
	one := w.want(ticket.Opened)
	w.now = w.now.Add(30 * time.Minute)
	w.take(from(karen, "Two", "Help!"))
	w.want(ticket.Opened)
	w.sent()
	w.now = time.Date(2026, 1, 5, 9, 31, 0, 0, time.UTC)
	same(t, "mails until the lead works", w.until(time.Date(2026, 1, 5, 13, 58, 0, 0, time.UTC)), []string{
		"11:00 escalation:" + jane, "11:30 escalation:" + jane})
	if tags := w.show(one).Ticket.Tags; !slices.Equal(tags, []string{"late"}) {
		t.Errorf("tags %v", tags)
	}
	got := w.sent()
	if len(got) != 0 {
		t.Fatalf("mailed %v before", mailed(got))
	}
	w.now = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	w.tick()
	got = w.sent()
	if want := []string{"escalations:" + lead}; !slices.Equal(mailed(got), want) {
		t.Fatalf("mailed %v, want %v", mailed(got), want)
	}
	var rows []string
	for _, line := range got[0].Facts.Lists[0].Tickets {
		rows = append(rows, fmt.Sprintf("%d %s", line.Number, line.When))
	}
	same(t, "rows", rows, []string{
		"1001 The first answer: the deadline is 2026-01-05 10:00 UTC. tags: late",
		"1002 The first answer: the deadline is 2026-01-05 10:30 UTC. tags: late",
	})
	m := from(lead, "Re: [#1001]", "#high") // each row takes commands for its ticket
	m.Recipients = []string{got[0].Facts.Lists[0].Tickets[0].ReplyTo}
	w.change(func(p *ticket.Policy) {
		a := p.Agents["lead"]
		a.Access = map[string]string{"support": "agent"}
		p.Agents["lead"] = a
	})
	w.take(m)
	if w.want(ticket.Commanded) != one {
		t.Errorf("it is for ticket %d", w.last.Ticket)
	}
	for _, n := range w.show(one).Notices { // nothing is left to be sent, or looks lost
		for _, r := range n.Recipients {
			if n.Agent == "lead" && n.Kind == ticket.NoticeEscalation && !strings.HasPrefix(r.Answer, "not sent by itself") {
				t.Errorf("notice %d to the lead: %+v", n.ID, r)
			}
		}
	}
}

// TestAlarmThatWakes does not wait.
func TestAlarmThatWakes(t *testing.T) {
	t.Parallel()
	w := shift(t, true, nil)
	w.take(from(karen, "One", "Help!"))
	w.want(ticket.Opened)
	w.sent()
	same(t, "mails", w.until(time.Date(2026, 1, 5, 14, 5, 0, 0, time.UTC)), []string{
		"10:00 escalation:" + lead, "11:00 escalation:" + jane, "14:00 escalation:" + lead})
}

// TestWaitingAlarmIsDatedWhenItGoes: else it would stand below older mail, and be
// taken for late.
func TestWaitingAlarmIsDatedWhenItGoes(t *testing.T) {
	t.Parallel()
	w := shift(t, false, nil)
	w.take(from(karen, "One", "Help!"))
	w.want(ticket.Opened)
	w.sent()
	w.now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	w.tick()
	opens := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	if _, err := w.desk.Recover(t.Context()); err != nil { // a restart does not send it
		t.Fatal(err)
	}
	if got := w.sent(); len(got) != 0 {
		t.Fatalf("mailed %v", mailed(got))
	}
	w.now = opens
	if got := to(t, w.sent(), ticket.NoticeEscalation, lead); !got.Facts.Dated.Equal(opens) {
		t.Errorf("dated %v", got.Facts.Dated)
	}
}

// TestAlarmsForADeputy: who is told for somebody else and for themselves gets one
// mail with all of it, when the deputy works.
func TestAlarmsForADeputy(t *testing.T) {
	t.Parallel()
	w := shift(t, true, nil)
	w.leave(ticket.AgentState{Agent: "jane", Deputy: "john"}, ticket.AgentState{Agent: "lead", Deputy: "john"})
	w.take(from(karen, "One", "Help!"))
	w.want(ticket.Opened)
	w.sent()
	w.now = time.Date(2026, 1, 5, 11, 0, 0, 0, time.UTC) // both steps at once
	w.tick()
	got := w.sent()
	if want := []string{"escalation:" + john}; !slices.Equal(mailed(got), want) {
		t.Fatalf("mailed %v, want %v", mailed(got), want)
	}
	if len(got[0].Facts.Items) != 2 || got[0].Facts.For != "This is for Lea Dahl, who is away; Jane Doe, who is away. You stand in." {
		t.Errorf("it says %q, for %q", got[0].Facts.Items, got[0].Facts.For)
	}
}

// TestAddressInTwoSpellings gets one mail, with all that is meant for it.
func TestAddressInTwoSpellings(t *testing.T) {
	t.Parallel()
	w := shift(t, false, func(p *ticket.Policy) {
		plan := p.Plans["sev-c"]
		plan.Steps = slices.Clone(plan.Steps)
		plan.Steps[0].Do, plan.Steps[1].Do = []string{"mail:Boss@customer.example"}, []string{"mail:boss@customer.example"}
		p.Plans["sev-c"] = plan
	})
	w.take(from(karen, "Help", "text"))
	w.sent()
	w.now = time.Date(2026, 1, 5, 11, 5, 0, 0, time.UTC) // both steps at once
	w.tick()
	got := w.sent()
	if len(got) != 1 || len(got[0].Facts.Items) != 2 {
		t.Errorf("mailed %v: %+v", mailed(got), got)
	}
}
