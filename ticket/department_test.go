package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// grow puts the departments Network and, below it, Routers under Support.
func grow(p *ticket.Policy) {
	for _, d := range []ticket.Department{{Key: "network", Name: "Network", Parent: "support"}, {Key: "routers", Name: "Routers", Parent: "network"}} {
		d.Address, d.Lead, d.ReopenClosed, d.AfterReply = ticket.Address{Name: d.Name, Email: d.Key + "@bank.example"}, "lead", true, ticket.State{Status: ticket.Open}
		p.Departments[d.Key] = d
	}
}

// TestRolesHoldBelow: who has a role in a department has it below, down to where
// their access names another.
func TestRolesHoldBelow(t *testing.T) {
	t.Parallel()
	p := policy()
	grow(p)
	p.Agents["nell"] = ticket.Agent{Key: "nell", Access: map[string]string{"support": "reader", "network": "agent", "routers": ticket.NoAccess}}
	for _, want := range []struct{ agent, department, role, from string }{
		{"jane", "support", "agent", "support"},
		{"jane", "routers", "agent", "support"},
		{"nell", "support", "reader", "support"},
		{"nell", "network", "agent", "network"},
		{"nell", "routers", "", "routers"},
		{"nell", "online-banking", "", ""},
		{"tom", "network", "", ""},
		{"jane", "nowhere", "", ""},
	} {
		role, from := p.RoleIn(want.agent, want.department)
		if role.Key != want.role || from != want.from {
			t.Errorf("%s in %s: role %q from %q, want %q from %q", want.agent, want.department, role.Key, from, want.role, want.from)
		}
		if may := p.May(want.agent, ticket.MayReply, want.department); may != (want.role == "agent") {
			t.Errorf("%s may reply in %s: %t", want.agent, want.department, may)
		}
	}
	if got := p.Members("routers"); !slices.Equal(got, []string{"jane", "john"}) {
		t.Errorf("members of Routers are %v", got)
	}
}

// TestCycleOfDepartmentsEnds: no config has one, but no policy may hang the desk.
func TestCycleOfDepartmentsEnds(t *testing.T) {
	t.Parallel()
	p := policy()
	grow(p)
	d := p.Departments["support"]
	d.Parent = "routers"
	p.Departments["support"] = d
	if got := p.Lineage("network"); !slices.Equal(got, []string{"network", "support", "routers"}) {
		t.Errorf("lineage %v", got)
	}
}

// TestDepartmentsOfOneName: a name that two departments have moves nothing by
// guess; with the one above it, it is clear.
func TestDepartmentsOfOneName(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	w.change(func(p *ticket.Policy) {
		grow(p)
		p.Departments["ob-network"] = ticket.Department{Key: "ob-network", Name: "Network", Parent: "online-banking",
			Address: ticket.Address{Email: "net@bank.example"}}
		delete(p.Departments, "network")
		p.Departments["s-network"] = ticket.Department{Key: "s-network", Name: "Network", Parent: "support",
			Address: ticket.Address{Email: "s-net@bank.example"}}
	})
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#dept network"))
	w.want(ticket.CommandHeld)
	held := to(t, w.sent(), ticket.NoticeHeld, jane)
	if got := held.Facts.Results[0].Result; got != "ambiguous: ob-network, s-network" {
		t.Errorf("refused with %q", got)
	}
	w.take(answer(held, jane, "#dept online banking / network"))
	w.want(ticket.Commanded)
	if got := w.show(n).Ticket.Department; got != "ob-network" {
		t.Errorf("moved to %s", got)
	}
	done := to(t, w.sent(), ticket.NoticeTranscript, jane)
	if got := done.Facts.Results[0].Result; !strings.HasPrefix(got, "Support -> Online Banking / Network") || done.Facts.Department != "Online Banking / Network" {
		t.Errorf("%q, in %q", got, done.Facts.Department)
	}
}
