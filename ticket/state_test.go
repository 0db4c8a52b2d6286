package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// vendors adds statuses of an admin to a policy.
func vendors(p *ticket.Policy) {
	p.Substatuses = map[string]ticket.Substatus{
		"vendor":    {Key: "vendor", Name: "Waiting for vendor", Of: ticket.Hold},
		"papers":    {Key: "papers", Name: "Waiting for papers", Of: ticket.Pending},
		"duplicate": {Key: "duplicate", Name: "Duplicate", Of: ticket.Closed},
		"working":   {Key: "working", Name: "In work", Of: ticket.Open},
	}
	support := p.Departments["support"]
	support.AfterReply = ticket.State{Status: ticket.Pending, Substatus: "papers"}
	p.Departments["support"] = support
}

func (w *world) state(n ticket.Number) string {
	w.t.Helper()
	tk := w.show(n).Ticket
	return tk.State().String()
}

func TestStatusOfAnAdmin(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.change(vendors)
	transcript := w.command(n, jane, "#status vendor")
	if got := transcript.Facts.Results[0].Result; got != "new -> Waiting for vendor" {
		t.Errorf("result %q", got)
	}
	if transcript.Facts.Status != "Waiting for vendor" || w.state(n) != "hold/vendor" {
		t.Errorf("ticket is %s, called %q", w.state(n), transcript.Facts.Status)
	}
	for query, want := range map[string]bool{"status:vendor": true, `status:"waiting for vendor"`: true, "vendor": true, "hold": true,
		"status:papers": false, "status:papers status:hold": true, "papers vendor": true, "open": false, "unassigned": true} {
		if got := w.listed(n, query); got != want {
			t.Errorf("#list %s: listed %v", query, got)
		}
	}
	report := strings.Join(w.command(n, jane, "#show\n#list vendor").Facts.Report, "\n")
	for _, want := range []string{"Waiting for vendor | Normal", "EVENT by Jane Doe: status: new -> Waiting for vendor", "    Waiting for vendor, Normal"} {
		if !strings.Contains(report, want) {
			t.Errorf("report lacks %q:\n%s", want, report)
		}
	}
	if got := w.command(n, jane, "#status Waiting for papers").Facts.Results[0].Result; got != "Waiting for vendor -> Waiting for papers" {
		t.Errorf("result %q", got)
	}
	w.change(func(p *ticket.Policy) {}) // taken out of the config: shown by its key
	if got := w.command(n, jane, "#show").Facts.Status; got != "papers" {
		t.Errorf("a status that is gone is called %q", got)
	}
	w.change(vendors)
	w.take(from(karen, "Re: [#1001]", "Here they are."))
	if got := w.state(n); got != "open" {
		t.Errorf("after the customer's mail the ticket is %s", got)
	}
	w.say(n, jane, "#reply\nThanks, and the second page?")
	if got := w.state(n); got != "pending/papers" {
		t.Errorf("after a reply the ticket is %s", got)
	}
	w.command(n, jane, "#status duplicate")
	w.take(from(karen, "Re: [#1001]", "Are you there?"))
	c := w.show(n)
	if c.Ticket.State().String() != "open" || !c.Ticket.ClosedAt.IsZero() {
		t.Errorf("ticket is %+v", c.Ticket)
	}
	if wrong := ticket.Replay(c.Events).Against(&c.Ticket); len(wrong) > 0 {
		t.Error(wrong)
	}
}

// TestReplyKeepsStatusOfAnAdmin within open, where a reply would set open.
func TestReplyKeepsStatusOfAnAdmin(t *testing.T) {
	t.Parallel()
	for after, want := range map[ticket.State]string{
		{}:                       "open/working",
		{Status: ticket.Open}:    "open/working",
		{Status: ticket.Pending}: "pending",
		{Status: ticket.Hold, Substatus: "vendor"}:    "hold/vendor",
		{Status: ticket.Open, Substatus: "answering"}: "open/answering",
	} {
		w, n, _ := opened(t)
		w.change(func(p *ticket.Policy) {
			vendors(p)
			support := p.Departments["support"]
			support.AfterReply = after
			p.Departments["support"] = support
		})
		w.command(n, jane, "#status working")
		w.say(n, jane, "#reply\nWe are on it.")
		if got := w.state(n); got != want {
			t.Errorf("after_reply %q: the ticket is %s, want %s", after, got, want)
		}
	}
}

