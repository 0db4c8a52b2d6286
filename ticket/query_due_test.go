package ticket_test

import (
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestDeadlinesAreShown: agents read when a ticket is due in their mails and
// lists, each in their own zone, and list by it. Customers do not read it.
func TestDeadlinesAreShown(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	w.want(ticket.Opened)
	first := w.sent()
	notice := to(t, first, ticket.NoticeNew, jane)
	if got := notice.Facts.Due; got != "due Mon 10:00" {
		t.Errorf("Jane reads %q", got)
	}
	if got := to(t, first, ticket.NoticeAck, karen).Facts.Due; got != "" {
		t.Errorf("the customer reads %q", got)
	}
	w.edit(0, func(p *ticket.Policy) {
		agent := p.Agents["jane"]
		agent.Calendar = "office"
		p.Agents["jane"] = agent
	})
	list := func(query string) string {
		t.Helper()
		w.take(answer(notice, jane, "#list "+query))
		w.want(ticket.Commanded)
		n := to(t, w.sent(), ticket.NoticeTranscript, jane)
		return strings.Join(n.Facts.Report, "\n") + n.Facts.Due
	}
	w.now = w.now.Add(30 * time.Minute)
	for query, want := range map[string]string{
		"due<29m":    "due Mon 11:00", // as Jane reads it in Berlin, of the ticket itself
		"due<31m":    " UTC, due Mon 10:00due Mon 11:00",
		"overdue":    "due Mon 11:00",
		"unassigned": " UTC, due Mon 10:00due Mon 11:00",
	} {
		if got := list(query); !strings.HasSuffix(got, want) || strings.HasPrefix(got, "#1001") != strings.HasPrefix(want, " UTC") {
			t.Errorf("#list %s: %q, want %q", query, got, want)
		}
	}
	w.now = w.now.Add(31 * time.Minute)
	if got := list("overdue"); !strings.HasSuffix(got, ", late since Mon 10:00late since Mon 11:00") {
		t.Errorf("#list overdue: %q", got)
	}
	w.take(answer(notice, jane, "#list due<soon"))
	w.want(ticket.CommandHeld)
	w.take(answer(notice, jane, "#show"))
	if got := to(t, w.sent(), ticket.NoticeTranscript, jane).Facts.Report[2]; !strings.HasSuffix(got, "SLA Sev-C | late since Mon 10:00") {
		t.Errorf("#show: %q", got)
	}
	w.take(answer(notice, jane, "#resolve\nDone."))
	for _, n := range w.sent() {
		if n.Facts.Due != "" {
			t.Errorf("after the end %s reads %q", n.Kind, n.Facts.Due)
		}
	}
}
