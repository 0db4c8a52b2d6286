package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestMerge merges two tickets of one customer: whatever leads to the old one
// leads to the new one from then on.
func TestMerge(t *testing.T) {
	t.Parallel()
	w, out := two(t, karen)
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#tag vpn\n#assign jane\n#reply\n\nPlease try again."))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	w.take(answer(reply, karen, "It says no again."))
	w.want(ticket.Appended)
	w.sent()
	w.take(answer(fresh, john, "#tag x")) // not his: it is quarantined, and stays so
	w.want(ticket.Quarantined)
	w.take(answer(fresh, jane, "#note\nThis is the same as 1001."))
	w.sent()
	w.take(answer(fresh, jane, "#merge #1001"))
	w.want(ticket.Commanded)
	out = w.sent()
	if got, want := results(t, out, ticket.NoticeTranscript, jane), []string{"#merge #1001: merged into 1001: Can not log in; replies there go to " + karen}; !slices.Equal(got, want) {
		t.Errorf("results %q", got)
	}
	told := to(t, out, ticket.NoticeMerged, john)
	if told.Ticket != 1001 || told.Facts.Other != "1002 (Still can not log in)" || told.Facts.Latest != "It says no again." || told.Facts.Actor != "Jane Doe" {
		t.Errorf("John is told %+v", told.Facts)
	}

	c, old := w.show(1002), w.part(1002)
	if c.Ticket.Number != 1001 || old.Ticket.Status != ticket.Merged || old.Ticket.MergedInto != 1001 || !slices.Equal(c.Ticket.Tags, []string{"vpn"}) {
		t.Errorf("1002 is %+v, and goes on as %+v", old.Ticket, c.Ticket)
	}
	for n, tail := range map[ticket.Number]string{
		1001: "merged-from 1002 by jane, tags vpn by jane",
		1002: "status merged by jane, merged-into 1001 by jane, commands  by jane",
	} {
		var words []string
		for _, e := range w.part(n).Events {
			words = append(words, fmt.Sprintf("%s %s by %s", e.Kind, e.After, e.Actor.Name))
		}
		if got := strings.Join(words, ", "); !strings.HasSuffix(got, tail) {
			t.Errorf("the diary of %d is %s, and ends not with %s", n, got, tail)
		}
		checkReplay(t, w.part(n))
	}

	// Mail finds the way, by whatever leads to 1002.
	signed := reply.Facts.Reference
	for name, m := range map[string]ticket.Mail{
		"token":     answer(reply, karen, "by token"),
		"known id":  {InReplyTo: []string{"m2@customer.example"}},
		"reference": {Quoted: "> " + signed},
		"subject":   {Subject: "Re: [#1002] Still"},
	} {
		m.From, m.Authenticity, m.MessageID = ticket.Address{Email: karen}, ticket.Proven, strings.ReplaceAll(name, " ", "-")+"@customer.example"
		if m.Recipients == nil {
			m.Recipients = []string{"support@bank.example"}
		}
		w.take(m)
		if n := w.want(ticket.Appended); n != 1001 {
			t.Errorf("by %s it came to %d", name, n)
		}
	}
	w.sent()
	w.take(answer(fresh, jane, "#merge 1001"))
	w.want(ticket.CommandHeld)
	if got := results(t, w.sent(), ticket.NoticeHeld, jane); got[0] != "#merge 1001: a ticket can not be merged into itself" {
		t.Errorf("merged again: %q", got)
	}
	w.take(answer(fresh, jane, "#high\n#reply\n\nWe look into it."))
	if n := w.want(ticket.Commanded); n != 1001 || w.show(1001).Ticket.Priority != "High" {
		t.Errorf("an agent's answer came to %d", n)
	}
	out = w.sent()
	if got := results(t, out, ticket.NoticeTranscript, jane); got[len(got)-1] != "(your mail): answers a mail of ticket 1002, which was merged into 1001" {
		t.Errorf("the agent is not told of the merge: %q", got)
	}
	if r := to(t, out, ticket.NoticeReply, karen); !slices.Contains(r.References, "m2@customer.example") || r.Ticket != 1001 {
		t.Errorf("the reply refers to %q", r.References)
	}
	w.take(answer(told, john, "#show 1002"))
	report := to(t, w.sent(), ticket.NoticeTranscript, john).Facts
	text := strings.Join(report.Report, "\n")
	if report.Results[0].Result != "was merged into 1001, see below" || !strings.HasPrefix(text, "Ticket 1001: Can not log in\n") {
		t.Errorf("shown %+v", report.Results)
	}
	for _, want := range []string{"EVENT by karen@customer.example: opened (from #1002)", "REPLY by Jane Doe (from #1002)", "REPLY by Jane Doe\n", "MESSAGE by karen@customer.example\n    by token"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	w.audit()
}

// TestMergedTicketsMail: what is still to be sent of a merged ticket goes out, and
// that it did not arrive is told to those who have the ticket now.
func TestMergedTicketsMail(t *testing.T) {
	t.Parallel()
	w, out := two(t, karen)
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#merge 1001\n\nWe go on in the other ticket."))
	w.want(ticket.Commanded)
	out = w.sent()
	reply := to(t, out, ticket.NoticeReply, karen)
	if reply.Ticket != 1002 {
		t.Errorf("the last words on 1002 are those of %d", reply.Ticket)
	}
	m := from("mailer-daemon@relay.example", "Undeliverable", "no such user")
	m.Recipients, m.Machine = []string{reply.ReturnPath}, ticket.AutoReplied
	m.Bounces = []ticket.Bounce{{Recipient: karen, Permanent: true, Status: "5.1.1"}}
	w.take(m)
	w.want(ticket.Bounced)
	failed := to(t, w.sent(), ticket.NoticeUndeliverable, "lead@private.example")
	if failed.Ticket != 1001 {
		t.Errorf("John is told on %d", failed.Ticket)
	}
	if got := w.diaryOf(1002, ticket.BounceReported, ticket.ReplyUndelivered); len(got) != 2 {
		t.Errorf("the diary of 1002 says %q", got)
	}
	w.audit()
}

// TestMergeRefused holds refusals to their words.
func TestMergeRefused(t *testing.T) {
	t.Parallel()
	w, out := two(t, karen)
	w.take(from(karen, "Another one", "Text."))
	third := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(third, jane, "#dept online-banking"))
	w.want(ticket.Commanded)
	w.take(from(karen, "A fourth one", "Text."))
	fourth := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(fourth, jane, "#merge 1001"))
	w.want(ticket.Commanded)
	fresh := to(t, out, ticket.NoticeNew, john)
	for args, want := range map[string]string{
		"":           "into which ticket? Write its number, as in #merge 1234",
		" karen":     "into which ticket? Write its number, as in #merge 1234",
		" 1001 cc":   "into which ticket? Write its number, as in #merge 1234",
		" 1001 1003": "into which ticket? Write its number, as in #merge 1234",
		" 1002":      "a ticket can not be merged into itself",
		" 999":       "there is no ticket 999 that you may read",
		" 1003":      "there is no ticket 1003 that you may read",
	} {
		w.take(answer(fresh, john, "#merge"+args))
		w.want(ticket.CommandHeld)
		if got := results(t, w.sent(), ticket.NoticeHeld, john)[0]; got != "#merge"+args+": "+want {
			t.Errorf("%q: %s", args, got)
		}
	}
	w.take(answer(fresh, john, "#close\n#merge 1001"))
	w.want(ticket.CommandHeld)
	if got := results(t, w.sent(), ticket.NoticeHeld, john)[1]; got != "#merge 1001: contradicts #close: give one of them" {
		t.Error(got)
	}
	// By a number that was merged itself, and into what was merged into this one.
	w.take(answer(fresh, john, "#merge 1004"))
	w.want(ticket.Commanded)
	if got := results(t, w.sent(), ticket.NoticeTranscript, john)[0]; !strings.HasPrefix(got, "#merge 1004: 1004 was merged into 1001; merged into 1001: Can not log in") {
		t.Error(got)
	}
	w.take(answer(fresh, john, "#merge 1004"))
	w.want(ticket.CommandHeld)
	if got := results(t, w.sent(), ticket.NoticeHeld, john)[0]; got != "#merge 1004: ticket 1004 was merged into this one" {
		t.Error(got)
	}
	// The right is needed on both sides.
	w.change(func(p *ticket.Policy) {
		p.Agents["john"].Access["online-banking"] = "reader"
	})
	w.take(answer(fresh, john, "#merge 1003"))
	w.want(ticket.CommandHeld)
	if got := results(t, w.sent(), ticket.NoticeHeld, john)[0]; got != `#merge 1003: needs the right "merge" in Online Banking, where your role is "reader"; ask Lea Dahl` {
		t.Error(got)
	}
	w.audit()
}

