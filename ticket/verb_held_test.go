package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

const vendor = "vera@vendor.example"

// withGuest is a ticket that waits for its customer, on which somebody has written
// to whom the customer forwarded our mail.
func withGuest(t *testing.T) (*world, ticket.Number, ticket.Notice) {
	w, n, out := opened(t)
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#pending\nWhich version is it?"))
	w.sent()
	w.now = w.now.Add(time.Hour)
	w.take(answer(to(t, out, ticket.NoticeAck, karen), vendor, "It is version 7."))
	w.want(ticket.GuestHeld)
	w.sent()
	w.now = w.now.Add(time.Hour)
	return w, n, fresh
}

// TestAllow takes a stranger's message, as if it had come now, and lets the
// stranger take part.
func TestAllow(t *testing.T) {
	t.Parallel()
	w, n, fresh := withGuest(t)
	same(t, "results", w.run(fresh, "#allow"),
		[]string{"#allow: 1 held message of vera@vendor.example taken into the thread; who wrote it gets replies from now on, which #cc -vera@vendor.example takes back; the ticket is open"})
	c := w.show(n)
	e := c.Entries[len(c.Entries)-1]
	if e.Held || e.Denied || e.Text != "It is version 7." || c.Ticket.Status != ticket.Open || !c.Ticket.SpokenAt.Equal(w.now) {
		t.Errorf("entry %+v on %+v", e, c.Ticket)
	}
	same(t, "diary", w.diary(n, ticket.MessageAllowed), []string{"11:01 message-allowed  ->  message of vera@vendor.example"})
	w.replays(n)
	w.take(answer(fresh, jane, "#reply\nThank you both."))
	if got := mailed(w.sent()); !slices.Contains(got, "reply:"+karen) || !slices.Contains(got, "reply:"+vendor) {
		t.Errorf("the reply went to %v", got)
	}
	same(t, "again", w.run(fresh, "#allow"), []string{"#allow: nothing is held on this ticket"})
}

// TestAllowStartsTheNextAnswer counts from when the message was taken.
func TestAllowStartsTheNextAnswer(t *testing.T) {
	t.Parallel()
	w, n, out := signIn(t)
	w.edit(1, func(p *ticket.Policy) {
		plan := p.Plans["sev-c"]
		plan.Targets = map[string]sla.Target{"Normal": {First: time.Hour, Next: 2 * time.Hour, Resolve: 8 * time.Hour}}
		p.Plans["sev-c"] = plan
	})
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "Which version is it?"))
	w.take(answer(to(t, out, ticket.NoticeAck, karen), vendor, "It is version 7."))
	w.want(ticket.GuestHeld)
	w.sent()
	w.now = w.now.Add(time.Hour)
	next := func() (running bool) {
		for _, c := range w.clocks(n) {
			running = running || c.Metric == sla.Next && c.State == sla.Running
		}
		return running
	}
	if next() {
		t.Error("a held message started the clock of the next answer")
	}
	w.run(fresh, "#allow last")
	if !next() {
		t.Errorf("no clock for the next answer runs: %+v", w.clocks(n))
	}
	for _, c := range w.clocks(n) {
		if c.Metric == sla.Next && !c.Started.Equal(w.now) {
			t.Errorf("it runs since %s, want %s", c.Started, w.now)
		}
	}
	w.audited()
}

// TestDeny leaves the message out for good, and its sender outside.
func TestDeny(t *testing.T) {
	t.Parallel()
	w, n, fresh := withGuest(t)
	same(t, "results", w.run(fresh, "#deny vera@vendor.example"), []string{"#deny vera@vendor.example: 1 held message of vera@vendor.example rejected; nobody is told"})
	c := w.show(n)
	if e := c.Entries[len(c.Entries)-1]; !e.Held || !e.Denied || c.Ticket.Status != ticket.Pending {
		t.Errorf("entry %+v on %+v", e, c.Ticket)
	}
	w.replays(n)
	w.sent()
	w.take(answer(fresh, jane, "#reply\nAre you there?"))
	if got := mailed(w.sent()); slices.Contains(got, "reply:"+vendor) {
		t.Errorf("the reply went to %v", got)
	}
	same(t, "again", w.run(fresh, "#deny"), []string{"#deny: nothing is held on this ticket"})
	w.audited()
}

// TestWhoseMessageIsMeant asks where it is not plain.
func TestWhoseMessageIsMeant(t *testing.T) {
	t.Parallel()
	w, n, fresh := withGuest(t)
	w.take(answer(w.show(n).Notices[0], "mallory@evil.example", "Let me in."))
	w.want(ticket.GuestHeld)
	for block, want := range map[string]string{
		"#allow":                      "several have written: say whose, vera@vendor.example, mallory@evil.example, or last",
		"#allow eve@evil.example":     "nothing of \"eve@evil.example\" is held",
		"#allow last\n#deny last":     "contradicts #allow",
		"#deny somebody else or last": "nothing of",
	} {
		if got := strings.Join(w.run(fresh, block), "\n"); !strings.Contains(got, want) {
			t.Errorf("%q: %s", block, got)
		}
	}
	w.run(fresh, "#deny last")
	w.run(fresh, "#allow")
	for _, e := range w.show(n).Entries {
		if e.From.Email == vendor && e.Held || e.From.Email == "mallory@evil.example" && !e.Denied {
			t.Errorf("%s: held %v, denied %v", e.From.Email, e.Held, e.Denied)
		}
	}
}

// TestAllowNeedsTheRightToReply leaves the decision to who may answer.
func TestAllowNeedsTheRightToReply(t *testing.T) {
	t.Parallel()
	w, n, fresh := withGuest(t)
	w.change(func(p *ticket.Policy) {
		role := p.Roles["agent"]
		role.Rights = slices.DeleteFunc(slices.Clone(role.Rights), func(r ticket.Right) bool { return r == ticket.MayReply })
		p.Roles["agent"] = role
	})
	if got := w.run(fresh, "#allow"); !strings.Contains(got[0], "needs the right") {
		t.Errorf("%v", got)
	}
	if e := w.show(n).Entries; !e[len(e)-1].Held {
		t.Error("it was taken")
	}
}

// TestAllowedProgram moves no clock and lets no program take part.
func TestAllowedProgram(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	fresh := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#pending\nWhich version is it?"))
	w.sent()
	m := answer(to(t, out, ticket.NoticeAck, karen), "scanner@vendor.example", "Version 7 found.")
	m.Machine = ticket.AutoGenerated
	w.take(m)
	same(t, "results", w.run(fresh, "#allow"), []string{"#allow: 1 held message of scanner@vendor.example taken into the thread"})
	if got := w.show(n).Ticket.Status; got != ticket.Pending {
		t.Errorf("the ticket is %s", got)
	}
	w.replays(n)
	w.audited()
}
