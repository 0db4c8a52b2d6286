package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskpost/ticket"
)

// TestSimulateTicket goes on with the history of a ticket under other terms, and
// with events that are made up.
func TestSimulateTicket(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]simulationInput{
		"other-plan":     {plan: "sev-b"}, // which promises nothing for the priority that it got half-way
		"other-terms":    {plan: "sev-b", priority: "high", zone: "UTC", events: []string{"2026-03-31 11:00 pending"}},
		"other-priority": {priority: "emergency"},
		"goes-on":        {events: []string{"2026-03-31 12:00 reply", "2026-03-31 14:00 plan sev-b", "2026-04-02 10:00 resolved"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTale(t)
			tales["weekend"].live(x)
			text, err := simulateTicket(x.desk.Policy(), x.account(ticket.FirstNumber), ticket.FirstNumber, in)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "sla", "ticket", name+".want"), text)
		})
	}
}

// TestSimulatePlanless: a ticket without a plan may be tried under one.
func TestSimulatePlanless(t *testing.T) {
	t.Parallel()
	x := newTale(t)
	tales["planless"].live(x)
	text, err := simulateTicket(x.desk.Policy(), x.account(ticket.FirstNumber), ticket.FirstNumber, simulationInput{plan: "sev-a"})
	if want := "  first       LATE since Thu 2026-03-26 16:00 and not met, 2h of 1h used\n"; err != nil || !strings.Contains(text, want) {
		t.Errorf("%s %v", text, err)
	}
}

func TestSimulateTicketRefuses(t *testing.T) {
	t.Parallel()
	x := newTale(t)
	tales["planless"].live(x)
	withPlan := func(events ...string) simulationInput { return simulationInput{plan: "sev-a", events: events} }
	for want, in := range map[string]simulationInput{
		"never had a plan; name one with --plan":            {},
		"--received is for tickets that you make up":        {plan: "sev-a", received: "2026-03-27 16:00"},
		`there is no plan "sev-x"; did you mean "sev-a"?`:   {plan: "sev-x"},
		`there is no priority "x"`:                          {priority: "x"},
		`there is no department "x"`:                        {department: "x"},
		`--zone "x" is not a time zone`:                     {plan: "sev-a", zone: "x"},
		"it is before the one that stands before it":        withPlan("2026-03-26 15:30 reply"),
		"there is no reply before it":                       withPlan("2026-03-27 15:30 undelivered"),
		"the reply was more than 24h before, and counts as": withPlan("2026-03-27 15:30 reply", "2026-03-28 15:31 undelivered"),
	} {
		_, err := simulateTicket(x.desk.Policy(), x.account(ticket.FirstNumber), ticket.FirstNumber, in)
		if _, usage := errors.AsType[*usageError](err); !usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", in, err, want)
		}
	}
	x.at("2026-03-29 12:00")
	x.jane(ticket.FirstNumber, "#sla sev-b")
	x.edit(func(p *ticket.Policy) { delete(p.Plans, "sev-b") })
	_, err := simulateTicket(x.desk.Policy(), x.account(ticket.FirstNumber), ticket.FirstNumber, simulationInput{priority: "High"})
	if want := `the plan "sev-b" is not in the config any more`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// runOn runs a command on the desk of a tale, which is open meanwhile as that of a
// daemon is.
func (x *tale) runOn(args ...string) (string, error) {
	x.t.Helper()
	path := slaConfig(x.t)
	text, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatal(err)
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, "database = %q\n%s", x.url, text), 0o600); err != nil {
		x.t.Fatal(err)
	}
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append(args, "--config", path))
	err = root.ExecuteContext(x.t.Context())
	return out.String(), err
}

// TestExplainBesideTheDesk runs the commands on a desk that somebody else has open,
// and changes nothing there.
func TestExplainBesideTheDesk(t *testing.T) {
	t.Parallel()
	x := newTale(t)
	tales["merged"].live(x)
	x.jane(1002, "#resolve\nIt works again.")
	before := x.explains(1002)
	for _, args := range [][]string{{"sla", "explain", "#1001"}, {"sla", "explain", "1002"}, {"sla", "simulate", "--ticket", "1002"}} {
		out, err := x.runOn(args...)
		if want := "\nTicket    1002: Still cannot sign in\nStatus    resolved since Mon 2026-01-05 09:40\n"; err != nil || !strings.Contains("\n"+out, want) {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
		if got, want := after(t, out, "\n  first       "), after(t, before, "\n  first       "); got != want {
			t.Errorf("%q ends with\n%swant\n%s", args, got, want)
		}
	}
	if now := x.explains(1002); now != before {
		t.Errorf("it was changed from\n%s\nto\n%s", before, now)
	}
	for want, args := range map[string][]string{
		"there is no ticket 4711":                      {"sla", "explain", "4711"},
		"there is no ticket 4712":                      {"sla", "simulate", "--ticket", "4712"},
		`"karen" is not the number of a ticket`:        {"sla", "explain", "karen"},
		`"none" is not the number of a ticket`:         {"sla", "simulate", "--ticket", "none"},
		"usage: deskpost sla explain TICKET":           {"sla", "explain"},
		"unknown flag: --plan; see deskpost sla expla": {"sla", "explain", "1002", "--plan", "x"},
	} {
		if _, err := x.runOn(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}

// TestExplainOutdated: a plan was edited in the config, and the daemon does not
// know yet.
func TestExplainOutdated(t *testing.T) {
	t.Parallel()
	x := newTale(t)
	x.at("2026-01-05 10:00")
	x.opens(karen, "Cannot sign in")
	if text := x.explains(ticket.FirstNumber); strings.Contains(text, "\nEdited ") {
		t.Errorf("nothing was edited:\n%s", text)
	}
	p := *x.desk.Policy()
	p.Plans = map[string]ticket.Plan{"sev-a": {Key: "sev-a", Name: "Sev-A", Calendar: "berlin"}}
	x.desk.SetPolicy(&p)
	text := x.explains(ticket.FirstNumber)
	if want := "\nEdited    the plan sev-a was edited: its open clocks are counted anew, once the daemon starts or reloads\n"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	if want := "due Mon 2026-01-05 11:00\n"; !strings.Contains(text, want) {
		t.Errorf("it is not explained by the plan that counts:\n%s", text)
	}
}

// TestExplainNotYet: the desk was down when something was to be done.
func TestExplainNotYet(t *testing.T) {
	t.Parallel()
	x := newTale(t)
	x.at("2026-01-05 10:00")
	x.opens(karen, "Cannot sign in")
	x.jane(ticket.FirstNumber, "#pending 30m")
	x.asleep("2026-01-05 10:50")
	text := x.explains(ticket.FirstNumber)
	for _, want := range []string{
		"\n  10:30 +01:00  the time to follow up has come, status: pending -> open, by deskpost (not done yet)\n",
		"\n  10:45 +01:00  step warn of first: mail:assignee (not done yet)\n",
		"\n  11:00 +01:00  step breach of first: mail:lead priority:+1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if x.at("2026-01-05 10:50"); strings.Contains(x.explains(ticket.FirstNumber), "not done yet") {
		t.Errorf("it was done, and is said not to be:\n%s", x.explains(ticket.FirstNumber))
	}
}
