package ticket_test

import (
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// TestLateMailShiftsNoSteps: a mail is read that came before others which were read
// already, so that there is one more turn in the conversation before them. What was
// done for the later turns stays done for them: nothing is done twice, and no
// breach is taken back that was one.
func TestLateMailShiftsNoSteps(t *testing.T) {
	t.Parallel()
	type mail struct {
		at    string // when it came
		agent bool
	}
	for name, c := range map[string]struct {
		before []mail
		late   mail // read at 12:40
		clocks string
	}{
		"of the customer, between two answers": {
			[]mail{{"09:10", true}, {"10:30", true}, {"11:30", false}}, mail{"10:00", false}, "next 1 met, next 2 running"},
		"of an agent, between two questions": {
			[]mail{{"09:10", true}, {"09:20", false}, {"10:10", false}, {"10:15", true}, {"11:30", false}}, mail{"09:50", true},
			"next 1 met, next 2 running, next 3 met"},
		"in the same turn": {
			[]mail{{"09:10", true}, {"11:30", false}}, mail{"11:00", false}, "next 1 running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.edit(0, func(p *ticket.Policy) {
				plan := p.Plans["sev-c"]
				plan.Targets = map[string]sla.Target{"Normal": {Next: time.Hour}}
				plan.Steps = []sla.Step{{Key: "breach", Metric: sla.Next, Do: []string{"mail:lead"}}}
				p.Plans["sev-c"] = plan
			})
			w.take(from(karen, "Cannot sign in", "Help!"))
			n := w.want(ticket.Opened)
			out := w.sent()
			fresh, ack := to(t, out, ticket.NoticeNew, jane), to(t, out, ticket.NoticeAck, karen)
			at := func(clock string) time.Time {
				t.Helper()
				d, err := time.Parse("2006-01-02 15:04", "2026-01-05 "+clock)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			var told []string
			read := func(m mail, when string) {
				t.Helper()
				told = append(told, w.until(at(when))...)
				w.now = at(when)
				answered := answer(ack, karen, "And now?")
				if m.agent {
					answered = answer(fresh, jane, "#reply\nTry again.")
				}
				w.uid++
				answered.MessageID = m.at + "@" + answered.From.Domain()
				w.deliverAt(w.uid, answered, at(m.at))
				if got := w.last.Ticket; got != n {
					t.Fatalf("the mail of %s is on %d", m.at, got)
				}
			}
			for _, m := range c.before {
				read(m, m.at)
			}
			read(c.late, "12:40")
			told = append(told, w.until(at("15:00"))...)
			var escalations []string
			for _, line := range told {
				if strings.Contains(line, "escalation") {
					escalations = append(escalations, line)
				}
			}
			same(t, "escalations", escalations, []string{"12:30 escalation:lead@private.example"})
			same(t, "revoked", w.diary(n, ticket.BreachRevoked), nil)
			clocks(t, w, n, strings.Split(c.clocks, ", ")...)
			w.audit()
		})
	}
}
