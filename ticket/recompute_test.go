package ticket_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// edit swaps the policy for one that f has changed, as a reload does, and
// demands that so many tickets are counted anew.
func (w *world) edit(want int, f func(*ticket.Policy)) {
	w.t.Helper()
	p := *w.desk.Policy()
	p.Plans, p.Calendars, p.Departments = maps.Clone(p.Plans), maps.Clone(p.Calendars), maps.Clone(p.Departments)
	f(&p)
	w.desk.SetPolicy(&p)
	for _, want := range []int{want, 0} { // the second time nothing is left to do
		if n, err := w.desk.Recompute(context.Background()); err != nil || n != want {
			w.t.Errorf("%d tickets counted anew, want %d; %v", n, want, err)
		}
	}
}

// due demands the deadline of a ticket, in Berlin, where "" is none.
func (w *world) due(n ticket.Number, want string) {
	w.t.Helper()
	got := ""
	if at := w.show(n).Ticket.Deadline; !at.IsZero() {
		got = at.In(w.desk.Policy().Calendars["office"].Zone()).Format("Mon 02 15:04")
	}
	if got != want {
		w.t.Errorf("ticket %d is due %q, want %q", n, got, want)
	}
}

// retarget changes the time until the solution of a plan.
func retarget(plan string, d time.Duration) func(*ticket.Policy) {
	return func(p *ticket.Policy) {
		edited := p.Plans[plan]
		edited.Targets = maps.Clone(edited.Targets)
		target := edited.Targets["Normal"]
		target.Resolve = d
		edited.Targets["Normal"] = target
		p.Plans[plan] = edited
	}
}

// TestConfigMovesDeadlines: holidays, hours and plans are edited while deadlines
// run. They are computed anew, once and with an event; what has ended or fired
// stays as it was. (F54)
func TestConfigMovesDeadlines(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.take(from(karen, "Solved", "Help!"))
	solved := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#resolve\nDone."))
	w.sent()
	w.take(from(karen, "Running", "Help!"))
	n := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "Working on it."))
	w.sent()
	w.due(n, "Tue 06 10:00")
	frozen := w.clocks(solved)

	tuesday := calendar.Holiday{Date: calendar.Date{Year: 2026, Month: time.January, Day: 6}, Name: "Epiphany"}
	w.edit(1, func(p *ticket.Policy) { p.Calendars["office"] = office(t, tuesday) })
	w.due(n, "Wed 07 10:00")
	w.edit(1, retarget("sev-c", 9*time.Hour))
	w.due(n, "Wed 07 11:00")
	w.edit(0, func(p *ticket.Policy) { // neither name nor steps move a deadline
		plan := p.Plans["sev-c"]
		plan.Name, plan.Steps = "Severity C", nil
		p.Plans["sev-c"] = plan
	})
	w.edit(1, func(p *ticket.Policy) { delete(p.Plans, "sev-c") })
	w.due(n, "")
	w.edit(1, func(p *ticket.Policy) {
		p.Plans["sev-c"] = ticket.Plan{Key: "sev-c", Name: "Sev-C", Targets: map[string]sla.Target{"Low": {}}}
	})
	w.due(n, "")
	w.edit(1, func(p *ticket.Policy) { // until now no clock of it ran
		p.Plans["sev-c"] = ticket.Plan{Key: "sev-c", Name: "Sev-C", Targets: map[string]sla.Target{"Normal": {Resolve: 4 * time.Hour}}}
	})
	w.due(n, "Mon 05 14:00")
	w.edit(1, func(p *ticket.Policy) {
		dept := p.Departments["support"]
		dept.Calendar = "always"
		p.Departments["support"] = dept
		always, err := calendar.New(calendar.Definition{Key: "always", Zone: time.UTC, Week: calendar.Always()})
		if err != nil {
			t.Fatal(err)
		}
		p.Calendars["always"] = always
	})
	var events []string
	for _, e := range w.show(n).Events {
		if e.Kind == ticket.TermsChanged && e.Before != "" {
			events = append(events, e.Detail)
		}
	}
	same(t, "events", events, []string{
		"the calendar office, or the rules of its time zone, changed: its open clocks are counted anew",
		"the plan sev-c was edited: its open clocks are counted anew",
		"the plan sev-c is not in the config any more: it promises nothing",
		"the plan sev-c is in the config again",
		"the plan sev-c was edited: its open clocks are counted anew",
		"the config names another calendar, always instead of office: open clocks are counted anew",
	})
	if now := w.clocks(solved); !slices.Equal(now, frozen) {
		t.Errorf("the clocks of a ticket that was solved moved from\n%+v\nto\n%+v", frozen, now)
	}
}

