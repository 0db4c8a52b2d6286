package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// command has an agent write a block of commands on a ticket and returns the
// transcript.
func (w *world) command(n ticket.Number, agent, block string) ticket.Notice {
	w.t.Helper()
	w.say(n, agent, block)
	w.want(ticket.Commanded)
	return to(w.t, w.sent(), ticket.NoticeTranscript, agent)
}

// say has an agent answer the latest mail that was sent to them on a ticket,
// without mending what was held.
func (w *world) say(n ticket.Number, agent, text string) ticket.Conclusion {
	w.t.Helper()
	for _, notice := range slices.Backward(w.show(n).Notices) {
		if notice.Recipients[0].Address.Email == agent && notice.Draft == 0 {
			return w.take(answer(notice, agent, text))
		}
	}
	w.t.Fatalf("ticket %d has no mail to %s", n, agent)
	return ticket.Conclusion{}
}

// listed has an agent ask for a list and reports whether a ticket is on it.
func (w *world) listed(n ticket.Number, query string) bool {
	w.t.Helper()
	report := strings.Join(w.command(n, jane, "#list "+query).Facts.Report, "\n")
	return strings.Contains(report, "#1001 ")
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	transcript := w.command(n, jane, "#take\n#snooze tomorrow")
	if got := transcript.Facts.Results[1].Result; got != "hidden until Tue 6 Jan 2026 09:00 UTC, or until the customer writes" {
		t.Errorf("result %q", got)
	}
	for query, want := range map[string]bool{"mine": false, "new": false, "mine snoozed": true, "snoozed": true, "all": true} {
		if got := w.listed(n, query); got != want {
			t.Errorf("#list %s: listed %v, want %v", query, got, want)
		}
	}
	due := monday.AddDate(0, 0, 1)
	w.now = due.Add(-time.Minute)
	if w.tick() != 0 {
		t.Error("it woke too early")
	}
	w.now = due.Add(4 * time.Hour) // the desk was down
	w.tick()
	out := w.sent()
	if got := mailed(out); !slices.Equal(got, []string{"follow-up:" + jane}) {
		t.Errorf("told %v", got)
	}
	if got := to(t, out, ticket.NoticeFollowUp, jane).Facts.Remarks; !slices.Equal(got, []string{"it was snoozed until 2026-01-06 09:00 UTC"}) {
		t.Errorf("remarks %q", got)
	}
	c := w.show(n)
	last := c.Events[len(c.Events)-1]
	if last.Kind != ticket.SnoozeChanged || last.After != "" || last.Before != "2026-01-06T09:00:00Z" || !last.Happened().Equal(due) {
		t.Errorf("the diary says %+v", last)
	}
	if c.Ticket.Status != ticket.New || !c.Ticket.Snoozed.IsZero() || w.tick() != 0 || len(w.sent()) != 0 {
		t.Errorf("ticket is %+v", c.Ticket)
	}
	if !w.listed(n, "mine") {
		t.Error("not listed when it is awake again")
	}
}

// TestSnoozeEnds with what makes it pointless, and not with what does not.
func TestSnoozeEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(*world, ticket.Number)
		want bool // still snoozed
	}{
		"off":              {func(w *world, n ticket.Number) { w.command(n, jane, "#snooze off") }, false},
		"customer":         {func(w *world, n ticket.Number) { w.take(from(karen, "Re: [#1001]", "Any news?")) }, false},
		"resolve":          {func(w *world, n ticket.Number) { w.command(n, jane, "#resolve") }, false},
		"note":             {func(w *world, n ticket.Number) { w.say(n, jane, "#note\nlater") }, true},
		"pending":          {func(w *world, n ticket.Number) { w.command(n, jane, "#pending") }, true},
		"reply and snooze": {func(w *world, n ticket.Number) { w.command(n, jane, "#snooze 5d\n#reply\nPlease wait.") }, true},
		"vacation notice": {func(w *world, n ticket.Number) {
			m := from(karen, "Re: [#1001]", "I am away")
			m.Machine = ticket.AutoReplied
			w.take(m)
		}, true},
		"stranger": {func(w *world, n ticket.Number) {
			w.take(answer(w.show(n).Notices[0], "mallory@evil.example", "hello"))
			w.want(ticket.GuestHeld)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n, _ := opened(t)
			w.command(n, jane, "#snooze 3d")
			c.do(w, n)
			got := w.show(n)
			if is := !got.Ticket.Snoozed.IsZero(); is != c.want {
				t.Errorf("snoozed is %v", is)
			}
			if wrong := ticket.Replay(got.Events).Against(&got.Ticket); len(wrong) > 0 {
				t.Error(wrong)
			}
		})
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	if got := w.command(n, jane, "#due 24.12.").Facts.Results[0].Result; got != "due Thu 24 Dec 2026 17:00 UTC" {
		t.Errorf("result %q", got)
	}
	if got := w.show(n).Ticket.Due; !got.Equal(time.Date(2026, 12, 24, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("due %s", got)
	}
	report := strings.Join(w.command(n, jane, "#show").Facts.Report, "\n")
	for _, want := range []string{"due 2026-12-24 17:00 UTC", "EVENT by Jane Doe: due: none -> 2026-12-24 17:00 UTC"} {
		if !strings.Contains(report, want) {
			t.Errorf("#show lacks %q:\n%s", want, report)
		}
	}
	w.command(n, jane, "#due none")
	c := w.show(n)
	i := slices.IndexFunc(c.Events, func(e ticket.Event) bool { return e.Kind == ticket.DueChanged && e.After == "" })
	if !c.Ticket.Due.IsZero() || i < 0 || c.Events[i].Before != "2026-12-24T17:00:00Z" {
		t.Errorf("due %s, event %d", c.Ticket.Due, i)
	}
}

// TestTimesInDoubt are held, and so are times for a ticket that is done.
func TestTimesInDoubt(t *testing.T) {
	t.Parallel()
	for _, block := range []string{"#snooze", "#snooze 8:00", "#snooze next mon", "#due 3/4", "#due yesterday", "#snooze 2h\n#snooze 3h",
		"#resolve\n#snooze 2h", "#close\n#due tomorrow"} {
		w, n, _ := opened(t)
		w.say(n, jane, block)
		w.want(ticket.CommandHeld)
		if tk := w.show(n).Ticket; !tk.Snoozed.IsZero() || !tk.Due.IsZero() || tk.Status != ticket.New {
			t.Errorf("%q: ticket is %+v", block, tk)
		}
	}
}

// TestTimesInTheZoneOfTheDesk are counted from when the mail came, and an old
// mail that is taken late may set one that has passed: it wakes at once.
func TestTimesInTheZoneOfTheDesk(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Zone = berlin })
	w.now = time.Date(2026, 3, 28, 10, 0, 0, 0, time.UTC)
	w.take(from(karen, "Can not log in", "It says no."))
	n := w.want(ticket.Opened)
	out := w.sent()
	w.now = time.Date(2026, 3, 30, 5, 0, 0, 0, time.UTC)
	m := answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#snooze tomorrow 9:00")
	w.takeLate(m, time.Date(2026, 3, 28, 22, 30, 0, 0, time.UTC)) // 23:30 in Berlin, before clocks change
	w.want(ticket.Commanded)
	if got := w.show(n).Ticket.Snoozed; !got.Equal(time.Date(2026, 3, 29, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("snoozed until %s", got)
	}
	w.sent()
	if w.tick() != 1 || !slices.Equal(mailed(w.sent()), []string{"follow-up:" + jane}) {
		t.Error("it did not wake")
	}
}