// TestMergeChain merges one into the next, many times: the first number leads to
// the last one for ever.
func TestMergeChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 1000; p.Caps.SenderHour = 1000 })
	var fresh []ticket.Notice
	const tickets = 15
	for i := range tickets {
		w.take(from(karen, fmt.Sprintf("Ticket %d", i), "Text."))
		w.want(ticket.Opened)
		fresh = append(fresh, to(t, w.sent(), ticket.NoticeNew, jane))
	}
	for i := range tickets - 1 {
		w.now = w.now.Add(11 * time.Minute)
		w.take(answer(fresh[i], jane, fmt.Sprintf("#merge %d", 1002+i)))
		w.want(ticket.Commanded)
		w.sent()
	}
	c := w.show(1001)
	if c.Ticket.Number != 1000+tickets || len(c.Merged) != tickets-1 {
		t.Errorf("1001 goes on in %d, with %d merged into it", c.Ticket.Number, len(c.Merged))
	}
	m := from(karen, "Re: [#1001] Ticket", "One more.")
	w.take(m)
	if n := w.want(ticket.Appended); n != 1000+tickets {
		t.Errorf("mail to 1001 came to %d", n)
	}
	w.audit()
}

// TestMergeWakes: a ticket on which there is work left is not merged into silence.
func TestMergeWakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string // what agents do on them before
		want          ticket.Status
	}{
		"pending, and the customer wrote":        {"#pending", "", ticket.Open},
		"pending, and the customer was answered": {"#pending", "#reply\nTry again.", ticket.Pending},
		"resolved, and there is work left":       {"#resolve", "#reply\nTry again.", ticket.Open},
		"resolved, and both are":                 {"#resolve", "#resolve", ticket.Resolved},
		"open":                                   {"#open", "", ticket.Open},
		"closed, and the customer wrote":         {"#close", "", ticket.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n, out := opened(t)
			w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, c.first))
			w.sent()
			w.take(from(karen, "Again", "Text."))
			fresh := to(t, w.sent(), ticket.NoticeNew, jane)
			if c.second != "" {
				w.take(answer(fresh, jane, c.second))
				w.want(ticket.Commanded)
				w.sent()
			}
			w.take(answer(fresh, jane, "#merge 1001"))
			w.want(ticket.Commanded)
			tk := w.show(n).Ticket
			if tk.Status != c.want {
				t.Errorf("it is %s, want %s", tk.Status, c.want)
			}
			result := results(t, w.sent(), ticket.NoticeTranscript, jane)
			if moved := tk.Status == ticket.Open && name != "open"; moved != strings.Contains(strings.Join(result, ""), "since there is work left on 1002") {
				t.Errorf("results %q", result)
			}
			w.audit()
		})
	}
}

