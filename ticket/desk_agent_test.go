package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

const (
	jane = "jane@private.example"
	john = "john@private.example"
)

// opened is a world with one ticket, and the notices it caused.
func opened(t *testing.T) (*world, ticket.Number, []ticket.Notice) {
	t.Helper()
	w := newWorld(t)
	m := from(karen, "Can not log in", "It says no.")
	m.From.Name = "Karen Customer"
	w.take(m)
	return w, w.want(ticket.Opened), w.sent()
}

// TestTutorial is the osTicket tutorial's ticket, by mail from end to end.
func TestTutorial(t *testing.T) {
	w, n, out := opened(t)

	// An agent sets what the ticket is about and hands it over, in one mail.
	w.take(answer(to(t, out, ticket.NoticeNew, john), john,
		"#sla sev-a\n#assign jane\n#dept online-banking\n#emergency\n#note\n\nLooks like the login service.\njohn@private.example"))
	w.want(ticket.Commanded)
	tk := w.show(n).Ticket
	if tk.Priority != "Emergency" || tk.Assignee != "jane" || tk.Plan != "sev-a" || tk.Department != "online-banking" || tk.Status != ticket.New {
		t.Errorf("ticket is %+v", tk)
	}
	out = w.sent()
	if got, want := mailed(out), []string{"assigned:" + jane, "transcript:" + john, "transferred:tom@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	transcript := to(t, out, ticket.NoticeTranscript, john)
	if transcript.Facts.Verdict != "Ticket 1001: 5 done, note added" {
		t.Errorf("verdict %q", transcript.Facts.Verdict)
	}
	var results []string
	for _, r := range transcript.Facts.Results {
		results = append(results, r.Line+": "+r.Result)
	}
	want := []string{"#sla sev-a: Sev-C -> Sev-A", "#assign jane: nobody -> Jane Doe (mailed)",
		"#dept online-banking: Support -> Online Banking", "#emergency: Normal -> Emergency", "#note: your text is a note for agents"}
	if !slices.Equal(results, want) {
		t.Errorf("results %q, want %q", results, want)
	}

	// The assignee answers the customer. Answering an assignment makes a note,
	// so she says #reply.
	assigned := to(t, out, ticket.NoticeAssigned, jane)
	w.take(answer(assigned, jane, "#reply\nPlease try again now.\nOn Monday Jane <Jane@Private.example> wrote:"))
	w.want(ticket.Commanded)
	out = w.sent()
	reply := to(t, out, ticket.NoticeReply, karen)
	if strings.Contains(strings.ToLower(reply.Facts.Text), "private.example") {
		t.Errorf("the customer learns the agent's address: %q", reply.Facts.Text)
	}
	if reply.From.Email != "banking@bank.example" || reply.Automatic {
		t.Errorf("reply from %v, automatic %v", reply.From, reply.Automatic)
	}
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("after the reply the ticket is %s", got)
	}

	// The customer writes back: only the assignee is told.
	w.take(answer(reply, karen, "Still not."))
	if got := w.want(ticket.Appended); got != n {
		t.Errorf("answer joined %d", got)
	}
	out = w.sent()
	if got := mailed(out); !slices.Equal(got, []string{"message:" + jane}) {
		t.Errorf("mailed %v", got)
	}

	// She resolves with a reply: one mail says both.
	message := to(t, out, ticket.NoticeMessage, jane)
	w.take(answer(message, jane, "#resolve\n\nYour account was locked. It is open now."))
	w.want(ticket.Commanded)
	out = w.sent()
	if got, want := mailed(out), []string{"reply:" + karen, "transcript:" + jane}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	resolved := to(t, out, ticket.NoticeReply, karen)
	if !resolved.Facts.Resolved || w.show(n).Ticket.Status != ticket.Resolved {
		t.Errorf("ticket is %s, the reply says resolved: %v", w.show(n).Ticket.Status, resolved.Facts.Resolved)
	}

	// And it reopens when the customer writes again in time.
	w.now = w.now.Add(3 * 24 * time.Hour)
	w.take(answer(resolved, karen, "Locked again!"))
	w.want(ticket.Appended)
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("after the customer's mail the ticket is %s", got)
	}
}

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
		"argument":             {"#close thanks\n\ntext", "takes nothing behind it"},
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
			if got := mailed(out); !slices.Equal(got, []string{"held:" + jane}) {
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

func TestRightsAreChecked(t *testing.T) {
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.change(func(p *ticket.Policy) {
		a := p.Agents["jane"]
		a.Access = map[string]string{"support": "reader"}
		p.Agents["jane"] = a
	})
	w.take(answer(notice, jane, "#emergency\n\nHello"))
	w.want(ticket.CommandHeld)
	held := to(t, w.sent(), ticket.NoticeHeld, jane)
	if got := held.Facts.Results[0].Result; got != `needs the right "edit" in Support; ask Lea Dahl` {
		t.Errorf("refused with %q", got)
	}
	w.take(answer(notice, jane, "just text"))
	w.want(ticket.CommandHeld)
	if got := w.show(n).Entries; len(got) != 1 {
		t.Errorf("%d entries, want 1", len(got))
	}
}

func TestAgentTokenInOtherHands(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*ticket.Policy)
		mail   func(*ticket.Mail)
		wait   time.Duration
		told   string
	}{
		"customer answers the agent's notice": {mail: func(m *ticket.Mail) { m.From.Email = karen }, told: jane},
		"another agent":                       {mail: func(m *ticket.Mail) { m.From.Email = john }, told: jane},
		"forged sender":                       {mail: func(m *ticket.Mail) { m.Authenticity = ticket.Forged }, told: jane},
		"expired":                             {wait: 61 * 24 * time.Hour, told: jane},
		"disabled": {change: func(p *ticket.Policy) {
			a := p.Agents["jane"]
			a.Disabled = true
			p.Agents["jane"] = a
		}, told: "lead@private.example"},
		"removed": {change: func(p *ticket.Policy) { delete(p.Agents, "jane") }, told: "lead@private.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w, n, out := opened(t)
			m := answer(to(t, out, ticket.NoticeNew, jane), jane, "#close\n\nGo away.")
			if tc.mail != nil {
				tc.mail(&m)
			}
			if tc.change != nil {
				w.change(tc.change)
			}
			w.now = w.now.Add(tc.wait)
			w.take(m)
			w.want(ticket.Quarantined)
			c := w.show(n)
			if len(c.Entries) != 1 || c.Ticket.Status != ticket.New {
				t.Errorf("it had an effect: %+v", c.Ticket)
			}
			if got := mailed(w.sent()); !slices.Equal(got, []string{"misused:" + tc.told}) {
				t.Errorf("mailed %v", got)
			}
		})
	}
}

