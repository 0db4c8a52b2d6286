package ticket_test

import (
	"strings"
	"testing"

	"deskpost/ticket"
)

func TestShowListHelp(t *testing.T) {
	w, _, out := opened(t)
	w.take(from("bob@customer.example", "Card lost", "Where is it?"))
	w.sent()
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#show\n#list unassigned\n#help assign"))
	w.want(ticket.Commanded)
	transcript := to(t, w.sent(), ticket.NoticeTranscript, jane)
	report := strings.Join(transcript.Facts.Report, "\n")
	for _, want := range []string{"Ticket 1001: Can not log in", "MESSAGE by Karen Customer <karen@customer.example>",
		"    It says no.", "#1002", "Card lost", "#assign AGENT | team:NAME | me | none"} {
		if !strings.Contains(report, want) {
			t.Errorf("report lacks %q:\n%s", want, report)
		}
	}
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#show 1002\n#list dept:online-banking"))
	w.want(ticket.CommandHeld) // john may not read that department
}

func TestListQueries(t *testing.T) {
	for query, bad := range map[string]bool{
		"": false, "mine": false, "unassigned": false, "all": false, "open pending": false,
		"dept:support prio:emergency assignee:jane sla:sev-a tag:vpn status:open": false,
		"nonsense": false, "unasigned": true, "color:red": true, "dept:none": true, "assignee:nobodyhere": true,
	} {
		w, _, out := opened(t)
		w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#list "+query))
		want := ticket.Commanded
		if bad {
			want = ticket.CommandHeld
		}
		w.want(want)
	}
}
