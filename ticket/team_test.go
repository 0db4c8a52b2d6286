package ticket_test

import (
	"strings"
	"testing"

	"deskpost/ticket"
)

const tom = "tom@private.example"

// isWith demands that a ticket is with a team and an agent, where "" is none.
func (w *world) isWith(n ticket.Number, team, assignee string) {
	w.t.Helper()
	if tk := w.show(n).Ticket; tk.Team != team || tk.Assignee != assignee {
		w.t.Errorf("ticket is %+v, want it with the team %q and %q", tk, team, assignee)
	}
}

// TestTicketOfATeam: its members are told if nobody has the ticket, it is theirs
// until somebody has it, and who has it keeps it.
func TestTicketOfATeam(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, john)
	w.take(answer(notice, john, "#dept online-banking\n#assign team:netw"))
	w.want(ticket.Commanded)
	w.isWith(n, "network", "")
	out = w.sent()
	same(t, "mails", mailed(out), []string{"assigned:" + jane, "assigned:" + tom, "transcript:" + john})
	f := to(t, out, ticket.NoticeAssigned, tom).Facts
	if f.Team != "Network" || f.Assignee != "team Network" || f.Latest != "It says no." {
		t.Errorf("tom is told %+v", f)
	}
	if got := to(t, out, ticket.NoticeTranscript, john).Facts.Results[1].Result; got != "no team -> team Network" {
		t.Errorf("john is told %q", got)
	}

	w.change(func(p *ticket.Policy) { // jane and tom are not all who read it, but its team
		a := p.Agents["john"]
		a.Access = map[string]string{"online-banking": "agent"}
		p.Agents["john"] = a
	})
	w.take(from(karen, "[#1001] Can not log in", "And?"))
	same(t, "mails", mailed(w.sent()), []string{"message:" + jane, "message:" + tom})
	w.take(answer(to(t, out, ticket.NoticeAssigned, jane), jane, "#take"))
	w.want(ticket.Commanded)
	w.isWith(n, "network", "jane")
	w.sent()
	w.take(from(karen, "[#1001] Can not log in", "And now?"))
	same(t, "mails", mailed(w.sent()), []string{"message:" + jane})
	facts := w.commands(to(t, out, ticket.NoticeAssigned, jane), jane, "#assign none", ticket.Commanded)
	w.isWith(n, "", "")
	if got := facts.Results[0].Result; got != "Jane Doe -> nobody; team Network -> no team" {
		t.Errorf("jane is told %q", got)
	}
}

// TestAgentAndTeamInOneMail: one of each is no contradiction, and who has the
// ticket is told, not the team.
func TestAgentAndTeamInOneMail(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, john)
	w.take(answer(notice, john, "#assign team:network\n#assign jane"))
	w.want(ticket.Commanded)
	w.isWith(n, "network", "jane")
	out = w.sent()
	same(t, "mails", mailed(out), []string{"assigned:" + jane, "transcript:" + john})
	if f := to(t, out, ticket.NoticeAssigned, jane).Facts; f.Team != "" || f.Assignee != "Jane Doe, team Network" {
		t.Errorf("jane is told %+v", f)
	}
	for _, lines := range []string{"#assign team:network\n#assign team:none", "#take\n#assign jane", "#assign none\n#assign team:network"} {
		w.take(answer(notice, john, lines))
		w.want(ticket.CommandHeld)
	}
}

// TestTeamsThatCannotTakeIt: a team takes tickets of its departments only, and
// of those that its members can read.
func TestTeamsThatCannotTakeIt(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	change := func(p *ticket.Policy) {
		grow(p)
		p.Teams["readers"] = ticket.Team{Key: "readers", Name: "Readers", Members: []string{"tom"}}
		p.Teams["bankers"] = ticket.Team{Key: "bankers", Name: "Bankers", Members: []string{"jane"}, Departments: []string{"online-banking"}}
		p.Teams["front"] = ticket.Team{Key: "front", Name: "Front", Members: []string{"jane"}, Departments: []string{"support"}}
	}
	w.change(change)
	notice := to(t, out, ticket.NoticeNew, jane)
	for line, want := range map[string]string{
		"#assign team:readers": "the team Readers does not work on tickets of Support",
		"#assign team:bankers": "the team Bankers does not work on tickets of Support",
		"#assign team:bnakers": `there is no team "bnakers"; did you mean "bankers"?`,
		"#assign team:":        "which team? Write #assign team:NAME or #assign team:none",
		"#list myteams":        "you are a member of no team",
	} {
		if line == "#list myteams" {
			w.change(func(p *ticket.Policy) { p.Teams = nil })
		}
		if got := w.commands(notice, jane, line, ticket.CommandHeld).Results[0].Result; got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
		w.change(change)
	}
	w.commands(notice, jane, "#dept routers\n#assign team:front", ticket.Commanded)             // below its own department
	got := w.commands(notice, jane, "#dept online-banking", ticket.Commanded).Results[0].Result // the team stays behind
	if tk := w.show(n).Ticket; tk.Team != "" {
		t.Errorf("ticket is %+v", tk)
	}
	if !strings.HasSuffix(got, "; the team Front does not work there: with no team") {
		t.Errorf("told %q", got)
	}
}

// TestListOfTeams lists a team's tickets, and those of all of one's teams.
func TestListOfTeams(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign team:network"))
	w.take(from("bob@customer.example", "Other", "text"))
	w.sent()
	notice := to(t, out, ticket.NoticeNew, jane)
	for _, words := range []string{"team:network", "myteams", "myteams unassigned"} {
		report := w.commands(notice, jane, "#list "+words, ticket.Commanded).Report
		if len(report) != 2 || !strings.HasPrefix(report[0], "#1001") || !strings.Contains(report[1], "Support, team Network") {
			t.Errorf("%s lists %q", words, report)
		}
	}
	if mine := w.commands(notice, jane, "#list mine", ticket.Commanded).Report; len(mine) != 0 { // that stays personal
		t.Errorf("mine lists %q", mine)
	}
}

// TestLeadOfATeam hears of the team's tickets in place of the department's.
func TestLeadOfATeam(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	change := func(p *ticket.Policy) {
		p.Teams["network"] = ticket.Team{Key: "network", Name: "Network", Members: []string{"jane"}, Lead: "john"}
	}
	w.change(change)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign team:network"))
	w.want(ticket.Commanded)
	w.sent()
	w.change(func(p *ticket.Policy) {
		change(p)
		for _, key := range []string{"jane", "john"} {
			a := p.Agents[key]
			a.Access = nil
			p.Agents[key] = a
		}
	})
	w.take(from(karen, "[#1001] Can not log in", "And?"))
	same(t, "mails", mailed(w.sent()), []string{"message:" + john})
}