func TestFromAloneMakesNoAgent(t *testing.T) {
	w, n, out := opened(t)
	ack := to(t, out, ticket.NoticeAck, karen)
	m := answer(ack, jane, "#close") // the customer's token, an agent's From
	w.take(m)
	w.want(ticket.GuestHeld)
	m = from(jane, "[#1001] Can not log in", "#close")
	w.take(m)
	w.want(ticket.Opened)
	if got := w.show(n).Ticket.Status; got != ticket.New {
		t.Errorf("ticket is %s", got)
	}
}

func TestNoteNeverLeavesTheDesk(t *testing.T) {
	w, _, out := opened(t)
	const secret = "the customer is a spy"
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#note\n#assign john\n\n"+secret))
	w.want(ticket.Commanded)
	for _, n := range w.sent() {
		for _, r := range n.Recipients {
			if !strings.HasSuffix(r.Address.Email, "@private.example") {
				t.Errorf("%s to %s", n.Kind, r.Address.Email)
			}
		}
	}
	w.take(from(karen, "[#1001] Can not log in", "And?"))
	for _, n := range w.sent() {
		if !n.Kind.ToAgent() && strings.Contains(n.Facts.Text, secret) {
			t.Errorf("%s carries the note to a customer", n.Kind)
		}
	}
}

