package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// standings bring a new ticket of Jane's to where the columns of the table in
// lifecycle.md g.2 begin. The last two are those of decision 23.
var standings = map[string]func(w *world, n ticket.Number){
	"new":      func(*world, ticket.Number) {},
	"open":     func(w *world, n ticket.Number) { w.command(n, jane, "#open") },
	"pending":  func(w *world, n ticket.Number) { w.command(n, jane, "#pending 5d") },
	"hold":     func(w *world, n ticket.Number) { w.command(n, jane, "#hold") },
	"snoozed":  func(w *world, n ticket.Number) { w.command(n, jane, "#open\n#snooze 5d") },
	"resolved": func(w *world, n ticket.Number) { w.command(n, jane, "#resolve") },
	"closed":   func(w *world, n ticket.Number) { w.command(n, jane, "#close") },
	"resolved long ago": func(w *world, n ticket.Number) {
		w.command(n, jane, "#resolve")
		w.now = w.now.Add(6 * day)
		w.command(n, jane, "#resolve") // which begins no new window
		w.now = w.now.Add(day + time.Second)
	},
	"closed for good": func(w *world, n ticket.Number) {
		w.command(n, jane, "#close")
		w.change(func(p *ticket.Policy) {
			lived(p)
			support := p.Departments["support"]
			support.ReopenClosed = false
			p.Departments["support"] = support
		})
	},
}

// happenings are the rows of the table.
var happenings = map[string]func(w *world, n ticket.Number){
	"customer message": func(w *world, n ticket.Number) { w.take(from(karen, "Re: [#1001]", "It happened again.")) },
	"short thanks":     func(w *world, n ticket.Number) { w.take(from(karen, "Re: [#1001]", "Thanks a lot!")) },
	"auto-reply": func(w *world, n ticket.Number) {
		m := from(karen, "Re: [#1001]", "I am away.")
		m.Machine = ticket.AutoReplied
		w.take(m)
	},
	"bounce": func(w *world, n ticket.Number) {
		ack := w.show(n).Notices[0]
		m := from("mailer-daemon@customer.example", "failed", "")
		m.Recipients, m.Machine = []string{ack.ReturnPath}, ticket.AutoReplied
		m.Bounces = []ticket.Bounce{{Recipient: karen, Permanent: true}}
		w.take(m)
	},
	"guest-held message": func(w *world, n ticket.Number) {
		w.take(answer(w.show(n).Notices[0], "mallory@evil.example", "Let me in."))
		w.want(ticket.GuestHeld)
	},
	"public agent reply": func(w *world, n ticket.Number) { w.say(n, jane, "#reply\nHello.") },
	"reply with #open":   func(w *world, n ticket.Number) { w.say(n, jane, "#open\n#reply\nHello.") },
	"note":               func(w *world, n ticket.Number) { w.say(n, jane, "#note\nHm.") },
	"#resolve":           func(w *world, n ticket.Number) { w.say(n, jane, "#resolve") },
	"#open":              func(w *world, n ticket.Number) { w.say(n, jane, "#open") },
	"timer":              func(w *world, n ticket.Number) { w.pass(8*day, 12*time.Hour) },
}

// lived is the policy of the table.
func lived(p *ticket.Policy) {
	p.Thanks = true
	for key, d := range p.Departments {
		d.CloseAfter = 7 * day
		p.Departments[key] = d
	}
}

