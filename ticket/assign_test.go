package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"deskpost/ticket"
)

// rule gives Support a rule, and n agents called a, b, c and so on in place of
// its others.
func rule(r ticket.AssignRule, n int) func(*ticket.Policy) {
	return func(p *ticket.Policy) {
		d := p.Departments["support"]
		d.Assign = r
		p.Departments["support"] = d
		for _, key := range []string{"jane", "john"} {
			a := p.Agents[key]
			a.Access = map[string]string{"online-banking": "agent"}
			p.Agents[key] = a
		}
		for i := range n {
			key := string(rune('a' + i))
			p.Agents[key] = ticket.Agent{Key: key, Name: "Agent " + key, Emails: []string{key + "@private.example"},
				Access: map[string]string{"support": "agent"}, ReplyAs: ticket.Reply, Transcript: ticket.TranscriptAlways}
		}
	}
}

// customerOpens lets a new customer open a ticket and returns to whom it is assigned.
func (w *world) customerOpens() (ticket.Number, string) {
	w.t.Helper()
	w.take(from(fmt.Sprintf("c%d@customer.example", w.uid), "Help", "text"))
	n := w.want(ticket.Opened)
	return n, w.show(n).Ticket.Assignee
}

// TestRoundRobin goes round, across restarts, and tells the chosen one once.
func TestRoundRobin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(rule(ticket.AssignRoundRobin, 3))
	var got []string
	for i := range 7 {
		if i == 4 {
			w.restart()
		}
		_, assignee := w.customerOpens()
		got = append(got, assignee)
	}
	if want := []string{"a", "b", "c", "a", "b", "c", "a"}; !slices.Equal(got, want) {
		t.Errorf("assigned to %v, want %v", got, want)
	}
	c := w.show(ticket.FirstNumber)
	if e := c.Events[1]; e.Kind != ticket.AssigneeChanged || e.Actor.Kind != ticket.ByDesk || e.Before != "" || e.After != "a" || e.Detail != "round-robin" {
		t.Errorf("event %+v", e)
	}
	out := slices.DeleteFunc(w.sent(), func(n ticket.Notice) bool { return n.Ticket != ticket.FirstNumber })
	if mailed := mailed(out); !slices.Equal(mailed, []string{"ack:c0@customer.example", "new:a@private.example"}) {
		t.Errorf("mailed %v", mailed)
	}
	if f := to(t, out, ticket.NoticeNew, "a@private.example").Facts; !f.Yours || f.Assignee != "Agent a" {
		t.Errorf("told %+v", f)
	}
}

// restart lets another program go on with what is in the store.
func (w *world) restart() {
	old := w.desk
	w.desk = &ticket.Desk{Store: old.Store, Keys: old.Keys, Now: old.Now}
	w.desk.SetPolicy(old.Policy())
}

// load counts the tickets that are not done by assignee.
func (w *world) load() map[string]int {
	w.t.Helper()
	list, err := w.desk.List(context.Background(), ticket.Filter{Statuses: []ticket.Status{ticket.New, ticket.Open, ticket.Pending, ticket.Hold}, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	load := map[string]int{}
	for _, tk := range list {
		load[tk.Assignee]++
	}
	return load
}

// TestRulesAreFair: whatever else happens, what n agents got by turns differs by
// one at most, and whoever gets a ticket for being the least busy was.
func TestRulesAreFair(t *testing.T) {
	t.Parallel()
	for _, r := range []ticket.AssignRule{ticket.AssignRoundRobin, ticket.AssignLeastBusy} {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				w := newWorld(t)
				n := rapid.IntRange(1, 5).Draw(rt, "agents")
				w.change(rule(r, n))
				got := make([]int, n)
				for range rapid.IntRange(1, 12).Draw(rt, "steps") {
					switch rapid.IntRange(0, 5).Draw(rt, "step") {
					case 0:
						w.restart()
					case 1: // somebody ends what they have, or passes it on
						for _, notice := range w.sent() {
							if notice.Agent != "" && notice.Kind == ticket.NoticeNew {
								w.take(answer(notice, notice.Agent+"@private.example", rapid.SampledFrom([]string{"#close", "#assign a", "#assign none"}).Draw(rt, "line")))
							}
						}
					default:
						before := w.load()
						_, who := w.customerOpens()
						got[who[0]-'a']++
						for i := range n {
							if other := string(rune('a' + i)); r == ticket.AssignLeastBusy && before[other] < before[who] {
								rt.Fatalf("%s got one with %v", who, before)
							}
						}
					}
					if r == ticket.AssignRoundRobin && slices.Max(got)-slices.Min(got) > 1 {
						rt.Fatalf("they got %v", got)
					}
				}
			})
		})
	}
}

