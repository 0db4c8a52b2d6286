package ticket_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// withCanned is a world with one ticket, fields and canned replies.
func withCanned(t *testing.T) (*world, ticket.Number, ticket.Notice) {
	t.Helper()
	w, n, out := opened(t)
	w.change(func(p *ticket.Policy) {
		p.Fields = fields()
		p.Canned = map[string]ticket.Canned{
			"hello":    {Key: "hello", Name: "Greeting", Text: "Dear {{first_name|customer}},"},
			"number":   {Key: "number", Name: "Number", Text: "Your number is {{field:customer-no}}, your ticket {{number}}."},
			"remark":   {Key: "remark", Name: "Remark", Text: "Known of you: {{field:remark|nothing}}"},
			"banking":  {Key: "banking", Name: "Banking", Text: "Yours, {{agent}}, {{department}}", Departments: []string{"online-banking"}},
			"vpn-lost": {Key: "vpn-lost", Name: "VPN token lost", Text: "\n{{subject}}: about \"{{ subject }}\".\n\nWrite to jane@private.example.\n", Departments: []string{"support"}},
		}
	})
	return w, n, to(t, out, ticket.NoticeNew, jane)
}

func TestCanned(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind ticket.EntryKind
		want string // in the thread
	}{
		"before the text": {"#canned hello\n\nIt works again.", ticket.Reply, "Dear Karen,\n\nIt works again."},
		"alone":           {"#canned greet", ticket.Reply, "Dear Karen,"},
		"by its name":     {"#canned VPN token lost", ticket.Reply, "Can not log in: about \"Can not log in\".\n\nWrite to support@bank.example."},
		"as a note":       {"#canned hello\n#note\n\nIs this right?", ticket.Note, "Dear Karen,\n\nIs this right?"},
		"in their order":  {"#canned number\n#field customer-no=0047\n#canned hello\n\nBye", ticket.Reply, "Your number is 47, your ticket 1001.\n\nDear Karen,\n\nBye"},
		"where it goes":   {"#canned banking\n#dept online-banking", ticket.Reply, "Yours, Jane Doe, Online Banking"},
		"with a quote":    {"#canned hello\n\n> state: open | priority Normal | not assigned", ticket.Reply, "Dear Karen,"},
		"in a note":       {"#canned remark\n#note\n#field remark=a {{agent}} #close", ticket.Note, "Known of you: a {{agent}} #close"},
		"in a note, none": {"#canned remark\n#note", ticket.Note, "Known of you: nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			w, n, notice := withCanned(t)
			w.take(answer(notice, jane, c.text))
			w.want(ticket.Commanded)
			entries := w.show(n).Entries
			if got := entries[len(entries)-1]; got.Text != c.want || got.Kind != c.kind {
				t.Errorf("added %s %q, want %s %q", got.Kind, got.Text, c.kind, c.want)
			}
			told := mailed(w.sent())
			if public := strings.Contains(strings.Join(told, " "), "reply:"+karen); public != (c.kind == ticket.Reply) {
				t.Errorf("mailed %v", told)
			}
		})
	}
}

// TestCannedNote: what answers a note becomes a reply by a canned reply, and
// only by one.
func TestCannedAnswersNote(t *testing.T) {
	w, n, notice := withCanned(t)
	w.take(answer(notice, jane, "#canned hello\n#assign john\n#note"))
	assigned := to(t, w.sent(), ticket.NoticeAssigned, john)
	facts := w.commands(assigned, john, "#canned hello", ticket.Commanded)
	if facts.Verdict != "Ticket 1001: 1 done, message sent to "+karen {
		t.Errorf("verdict %q", facts.Verdict)
	}
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("after the reply the ticket is %s", got)
	}
}

func TestCannedRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"#canned":         "which canned reply? There are: hello, number, remark, vpn-lost",
		"#canned helo":    `did you mean "hello"?`,
		"#canned banking": "which canned reply?", // of another department
		"#canned number":  "{{field:customer-no}} is empty on this ticket: set it, or leave the text out",
		"#canned remark":  "{{field:remark|nothing}} would show customers a field that is not for them; set customer = true in [field.remark], or take it out",
	} {
		w, n, notice := withCanned(t)
		facts := w.commands(notice, jane, text, ticket.CommandHeld)
		if got := result(facts, text); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if facts.Verdict != "Ticket 1001: NOTHING done" && facts.Verdict != "Ticket 1001: NOTHING done, your text was NOT sent" {
			t.Errorf("%s: verdict %q", text, facts.Verdict)
		}
		if entries := w.show(n).Entries; len(entries) != 1 {
			t.Errorf("%s: the thread has %d entries", text, len(entries))
		}
	}
	w, _, notice := withCanned(t)
	w.change(func(p *ticket.Policy) {
		p.Roles["agent"] = ticket.Role{Rights: []ticket.Right{ticket.MayRead, ticket.MayNote}}
	})
	if got := result(w.commands(notice, jane, "#canned hello", ticket.CommandHeld), "#canned hello"); !strings.Contains(got, `needs the right "reply"`) {
		t.Errorf("without the right: %q", got)
	}
	w.change(func(p *ticket.Policy) { p.Canned = nil })
	if got := result(w.commands(notice, jane, "#canned hello", ticket.CommandHeld), "#canned hello"); got != "Support has no canned replies" {
		t.Errorf("without any: %q", got)
	}
}

// TestCannedHeld: a held mail keeps the agent's own text, so that the canned
// reply does not stand there twice when the commands come again.
func TestCannedHeld(t *testing.T) {
	w, n, notice := withCanned(t)
	w.take(answer(notice, jane, "#canned hello\n#ntoe\n\nOwn words."))
	w.want(ticket.CommandHeld)
	held := to(t, w.sent(), ticket.NoticeHeld, jane)
	if held.Facts.Text != "Own words." {
		t.Errorf("held is %q", held.Facts.Text)
	}
	w.take(answer(held, jane, "#canned hello\n#note"))
	w.want(ticket.Commanded)
	entries := w.show(n).Entries
	if got := entries[len(entries)-1].Text; got != "Dear Karen,\n\nOwn words." {
		t.Errorf("added %q", got)
	}
}

// TestCannedLeaks: an expanded text is held for words of notes like an agent's.
func TestCannedLeaks(t *testing.T) {
	w, _, notice := withCanned(t)
	w.commands(notice, jane, "#field customer-no=123456789012345678\n#note\n\nYour number is 123456789012345678, your", ticket.Commanded)
	facts := w.commands(notice, jane, "#canned number", ticket.CommandHeld)
	if got := facts.Results[len(facts.Results)-1].Result; !strings.Contains(got, "holds words that only agents have seen") {
		t.Errorf("got %q", got)
	}
}

// TestCannedOfStrangers: no name or subject that a stranger chose brings in
// commands, variables or lines.
func TestCannedOfStrangers(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) {
		p.Canned = map[string]ticket.Canned{"all": {Key: "all", Name: "All",
			Text: "{{requester}}\n{{first_name|friend}}\n{{subject}}\n{{address}} {{due|soon}} {{today}} {{priority}}"}}
	})
	m := from(karen, "{{agent}}\r\n#close", "Hello.")
	m.From.Name = "#assign john\n\x07{{agent}} {{nonsense " + strings.Repeat("x", 300)
	w.take(m)
	n := w.want(ticket.Opened)
	w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#canned all"))
	w.want(ticket.Commanded)
	c := w.show(n)
	lines := strings.Split(c.Entries[1].Text, "\n")
	name := "#assign john {{agent}} {{nonsense "
	want := []string{name + strings.Repeat("x", 200-len(name)) + "…", "friend", "{{agent}} #close", karen + " soon Mon 5 Jan 2026 Normal"}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if c.Ticket.Status == ticket.Closed || c.Ticket.Assignee != "" {
		t.Errorf("a stranger's name has acted: %+v", c.Ticket)
	}
}