// TestHolidayRevokesBreach: a holiday was missing, and a breach was told that is
// none.
func TestHolidayRevokesBreach(t *testing.T) {
	t.Parallel()
	w, n, _ := signIn(t)
	w.until(w.now.Add(2 * time.Hour)) // breach and first nag
	monday := calendar.Holiday{Date: calendar.Date{Year: 2026, Month: time.January, Day: 5}}
	w.edit(1, func(p *ticket.Policy) { p.Calendars["office"] = office(t, monday) })
	same(t, "mails", mailed(w.sent()), []string{"escalation:jane@private.example", "escalation:lead@private.example"})
	same(t, "revoked", w.diary(n, ticket.BreachRevoked), []string{
		"11:01 breach-revoked first -> breach breach revoked: the deadline of the first answer was not passed after all"})
	same(t, "mails afterwards", w.until(w.now.Add(30*time.Hour)), []string{"11:00 escalation:jane@private.example", "11:00 escalation:lead@private.example"})
}

// TestZoneRulesChange: the program is updated, and with it the rules of a time
// zone, while a deadline is stored. (F54)
func TestZoneRulesChange(t *testing.T) {
	t.Parallel()
	w := bank(t)
	formerly := time.FixedZone("Europe/Berlin", 2*60*60)
	w.change(func(p *ticket.Policy) {
		p.Calendars = map[string]*calendar.Calendar{"office": officeIn(t, formerly)}
		p.Calendar, p.Plans = "office", w.desk.Policy().Plans
	})
	w.take(from(karen, "Cannot sign in", "Help!"))
	n := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "Working on it."))
	w.sent()
	if at := w.show(n).Ticket.Deadline; !at.Equal(time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC)) { // opened at 11:00
		t.Errorf("due %s by the former rules", at)
	}
	w.edit(1, func(p *ticket.Policy) { p.Calendars["office"] = office(t) })
	w.due(n, "Tue 06 10:00")
	if events := w.diary(n, ticket.TermsChanged); len(events) != 2 {
		t.Errorf("events: %v", events)
	}
}

// clocks are those of a ticket, as the store keeps them.
func (w *world) clocks(n ticket.Number) (all []ticket.Clock) {
	w.t.Helper()
	err := w.desk.Store.View(context.Background(), func(tx ticket.Tx) (err error) {
		all, err = tx.ClocksOf(n)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestNoCalendarIsNoPromise: only plans have a calendar, so that a ticket which is
// taken out of its plan has none. Its clocks end all the same, by whatever it was
// taken out, and a due date goes on being counted.
func TestNoCalendarIsNoPromise(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *world, n ticket.Number){
		"by an agent":     func(w *world, n ticket.Number) { w.command(n, jane, "#sla none") },
		"to a department": func(w *world, n ticket.Number) { w.command(n, jane, "#dept online-banking") },
		"by the config": func(w *world, n ticket.Number) {
			w.edit(1, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.Calendar = ""
				p.Plans["sev-c"] = plan
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.edit(0, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.Calendar, p.Calendar = "office", ""
				p.Plans["sev-c"] = plan
			})
			w.take(from(karen, "Cannot sign in", "Help!"))
			n := w.want(ticket.Opened)
			w.due(n, "Mon 05 11:00")
			w.now = w.now.Add(10 * time.Minute)
			leave(w, n)
			w.sent()
			w.due(n, "")
			clocks(t, w, n)
			if got := w.until(w.now.Add(8 * time.Hour)); len(got) > 0 {
				t.Errorf("mailed %q", got)
			}
			w.command(n, jane, "#due tomorrow 15:00")
			w.due(n, "Tue 06 16:00")
			w.audit()
		})
	}
}