// TestMergeClocks: the survivor's clocks count from the earlier mail, and those of
// the other ticket end (sla.md f.4).
func TestMergeClocks(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.take(from(karen, "First", "Help!"))
	w.now = w.now.Add(20 * time.Minute)
	w.take(from(karen, "Second", "Help!"))
	out := w.sent()
	var older ticket.Notice
	for _, n := range out {
		if n.Ticket == 1001 && n.Agent == "jane" {
			older = n
		}
	}
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(older, jane, "#merge 1002"))
	w.want(ticket.Commanded)
	w.sent()
	if due, want := w.show(1002).Ticket.Deadline, w.now.Add(30*time.Minute); !due.Equal(want) {
		t.Errorf("the first answer is due %s, want %s", due, want)
	}
	if c := w.part(1001); !c.Ticket.Deadline.IsZero() || !c.Ticket.NextAt.IsZero() {
		t.Errorf("the clocks of the merged ticket run: %+v", c.Ticket)
	}
	got := w.until(w.now.Add(30 * time.Minute))
	if want := []string{"09:45 escalation:lead@private.example", "10:00 escalation:lead@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %q, want %q", got, want)
	}
	w.audit()
}

// TestMergedStorm: the ticket that takes a sender's flood is merged into another
// customer's. What comes then opens tickets of its own.
func TestMergedStorm(t *testing.T) {
	t.Parallel()
	w, _, _ := opened(t)
	w.change(func(p *ticket.Policy) { p.Caps.SenderHour = 1 })
	w.take(from(bob, "One", "Text."))
	w.take(from(bob, "Two", "Text."))
	fresh := w.sent()
	w.take(from(bob, "Three", "Text."))
	if n := w.want(ticket.Appended); n != 1003 {
		t.Fatalf("the flood is kept on %d", n)
	}
	for _, n := range fresh {
		if n.Ticket == 1003 && n.Agent == "jane" {
			w.take(answer(n, jane, "#merge 1001 -cc"))
			w.want(ticket.Commanded)
		}
	}
	w.take(from(bob, "Four", "Text."))
	if n := w.want(ticket.Opened); n != 1004 {
		t.Errorf("it came to %d", n)
	}
	w.audit()
}