// TestRightsByStatus: who may edit may not close, by whatever name.
func TestRightsByStatus(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]ticket.Outcome{
		"#status vendor": ticket.Commanded, "#hold": ticket.Commanded, "#status duplicate": ticket.CommandHeld,
		"#status resolved": ticket.CommandHeld, "#close": ticket.CommandHeld, "#status new": ticket.CommandHeld,
		"#status spam": ticket.CommandHeld, "#status wait": ticket.CommandHeld, "#status": ticket.CommandHeld,
	} {
		w, n, _ := opened(t)
		w.change(func(p *ticket.Policy) {
			vendors(p)
			p.Roles["agent"] = ticket.Role{Key: "agent", Rights: []ticket.Right{ticket.MayRead, ticket.MayEdit}}
		})
		w.say(n, jane, block)
		if w.last.Outcome != want {
			t.Errorf("%q: %s, want %s: %v", block, w.last.Outcome, want, w.last.Reasons)
		}
	}
}

// TestReasons of holding and closing are for agents, in the diary.
func TestReasons(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.command(n, jane, "#hold the bank has to look first")
	w.command(n, jane, "#close no answer for a year")
	report := strings.Join(w.command(n, jane, "#show").Facts.Report, "\n")
	for _, want := range []string{"status: new -> hold: the bank has to look first", "status: hold -> closed: no answer for a year"} {
		if !strings.Contains(report, want) {
			t.Errorf("the diary lacks %q:\n%s", want, report)
		}
	}
	for _, notice := range w.show(n).Notices {
		if notice.Agent == "" && strings.Contains(notice.Facts.Text, "bank has to") {
			t.Errorf("the customer reads the reason: %+v", notice)
		}
	}
	w.say(n, jane, "#close again")
	w.want(ticket.CommandHeld)
}

// TestStatusCountsFromTheMail: what belongs to a status dates from when the mail
// that set it arrived, and so does the time in which it may be reopened.
func TestStatusCountsFromTheMail(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	arrived := w.now.Add(time.Hour)
	w.now = w.now.Add(3 * 24 * time.Hour)
	w.takeLate(answer(to(t, out, ticket.NoticeNew, jane), jane, "#resolve"), arrived)
	c := w.show(n)
	if tk := c.Ticket; !tk.ResolvedAt.Equal(arrived) || !tk.StatusAt.Equal(arrived) || !tk.UpdatedAt.Equal(w.now) {
		t.Errorf("resolved %s, in its status since %s, updated %s", tk.ResolvedAt, tk.StatusAt, tk.UpdatedAt)
	}
	if wrong := ticket.Replay(c.Events).Against(&c.Ticket); len(wrong) > 0 {
		t.Error(wrong)
	}
	w.now = arrived.Add(7*24*time.Hour + time.Second)
	w.take(from(karen, "Re: [#1001]", "Again!"))
	w.want(ticket.Opened)
	w.takeLate(from(karen, "Re: [#1001]", "This lay in the mailbox for a second."), arrived.Add(7*24*time.Hour))
	if got := w.want(ticket.Appended); got != n || w.state(n) != "open" {
		t.Errorf("appended to %d, which is %s", got, w.state(n))
	}
}

func TestStatesInUse(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.change(vendors)
	working := []ticket.Status{ticket.Open, ticket.Hold}
	for _, c := range []struct {
		block string
		want  []ticket.State
	}{{"#open", nil}, {"#status vendor", []ticket.State{{Status: ticket.Hold, Substatus: "vendor"}}}, {"#status duplicate", nil}} {
		w.command(n, jane, c.block)
		if used, err := w.desk.StatesInUse(t.Context(), working); err != nil || !slices.Equal(used, c.want) {
			t.Errorf("%s: in use %v, %v", c.block, used, err)
		}
	}
}

// TestPendingRequiresReply: a customer whom nobody has answered is not waited
// for, by whatever name.
func TestPendingRequiresReply(t *testing.T) {
	t.Parallel()
	strict := func(p *ticket.Policy) {
		vendors(p)
		support := p.Departments["support"]
		support.PendingRequiresReply = true
		p.Departments["support"] = support
	}
	for block, want := range map[string]ticket.Outcome{
		"#pending": ticket.CommandHeld, "#pending 3d": ticket.CommandHeld, "#status papers": ticket.CommandHeld, "#pending\n#note\nhm": ticket.CommandHeld,
		"#pending\n#reply\nWhich one?": ticket.Commanded, "#pending\n\nWhich one?": ticket.Commanded, "#hold": ticket.Commanded,
		"#dept online-banking\n#pending": ticket.Commanded,
	} {
		w, n, _ := opened(t)
		w.change(strict)
		w.say(n, jane, block)
		if w.last.Outcome != want {
			t.Errorf("%q: %s, want %s: %v", block, w.last.Outcome, want, w.last.Reasons)
		}
	}
	w, n, _ := opened(t)
	w.change(strict)
	w.say(n, jane, "#reply\nWe look into it.")
	w.command(n, jane, "#open")
	w.command(n, jane, "#pending")
	if got := w.state(n); got != "pending" {
		t.Errorf("the ticket is %s", got)
	}
}
