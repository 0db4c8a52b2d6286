package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

const day = 24 * time.Hour

// timed makes a policy in which tickets are closed after a week, with a warning
// two days before, and customers of pending ones are reminded every three days.
func timed(p *ticket.Policy) {
	for key, d := range p.Departments {
		d.CloseAfter, d.CloseWarning, d.RemindPending = 7*day, 2*day, 3*day
		p.Departments[key] = d
	}
}

// timedWorld is a world with such a policy, and a ticket of Jane's to which she
// has replied with a block of commands.
func timedWorld(t *testing.T, block string) (*world, ticket.Number) {
	t.Helper()
	w, n, out := opened(t)
	w.change(timed)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n"+block+"\n#reply\nWhich browser is it?"))
	w.want(ticket.Commanded)
	w.sent()
	return w, n
}

// pass lets time pass in steps, with a tick after each, and returns what was
// mailed with the day on which it was.
func (w *world) pass(d, step time.Duration) []string {
	w.t.Helper()
	var all []string
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(step)
		w.tick()
		for _, m := range mailed(w.sent()) {
			all = append(all, w.now.Sub(monday).Truncate(time.Hour).String()+" "+m)
		}
	}
	return all
}

func TestAutoClose(t *testing.T) {
	t.Parallel()
	w, n := timedWorld(t, "#resolve")
	got := w.pass(6*day, time.Hour)
	if want := []string{"120h0m0s closing:" + karen}; !slices.Equal(got, want) {
		t.Errorf("mailed %q, want %q", got, want)
	}
	warning := w.show(n).Notices[len(w.show(n).Notices)-1]
	if !warning.Automatic || !warning.Facts.Until.Equal(monday.Add(7*day)) || warning.Facts.Subject != "Can not log in" {
		t.Errorf("the warning is %+v", warning)
	}
	if w.state(n) != "resolved" {
		t.Fatalf("the ticket is %s", w.state(n))
	}
	if got := w.pass(2*day, time.Hour); len(got) != 0 {
		t.Errorf("mailed %q when it was closed", got)
	}
	c := w.show(n)
	if c.Ticket.Status != ticket.Closed || !c.Ticket.ClosedAt.Equal(monday.Add(7*day)) || !c.Ticket.NextAt.IsZero() {
		t.Errorf("ticket is %+v", c.Ticket)
	}
	w.replays(n)
}

// TestAutoCloseWaits for the last word: a message that leaves the ticket resolved
// moves the day, and one that opens it ends the waiting. A program's does not.
func TestAutoCloseWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do    func(*world, ticket.Number)
		after time.Duration // when it is closed; 0 is not
	}{
		"nothing": {func(*world, ticket.Number) {}, 7 * day},
		"vacation notice": {func(w *world, n ticket.Number) {
			m := from(karen, "Re: [#1001]", "away")
			m.Machine = ticket.AutoReplied
			w.take(m)
		}, 7 * day},
		"note":          {func(w *world, n ticket.Number) { w.say(n, jane, "#note\nhm") }, 7 * day},
		"agent's reply": {func(w *world, n ticket.Number) { w.say(n, jane, "#reply\nOne more thing.") }, 13 * day},
		"customer":      {func(w *world, n ticket.Number) { w.take(from(karen, "Re: [#1001]", "It still is broken")) }, 0},
		"reopened":      {func(w *world, n ticket.Number) { w.command(n, jane, "#open") }, 0},
		"other rule":    {func(w *world, n ticket.Number) { w.command(n, jane, "#dept online-banking") }, 7 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n := timedWorld(t, "#resolve")
			w.pass(6*day, 6*time.Hour) // beyond the warning
			c.do(w, n)
			w.pass(14*day, 6*time.Hour)
			tk := w.show(n).Ticket
			closed := c.after != 0
			if (tk.Status == ticket.Closed) != closed || closed && !tk.ClosedAt.Equal(monday.Add(c.after)) {
				t.Errorf("ticket is %s, closed at %s", tk.Status, tk.ClosedAt)
			}
			w.replays(n)
		})
	}
}

// TestAutoCloseAfterDowntime: a desk that comes back after two weeks closes what
// is due, each ticket once, and mails nobody about it (F52).
func TestAutoCloseAfterDowntime(t *testing.T) {
	t.Parallel()
	w, n := timedWorld(t, "#resolve")
	w.now = w.now.Add(14 * day)
	w.tick()
	if got := mailed(w.sent()); len(got) != 0 || w.state(n) != "closed" {
		t.Errorf("mailed %v, and the ticket is %s", got, w.state(n))
	}
	if w.tick() != 0 {
		t.Error("done twice")
	}
	if at := w.show(n).Ticket.ClosedAt; !at.Equal(w.now) {
		t.Errorf("closed at %s: the time in which it may be reopened would be over before it began", at)
	}
}

func TestPendingReminders(t *testing.T) {
	t.Parallel()
	w, n := timedWorld(t, "#pending")
	got := w.pass(20*day, time.Hour)
	want := []string{"72h0m0s reminder:" + karen, "144h0m0s reminder:" + karen, "216h0m0s unanswered:" + karen, "336h0m0s closing:" + karen}
	if !slices.Equal(got, want) {
		t.Errorf("mailed %q, want %q", got, want)
	}
	c := w.show(n)
	if c.Ticket.Status != ticket.Closed || !c.Ticket.ClosedAt.Equal(monday.Add(16*day)) {
		t.Errorf("ticket is %+v", c.Ticket)
	}
	reminder := c.Notices[slices.IndexFunc(c.Notices, func(n ticket.Notice) bool { return n.Kind == ticket.NoticeReminder })]
	if reminder.Facts.Latest != "Which browser is it?" || reminder.Facts.LatestBy != "Support" {
		t.Errorf("the reminder says %+v", reminder.Facts)
	}
	w.replays(n)
}

