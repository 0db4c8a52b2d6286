package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// bank gives a world a plan with an hour until the first answer and eight until
// the solution, by office hours in Berlin, and a desk that is asked every minute.
func bank(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) // Monday, 10:00 in Berlin
	w.change(func(p *ticket.Policy) {
		p.Calendars = map[string]*calendar.Calendar{"office": office(t)}
		p.Calendar = "office"
		p.Plans["sev-c"] = ticket.Plan{Key: "sev-c", Name: "Sev-C", PauseOn: []string{"pending", "hold"},
			Targets: map[string]sla.Target{"Normal": {First: time.Hour, Resolve: 8 * time.Hour}, "High": {First: 30 * time.Minute, Resolve: 4 * time.Hour}},
			Steps: []sla.Step{
				{Key: "warn", Metric: sla.First, At: sla.Point{IsPart: true, Percent: 75}, Do: []string{"mail:assignee"}, Expires: 2 * time.Hour},
				{Key: "breach", Metric: sla.First, Do: []string{"mail:lead", "priority:+1", "tag:+late"}},
				{Key: "nag", Metric: sla.First, At: sla.Point{Offset: time.Hour}, Repeat: time.Hour, Max: 2, Do: []string{"mail:lead,jane"}},
			}}
	})
	return w
}