// TestLifecycle is the table of lifecycle.md g.2, with decision 23. "other" is a
// new ticket that is linked to the old one, which stays as it is; "refused" does
// nothing and says why.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	columns := []string{"new", "open", "pending", "hold", "snoozed", "resolved", "closed", "resolved long ago", "closed for good"}
	for row, want := range map[string][]string{
		"customer message":   {"new", "open", "open", "open", "open", "open", "open", "other", "other"},
		"short thanks":       {"new", "open", "open", "open", "open", "resolved", "closed", "other", "other"},
		"auto-reply":         {"new", "open", "pending", "hold", "snoozed", "resolved", "closed", "resolved", "closed"},
		"bounce":             {"new", "open", "pending", "hold", "snoozed", "resolved", "closed", "resolved", "closed"},
		"guest-held message": {"new", "open", "pending", "hold", "snoozed", "resolved", "closed", "resolved", "closed"},
		"public agent reply": {"open", "open", "pending", "hold", "snoozed", "resolved", "refused", "resolved", "refused"},
		"reply with #open":   {"open", "open", "open", "open", "snoozed", "open", "open", "open", "open"},
		"note":               {"new", "open", "pending", "hold", "snoozed", "resolved", "closed", "resolved", "closed"},
		"#resolve":           {"resolved", "resolved", "resolved", "resolved", "resolved", "resolved", "refused", "resolved", "refused"},
		"#open":              {"open", "open", "open", "open", "snoozed", "open", "open", "open", "open"},
		"timer":              {"new", "open", "open", "hold", "open", "closed", "closed", "closed", "closed"},
	} {
		for i, column := range columns {
			t.Run(row+"/"+column, func(t *testing.T) {
				t.Parallel()
				w, n, _ := opened(t)
				w.change(lived)
				w.command(n, jane, "#take")
				standings[column](w, n)
				before := w.show(n)
				happenings[row](w, n)
				w.lives(n, before, want[i])
			})
		}
	}
}

// lives checks what became of a ticket.
func (w *world) lives(n ticket.Number, before ticket.Case, want string) {
	w.t.Helper()
	after := w.show(n)
	is := string(after.Ticket.Status)
	if !after.Ticket.Snoozed.IsZero() {
		is = "snoozed"
	}
	switch want {
	case "other":
		if w.last.Outcome != ticket.Opened || w.last.Ticket == n {
			w.t.Fatalf("the mail was %s, to ticket %d", w.last.Outcome, w.last.Ticket)
		}
		linked := slices.ContainsFunc(w.show(w.last.Ticket).Events, func(e ticket.Event) bool { return e.Kind == ticket.LinkFound && e.After == "1001" })
		if !linked || is != string(before.Ticket.Status) || len(after.Entries) != len(before.Entries) {
			w.t.Errorf("linked %v; the old ticket is %s with %d entries, had %d", linked, is, len(after.Entries), len(before.Entries))
		}
	case "refused":
		w.want(ticket.CommandHeld)
		held := to(w.t, w.sent(), ticket.NoticeHeld, jane)
		if is != string(before.Ticket.Status) || !strings.Contains(held.Facts.Results[len(held.Facts.Results)-1].Result, "#open") {
			w.t.Errorf("the ticket is %s, and Jane was told %+v", is, held.Facts.Results)
		}
	default:
		if is != want {
			w.t.Errorf("the ticket is %s, want %s; because %v", is, want, w.last.Reasons)
		}
	}
	w.replays(n)
}

// ways are the transitions of lifecycle.md g.2, by who makes them: what a
// customer's mail does, what time does, and what agents do with a command, a
// reply or a merge. Nothing else ever happens to a status, but by steps of plans.
var ways = map[ticket.ActorKind]map[ticket.Status][]ticket.Status{
	ticket.ByCustomer: {ticket.Pending: {ticket.Open}, ticket.Hold: {ticket.Open}, ticket.Resolved: {ticket.Open}, ticket.Closed: {ticket.Open}},
	ticket.ByDesk:     {ticket.Pending: {ticket.Open, ticket.Resolved}, ticket.Resolved: {ticket.Closed}},
	ticket.ByAgent: {
		ticket.New:      {ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Open:     {ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Pending:  {ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Hold:     {ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Resolved: {ticket.Open, ticket.Pending, ticket.Hold, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Closed:   {ticket.Open, ticket.Closed, ticket.Spam, ticket.Merged},
		ticket.Spam:     {ticket.Open},
		ticket.Merged:   {},
	},
}

// wrongWays lists the status changes of a diary that the table does not know.
func wrongWays(events []ticket.Event) []string {
	var wrong []string
	for _, e := range events {
		if e.Kind != ticket.StatusChanged {
			continue
		}
		was, is := ticket.ParseState(e.Before), ticket.ParseState(e.After)
		if was == is || !slices.Contains(ways[e.Actor.Kind][was.Status], is.Status) {
			wrong = append(wrong, string(e.Actor.Kind)+": "+e.Before+" -> "+e.After)
		}
	}
	return wrong
}
