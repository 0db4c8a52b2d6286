package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

func TestHoldOnDoubt(t *testing.T) {
	for name, tc := range map[string]struct {
		text   string
		reason string // in the transcript
	}{
		"typo":                 {"#ntoe\n\nThe customer is lying.", "did you mean #note?"},
		"unknown verb":         {"#xyzzyplugh\n\ntext", "#help lists the commands"},
		"unknown agent":        {"#assign nobodyhere\n\ntext", "which agent?"},
		"ambiguous agent":      {"#assign j\n\ntext", "ambiguous: "},
		"unknown department":   {"#dept suport\n\ntext", `did you mean "support"?`},
		"unknown plan":         {"#sla gold\n\ntext", "which SLA plan?"},
		"contradiction":        {"#resolve\n#pending\n\ntext", "contradicts #resolve"},
		"reply and note":       {"#reply\n#note\n\ntext", "contradicts #reply"},
		"argument":             {"#resolve thanks\n\ntext", "takes nothing behind it"},
		"one of several":       {"#high\n#assign jane\n#taggg +x\n\ntext", "did you mean #tag?"},
		"note below the text":  {"Dear Karen,\n#note she is lying\nYours", "stands below your text"},
		"owner":                {"#owner jane\n\ntext", "different people"},
		"too many":             {strings.Repeat("#tag +a\n", 21) + "\ntext", "more than 20 commands"},
		"assignee sees it not": {"#assign lead\n\ntext", "has no access"},
	} {
		t.Run(name, func(t *testing.T) {
			w, n, out := opened(t)
			before := w.show(n)
			w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, tc.text))
			w.want(ticket.CommandHeld)
			after := w.show(n)
			if len(after.Entries) != len(before.Entries) || after.Ticket.Status != before.Ticket.Status ||
				after.Ticket.Assignee != "" || after.Ticket.Priority != "Normal" || len(after.Ticket.Tags) > 0 {
				t.Errorf("something was done: %+v", after.Ticket)
			}
			out = w.sent()
			if got := mailed(out); !slices.Equal(got, []string{"held:" + jane, "stuck:lead@private.example"}) {
				t.Fatalf("mailed %v", got)
			}
			held := to(t, out, ticket.NoticeHeld, jane)
			var all []string
			for _, r := range held.Facts.Results {
				all = append(all, r.Line+" "+r.Result)
			}
			if !strings.Contains(strings.Join(all, "\n"), tc.reason) {
				t.Errorf("transcript %q lacks %q", all, tc.reason)
			}
			if !strings.Contains(held.Facts.Verdict, "NOTHING done, your text was NOT sent") {
				t.Errorf("verdict %q", held.Facts.Verdict)
			}
		})
	}
}

func TestHeldMailIsMended(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#prioirty high\n\nWe are looking into it."))
	w.want(ticket.CommandHeld)
	held := to(t, w.sent(), ticket.NoticeHeld, jane)

	w.take(answer(held, jane, "#prio hihg")) // still wrong: the text stays with it
	w.want(ticket.CommandHeld)
	held = to(t, w.sent(), ticket.NoticeHeld, jane)
	w.take(answer(held, jane, "#prio high"))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if reply.Facts.Text != "We are looking into it." || w.show(n).Ticket.Priority != "High" {
		t.Errorf("sent %q, priority %s", reply.Facts.Text, w.show(n).Ticket.Priority)
	}
	again := answer(held, jane, "#prio low")
	w.take(again) // the draft is used up: nothing is sent a second time
	w.want(ticket.CommandHeld)
	if got := mailed(w.sent()); slices.Contains(got, "reply:"+karen) {
		t.Errorf("the held text was sent twice: %v", got)
	}
}

func TestWholeMailInDoubt(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*ticket.Policy)
		mail   func(*ticket.Mail)
		reason string
	}{
		"only a quote of a note": {mail: func(m *ticket.Mail) { m.NewText = "#reply\n> the customer is a spy" }, reason: "only quotes what agents have seen"},
		"over-size":              {mail: func(m *ticket.Mail) { m.Oversize = true }, reason: "larger than this desk takes"},
		"no access any more": {change: func(p *ticket.Policy) {
			a := p.Agents["jane"]
			a.Access = nil
			p.Agents["jane"] = a
		}, reason: `needs the right "read" in Support, where you have no role; ask Lea Dahl`},
	} {
		t.Run(name, func(t *testing.T) {
			w, n, out := opened(t)
			m := answer(to(t, out, ticket.NoticeNew, jane), jane, "#high\n\nHello")
			w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#note\nthe customer is a spy"))
			w.sent()
			if tc.change != nil {
				w.change(tc.change)
			}
			if tc.mail != nil {
				tc.mail(&m)
			}
			w.take(m)
			if w.last.Outcome != ticket.CommandHeld && w.last.Outcome != ticket.Oversize {
				t.Fatalf("outcome %s", w.last.Outcome)
			}
			held := to(t, w.sent(), ticket.NoticeHeld, jane)
			if got := held.Facts.Results[len(held.Facts.Results)-1].Result; !strings.Contains(got, tc.reason) {
				t.Errorf("reason %q, want %q", got, tc.reason)
			}
			if got := w.show(n); got.Ticket.Priority != "Normal" || len(got.Entries) != 2 {
				t.Errorf("something was done: %+v", got.Ticket)
			}
		})
	}
}

func TestHeldMailIsAlwaysTold(t *testing.T) {
	w, _, out := opened(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 10 })
	notice := to(t, out, ticket.NoticeNew, jane)
	for range 25 {
		w.take(answer(notice, jane, "#ntoe\n\nprivate"))
		w.want(ticket.CommandHeld)
	}
	w.sent()
	w.now = w.now.Add(11 * time.Minute)
	digest := to(t, w.sent(), ticket.NoticeDigest, jane)
	if len(digest.Facts.Items) < 10 {
		t.Errorf("digest %q", digest.Facts.Items)
	}
}