// TestLeastBusyTakesTurns where several have as few.
func TestLeastBusyTakesTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(rule(ticket.AssignLeastBusy, 3))
	var got []string
	for range 5 {
		n, who := w.customerOpens()
		got = append(got, who)
		notice := to(t, w.sent(), ticket.NoticeNew, who+"@private.example")
		w.take(answer(notice, who+"@private.example", "#close"))
		w.want(ticket.Commanded)
		if w.show(n).Ticket.Status != ticket.Closed {
			t.Fatal("not closed")
		}
	}
	if want := []string{"a", "b", "c", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("assigned to %v, want %v", got, want)
	}
}

// TestRuleChoosesNobody who cannot answer, is disabled, or asks: then the
// department is told.
func TestRuleChoosesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) {
		rule(ticket.AssignRoundRobin, 3)(p)
		p.Roles["almost"] = ticket.Role{Key: "almost", Rights: []ticket.Right{ticket.MayRead, ticket.MayNote}}
		a, b := p.Agents["a"], p.Agents["b"]
		a.Access, b.Disabled = map[string]string{"support": "almost"}, true
		p.Agents["a"], p.Agents["b"] = a, b
	})
	w.take(from("c@private.example", "My own question", "text"))
	n := w.want(ticket.Opened)
	if got := w.show(n).Ticket.Assignee; got != "" {
		t.Errorf("assigned to %s", got)
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"ack:c@private.example", "new:a@private.example"}) {
		t.Errorf("mailed %v", got)
	}
	if _, who := w.customerOpens(); who != "c" {
		t.Errorf("assigned to %q, want c", who)
	}
}

// TestRuleOnTransfer: a ticket that nobody takes along is given to somebody in
// its new department, unless the mail says to whom, or to nobody.
func TestRuleOnTransfer(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]string{
		"#dept support":                           "a", // jane has no part there
		"#dept support\n#assign b":                "b",
		"#dept support\n#assign none":             "",
		"#dept support\n#assign team:front":       "",
		"#dept support\n#close":                   "",
		"#dept online-banking":                    "jane",
		"#dept support\n#note\nOne for you, @all": "a",
	} {
		w := newWorld(t)
		w.change(func(p *ticket.Policy) {
			rule(ticket.AssignRoundRobin, 2)(p)
			p.Teams["front"] = ticket.Team{Key: "front", Name: "Front", Members: []string{"a"}}
			p.Mailboxes["support"] = ticket.Mailbox{Key: "support", Department: "online-banking"}
		})
		w.take(from(karen, "Help", "text"))
		n := w.want(ticket.Opened)
		notice := to(t, w.sent(), ticket.NoticeNew, jane)
		w.take(answer(notice, jane, "#take"))
		w.take(answer(notice, jane, lines))
		w.want(ticket.Commanded)
		c := w.show(n)
		if c.Ticket.Assignee != want {
			t.Errorf("%q: assigned to %q, want %q", lines, c.Ticket.Assignee, want)
		}
		out := w.sent()
		told := slices.DeleteFunc(mailed(out), func(m string) bool { return m != "transferred:a@private.example" && m != "assigned:a@private.example" })
		if want == "a" && (len(told) != 1 || !to(t, out, ticket.NoticeTransferred, "a@private.example").Facts.Yours) {
			t.Errorf("%q: told %v", lines, told)
		}
	}
}