// TestRemindersEnd with any message of the customer's, begin anew with the next
// reply, and are put off by what an agent has set.
func TestRemindersEnd(t *testing.T) {
	t.Parallel()
	w, n := timedWorld(t, "#pending")
	w.pass(4*day, time.Hour)
	w.take(from(karen, "Re: [#1001]", "Firefox."))
	if got := w.pass(20*day, time.Hour); w.state(n) != "open" || slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, karen) }) {
		t.Errorf("the ticket is %s, mailed %v", w.state(n), got)
	}
	w.say(n, jane, "#pending\n#reply\nWhich version?")
	w.sent()
	began := w.now
	got := w.pass(5*day, time.Hour)
	if want := []string{began.Add(3*day).Sub(monday).String() + " reminder:" + karen}; !slices.Equal(got, want) {
		t.Errorf("mailed %q, want %q", got, want)
	}
	w.command(n, jane, "#pending 10d")
	if got := w.pass(9*day, time.Hour); len(got) != 0 {
		t.Errorf("mailed %q, though Jane comes back to it", got)
	}
	w.replays(n)
}

// TestRemindersAfterDowntime: one at a time, and the customer gets the whole time
// to answer each, however long the desk was down (F52).
func TestRemindersAfterDowntime(t *testing.T) {
	t.Parallel()
	w, n := timedWorld(t, "#pending")
	w.now = w.now.Add(30 * day)
	w.tick()
	w.tick()
	if got := mailed(w.sent()); !slices.Equal(got, []string{"reminder:" + karen}) {
		t.Errorf("mailed %v", got)
	}
	got := w.pass(6*day, time.Hour)
	if want := []string{"792h0m0s reminder:" + karen, "864h0m0s unanswered:" + karen}; !slices.Equal(got, want) || w.state(n) != "resolved" {
		t.Errorf("mailed %q, and the ticket is %s", got, w.state(n))
	}
}

// TestNobodyIsRemindedInVain who is owed no automatic mail, and the caps hold.
// The diary says why, and the ticket goes its way.
func TestNobodyIsRemindedInVain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mail   func(*ticket.Mail)
		policy func(*ticket.Policy)
		why    string
	}{
		"forged":     {func(m *ticket.Mail) { m.Authenticity = ticket.Forged }, nil, "forged"},
		"monitoring": {func(m *ticket.Mail) { m.Machine = ticket.AutoGenerated }, nil, "written by a program"},
		"no address": {func(m *ticket.Mail) { m.From = ticket.Address{} }, nil, "no address"},
		"cap":        {nil, func(p *ticket.Policy) { p.Caps.SystemHour = 0 }, "cap of automatic mail"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.change(func(p *ticket.Policy) {
				timed(p)
				if c.policy != nil {
					c.policy(p)
				}
			})
			m := from(karen, "Can not log in", "It says no.")
			if c.mail != nil {
				c.mail(&m)
			}
			w.take(m)
			n := w.want(ticket.Opened)
			w.sent()
			w.command(n, jane, "#take\n#pending")
			if got := w.pass(20*day, 6*time.Hour); len(got) != 0 || w.state(n) != "closed" {
				t.Errorf("mailed %v, and the ticket is %s", got, w.state(n))
			}
			var said int
			for _, e := range w.show(n).Events {
				if strings.Contains(e.Detail, c.why) && (e.Kind == ticket.RequesterReminded || e.Kind == ticket.Unacknowledged) && e.At.After(monday) {
					said++
				}
			}
			if said != 4 {
				t.Errorf("the diary says so %d times", said)
			}
			w.replays(n)
		})
	}
}

// TestReminderToAnUnprovenSender has none of the words that may be somebody
// else's.
func TestReminderToAnUnprovenSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(timed)
	m := from(karen, "Buy this", "It is cheap.")
	m.Authenticity = ticket.Unproven
	w.take(m)
	n := w.want(ticket.Opened)
	w.sent()
	w.command(n, jane, "#take\n#pending")
	w.now = w.now.Add(3 * day)
	w.tick()
	if f := to(t, w.sent(), ticket.NoticeReminder, karen).Facts; f.Subject != "" || f.Requester != "" || f.To != "" {
		t.Errorf("the reminder says %+v", f)
	}
}

// TestReschedule: a config that closes earlier holds for tickets that wait
// already, and one that closes later or never lets them wait.
func TestReschedule(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) func(*ticket.Policy) {
		return func(p *ticket.Policy) {
			for key, dept := range p.Departments {
				dept.CloseAfter, dept.RemindPending = d, d/2
				p.Departments[key] = dept
			}
		}
	}
	w, n := timedWorld(t, "#resolve")
	w.change(after(0))
	w.command(n, jane, "#tag kept") // nothing is to be done with it by time now
	for _, c := range []struct {
		after time.Duration
		pass  time.Duration
		want  string
	}{{0, 30 * day, "resolved"}, {60 * day, 10 * day, "resolved"}, {50 * day, 9 * day, "resolved"}, {0, 5 * day, "resolved"}, {55 * day, 2 * day, "closed"}} {
		w.change(after(c.after))
		if err := w.desk.Reschedule(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(c.pass, 12*time.Hour)
		if got := w.state(n); got != c.want {
			t.Errorf("on day %v, with close_after %v, the ticket is %s, want %s", w.now.Sub(monday).Hours()/24, c.after, got, c.want)
		}
	}
	if at := w.show(n).Ticket.ClosedAt; at.Before(monday.Add(55 * day)) {
		t.Errorf("closed at %s", at)
	}
}
