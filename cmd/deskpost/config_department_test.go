package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskpost/ticket"
)

// treeConfig is a small config with three departments below each other.
const treeConfig = `
zone = "Europe/Berlin"

[mailbox.support]
address = "support@bank.example"
department = "support"
url = "imaps://support@imap.bank.example"
password = "file:support.password"

[relay.main]
url = "smtp+insecure://127.0.0.1"

[department.routers]
name = "Routers"
parent = "network"
plan = ""
reopen_closed = true
close_after = ""
remind_pending = "never"
portal = true
rating = true

[department.network]
name = "Network"
parent = "support"
address = "network@bank.example"
signature = "Your network"

[department.support]
name = "Support"
address = "support@bank.example"
signature = "Your support"
lead = "jane"
plan = "sev-a"
calendar = "office"
reopen_closed = false
assign = "round-robin"
after_reply = "pending"
close_after = "3d"
remind_pending = "2d"
pending_requires_reply = true
portal = false
rating = false
language = "es"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example"]
access = { support = "agent" }

[plan.sev-a]
name = "Sev-A"

[calendar.office]
week = ["mon-fri 09:00-17:00"]
`

// TestDepartmentsInherit: what a department leaves out is as it is above, and
// what it writes is not, even if that is empty.
func TestDepartmentsInherit(t *testing.T) {
	t.Parallel()
	p := parse(t, source(configDir(t), treeConfig)).Policy
	want := map[string]ticket.Department{
		"support": {Key: "support", Name: "Support", Address: ticket.Address{Name: "Support", Email: "support@bank.example"},
			Signature: "Your support", Lead: "jane", Plan: "sev-a", Calendar: "office", Assign: ticket.AssignRoundRobin, AfterReply: ticket.State{Status: ticket.Pending}, Language: "es",
			CloseAfter: 3 * day, RemindPending: 2 * day, PendingRequiresReply: true},
		"network": {Key: "network", Name: "Network", Parent: "support", Address: ticket.Address{Name: "Network", Email: "network@bank.example"},
			Signature: "Your network", Lead: "jane", Plan: "sev-a", Calendar: "office", Assign: ticket.AssignRoundRobin, AfterReply: ticket.State{Status: ticket.Pending}, Language: "es",
			CloseAfter: 3 * day, RemindPending: 2 * day, PendingRequiresReply: true},
		"routers": {Key: "routers", Name: "Routers", Parent: "network", Address: ticket.Address{Name: "Routers", Email: "network@bank.example"},
			Signature: "Your network", Lead: "jane", Calendar: "office", ReopenClosed: true, Assign: ticket.AssignRoundRobin, AfterReply: ticket.State{Status: ticket.Pending}, Language: "es",
			CloseAfter: 7 * day, PendingRequiresReply: true, Portal: true, Rating: true},
	}
	if diff := cmp.Diff(want, p.Departments); diff != "" {
		t.Errorf("departments (-want +got):\n%s", diff)
	}
	if got := p.PathName("routers"); got != "Support / Network / Routers" {
		t.Errorf("named %q", got)
	}
}
