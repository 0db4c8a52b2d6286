package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// macros are those of the tests.
func macros() map[string]ticket.Macro {
	return map[string]ticket.Macro{
		"escalate": {Key: "escalate", Name: "Escalate to banking",
			Commands: []string{"#emergency", "#dept online-banking", "#assign jane", "#field customer-no=7", "#note"}, Text: "Known: {{field:customer-no}}, {{department}}."},
		"received": {Key: "received", Name: "Received", Commands: []string{"#tag +seen"}, Text: "Dear {{first_name|customer}}, we have it.", Automatic: true},
		"silent":   {Key: "silent", Name: "Silent", Commands: []string{"#low"}},
		"banking":  {Key: "banking", Name: "Banking only", Commands: []string{"#high"}, Departments: []string{"online-banking"}},
		"nested":   {Key: "nested", Name: "Nested", Commands: []string{"#macro silent"}},
		"broken":   {Key: "broken", Name: "Broken", Commands: []string{"#low", "no command"}},
		"wrong":    {Key: "wrong", Name: "Wrong", Commands: []string{"#high", "#assign nobodyhere"}},
	}
}

// withMacros is a world with one ticket, fields, canned replies and macros.
func withMacros(t *testing.T) (*world, ticket.Number, ticket.Notice) {
	t.Helper()
	w, n, notice := withCanned(t)
	p := *w.desk.Policy()
	p.Macros = macros()
	w.desk.SetPolicy(&p)
	return w, n, notice
}

// TestMacro: each command of a macro has a line in the transcript, and stands in
// the canonical order among those of the mail.
func TestMacro(t *testing.T) {
	w, n, notice := withMacros(t)
	facts := w.commands(notice, jane, "#macro escalate to banking\n#field remark=x\n\nPlease look.", ticket.Commanded)
	var results []string
	for _, r := range facts.Results {
		results = append(results, r.Line+": "+r.Result)
	}
	want := []string{
		"#macro escalate to banking: Escalate to banking; its text stands before your text, as a note",
		"escalate: #emergency: Normal -> Emergency",
		"escalate: #dept online-banking: Support -> Online Banking",
		"escalate: #assign jane: nobody -> Jane Doe",
		"escalate: #field customer-no=7: Customer number: empty -> 7",
		"escalate: #note: your text is a note for agents",
		"#field remark=x: Remark: empty -> x",
	}
	same(t, "results", results, want)
	if facts.Verdict != "Ticket 1001: 7 done, note added" {
		t.Errorf("verdict %q", facts.Verdict)
	}
	c := w.show(n)
	if got := c.Entries[1]; got.Kind != ticket.Note || got.Text != "Known: 7, Online Banking.\n\nPlease look." {
		t.Errorf("added %s %q", got.Kind, got.Text)
	}
	if tk := c.Ticket; tk.Priority != "Emergency" || tk.Assignee != "jane" || tk.Department != "online-banking" || tk.Plan != "sev-b" {
		t.Errorf("the ticket is %+v", tk)
	}
	if got := w.diary(n, ticket.CommandsRun); len(got) != 1 || !strings.Contains(got[0], "#macro escalate to banking, escalate: #emergency, escalate: #dept") {
		t.Errorf("the diary says %q", got)
	}
	checkReplay(t, c)
}

// TestMacroPlan: a plan that a macro names is not chosen anew by its transfer.
func TestMacroPlan(t *testing.T) {
	w, n, notice := withMacros(t)
	p := *w.desk.Policy()
	p.Macros["move"] = ticket.Macro{Key: "move", Name: "Move", Commands: []string{"#sla sev-a", "#dept online-banking"}}
	w.desk.SetPolicy(&p)
	w.commands(notice, jane, "#macro move", ticket.Commanded)
	if got := w.diary(n, ticket.PlanChanged); len(got) != 1 || w.show(n).Ticket.Plan != "sev-a" {
		t.Errorf("plans %q", got)
	}
}

