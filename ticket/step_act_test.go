package ticket_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// TestStepChanges does everything that a step can do to a ticket, and what it
// can not do any more since the config has changed.
func TestStepChanges(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		do     []string
		say    string // the event of the step, after "breach of the plan Sev-C: "
		mails  []string
		events []string
	}{
		"priority":             {[]string{"priority:emergency"}, "priority Normal -> Emergency", nil, []string{"priority Normal -> Emergency"}},
		"less":                 {[]string{"priority:-1"}, "priority Normal -> Low", nil, []string{"priority Normal -> Low"}},
		"an agent":             {[]string{"assign:john"}, "assigned to John Smith", []string{"assigned:john@private.example"}, []string{"assignee  -> john"}},
		"an agent who is told": {[]string{"assign:john", "mail:assignee"}, "assigned to John Smith; told John Smith", []string{"escalation:john@private.example"}, []string{"assignee  -> john"}},
		"without access":       {[]string{"assign:tom"}, "Tom Reader has no access to Bank / Support and was not assigned", nil, nil},
		"nobody":               {[]string{"assign:john", "unassign"}, "assigned to John Smith; assigned to nobody", nil, []string{"assignee  -> john", "assignee john -> "}},
		"a team":               {[]string{"team:network", "mail:team"}, "given to the team Network; told Jane Doe", []string{"escalation:jane@private.example"}, []string{"team  -> network"}},
		"a team, not told":     {[]string{"team:network"}, "given to the team Network", []string{"assigned:jane@private.example"}, []string{"team  -> network"}},
		"no such team":         {[]string{"team:gone"}, "the team gone does not work in Bank / Support and did not get it", nil, nil},
		"a department": {[]string{"dept:online-banking", "mail:members"}, "moved to Online Banking; told Jane Doe, Tom Reader",
			[]string{"escalation:jane@private.example", "escalation:tom@private.example"}, []string{"department support -> online-banking", "plan sev-c -> sev-b"}},
		"a department, not told": {[]string{"assign:john", "dept:online-banking"}, "assigned to John Smith; moved to Online Banking",
			[]string{"transferred:jane@private.example", "transferred:tom@private.example"},
			[]string{"assignee  -> john", "department support -> online-banking", "assignee john -> ", "plan sev-c -> sev-b"}},
		"no such department":    {[]string{"dept:gone"}, `there is no department "gone"`, nil, nil},
		"tags":                  {[]string{"tag:+Late", "tag:late", "tag:-late"}, "tags: late; tags were so already; tags: none", nil, []string{"tags  -> late", "tags late -> "}},
		"a status":              {[]string{"status:hold"}, "status hold", nil, []string{"status new -> hold"}},
		"a status of the admin": {[]string{"status:vendor"}, "status Waiting for vendor", nil, []string{"status new -> hold/vendor"}},
		"resolved":              {[]string{"status:resolved", "priority:+1"}, "status resolved", nil, []string{"status new -> resolved"}},
		"no such status":        {[]string{"status:spam"}, `a step can not set the status "spam" of a ticket that is new`, nil, nil},
		"a field":               {[]string{"field:site=Berlin  West"}, "Site: Berlin West", nil, []string{"field site= -> site=Berlin West"}},
		"a field that is none":  {[]string{"field:gone=x"}, `tickets of Bank / Support have no field "gone"`, nil, nil},
		"a note":                {[]string{"note:Call the vendor: 555-1234"}, "noted: Call the vendor: 555-1234", nil, []string{"note  -> "}},
		"the lead":              {[]string{"mail:lead"}, "told Lea Dahl", []string{"escalation:lead@private.example"}, nil},
		"the manager":           {[]string{"mail:manager"}, "told John Smith", []string{"escalation:john@private.example"}, nil},
		"watchers":              {[]string{"mail:watchers"}, "told John Smith", []string{"escalation:john@private.example"}, nil},
		"admins":                {[]string{"mail:admins"}, "told Lea Dahl", []string{"escalation:lead@private.example"}, nil},
		"nobody to be told":     {[]string{"mail:assignee"}, "told Lea Dahl", []string{"escalation:lead@private.example"}, nil},
		"a telephone":           {[]string{"mail:duty@sms.example,jane"}, "told Jane Doe, duty@sms.example", []string{"escalation:duty@sms.example", "escalation:jane@private.example"}, nil},
		"the customer":          {[]string{"mail:customer"}, "told the customer", []string{"late:" + karen}, nil},
		"nothing":               {[]string{"shout:loud"}, `"shout" is nothing a step can do`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.edit(0, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.Steps = []sla.Step{{Key: "breach", Metric: sla.First, Do: v.do}}
				p.Plans["sev-c"] = plan
				p.Substatuses = map[string]ticket.Substatus{"vendor": {Key: "vendor", Name: "Waiting for vendor", Of: ticket.Hold}}
				p.Fields = []ticket.Field{{Key: "site", Name: "Site", Type: ticket.TextField}}
				support := p.Departments["support"]
				support.Parent = "bank"
				p.Departments["support"] = support
				p.Departments["bank"] = ticket.Department{Key: "bank", Name: "Bank", Lead: "john", Address: ticket.Address{Email: "bank@bank.example"}}
			})
			w.take(from(karen, "Cannot sign in", "Help!"))
			n := w.want(ticket.Opened)
			w.sent()
			err := w.desk.Store.Update(t.Context(), func(tx ticket.Tx) error {
				return errors.Join(tx.Watch(ticket.Watcher{Ticket: n, Agent: "john", Mode: ticket.Watching}), tx.Watch(ticket.Watcher{Ticket: n, Agent: "jane", Mode: ticket.Muted}))
			})
			if err != nil {
				t.Fatal(err)
			}
			opened := len(w.show(n).Events)
			breach := w.now.Add(time.Hour)
			w.now = breach.Add(30 * time.Second)
			w.until(w.now)
			c := w.show(n)
			got := mailed(c.Notices)
			got = slices.DeleteFunc(got, func(s string) bool { return s[:3] == "new" || s[:3] == "ack" })
			same(t, "mails", got, v.mails)
			var events []string
			for _, e := range c.Events[opened:] {
				if e.Kind != ticket.TermsChanged && !e.Happened().Equal(breach) {
					t.Errorf("%s is dated %s", e.Kind, e.Happened())
				}
				switch e.Kind {
				case ticket.StepReached:
					if want := "step breach of the plan Sev-C: " + v.say; e.Detail != want {
						t.Errorf("%q, want %q", e.Detail, want)
					}
				case ticket.TermsChanged:
				default:
					events = append(events, string(e.Kind)+" "+e.Before+" -> "+e.After)
				}
			}
			same(t, "events", events, v.events)
			if name == "a note" && c.Entries[len(c.Entries)-1].Text != "Call the vendor: 555-1234" {
				t.Errorf("entries: %+v", c.Entries)
			}
		})
	}
}

