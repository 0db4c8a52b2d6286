package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestAlarmsOfAnAgentWhoLeft: the lead leaves while mail about deadlines waits for
// them. The admin is told instead, in one mail, and each diary says so.
func TestAlarmsOfAnAgentWhoLeft(t *testing.T) {
	t.Parallel()
	for _, tickets := range []int{1, 2} {
		t.Run(fmt.Sprint(tickets), func(t *testing.T) {
			t.Parallel()
			w := shift(t, false, nil)
			var all []ticket.Number
			for i := range tickets {
				w.take(from(karen, fmt.Sprintf("No %d", i), "Help!"))
				all = append(all, w.want(ticket.Opened))
			}
			w.now = time.Date(2026, 1, 5, 10, 1, 0, 0, time.UTC)
			w.tick()
			w.sent()
			p := *w.desk.Policy()
			p.Agents = map[string]ticket.Agent{}
			for key, a := range w.desk.Policy().Agents {
				a.Disabled = key == "lead"
				p.Agents[key] = a
			}
			p.Admins = []string{"jane"}
			w.desk.SetPolicy(&p)
			w.now = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
			w.sent() // what is claimed then is not sent
			w.tick()
			var said []string
			for _, n := range w.sent() {
				if n.Agent != "jane" || !strings.HasPrefix(string(n.Kind), "escalation") {
					continue
				}
				said = append(said, n.Facts.Verdict, n.Facts.For)
				for _, list := range n.Facts.Lists {
					said = append(said, list.Title)
					for _, line := range list.Tickets {
						said = append(said, line.When)
					}
				}
			}
			text := strings.Join(said, "\n")
			if got := strings.Count(text, "The first answer: the deadline is 2026-01-05 10:00 UTC."); got != tickets {
				t.Errorf("Jane reads %d times of a deadline, want %d: %s", got, tickets, text)
			}
			if !strings.Contains(text, "Lea Dahl, who is not at work here any more") {
				t.Errorf("it does not say whom it was for: %s", text)
			}
			for _, n := range all {
				got := w.diary(n, ticket.DeliveryFailed)
				if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "told Jane Doe instead") }) {
					t.Errorf("diary of %d: %q", n, got)
				}
			}
		})
	}
}