// TestMacroRefusals: a macro is done whole or not at all, with each right that it
// needs.
func TestMacroRefusals(t *testing.T) {
	for _, c := range []struct{ text, line, want string }{
		{"#macro", "#macro", "which macro? There are: broken, escalate, nested, received, silent, wrong"},
		{"#macro escalte", "#macro escalte", `did you mean "escalate"?`},
		{"#macro banking", "#macro banking", "which macro?"},
		{"#dept online-banking\n#macro banking", "#macro banking", "which macro?"}, // the ticket is not there yet
		{"#macro nested", "nested: #macro silent", "a macro cannot run another one"},
		{"#macro broken", "#macro broken", "the macro Broken has a line that is no command"},
		{"#macro wrong", "wrong: #assign nobodyhere", "which agent?"},
		{"#macro escalate\n#reply", "#reply", "contradicts #note: give one of them"},
		{"#macro silent\n#high", "#high", "contradicts #priority: give one of them"},
		{"#macro silent\n#macro silent", "silent: #low", "contradicts #priority"},
	} {
		w, n, notice := withMacros(t)
		facts := w.commands(notice, jane, c.text, ticket.CommandHeld)
		found := false
		for _, r := range facts.Results {
			found = found || r.Failed && strings.Contains(r.Result, c.want) && (r.Line == c.line || strings.HasPrefix(c.want, "contradicts"))
		}
		if !found {
			t.Errorf("%s: %+v, want %s: %s", c.text, facts.Results, c.line, c.want)
		}
		if tk := w.show(n).Ticket; tk.Priority != "Normal" || tk.Department != "support" || tk.Assignee != "" {
			t.Errorf("%s: a held mail has changed %+v", c.text, tk)
		}
	}
	w, n, notice := withMacros(t)
	w.desk.Policy().Roles["agent"] = ticket.Role{Key: "agent", Rights: []ticket.Right{ticket.MayRead, ticket.MayNote, ticket.MayEdit, ticket.MayTransfer}}
	facts := w.commands(notice, jane, "#macro escalate", ticket.CommandHeld)
	if got := result(facts, "escalate: #assign jane"); !strings.Contains(got, `needs the right "assign"`) || w.show(n).Ticket.Priority != "Normal" {
		t.Errorf("without a right: %q", got)
	}
	if got := result(facts, "escalate: #emergency"); got != "fine, but not done: Normal -> Emergency" {
		t.Errorf("what has it: %q", got)
	}
	facts = w.commands(notice, jane, "#macro received", ticket.CommandHeld)
	if got := facts.Results[len(facts.Results)-1]; got.Line != "(your text)" || !strings.Contains(got.Result, `needs the right "reply"`) {
		t.Errorf("the text of a macro without the right to reply: %+v", got)
	}
}

// TestMacroAutomatic: the text of an automatic macro goes out and is no answer,
// unless somebody adds a word.
func TestMacroAutomatic(t *testing.T) {
	for _, c := range []struct {
		text      string
		automatic bool
		status    ticket.Status
	}{
		{"#macro received", true, ticket.New},
		{"#macro received\n\nAnd more.", false, ticket.Open},
		{"#macro received\n#canned hello", false, ticket.Open},
		{"#macro received\n#resolve\n#field customer-no=1", true, ticket.Resolved},
	} {
		w, n, notice := withMacros(t)
		w.now = w.now.Add(time.Hour)
		w.take(answer(notice, jane, c.text))
		w.want(ticket.Commanded)
		reply := to(t, w.sent(), ticket.NoticeReply, karen)
		if !strings.HasPrefix(reply.Facts.Text, "Dear Karen, we have it.") || reply.Automatic || reply.From.Name != "Jane Doe (Support)" {
			t.Errorf("%s: sent %q from %v, automatic %t", c.text, reply.Facts.Text, reply.From, reply.Automatic)
		}
		after := ""
		if c.automatic {
			after = ticket.AutomaticReply
		}
		for _, e := range w.show(n).Events {
			if e.Kind == ticket.ReplyAdded && e.After != after {
				t.Errorf("%s: the diary says %q, want %q", c.text, e.After, after)
			}
		}
		tk := w.show(n).Ticket
		if tk.Status != c.status || tk.SpokenAt.Equal(w.now) == c.automatic {
			t.Errorf("%s: the ticket is %s, spoken at %s", c.text, tk.Status, tk.SpokenAt)
		}
		checkReplay(t, w.show(n))
	}
}