// TestStepHidesNoBreach: a step at the deadline that resolves the ticket, or stops
// the clock, leaves the clock breached. Nobody is told that it was met after all,
// and it is not breached once more when the ticket is opened again.
func TestStepHidesNoBreach(t *testing.T) {
	t.Parallel()
	for do, state := range map[string]string{"status:resolved": "breached", "status:hold": "paused", "macro:end": "breached", "macro:later": "paused"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.edit(0, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.PauseFirst = true
				plan.PauseOn = append(plan.PauseOn, "snooze")
				plan.Steps = []sla.Step{{Key: "end", Metric: sla.First, Do: []string{do}}, {Key: "breach", Metric: sla.First, Do: []string{"mail:lead"}}}
				p.Plans["sev-c"] = plan
				p.Macros["end"] = ticket.Macro{Key: "end", Name: "End", Commands: []string{"#resolve"}}
				p.Macros["later"] = ticket.Macro{Key: "later", Name: "Later", Commands: []string{"#snooze 30d"}}
			})
			w.take(from(karen, "Cannot sign in", "Help!"))
			n := w.want(ticket.Opened)
			w.sent()
			deadline := w.now.Add(time.Hour)
			told := w.until(deadline.Add(10 * time.Minute))
			if lead := "10:00 escalation:lead@private.example"; !slices.Contains(told, lead) {
				t.Errorf("mailed %q, without %q", told, lead)
			}
			clocks(t, w, n, "first 1 "+state, "resolve 1 "+map[string]string{"breached": "met", "paused": "paused"}[state])
			w.command(n, jane, "#high")
			w.command(n, jane, map[bool]string{true: "#snooze off", false: "#open"}[do == "macro:later"])
			told = w.until(w.now.Add(4 * time.Hour))
			if len(told) > 0 {
				t.Errorf("later: %q", told)
			}
			same(t, "revoked", w.diary(n, ticket.BreachRevoked), nil)
			var breached []time.Time
			err := w.desk.Store.View(t.Context(), func(tx ticket.Tx) error {
				kept, err := tx.ClocksOf(n)
				for _, c := range kept {
					if c.Metric == sla.First {
						breached = append(breached, c.Breached)
					}
				}
				return err
			})
			if err != nil || len(breached) != 1 || !breached[0].Equal(deadline) {
				t.Errorf("the first answer was due %s, and was late at %v; %v", deadline, breached, err)
			}
			w.audit()
		})
	}
}
