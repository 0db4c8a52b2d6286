package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// without gives jane a role in Support with every right but one.
func without(right ticket.Right) func(*ticket.Policy) {
	return func(p *ticket.Policy) {
		rights := slices.DeleteFunc(slices.Clone(ticket.Rights), func(r ticket.Right) bool { return r == right })
		p.Roles["almost"] = ticket.Role{Key: "almost", Rights: rights}
		a := p.Agents["jane"]
		a.Access = map[string]string{"support": "almost", "online-banking": "agent"}
		p.Agents["jane"] = a
	}
}

// TestEveryVerbNeedsItsRight: with all rights but the verb's own nothing is
// done, and the agent hears which one is missing.
func TestEveryVerbNeedsItsRight(t *testing.T) {
	t.Parallel()
	lines := map[string]ticket.Right{"#status resolved": ticket.MayClose, "#status closed": ticket.MayClose, "#high": ticket.MayEdit}
	for _, v := range ticket.Verbs() {
		if v.Right != "" {
			lines["#"+v.Name] = v.Right
		}
	}
	for line, right := range lines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			w, n, out := opened(t)
			before := w.show(n)
			w.change(without(right))
			w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, line))
			w.want(ticket.CommandHeld)
			held := to(t, w.sent(), ticket.NoticeHeld, jane)
			want := `needs the right "` + string(right) + `" in Support, where your role is "almost"; ask Lea Dahl`
			if got := held.Facts.Results[0].Result; got != want {
				t.Errorf("%s: %q", line, got)
			}
			if after := w.show(n); after.Ticket.Status != before.Ticket.Status || after.Ticket.Priority != before.Ticket.Priority || len(after.Entries) != 1 {
				t.Errorf("%s was done all the same: %+v", line, after.Ticket)
			}
		})
	}
}

// TestTextNeedsItsRight: answering needs the right to write what the answer
// becomes, with and without commands.
func TestTextNeedsItsRight(t *testing.T) {
	t.Parallel()
	for text, right := range map[string]ticket.Right{
		"Hello Karen.":            ticket.MayReply,
		"#resolve\nDone, Karen.":  ticket.MayReply,
		"#note\nShe called again": ticket.MayNote,
	} {
		w, n, out := opened(t)
		w.change(without(right))
		w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, text))
		w.want(ticket.CommandHeld)
		held := to(t, w.sent(), ticket.NoticeHeld, jane)
		if i := slices.IndexFunc(held.Facts.Results, func(r ticket.ResultLine) bool { return r.Failed }); i < 0 ||
			!strings.HasPrefix(held.Facts.Results[i].Result, `needs the right "`+string(right)+`" in Support`) {
			t.Errorf("%q: %+v", text, held.Facts.Results)
		}
		if got := w.show(n); len(got.Entries) != 1 || got.Ticket.Status != ticket.New {
			t.Errorf("%q was posted: %+v", text, got.Ticket)
		}
	}
}

// TestTransferToWhereOneHasNoRole is allowed, as passing on is; what else the
// mail does needs the rights in the department it leaves.
func TestTransferToWhereOneHasNoRole(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#dept online-banking\n#high"))
	w.want(ticket.Commanded)
	if tk := w.show(n).Ticket; tk.Department != "online-banking" || tk.Priority != "High" {
		t.Errorf("ticket is %+v", tk)
	}
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#dept support")) // he may not fetch it back
	w.want(ticket.CommandHeld)
}

// TestWhoMayNotReadLearnsNothing: neither of two mails about somebody's own mail
// tells of a ticket that they may not read.
func TestWhoMayNotReadLearnsNothing(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#dept online-banking\n#tag +secret"))
	w.want(ticket.Commanded)
	w.sent()
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#high")) // it was his to read once
	w.want(ticket.CommandHeld)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), john, "#high")) // it was made for jane
	w.want(ticket.Quarantined)
	sent := w.sent()
	for _, kind := range []ticket.NoticeKind{ticket.NoticeHeld, ticket.NoticeMisused} {
		f := to(t, sent, kind, john).Facts
		if f.Subject != "" || f.Tags != "" || f.Requester != "" || f.Status != "" || f.Number == 0 {
			t.Errorf("%s tells john %+v", kind, f)
		}
	}
	if f := to(t, sent, ticket.NoticeMisused, jane).Facts; f.Subject == "" || f.Tags != "secret" {
		t.Errorf("jane, who may read it, is told %+v", f)
	}
}

// TestWhoCan lists those with the role, from where they have it, and who is
// disabled.
func TestWhoCan(t *testing.T) {
	t.Parallel()
	p := policy()
	grow(p)
	a := p.Agents["john"]
	a.Disabled = true
	p.Agents["john"] = a
	want := []ticket.Grant{{Agent: "jane", Role: "agent", From: "support"}, {Agent: "john", Role: "agent", From: "support", Disabled: true}}
	if got := p.WhoCan(ticket.MayReply, "routers"); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := p.WhoCan(ticket.MayErase, "support"); len(got) != 0 {
		t.Errorf("may erase: %+v", got)
	}
}