// TestMacroAutomaticClock: an automatic reply leaves the clock of the first
// answer running; one by an agent stops it.
func TestMacroAutomaticClock(t *testing.T) {
	for text, running := range map[string]bool{"#macro received": true, "#macro received\n\nAnd more.": false} {
		w := bank(t)
		p := *w.desk.Policy()
		p.Macros = macros()
		w.desk.SetPolicy(&p)
		w.take(from(karen, "Cannot sign in", "Help!"))
		n := w.want(ticket.Opened)
		notice := to(t, w.sent(), ticket.NoticeNew, jane)
		first := w.show(n).Ticket.Deadline
		w.now = w.now.Add(10 * time.Minute)
		w.take(answer(notice, jane, text))
		w.want(ticket.Commanded)
		if got := w.show(n).Ticket.Deadline.Equal(first); got != running {
			t.Errorf("%q: the clock of the first answer runs: %t, want %t", text, got, running)
		}
	}
}

// stepWorld is a world whose plan runs a macro when the first answer is late.
func stepWorld(t *testing.T, m ticket.Macro) *world {
	t.Helper()
	w := bank(t)
	p := *w.desk.Policy()
	m.Key, m.Name = "late", "Late"
	p.Macros = map[string]ticket.Macro{"late": m}
	p.Fields = fields()
	plan := p.Plans["sev-c"]
	plan.Steps = []sla.Step{{Key: "breach", Metric: sla.First, Do: []string{"macro:late"}}}
	p.Plans["sev-c"] = plan
	w.desk.SetPolicy(&p)
	return w
}

// TestMacroOfStep: a plan runs a macro by itself, as the desk: with every right,
// dated when the step was reached, and its text is automatic mail.
func TestMacroOfStep(t *testing.T) {
	w := stepWorld(t, ticket.Macro{Commands: []string{"#emergency", "#assign jane", "#field customer-no=1", "#tag +late"},
		Text: "Dear {{first_name|customer}}, ticket {{number}} takes us longer. {{agent|Your team}}"})
	m := from(karen, "Cannot sign in", "Help!")
	m.From.Name = "Karen Customer"
	w.take(m)
	n := w.want(ticket.Opened)
	w.sent()
	mails := w.until(w.now.Add(90 * time.Minute))
	same(t, "mails", mails, []string{"10:00 assigned:" + jane, "10:00 reply:" + karen})
	c := w.show(n)
	same(t, "diary", w.diary(n, ticket.StepReached, ticket.PriorityChanged, ticket.AssigneeChanged, ticket.FieldChanged, ticket.TagsChanged, ticket.ReplyAdded), []string{
		"10:00 step first -> breach step breach of the plan Sev-C: macro Late",
		"10:00 priority Normal -> Emergency", "10:00 assignee  -> jane", "10:00 field customer-no= -> customer-no=1", "10:00 tags  -> late",
		"10:00 reply  -> automatic",
	})
	last := c.Entries[len(c.Entries)-1]
	if last.Text != "Dear Karen, ticket 1001 takes us longer. Your team" || last.By.Kind != ticket.ByDesk || last.Kind != ticket.Reply {
		t.Errorf("the thread says %s by %v: %q", last.Kind, last.By, last.Text)
	}
	if c.Ticket.Status != ticket.New {
		t.Errorf("an automatic reply made the ticket %s", c.Ticket.Status)
	}
	i := slices.IndexFunc(c.Notices, func(n ticket.Notice) bool { return n.Kind == ticket.NoticeReply })
	if reply := c.Notices[i]; !reply.Automatic || reply.From.Name != "Support" || reply.Facts.Author != "Support" {
		t.Errorf("the reply is automatic: %t, from %v by %s", reply.Automatic, reply.From, reply.Facts.Author)
	}
	checkReplay(t, c)
}