// signIn opens a ticket in the world of bank. It returns what was mailed then.
func signIn(t *testing.T) (*world, ticket.Number, []ticket.Notice) {
	t.Helper()
	w := bank(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	return w, w.want(ticket.Opened), w.sent()
}

func office(t *testing.T, holidays ...calendar.Holiday) *calendar.Calendar {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return officeIn(t, berlin, holidays...)
}

func officeIn(t *testing.T, zone *time.Location, holidays ...calendar.Holiday) *calendar.Calendar {
	t.Helper()
	def := calendar.Definition{Key: "office", Zone: zone, Holidays: holidays}
	if err := def.Week.Add("mon-fri 09:00-17:00"); err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(def)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// until asks the desk every minute until an instant, and lists what was mailed
// meanwhile, with the minute.
func (w *world) until(end time.Time) []string {
	w.t.Helper()
	var got []string
	for ; !w.now.After(end); w.now = w.now.Add(time.Minute) {
		if _, err := w.desk.Tick(context.Background()); err != nil {
			w.t.Fatal(err)
		}
		for _, m := range mailed(w.sent()) {
			got = append(got, w.now.Format("15:04 ")+m)
		}
	}
	return got
}

func (w *world) diary(n ticket.Number, kinds ...ticket.EventKind) []string {
	var lines []string
	for _, e := range w.show(n).Events {
		if slices.Contains(kinds, e.Kind) {
			happened := e.Happened()
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s -> %s %s", happened.Format("15:04"), e.Kind, e.Before, e.After, e.Detail)))
		}
	}
	return lines
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestStepsFireOnce: a ticket that nobody answers, and a desk that looks every
// minute.
func TestStepsFireOnce(t *testing.T) {
	t.Parallel()
	w, n, _ := signIn(t)
	if due := w.show(n).Ticket.Deadline; !due.Equal(w.now.Add(time.Hour)) {
		t.Errorf("it is due %s", due)
	}
	// The breach raises the priority. The promise of High is half an hour and is
	// broken too, but a clock keeps its terms once it has passed its deadline.
	same(t, "mails", w.until(w.now.Add(8*time.Hour)), []string{
		"09:45 escalation:lead@private.example", "10:00 escalation:lead@private.example",
		"11:00 escalation:jane@private.example", "11:00 escalation:lead@private.example",
		"12:00 escalation:jane@private.example", "12:00 escalation:lead@private.example",
	})
	tk := w.show(n).Ticket
	if tk.Priority != "High" || !slices.Equal(tk.Tags, []string{"late"}) {
		t.Errorf("priority %s, tags %v", tk.Priority, tk.Tags)
	}
	same(t, "steps", w.diary(n, ticket.StepReached, ticket.PriorityChanged), []string{
		"09:45 step first -> warn step warn of the plan Sev-C: told Lea Dahl",
		"10:00 step first -> breach step breach of the plan Sev-C: priority Normal -> High; tags: late; told Lea Dahl",
		"10:00 priority Normal -> High",
		"11:00 step first -> nag step nag of the plan Sev-C, time 1: told Jane Doe, Lea Dahl",
		"12:00 step first -> nag step nag of the plan Sev-C, time 2: told Jane Doe, Lea Dahl",
	})
}

// TestStepsAfterAStop: the desk was down from before the warning until after the
// breach. What is changed is dated when it should have been; of the warning
// nobody is told any more, and who is told of several steps gets one mail.
func TestStepsAfterAStop(t *testing.T) {
	t.Parallel()
	w, n, _ := signIn(t)
	w.now = w.now.Add(2*time.Hour + 30*time.Minute)
	same(t, "mails", w.until(w.now), []string{"11:30 escalation:jane@private.example", "11:30 escalation:lead@private.example"})
	same(t, "steps", w.diary(n, ticket.StepReached, ticket.PriorityChanged), []string{
		"09:45 step first -> warn step warn of the plan Sev-C, done 1h45m0s late: nobody told, since the deadline has passed",
		"10:00 step first -> breach step breach of the plan Sev-C, done 1h30m0s late: priority Normal -> High; tags: late; told Lea Dahl",
		"10:00 priority Normal -> High",
		"11:00 step first -> nag step nag of the plan Sev-C, time 1, done 30m0s late: told Jane Doe, Lea Dahl",
	})
}

// TestLateEvidence: an answer reached the mailbox in time and was read after the
// breach was told. The breach is revoked, once, and who was told of it hears so.
func TestLateEvidence(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.until(w.now.Add(70 * time.Minute))
	w.takeLate(answer(notice, jane, "Try again."), w.now.Add(-20*time.Minute))
	w.want(ticket.Appended)
	corrections := 0
	for _, n := range w.sent() {
		if n.Kind == ticket.NoticeEscalation {
			corrections++
			if n.Agent != "lead" || n.Facts.Verdict != "Correction: the deadline of the first answer was met in time after all." {
				t.Errorf("%s was told %q", n.Agent, n.Facts.Verdict)
			}
		}
	}
	if corrections != 1 {
		t.Errorf("%d corrections", corrections)
	}
	if more := w.until(w.now.Add(4 * time.Hour)); len(more) > 0 {
		t.Errorf("later: %v", more)
	}
	if revoked := w.diary(n, ticket.BreachRevoked); len(revoked) != 1 {
		t.Errorf("revoked: %v", revoked)
	}
	clocks(t, w, n, "first 1 met", "resolve 1 running")
}

// TestUndeliveredReplyIsNoAnswer: the only reply comes back from the customer's
// server, so the first answer is still owed, as of the beginning.
func TestUndeliveredReplyIsNoAnswer(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(notice, jane, "Try again."))
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	clocks(t, w, n, "first 1 met", "resolve 1 running")
	w.now = w.now.Add(10 * time.Minute)
	w.take(ticket.Mail{From: ticket.Address{Email: "mailer-daemon@customer.example"}, Recipients: []string{reply.ReturnPath}, Machine: ticket.AutoReplied,
		Bounces: []ticket.Bounce{{Recipient: karen, Status: "5.1.1", Permanent: true, Diagnostic: "no such user"}}})
	w.want(ticket.Bounced)
	w.sent()
	clocks(t, w, n, "first 1 running", "resolve 1 running")
	same(t, "mails", w.until(w.now.Add(45*time.Minute)), []string{"09:45 escalation:lead@private.example", "10:00 escalation:lead@private.example"})
	if events := w.diary(n, ticket.ReplyUndelivered); len(events) != 1 {
		t.Errorf("events: %v", events)
	}
}

// TestBounceThatLayInTheMailbox: a report counts by when it came, however long the
// desk was down and did not read it. Ten minutes after the reply it takes that
// back, and what was due meanwhile is done now; 25 hours after it does not.
func TestBounceThatLayInTheMailbox(t *testing.T) {
	t.Parallel()
	for came, want := range map[time.Duration]struct{ clock, event string }{
		10 * time.Minute: {"first 1 running", "09:20 reply-undelivered"},
		24 * time.Hour:   {"first 1 running", "09:10 reply-undelivered"},
		25 * time.Hour:   {"first 1 met", ""},
	} {
		w := bank(t)
		w.take(from(karen, "Cannot sign in", "Help!"))
		n := w.want(ticket.Opened)
		notice := to(t, w.sent(), ticket.NoticeNew, "jane@private.example")
		w.now = w.now.Add(10 * time.Minute)
		w.take(answer(notice, "jane@private.example", "Try again."))
		reply := to(t, w.sent(), ticket.NoticeReply, karen)
		bounced := w.now.Add(came)
		w.now = w.now.Add(72 * time.Hour) // the desk was down
		w.uid++
		w.deliverAt(w.uid, ticket.Mail{From: ticket.Address{Email: "mailer-daemon@customer.example"}, Recipients: []string{reply.ReturnPath},
			Machine: ticket.AutoReplied, Bounces: []ticket.Bounce{{Recipient: karen, Status: "5.1.1", Permanent: true}}}, bounced)
		w.want(ticket.Bounced)
		clocks(t, w, n, want.clock, "resolve 1 running")
		events := w.diary(n, ticket.ReplyUndelivered)
		if len(events) > 1 || !strings.HasPrefix(strings.Join(events, ""), want.event) || (len(events) == 0) != (want.event == "") {
			t.Errorf("after %s: events %q, want %q", came, events, want.event)
		}
		w.tick()
		if told := slices.Contains(mailed(w.sent()), "escalation:lead@private.example"); told != (want.event != "") {
			t.Errorf("after %s: the lead is told of a breach: %t", came, told)
		}
		w.audit()
	}
}

// TestPauseMovesDeadline: pending stops the clock of the solution, not that of
// the first answer.
func TestPauseMovesDeadline(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(notice, jane, "#pending\nWhich browser?"))
	if tk := w.show(n).Ticket; tk.Status != ticket.Pending || !tk.Deadline.IsZero() {
		t.Errorf("%s, due %s", tk.Status, tk.Deadline)
	}
	w.sent()
	w.now = w.now.Add(2 * time.Hour)
	w.take(answer(to(t, w.show(n).Notices, ticket.NoticeReply, karen), karen, "Netscape."))
	// Eight hours from 10:00, of which ten minutes were used until 12:10.
	if tk := w.show(n).Ticket; tk.Status != ticket.Open || !tk.Deadline.Equal(time.Date(2026, 1, 6, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("%s, due %s", tk.Status, tk.Deadline)
	}
}

// clocks demands that a ticket has these clocks, as "metric cycle state".
func clocks(t *testing.T, w *world, n ticket.Number, want ...string) {
	t.Helper()
	var got []string
	for _, c := range w.clocks(n) {
		got = append(got, fmt.Sprintf("%s %d %s", c.Metric, c.Cycle, c.State))
	}
	same(t, "clocks", got, want)
}

// TestLateMailCountsFromItsArrival: what reached the mailbox while nobody looked
// opens a ticket, and a paused one again, as of then.
func TestLateMailCountsFromItsArrival(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.edit(0, func(p *ticket.Policy) {
		plan := p.Plans["sev-c"]
		plan.OnChange, plan.Steps = sla.FromChange, nil
		p.Plans["sev-c"] = plan
	})
	w.take(from(karen, "Cannot sign in", "Help!"))
	first := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#close\nDone."))
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	w.now = w.now.AddDate(0, 0, 14)
	w.takeLate(answer(reply, karen, "Once more."), w.now.Add(-20*time.Minute)) // too late to reopen the first one
	n := w.want(ticket.Opened)
	if n == first {
		t.Fatal("it did not open another ticket")
	}
	w.due(n, "Mon 19 10:40")
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#pending\nWhich browser?"))
	question := to(t, w.sent(), ticket.NoticeReply, karen)
	w.due(n, "")
	w.now = w.now.Add(2 * time.Hour)
	w.takeLate(answer(question, karen, "Netscape."), w.now.Add(-30*time.Minute))
	w.want(ticket.Appended)
	w.due(n, "Tue 20 11:10") // 20 min until the pause, the rest from 11:30 on
}

// TestMailReadOutOfOrder: the agent's mail was read first, though the
// customer's had reached another mailbox before it. The ticket is open, and so
// its clock runs.
func TestMailReadOutOfOrder(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "One moment."))
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	w.now = w.now.Add(time.Hour)
	w.take(from(karen, "Other", "Help!"))
	w.take(answer(to(t, w.show(n).Notices, ticket.NoticeNew, jane), jane, "#pending"))
	w.takeLate(answer(reply, karen, "It works now and then."), w.now.Add(-time.Minute))
	w.want(ticket.Appended)
	if tk := w.show(n).Ticket; tk.Status != ticket.Open {
		t.Errorf("the ticket is %s", tk.Status)
	}
	clocks(t, w, n, "first 1 met", "resolve 1 running")
	w.due(n, "Tue 06 10:00")
}