func TestShowListHelp(t *testing.T) {
	w, _, out := opened(t)
	w.take(from("bob@customer.example", "Card lost", "Where is it?"))
	w.sent()
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#show\n#list unassigned\n#help assign"))
	w.want(ticket.Commanded)
	transcript := to(t, w.sent(), ticket.NoticeTranscript, jane)
	report := strings.Join(transcript.Facts.Report, "\n")
	for _, want := range []string{"Ticket 1001: Can not log in", "MESSAGE by Karen Customer <karen@customer.example>",
		"    It says no.", "#1002", "Card lost", "#assign AGENT | me | none"} {
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
		"nonsense": true, "color:red": true, "dept:none": true, "assignee:nobodyhere": true,
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

func TestPendingComesBack(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#pending 3d\n#take"))
	w.want(ticket.Commanded)
	w.sent()
	tick := func() int {
		changed, err := w.desk.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if tick() != 0 || w.show(n).Ticket.Status != ticket.Pending {
		t.Fatal("it came back at once")
	}
	w.now = w.now.Add(3*24*time.Hour + time.Second)
	if tick() != 1 || w.show(n).Ticket.Status != ticket.Open {
		t.Fatalf("after three days it is %s", w.show(n).Ticket.Status)
	}
	if tick() != 0 {
		t.Error("it came back twice")
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"follow-up:" + jane}) {
		t.Errorf("mailed %v", got)
	}
}

func TestReplyToClosedTicket(t *testing.T) {
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(notice, jane, "#close"))
	w.want(ticket.Commanded)
	w.sent()
	w.take(answer(notice, jane, "One more thing."))
	w.want(ticket.CommandHeld)
	w.take(answer(notice, jane, "#open\n\nOne more thing, really."))
	w.want(ticket.Commanded)
	if got := mailed(w.sent()); !slices.Contains(got, "reply:"+karen) || w.show(n).Ticket.Status != ticket.Open {
		t.Errorf("mailed %v, ticket is %s", got, w.show(n).Ticket.Status)
	}
}

// TestNothingInternalIsQuotedToTheCustomer plays agents whose mail programs
// quote the desk's own notices into a public reply.
func TestNothingInternalIsQuotedToTheCustomer(t *testing.T) {
	const secret = "INTERNAL: karen is a fraud suspect, keep her busy."
	quote := func(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }
	for name, tc := range map[string]struct {
		text func(note ticket.Notice) string
		want string // the customer gets; "" is held
	}{
		"answer below the quote": {func(n ticket.Notice) string {
			return "#reply\nOn Mon, Support wrote:\n" + quote(n.Facts.Answers+"\nJohn Smith left a note.\n\n"+n.Facts.Text+"\n--\nstate: new") + "\n\nDear Karen, we are on it."
		}, "Dear Karen, we are on it."},
		"answer between the lines": {func(n ticket.Notice) string {
			return "#reply\n" + quote("It says no.") + "\nWhat exactly?\n" + quote(n.Facts.Text) + "\nThank you."
		}, "> It says no.\nWhat exactly?\nThank you."},
		"resolve above the quote": {func(n ticket.Notice) string {
			return "#resolve\n\n" + quote(n.Facts.Text) + "\nIt works again."
		}, "It works again."},
		"quoted with bars":          {func(n ticket.Notice) string { return "#reply\n| " + n.Facts.Text + "\nHello" }, "Hello"},
		"quoted without a mark":     {func(n ticket.Notice) string { return "#reply\nHello\n\n" + n.Facts.Text }, ""},
		"the banner without a mark": {func(n ticket.Notice) string { return "#reply\nHello\n\n" + n.Facts.Answers }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, out := opened(t)
			w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#note\n#assign jane\n\n"+secret))
			note := to(t, w.sent(), ticket.NoticeAssigned, jane)
			w.take(answer(note, jane, tc.text(note)))
			if tc.want == "" {
				w.want(ticket.CommandHeld)
				held := to(t, w.sent(), ticket.NoticeHeld, jane)
				w.take(answer(held, jane, "#reply")) // she means it
				w.want(ticket.Commanded)
				return
			}
			w.want(ticket.Commanded)
			if got := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; got != tc.want {
				t.Errorf("the customer gets %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPublicReplyFiles(t *testing.T) {
	w, _, out := opened(t)
	m := answer(to(t, out, ticket.NoticeNew, jane), jane, "Here it is.")
	m.Files = []ticket.File{{Name: "manual.pdf", Type: "application/pdf", Size: 1}, {Name: "smime.p7s", Type: "application/pkcs7-signature"},
		{Name: "jane.vcf", Type: "text/vcard"}, {Name: "logo.png", Type: "image/png", Inline: true}}
	w.take(m)
	w.want(ticket.Appended)
	files := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Files
	if len(files) != 1 || files[0].Name != "manual.pdf" {
		t.Errorf("the customer gets %+v", files)
	}
	m.NewText, m.Files = "See the mail.", []ticket.File{{Name: "fwd.eml", Type: "message/rfc822"}}
	w.take(m)
	w.want(ticket.CommandHeld)
}

func TestResolveWithTextIsAReply(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign jane"))
	assigned := to(t, w.sent(), ticket.NoticeAssigned, jane) // answering this makes a note
	w.take(answer(assigned, jane, "#resolve\n\nHere is the manual."))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if !reply.Facts.Resolved || w.show(n).Ticket.Status != ticket.Resolved {
		t.Errorf("resolved %v, ticket %s", reply.Facts.Resolved, w.show(n).Ticket.Status)
	}
	w.take(answer(assigned, jane, "#open"))
	w.take(answer(assigned, jane, "#resolve\n#note\n\nfor us only"))
	w.want(ticket.Commanded)
	for _, out := range w.sent() {
		if out.Agent == "" && strings.Contains(out.Facts.Text, "for us only") {
			t.Error("#note was not heeded")
		}
	}
}

func TestHandoverTellsWhatTheCustomerWrote(t *testing.T) {
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign jane\n\nWe are on it."))
	got := to(t, w.sent(), ticket.NoticeAssigned, jane).Facts
	if got.Latest != "It says no." || !strings.Contains(got.LatestBy, karen) || !got.Public || got.Text != "We are on it." {
		t.Errorf("handover %+v", got)
	}
}

func TestCopiesAndCollaborators(t *testing.T) {
	const boss = "boss@customer.example"
	w := newWorld(t)
	m := from(karen, "Help", "text")
	m.Cc = []ticket.Address{{Name: "Boss", Email: boss}, {Email: "support@bank.example"}}
	w.take(m)
	n := w.want(ticket.Opened)
	notice := to(t, w.sent(), ticket.NoticeNew, jane)
	if got := strings.Join(notice.Facts.Remarks, "\n"); !strings.Contains(got, "#cc "+boss) {
		t.Errorf("remarks %q do not suggest %s", got, boss)
	}
	if got := w.show(n).Participants; len(got) != 1 {
		t.Fatalf("a Cc made participants: %+v", got)
	}
	w.take(answer(notice, jane, "#cc "+boss+"\n\nHello both"))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if len(reply.Recipients) != 2 || reply.Recipients[1].Address.Email != boss || !reply.Recipients[1].Cc {
		t.Errorf("recipients %+v", reply.Recipients)
	}
	w.take(answer(reply, boss, "I agree"))
	w.want(ticket.Appended)
	w.sent()
	w.take(answer(notice, jane, "#cc -"+boss+"\n\nHello Karen alone"))
	if got := to(t, w.sent(), ticket.NoticeReply, karen); len(got.Recipients) != 1 {
		t.Errorf("recipients %+v", got.Recipients)
	}
	for _, bad := range []string{"#cc", "#cc nonsense", "#cc support@bank.example", "#cc " + karen, "#cc a@b.c>evil", "#cc =x@y.example"} {
		w.take(answer(notice, jane, bad))
		w.want(ticket.CommandHeld)
	}
}

func TestReopeningIsTold(t *testing.T) {
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#resolve\n#reply\n\nDone."))
	w.take(answer(to(t, w.sent(), ticket.NoticeReply, karen), karen, "Not at all!"))
	w.want(ticket.Appended)
	if got := to(t, w.sent(), ticket.NoticeMessage, jane).Facts.Reopened; got != "resolved" {
		t.Errorf("reopened from %q", got)
	}
}

func TestSignatureOfTheFirstMailIsKept(t *testing.T) {
	w := newWorld(t)
	m := from(karen, "Help", "It says no.")
	m.Signature = "Karen Miller\nTel. 1234"
	w.take(m)
	n := w.want(ticket.Opened)
	if got := w.show(n).Entries[0].Text; got != "It says no.\n\nKaren Miller\nTel. 1234" {
		t.Errorf("text %q", got)
	}
}

func TestRepliesReferToTheConversation(t *testing.T) {
	w, _, out := opened(t)
	ack := to(t, out, ticket.NoticeAck, karen)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.now = w.now.Add(time.Minute)
	w.take(answer(notice, jane, "First reply"))
	first := to(t, w.sent(), ticket.NoticeReply, karen)
	w.now = w.now.Add(time.Minute)
	m := answer(first, karen, "And?")
	m.MessageID = "and@customer.example"
	w.take(m)
	w.now = w.now.Add(time.Minute)
	w.take(answer(notice, jane, "Second reply"))
	second := to(t, w.sent(), ticket.NoticeReply, karen)
	want := []string{"ticket.1001@bank.example", "m1@customer.example", ack.MessageID, first.MessageID, "and@customer.example"}
	if second.InReplyTo != "and@customer.example" || !slices.Equal(second.References, want) {
		t.Errorf("in reply to %q, references %q, want %q", second.InReplyTo, second.References, want)
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
		}, reason: `needs the right "read" in Support; ask Lea Dahl`},
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

// TestTokensForOtherPurposesGiveNoVoice: return paths stand in every relay's
// log, stamps in every copy.
func TestTokensForOtherPurposesGiveNoVoice(t *testing.T) {
	w, n, out := opened(t)
	notice, ack := to(t, out, ticket.NoticeNew, jane), to(t, out, ticket.NoticeAck, karen)
	m := answer(notice, jane, "#close")
	m.Recipients, m.InReplyTo, m.References = []string{notice.ReturnPath}, nil, nil
	w.take(m)
	w.want(ticket.MachineMail)
	if got := w.show(n).Ticket.Status; got != ticket.New {
		t.Errorf("ticket is %s", got)
	}
	vacation := from(karen, "I am away", "and my program sets no header")
	vacation.Recipients = []string{ack.ReturnPath}
	w.take(vacation)
	w.want(ticket.MachineMail)
	if got := mailed(w.sent()); len(got) != 0 {
		t.Errorf("an answer to the return path caused %v", got)
	}
}

func TestMachineWithAnAgentsToken(t *testing.T) {
	w, n, out := opened(t)
	m := answer(to(t, out, ticket.NoticeNew, jane), jane, "I am on holiday. #close")
	m.Machine = ticket.AutoReplied
	w.take(m)
	w.want(ticket.MachineMail)
	m.From.Email, m.Machine, m.NewText = "mallory@evil.example", ticket.AutoGenerated, "Our bank account has changed."
	w.take(m)
	w.want(ticket.Quarantined)
	if got := w.show(n); len(got.Entries) != 1 {
		t.Errorf("%d entries", len(got.Entries))
	}
}

func TestOtherDesksAutomaticMailIsNoTicket(t *testing.T) {
	w := newWorld(t)
	m := from("desk@other.example", "[#1] New: hello", "text")
	m.Machine, m.Stamp = ticket.AutoGenerated, "e1.aaaaaaaaaaaaaaaaaaaaaaaaaa"
	w.take(m)
	if got := w.want(ticket.MachineMail); got != 0 {
		t.Errorf("it opened ticket %d", got)
	}
}

func TestAssigneeWithoutAccessHearsNothing(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#take"))
	w.want(ticket.Commanded)
	w.sent()
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#dept online-banking"))
	w.want(ticket.Commanded)
	if got := w.show(n).Ticket.Assignee; got != "" {
		t.Errorf("assigned to %s, who can not read it", got)
	}
	if got := mailed(w.sent()); !slices.Contains(got, "transferred:"+jane) {
		t.Errorf("the new department is not told: %v", got)
	}
	w.take(from(karen, "[#1001] Can not log in", "And?"))
	w.want(ticket.Appended)
	if got := mailed(w.sent()); slices.Contains(got, "message:"+john) {
		t.Errorf("john still reads along: %v", got)
	}
}

func TestResolvedNoticeHarmsNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		mail func(*ticket.Mail)
		sent bool
	}{
		"proven":   {func(*ticket.Mail) {}, true},
		"unproven": {func(m *ticket.Mail) { m.Authenticity = ticket.Unproven }, true},
		"forged":   {func(m *ticket.Mail) { m.Authenticity = ticket.Forged }, false},
		"machine":  {func(m *ticket.Mail) { m.Machine = ticket.AutoGenerated }, false},
	} {
		w := newWorld(t)
		m := from(karen, "BUY NOW", "text")
		tc.mail(&m)
		w.take(m)
		w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#resolve"))
		w.want(ticket.Commanded)
		for _, n := range w.sent() {
			if n.Kind != ticket.NoticeResolved {
				continue
			}
			if !tc.sent || m.Authenticity != ticket.Proven && n.Facts.Subject != "" {
				t.Errorf("%s: told %+v", name, n.Facts)
			}
			tc.sent = false
		}
		if tc.sent {
			t.Errorf("%s: not told", name)
		}
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

func TestWholeAddressesAreReplaced(t *testing.T) {
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "Write to maryjane@private.example, not to JANE@private.example or <john@private.example>."))
	w.want(ticket.Appended)
	const want = "Write to maryjane@private.example, not to support@bank.example or <support@bank.example>."
	if got := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; got != want {
		t.Errorf("the customer reads %q", got)
	}
}