// TestMacroOfStepUnproven: to an address that nobody has proven, a macro of the
// desk sends nothing that its sender chose; to a forged one, nothing at all. The
// commands run all the same.
func TestMacroOfStepUnproven(t *testing.T) {
	for proof, want := range map[ticket.Authenticity]string{
		ticket.Unproven: "Dear customer, about your mail: late.",
		ticket.Forged:   "",
	} {
		w := stepWorld(t, ticket.Macro{Commands: []string{"#high"}, Text: "Dear {{first_name|customer}}, about {{subject|your mail}}: late."})
		m := from(karen, "Buy this", "Now!")
		m.From.Name, m.Authenticity = "Buy That", proof
		w.take(m)
		n := w.want(ticket.Opened)
		w.sent()
		w.until(w.now.Add(61 * time.Minute))
		c := w.show(n)
		if c.Ticket.Priority != "High" {
			t.Errorf("%s: priority %s", proof, c.Ticket.Priority)
		}
		got := ""
		for _, notice := range c.Notices {
			if notice.Kind == ticket.NoticeReply {
				got = notice.Facts.Text
				if notice.Facts.Subject != "" || notice.Facts.To != "" {
					t.Errorf("%s: the mail repeats %q, %q", proof, notice.Facts.Subject, notice.Facts.To)
				}
			}
		}
		if got != want {
			t.Errorf("%s: sent %q, want %q", proof, got, want)
		}
		if diary := w.diary(n, ticket.StepReached)[0]; want == "" && !strings.Contains(diary, "without its text: its sender is forged") {
			t.Errorf("%s: the diary says %q", proof, diary)
		}
	}
}

// TestMacroOfStepLate: after a stop that was longer than a step is of use, its
// macro runs, and says nothing to the customer.
func TestMacroOfStepLate(t *testing.T) {
	w := stepWorld(t, ticket.Macro{Commands: []string{"#high"}, Text: "We are late."})
	w.desk.Policy().Plans["sev-c"].Steps[0].Expires = time.Hour
	w.take(from(karen, "Cannot sign in", "Help!"))
	n := w.want(ticket.Opened)
	w.sent()
	w.now = w.now.Add(3 * time.Hour)
	same(t, "mails", w.until(w.now), nil)
	if got := w.diary(n, ticket.StepReached); len(got) != 1 || !strings.Contains(got[0], "macro Late, without its text: it is too late for it") {
		t.Errorf("the diary says %q", got)
	}
	if tk := w.show(n).Ticket; tk.Priority != "High" || len(w.show(n).Entries) != 1 {
		t.Errorf("priority %s", tk.Priority)
	}
}

// TestMacroOfStepFails: what cannot run changes nothing, and the diary says why.
func TestMacroOfStepFails(t *testing.T) {
	for name, c := range map[string]struct {
		macro    ticket.Macro
		priority string
		want     string
	}{
		"a command":   {ticket.Macro{Commands: []string{"#high", "#assign me"}, Text: "Hello"}, "Normal", "the macro Late did not run: late: #assign me: "},
		"for agents":  {ticket.Macro{Commands: []string{"#high", "#merge 1"}}, "Normal", "late: #merge 1: is for agents"},
		"the text":    {ticket.Macro{Commands: []string{"#high"}, Text: "by {{agent}}"}, "High", "macro Late, without its text: #macro late: {{agent}} is empty"},
		"a note":      {ticket.Macro{Commands: []string{"#high", "#note"}, Text: "by {{agent|us}}"}, "High", "macro Late"},
		"department":  {ticket.Macro{Commands: []string{"#high"}, Departments: []string{"online-banking"}}, "Normal", "the macro Late is not for Support"},
		"resolved":    {ticket.Macro{Commands: []string{"#high", "#resolve"}}, "High", "macro Late"}, // the required field holds up agents only
		"no commands": {ticket.Macro{Text: "Hello"}, "Normal", "macro Late"},
	} {
		w := stepWorld(t, c.macro)
		w.take(from(karen, "Cannot sign in", "Help!"))
		n := w.want(ticket.Opened)
		w.until(w.now.Add(61 * time.Minute))
		if got := w.diary(n, ticket.StepReached); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: the diary says %q, want %q", name, got, c.want)
		}
		if got := w.show(n).Ticket.Priority; got != c.priority {
			t.Errorf("%s: priority %s, want %s", name, got, c.priority)
		}
		checkReplay(t, w.show(n))
	}
	w := stepWorld(t, ticket.Macro{})
	w.desk.Policy().Macros = nil
	w.take(from(karen, "Cannot sign in", "Help!"))
	n := w.want(ticket.Opened)
	w.until(w.now.Add(61 * time.Minute))
	if got := w.diary(n, ticket.StepReached)[0]; !strings.Contains(got, `there is no macro "late"`) {
		t.Errorf("the diary says %q", got)
	}
}