// TestStepsWithTheClockSetBack: steps were done, and the clock of the machine is
// set back behind them. They are not done again. (F50)
func TestStepsWithTheClockSetBack(t *testing.T) {
	t.Parallel()
	w, n, _ := signIn(t)
	w.until(w.now.Add(70 * time.Minute))
	before := w.diary(n, ticket.StepReached)
	for _, back := range []time.Duration{time.Hour, 2 * 24 * time.Hour, 365 * 24 * time.Hour} {
		now := w.now
		w.now = now.Add(-back)
		if _, err := w.desk.Tick(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.now = now
		if _, err := w.desk.Tick(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "steps", w.diary(n, ticket.StepReached), before)
	same(t, "mails", mailed(w.sent()), nil)
}

// TestNobodyIsToldThatWeAreLateUnasked: to a sender who may be made up, to
// programs, and where the admin wants no automatic mail, no customer is told.
func TestNobodyIsToldThatWeAreLateUnasked(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		mail ticket.Mail
		ack  ticket.Acknowledge
		want []string
		why  string
	}{
		"a proven sender":    {from(karen, "Help", "Help!"), ticket.AckVerified, []string{"late:" + karen}, ""},
		"an unproven one":    {ticket.Mail{From: ticket.Address{Email: karen}, Subject: "Help", NewText: "Help!"}, ticket.AckVerified, nil, "its sender is not verified"},
		"where all are":      {ticket.Mail{From: ticket.Address{Email: karen}, Subject: "Help", NewText: "Help!"}, ticket.AckAlways, []string{"late:" + karen}, ""},
		"a forged one":       {ticket.Mail{From: ticket.Address{Email: karen}, Subject: "Help", NewText: "Help!", Authenticity: ticket.Forged}, ticket.AckAlways, nil, "its sender is forged"},
		"a program":          {ticket.Mail{From: ticket.Address{Email: karen}, Subject: "Help", NewText: "Help!", Authenticity: ticket.Proven, Machine: ticket.AutoGenerated}, ticket.AckAlways, nil, "it was written by a program"},
		"automatic mail off": {from(karen, "Help", "Help!"), ticket.AckNever, nil, "acknowledgements are switched off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.edit(0, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.Steps = []sla.Step{{Key: "sorry", Metric: sla.First, Do: []string{"mail:customer"}}}
				p.Plans["sev-c"], p.Acknowledge = plan, v.ack
			})
			w.take(v.mail)
			n := w.want(ticket.Opened)
			w.sent()
			w.now = w.now.Add(time.Hour)
			w.until(w.now)
			var late []string
			for _, m := range mailed(w.show(n).Notices) {
				if strings.HasPrefix(m, "late:") {
					late = append(late, m)
				}
			}
			same(t, "mails", late, v.want)
			if v.why != "" && !slices.ContainsFunc(w.show(n).Events, func(e ticket.Event) bool { return e.Detail == "not told that we are late: "+v.why }) {
				t.Errorf("the diary does not say why: %v", w.diary(n, ticket.Unacknowledged))
			}
		})
	}
}
