package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
)

// report mails what has come due, and returns it.
func (w *world) report() []ticket.Notice {
	w.t.Helper()
	if _, err := w.desk.Report(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(w.sent(), func(n ticket.Notice) bool {
		return n.Kind != ticket.NoticeDailyPlan && n.Kind != ticket.NoticeWeeklyReport
	})
}

// planned is a desk on Monday at nine whose agents get plans at seven.
func planned(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.plans(nil)
	if got := mailed(w.report()); len(got) != 0 {
		t.Fatalf("a new desk has plans for %v", got)
	}
	return w
}

// plans gives all agents a daily plan, and changes the policy further.
func (w *world) plans(change func(*ticket.Policy)) {
	w.change(func(p *ticket.Policy) {
		always, err := calendar.New(calendar.Definition{Key: "24x7", Zone: time.UTC, Week: calendar.Always()})
		if err != nil {
			w.t.Fatal(err)
		}
		p.Calendars, p.Calendar = map[string]*calendar.Calendar{"24x7": always}, "24x7"
		for key, a := range p.Agents {
			a.DailyPlan = daily{7}
			p.Agents[key] = a
		}
		if change != nil {
			change(p)
		}
	})
}

// opens lets Karen open a ticket, and an agent answer the notice of it.
func (w *world) opens(subject, agent, block string) ticket.Number {
	w.t.Helper()
	w.take(from(karen, subject, "text"))
	n := w.want(ticket.Opened)
	out := w.sent()
	if block != "" {
		w.take(answer(to(w.t, out, ticket.NoticeNew, agent), agent, block))
		w.want(ticket.Commanded)
		w.sent()
	}
	return n
}

// outline is a plan in short: a line for each list and ticket.
func outline(n ticket.Notice) []string {
	var lines []string
	for _, list := range n.Facts.Lists {
		title := list.Title
		if list.More > 0 {
			title += fmt.Sprintf(" (+%d)", list.More)
		}
		lines = append(lines, title)
		for _, tk := range list.Tickets {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s", tk.Subject, tk.When)))
		}
	}
	return append(lines, n.Facts.Remarks...)
}

// TestDailyPlan is what Jane, John and the others read on Tuesday at seven.
func TestDailyPlan(t *testing.T) {
	t.Parallel()
	w := planned(t)
	w.opens("No date", jane, "#take")
	w.opens("Due tomorrow", jane, "#take\n#due tomorrow 12:00")
	w.opens("Overdue", jane, "#take\n#due today 17:00")
	w.opens("Due first", jane, "#take\n#due tomorrow 9:00\n#high")
	w.opens("Snoozed", jane, "#take\n#snooze 3d")
	w.opens("Back at three", jane, "#take\n#snooze tomorrow 15:00")
	w.opens("Waits until four", jane, "#take\n#pending 31h")
	w.opens("Done", jane, "#take\n#resolve")
	w.opens("Nobody's with a date", jane, "#due tomorrow 18:00")
	w.opens("Nobody's", jane, "")
	w.opens("Elsewhere", jane, "#dept online-banking")
	w.take(from(karen, "Held", "text"))
	held := to(t, w.sent(), ticket.NoticeNew, john)
	w.take(answer(held, john, "#prioirty high"))
	w.want(ticket.CommandHeld)
	w.sent()

	w.now = monday.Add(22 * time.Hour) // Tuesday, seven
	plans := w.report()
	if got, want := mailed(plans), []string{"daily-plan:" + jane, "daily-plan:" + john, "daily-plan:" + tom}; !slices.Equal(got, want) {
		t.Fatalf("plans for %v, want %v", got, want)
	}
	for who, want := range map[string][]string{
		jane: {"Yours", "Overdue: overdue by 14 h, since Mon 5 Jan, 17:00", "Due first: due Tue 6 Jan, 09:00", "Due tomorrow: due Tue 6 Jan, 12:00", "No date:",
			"Nobody's", "Nobody's with a date: due Tue 6 Jan, 18:00", "Nobody's:", "Elsewhere:", "Held:",
			"Back today", "Back at three: back Tue 6 Jan, 15:00", "Waits until four: back Tue 6 Jan, 16:00"},
		john: {"Nobody's", "Nobody's with a date: due Tue 6 Jan, 18:00", "Nobody's:", "Held:",
			"1 mail of yours is held until you mend it: answer the one that told you so"},
		tom: {"Nobody's", "Elsewhere:"},
	} {
		if got := outline(to(t, plans, ticket.NoticeDailyPlan, who)); !slices.Equal(got, want) {
			t.Errorf("%s reads\n%s\nwant\n%s", who, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	row := to(t, plans, ticket.NoticeDailyPlan, jane).Facts.Lists[0].Tickets[1]
	row.ReplyTo = ""
	if want := (ticket.TicketLine{Number: 1004, Subject: "Due first", Requester: karen, Priority: "High", Age: "22 h", When: "due Tue 6 Jan, 09:00"}); row != want {
		t.Errorf("a row is %+v, want %+v", row, want)
	}
	if again := mailed(w.report()); len(again) != 0 {
		t.Errorf("again: %v", again)
	}
}

// TestActingOnAPlan sends commands to the address of a row. It makes notes only,
// whatever the notice was that it comes from.
func TestActingOnAPlan(t *testing.T) {
	t.Parallel()
	w := planned(t)
	n := w.opens("Help", "", "")
	w.now = monday.Add(22 * time.Hour)
	plan := to(t, w.report(), ticket.NoticeDailyPlan, john)
	m := from(john, "Re: [#1001]", "#take\n\nI look after it.")
	m.Recipients = []string{plan.Facts.Lists[0].Tickets[0].ReplyTo}
	w.take(m)
	if w.want(ticket.Commanded) != n {
		t.Errorf("it is taken for ticket %d", w.last.Ticket)
	}
	c := w.show(n)
	if c.Ticket.Assignee != "john" || c.Entries[1].Kind != ticket.Note {
		t.Errorf("assigned to %q, a %s", c.Ticket.Assignee, c.Entries[1].Kind)
	}
	for _, sent := range w.sent() {
		if !sent.Kind.ToAgent() {
			t.Errorf("a %s goes out", sent.Kind)
		}
	}
	m = from(jane, "Re: [#1001]", "#close") // in other hands it does nothing
	m.Recipients = []string{plan.Facts.Lists[0].Tickets[0].ReplyTo}
	w.take(m)
	w.want(ticket.Quarantined)
	w.take(answer(plan, john, "#close"))
	w.want(ticket.CommandHeld) // the plan itself belongs to no ticket
}

// TestPlansOfThoseWhoAreAway: they get none, and who stands in reads their list.
func TestPlansOfThoseWhoAreAway(t *testing.T) {
	t.Parallel()
	w := planned(t)
	w.opens("Jane's", jane, "#take")
	w.leave(ticket.AgentState{Agent: "jane", Deputy: "tom"}, ticket.AgentState{Agent: "tom", AwayUntil: monday.AddDate(0, 0, 7), Deputy: "john"})
	w.now = monday.Add(22 * time.Hour)
	plans := w.report()
	if got, want := mailed(plans), []string{"daily-plan:" + john}; !slices.Equal(got, want) {
		t.Fatalf("plans for %v, want %v", got, want)
	}
	if got, want := outline(plans[0]), []string{"Jane Doe's, who is away: you stand in", "Jane's:"}; !slices.Equal(got, want) {
		t.Errorf("John reads %q, want %q", got, want)
	}
}

// TestPlanIsCut spells out so many tickets and counts the rest.
func TestPlanIsCut(t *testing.T) {
	t.Parallel()
	w := planned(t)
	for range 25 {
		w.opens("Help", "", "")
	}
	w.now = monday.Add(22 * time.Hour)
	plan := to(t, w.report(), ticket.NoticeDailyPlan, john)
	if list := plan.Facts.Lists[0]; len(list.Tickets) != 20 || list.More != 5 {
		t.Errorf("%d tickets and %d more", len(list.Tickets), list.More)
	}
}

// TestPlansAfterAnOutage: what was missed comes once, and twice for nobody, on
// however many nodes (F52).
func TestPlansAfterAnOutage(t *testing.T) {
	t.Parallel()
	w := planned(t)
	w.opens("Help", "", "")
	w.now = monday.AddDate(0, 0, 5)
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := w.desk.Report(t.Context())
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got, want := mailed(w.report()), []string{"daily-plan:" + jane, "daily-plan:" + john}; !slices.Equal(got, want) {
		t.Errorf("plans for %v, want %v", got, want)
	}
	w.now = monday.AddDate(0, 0, 6).Add(-2 * time.Hour)
	if got := mailed(w.report()); len(got) != 2 {
		t.Errorf("on the next day: plans for %v", got)
	}
}

// TestUnsubscribe ends the daily plan as mail programs do, and asks for it again.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	w := planned(t)
	n := w.opens("Help", john, "#take")
	w.now = monday.Add(22 * time.Hour)
	plan := to(t, w.report(), ticket.NoticeDailyPlan, john)
	stranger := from(bob, "unsubscribe", "")
	stranger.Recipients = []string{plan.ReplyTo}
	w.take(stranger)
	w.want(ticket.Quarantined)
	m := from(john, "Unsubscribe", "")
	m.Recipients = []string{plan.ReplyTo}
	w.take(m)
	w.want(ticket.Commanded)
	out := w.sent()
	if got, want := to(t, out, ticket.NoticeTranscript, john).Facts.Verdict, "You get no daily plan any more. For it again, write #subscribe plan in answer to the mail of any ticket."; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	w.now = w.now.AddDate(0, 0, 1)
	if got := mailed(w.report()); len(got) != 0 {
		t.Errorf("plans for %v", got)
	}
	w.take(answer(to(t, w.show(n).Notices, ticket.NoticeNew, john), john, "#subscribe plan\n#away 1h"))
	w.want(ticket.Commanded)
	w.sent()
	w.now = w.now.AddDate(0, 0, 1)
	if got := mailed(w.report()); !slices.Equal(got, []string{"daily-plan:" + john}) {
		t.Errorf("plans for %v", got)
	}
}