// TestMacroByRequest: what agents run by mail they, and the operator, run at the
// terminal; who asks about no ticket is told so.
func TestMacroByRequest(t *testing.T) {
	w, n, _ := withMacros(t)
	done := w.do(ticket.Request{Origin: ticket.FromCommandLine, Ticket: n, Text: "#macro escalate"})
	if !done.Done || len(done.Results) != 6 || w.show(n).Ticket.Priority != "Emergency" {
		t.Errorf("the operator's macro: %+v", done)
	}
	for _, text := range []string{"#macro silent", "#list macros", "#canned hello"} {
		done = w.do(ticket.Request{Origin: ticket.FromCommandLine, Agent: "jane", Text: text})
		if done.Done || done.Results[0].Result != "is about one ticket: say about which" {
			t.Errorf("%s about no ticket: %+v", text, done)
		}
	}
}

func TestMacroLists(t *testing.T) {
	w, _, notice := withMacros(t)
	for _, text := range []string{"#list macros", "#help macro"} {
		report := strings.Join(w.commands(notice, jane, text, ticket.Commanded).Report, "\n")
		want := "Macros of Support:\n  #macro broken\n    Broken: #low, no command\n  #macro escalate\n    Escalate to banking: #emergency, #dept online-banking, " +
			"#assign jane, #field customer-no=7, #note; with the text \"Known: {{field:customer-no}}, {{department}}.\"\n"
		if !strings.Contains(report, want) || strings.Contains(report, "Banking only") {
			t.Errorf("%s:\n%s\nwant\n%s", text, report, want)
		}
	}
}

func TestCheckMacro(t *testing.T) {
	t.Parallel()
	p := policy()
	p.Fields = fields()
	for line, want := range map[string]string{
		"#emergency":                 "",
		"#prio high":                 "",
		"#assign jane":               "",
		"#assign me":                 "",
		"#assign team:network":       "",
		"#dept online-banking":       "",
		"#sla auto":                  "",
		"#sla sev-b":                 "",
		"#tag +a -b":                 "",
		"#cc +ken@example.com":       "",
		"#field contract=gold":       "",
		"#field contract=":           "",
		"#canned greeting":           "",
		"#resolve":                   "",
		"#pending 3d":                "",
		"#list":                      "",
		"#status hold":               "",
		"#status nonsense":           "status",
		"#close done by telephone":   "",
		"#requester ken@example.com": "",
		"#requester ken":             "is not an address",
		"#time 1h30":                 "",
		"#time soon":                 "is not a time",
		"":                           "is not a command",
		"resolve":                    "is not a command",
		"#resolve\n#note":            "is not a command",
		"#end":                       "is not a command",
		"#resolve: now":              "cannot be read",
		"#resolv":                    "did you mean #resolve?",
		"#emergency now":             "takes no argument",
		"#take it":                   "takes nothing behind it",
		"#prio":                      "is not complete; write #priority NAME",
		"#prio urgent":               "which priority?",
		"#assign jan":                "", // a unique prefix
		"#assign nobodyhere":         "which agent?",
		"#assign team:nobodyhere":    "which team?",
		"#dept suport":               `did you mean "support"?`,
		"#sla sev-d":                 `there is no SLA plan "sev-d"`,
		"#tag +":                     "stands alone",
		"#cc ken":                    "is not an address",
		"#field color=red":           "which field?",
		"#field contract":            "the value is missing",
		"#field contract=iron":       "which choice?",
		"#canned helo":               `did you mean "hello"?`,
		"#macro silent":              "a macro cannot run another one",
	} {
		got := ""
		if err := p.CheckMacro(ticket.Macro{Commands: []string{line}}, false)[0]; err != nil {
			got = err.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	faults := p.CheckMacro(ticket.Macro{Commands: []string{"#high", "#resolve", "#take", "#assign me", "#show", "#low", "#assign jane", "#merge 1001", "#away"}}, true)
	for i, want := range []string{"", "", "is for agents", "is for agents", "is for agents", "contradicts #priority", "", "is for agents", "is for agents"} {
		if got := faults[i]; (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("command %d of the desk: %v, want %q", i, got, want)
		}
	}
	if !ticket.NeedsAgent("by {{ agent }}") || ticket.NeedsAgent("by {{agent|us}} {{number}}") {
		t.Error("which texts need an agent is not known")
	}
	if !p.IsNote(ticket.Macro{Commands: []string{"#low", "#private"}}) || p.IsNote(ticket.Macro{Commands: []string{"#low", "#notes"}}) {
		t.Error("which macros are notes is not known")
	}
}