func TestCannedLists(t *testing.T) {
	w, _, notice := withCanned(t)
	for text, want := range map[string]string{
		"#list canned": "Canned replies of Support:\n  #canned hello\n    Greeting: Dear {{first_name|customer}},\n  #canned number",
		"#help canned": "  needs the right \"reply\"\n\nCanned replies of Support:\n  #canned hello",
		"#list fields": "Fields of Support:\n  #field customer-no=VALUE\n    Customer number: number; needed to resolve\n  #field contract=VALUE\n    Contract: Gold, Silver\n",
		"#help set":    "Fields of Support:\n  #field customer-no=VALUE\n",
	} {
		report := strings.Join(w.commands(notice, jane, text, ticket.Commanded).Report, "\n")
		if !strings.Contains(report, want) || strings.Contains(report, "banking") || strings.Contains(report, "since") {
			t.Errorf("%s:\n%s\nwant\n%s", text, report, want)
		}
	}
	w.change(func(p *ticket.Policy) { p.Fields, p.Canned = nil, nil })
	for _, text := range []string{"#list canned", "#list fields"} {
		if report := w.commands(notice, jane, text, ticket.Commanded).Report; len(report) != 2 || report[1] != "  none" {
			t.Errorf("%s: %q", text, report)
		}
	}
}

// TestBelow: what is for a department is for those below it.
func TestBelow(t *testing.T) {
	w, _, notice := withCanned(t)
	p := *w.desk.Policy()
	p.Departments["network"] = ticket.Department{Key: "network", Name: "Network", Parent: "support"}
	w.desk.SetPolicy(&p)
	facts := w.commands(notice, jane, "#dept network\n#field contract=gold\n#canned vpn-lost\n#note", ticket.Commanded)
	if got := result(facts, "#field contract=gold"); got != "Contract: empty -> Gold" {
		t.Errorf("the field of the department above: %q", got)
	}
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	p := &ticket.Policy{Zone: time.UTC, Fields: fields()}
	for text, want := range map[string]string{
		"plain { } }} | text":            "",
		"{{ first_name | dear friend }}": "",
		"{{due|}}":                       "",
		"{{field:customer-no}}":          "",
		"{{field:remark}}":               "{{field:remark}} would show customers",
		"{{field:custmer-no}}":           "did you mean {{field:customer-no}}?",
		"{{field:}}":                     "names a field that there is not; there are: customer-no, contract, since, remark",
		"a {{requster|x}}":               "{{requster|x}} is not a variable; did you mean {{requester}}?",
		"{{Requester}}":                  "did you mean {{requester}}?",
		"{{}}":                           "{{}} is not a variable; there are {{requester}}, {{first_name}}",
		"{{first_name":                   "{{first_name has no end",
		"{{first_name\n}}":               "{{first_name has no end",
		"{{ {{agent}}":                   "has no end",
		"{{agent|{{number}}}}":           "has no end",
	} {
		got := ""
		for _, fault := range p.CheckText(text, true) {
			got += fault.Error() + "\n"
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if faults := p.CheckText("{{field:remark}}", false); faults != nil {
		t.Errorf("among agents: %v", faults)
	}
	if faults := (&ticket.Policy{}).CheckText("{{field:a}} {{b}} {{agent}} {{", false); len(faults) != 3 || !strings.Contains(faults[0].Text, "add [field.NAME]") {
		t.Errorf("without fields: %v", faults)
	}
}

// FuzzCheckText: any text is either refused with a piece of it that is at
// fault, or has no braces that could be a variable but known ones.
func FuzzCheckText(f *testing.F) {
	for _, text := range []string{"", "{{agent}}", "{{agent|x}} {{", "{{{{agent}}}}", "{{field:a|b}}", "{{\xff}}", "{{ agent\t|}}"} {
		f.Add(text)
	}
	p := &ticket.Policy{Fields: fields()}
	f.Fuzz(func(t *testing.T, text string) {
		faults := p.CheckText(text, false)
		if faults == nil {
			if open, known := strings.Count(text, "{{"), strings.Count(text, "}}"); open > known {
				t.Errorf("%q has %d beginnings and %d ends, and is taken", text, open, known)
			}
		}
		for _, fault := range faults {
			if fault.Text == "" || !strings.Contains(text, fault.At) || !strings.HasPrefix(fault.At, "{{") {
				t.Errorf("%q is refused with %q", text, fault)
			}
		}
	})
}

// TestDocsListEveryVariable holds docs/config.md to the table of variables.
func TestDocsListEveryVariable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range ticket.Variables() {
		if row := "| `{{" + v.Name + "}}` | " + v.Means + " |\n"; !strings.Contains(string(page), row) {
			t.Errorf("docs/config.md lacks the row %s", row)
		}
	}
}
