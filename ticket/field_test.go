package ticket_test

import (
	"regexp"
	"strings"
	"testing"

	"deskpost/ticket"
)

func TestFieldNormal(t *testing.T) {
	t.Parallel()
	fields := map[string]ticket.Field{
		"text":    {Type: ticket.TextField, Name: "Customer number", Pattern: regexp.MustCompile(`^(?:K-[0-9]+)$`)},
		"short":   {Type: ticket.TextField, Min: "2", Max: "4"},
		"free":    {Type: ticket.TextField},
		"number":  {Type: ticket.NumberField, Min: "-5.5", Max: "1000"},
		"date":    {Type: ticket.DateField, Min: "2026-01-01", Max: "2030-12-31"},
		"choice":  {Type: ticket.ChoiceField, Choices: []string{"Gold", "Silver", "Golden Eye"}},
		"yesno":   {Type: ticket.YesNoField},
		"address": {Type: ticket.AddressField},
		"url":     {Type: ticket.URLField},
	}
	for _, c := range []struct{ field, value, want, fault string }{
		{"text", " K-4711 ", "K-4711", ""},
		{"text", "4711", "", "does not have the form of a Customer number"},
		{"text", "K-4711 or so", "", "has to match"},
		{"short", "äöü€", "äöü€", ""},
		{"short", "a", "", "too short: it has to have 2 characters or more"},
		{"short", "abcde", "", "too long"},
		{"free", "two   words\u00a0here", "two words here", ""},
		{"free", strings.Repeat("ä", 500), strings.Repeat("ä", 500), ""},
		{"free", strings.Repeat("ä", 501), "", "longer than 500"},
		{"free", "a\x07b", "", "cannot be read"},
		{"free", "a\xffb", "", "cannot be read"},
		{"number", "+007.50", "7.5", ""},
		{"number", "-0.0", "0", ""},
		{"number", "-5.5", "-5.5", ""},
		{"number", "-5.51", "", "the least is -5.5"},
		{"number", "1000.000", "1000", ""},
		{"number", "1000.001", "", "the most is 1000"},
		{"number", "1,5", "", "with a point before the fraction"},
		{"number", "1e3", "", "not a number"},
		{"number", "", "", "not a number"},
		{"number", "0x10", "", "not a number"},
		{"date", "2026-12-24", "2026-12-24", ""},
		{"date", "24.12.2026", "2026-12-24", ""},
		{"date", "5.1.2026", "2026-01-05", ""},
		{"date", "24 December 2026", "2026-12-24", ""},
		{"date", "Dec 24, 2026", "2026-12-24", ""},
		{"date", "Thu 24 Dec 2026", "2026-12-24", ""},
		{"date", "Fri 24 Dec 2026", "", "is a Thursday"},
		{"date", "12/24/2026", "", "not a date"},
		{"date", "2026-02-29", "", "not a date"},
		{"date", "2025-12-31", "", "the least is Thu 1 Jan 2026"},
		{"date", "2031-01-01", "", "the most is Tue 31 Dec 2030"},
		{"choice", "sil", "Silver", ""},
		{"choice", "GOLD", "Gold", ""},
		{"choice", "golden-eye", "Golden Eye", ""},
		{"choice", "gol", "", "ambiguous: Gold, Golden Eye"},
		{"choice", "Glod", "", `did you mean "Gold"?`},
		{"choice", "iron", "", "There are: Gold, Silver, Golden Eye"},
		{"yesno", "Y", "yes", ""},
		{"yesno", "off", "no", ""},
		{"yesno", "maybe", "", "neither yes nor no"},
		{"address", "Karen@Customer.EXAMPLE", "Karen@customer.example", ""},
		{"address", "Karen <karen@customer.example>", "", "not an address"},
		{"url", "HTTPS://Bank.example:8443/Contract?id=A#x", "https://bank.example:8443/Contract?id=A#x", ""},
		{"url", "http://[2001:db8::1]/", "http://[2001:db8::1]/", ""},
		{"url", "https://bank.example", "https://bank.example", ""},
		{"url", "https://bank.example@evil.example/", "", "not a web address"},
		{"url", "javascript:alert(1)", "", "not a web address"},
		{"url", "https://", "", "not a web address"},
		{"url", "https://bank.example/a b", "", "not a web address"},
		{"url", "bank.example", "", "not a web address"},
	} {
		got, err := fields[c.field].Normal(c.value)
		switch {
		case c.fault == "" && (err != nil || got != c.want):
			t.Errorf("%s %q became %q, %v; want %q", c.field, c.value, got, err, c.want)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s %q became %q, %v; want a refusal with %q", c.field, c.value, got, err, c.fault)
		}
		if err != nil {
			continue
		}
		// A kept value is normal, and what is shown of it can be written again.
		for _, again := range []string{got, fields[c.field].Shown(got)} {
			if twice, err := fields[c.field].Normal(again); twice != got || err != nil {
				t.Errorf("%s %q became %q, %v; want %q again", c.field, again, twice, err, got)
			}
		}
	}
}

// fields are those of the tests: one for all, one of each department.
func fields() []ticket.Field {
	return []ticket.Field{
		{Key: "customer-no", Name: "Customer number", Type: ticket.NumberField, RequiredTo: ticket.Resolved, Customer: true},
		{Key: "contract", Name: "Contract", Type: ticket.ChoiceField, Choices: []string{"Gold", "Silver"}, Departments: []string{"support"}},
		{Key: "since", Name: "Customer since", Type: ticket.DateField, RequiredTo: ticket.Closed, Departments: []string{"online-banking"}},
		{Key: "remark", Name: "Remark", Type: ticket.TextField},
	}
}

// withFields is a world with one ticket and fields.
func withFields(t *testing.T) (*world, ticket.Number, []ticket.Notice) {
	t.Helper()
	w, n, out := opened(t)
	w.change(func(p *ticket.Policy) { p.Fields = fields() })
	return w, n, out
}

// commands answers a notice and returns the transcript of the answer.
func (w *world) commands(n ticket.Notice, address, text string, o ticket.Outcome) ticket.Facts {
	w.t.Helper()
	w.take(answer(n, address, text))
	w.want(o)
	kind := ticket.NoticeTranscript
	if o == ticket.CommandHeld {
		kind = ticket.NoticeHeld
	}
	return to(w.t, w.sent(), kind, address).Facts
}

// result is what a transcript says of a line, "" if nothing.
func result(f ticket.Facts, line string) string {
	for _, r := range f.Results {
		if r.Line == line {
			return r.Result
		}
	}
	return ""
}

func TestFieldVerb(t *testing.T) {
	w, n, out := withFields(t)
	got := w.commands(to(t, out, ticket.NoticeNew, jane), jane, "#field customer number = 0047\n#set contract=si\n#field remark=\"a = b\"", ticket.Commanded)
	for line, want := range map[string]string{
		"#field customer number = 0047": "Customer number: empty -> 47",
		"#set contract=si":              "Contract: empty -> Silver",
		`#field remark="a = b"`:         "Remark: empty -> a = b",
	} {
		if r := result(got, line); r != want {
			t.Errorf("%s: %q, want %q", line, r, want)
		}
	}
	shown := []ticket.FieldLine{{Name: "Customer number", Value: "47"}, {Name: "Contract", Value: "Silver"}, {Name: "Remark", Value: "a = b"}}
	if len(got.Fields) != 3 || got.Fields[0] != shown[0] || got.Fields[1] != shown[1] || got.Fields[2] != shown[2] {
		t.Errorf("the transcript shows %v, want %v", got.Fields, shown)
	}

	// A held mail shows the ticket as it still is.
	held := w.commands(to(t, out, ticket.NoticeNew, jane), jane, "#field customer-no=99\n#ntoe", ticket.CommandHeld)
	if held.Fields[0] != shown[0] {
		t.Errorf("the held mail shows %v, want %v", held.Fields[0], shown[0])
	}

	// Moved, the ticket keeps what the new department does not have.
	got = w.commands(to(t, out, ticket.NoticeNew, jane), jane, "#field customer-no=48\n#field remark=\n#field since=1.2.2020\n#dept online-banking\n#show", ticket.Commanded)
	tk := w.show(n).Ticket
	if tk.Fields["contract"] != "Silver" || tk.Fields["customer-no"] != "48" || tk.Fields["since"] != "2020-02-01" || len(tk.Fields) != 3 {
		t.Errorf("kept are %v", tk.Fields)
	}
	report := strings.Join(got.Report, "\n")
	for _, want := range []string{"Customer number: 48", "Customer since: Sat 1 Feb 2020"} {
		if !strings.Contains(report, "\n"+want) {
			t.Errorf("#show lacks %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, "\nContract") || strings.Contains(report, "\nRemark:") {
		t.Errorf("#show has what the department does not have, or what is empty:\n%s", report)
	}
	for _, e := range w.show(n).Events {
		if e.Kind == ticket.FieldChanged && e.After == "customer-no=48" && e.Before != "customer-no=47" {
			t.Errorf("the diary says %q -> %q", e.Before, e.After)
		}
	}
	checkReplay(t, w.show(n))
}

// checkReplay demands that the diary ends where the ticket is.
func checkReplay(t *testing.T, c ticket.Case) {
	t.Helper()
	for _, wrong := range ticket.Replay(c.Events).Against(&c.Ticket) {
		t.Errorf("ticket %d: %s", c.Ticket.Number, wrong)
	}
}

func TestFieldRefusals(t *testing.T) {
	w, n, out := withFields(t)
	for line, want := range map[string]string{
		"#field":                      "which field? There are:",
		"#field contract":             "the value is missing: write #field NAME=VALUE",
		"#field contrakt=gold":        `did you mean "contract"?`,
		"#field c=1":                  "ambiguous",
		"#field since=2020-01-01":     "which field?", // of another department
		"#field contract=iron":        "There are: Gold, Silver",
		"#field customer-no=K1":       "not a number",
		"#field remark=1\n#field r=2": "sets Remark twice",
	} {
		facts := w.commands(to(t, out, ticket.NoticeNew, jane), jane, line, ticket.CommandHeld)
		last := facts.Results[len(facts.Results)-1]
		if !strings.Contains(last.Result, want) || !last.Failed {
			t.Errorf("%s: %q, want %q", line, last.Result, want)
		}
	}
	if got := w.show(n).Ticket.Fields; got != nil {
		t.Errorf("a held mail has set %v", got)
	}
	w.change(func(p *ticket.Policy) { p.Fields = fields()[1:2] })
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#dept online-banking\n#field contract=gold"))
	w.want(ticket.CommandHeld)
	held := to(t, w.sent(), ticket.NoticeHeld, jane)
	if got := result(held.Facts, "#field contract=gold"); got != "tickets of Online Banking have no fields of their own" {
		t.Errorf("in a department without fields: %q", got)
	}
}

// TestFieldRequired: an agent does not end a ticket without the fields that
// ending it needs, and is told which.
func TestFieldRequired(t *testing.T) {
	for text, want := range map[string]string{
		"#resolve": "a ticket of Support is not resolved without Customer number: add #field customer-no=VALUE",
		"#close":   "a ticket of Support is not closed without Customer number: add #field customer-no=VALUE",
		"#close\n#dept online-banking": "a ticket of Online Banking is not closed without Customer number, Customer since: " +
			"add #field customer-no=VALUE, #field since=VALUE",
		"#resolve\n#dept online-banking\n#field customer-no=1": "",
		"#resolve\n#field customer-no=1":                       "",
		"#pending":                                             "",
	} {
		w, _, out := withFields(t)
		outcome := ticket.Commanded
		if want != "" {
			outcome = ticket.CommandHeld
		}
		facts := w.commands(to(t, out, ticket.NoticeNew, jane), jane, text, outcome)
		line, _, _ := strings.Cut(text, "\n")
		if got := result(facts, line); want != "" && got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// TestFieldRequiredOnce: a ticket that is resolved already may lose a field.
func TestFieldRequiredOnce(t *testing.T) {
	w, _, out := withFields(t)
	n := to(t, out, ticket.NoticeNew, jane)
	w.commands(n, jane, "#resolve\n#field customer-no=1", ticket.Commanded)
	w.commands(n, jane, "#field customer-no=", ticket.Commanded)
	w.commands(n, jane, "#close", ticket.CommandHeld)
}

func TestListByField(t *testing.T) {
	w, _, out := withFields(t)
	n := to(t, out, ticket.NoticeNew, jane)
	w.commands(n, jane, "#field customer-no=4711\n#field contract=gold", ticket.Commanded)
	for query, want := range map[string]string{
		"field:customer-no=4711":                      "1 found, see below",
		"field:customer-no=04711 field:CONTRACT=g":    "1 found, see below",
		`field:"customer number=4711"`:                "1 found, see below",
		"field:customer-no=4712":                      "0 found, see below",
		"field:customer-no":                           "which value? Write such as field:customer-no=VALUE",
		"field:customer-no=x":                         `"x" is not a number`,
		"field:none=1":                                `which field?`,
		"field:customer-no=1 field:customer-no=2":     "no ticket has two values of Customer number",
		"field:customer-no=4711 field:since=1.1.2020": "0 found, see below",
	} {
		outcome := ticket.Commanded
		if !strings.Contains(want, "found") {
			outcome = ticket.CommandHeld
		}
		facts := w.commands(n, jane, "#list "+query, outcome)
		if got := facts.Results[0].Result; !strings.Contains(got, want) {
			t.Errorf("#list %s: %q, want %q", query, got, want)
		}
	}
}

// TestFieldDiary: what a diary says of fields is held to the ticket and to
// itself.
func TestFieldDiary(t *testing.T) {
	t.Parallel()
	opened := ticket.Event{Kind: ticket.TicketOpened}
	field := func(before, after string) ticket.Event {
		return ticket.Event{Kind: ticket.FieldChanged, Before: before, After: after}
	}
	for name, c := range map[string]struct {
		events []ticket.Event
		fields map[string]string
		wrong  string
	}{
		"none":           {[]ticket.Event{opened}, nil, ""},
		"two":            {[]ticket.Event{opened, field("a=", "a=1"), field("b=", "b=x=y"), field("a=1", "a=2")}, map[string]string{"a": "2", "b": "x=y"}, ""},
		"emptied":        {[]ticket.Event{opened, field("a=", "a=1"), field("a=1", "a=")}, nil, ""},
		"unknown":        {[]ticket.Event{opened}, map[string]string{"a": "1"}, "its diary says map[]"},
		"lost":           {[]ticket.Event{opened, field("a=", "a=1")}, nil, "its diary says map[a:1]"},
		"does not match": {[]ticket.Event{opened, field("a=", "a=1"), field("a=3", "a=2")}, map[string]string{"a": "2"}, `was "1"`},
		"two keys":       {[]ticket.Event{opened, field("a=", "b=1")}, nil, "became the field"},
		"no value":       {[]ticket.Event{opened, field("a", "a")}, nil, "became the field"},
	} {
		got := strings.Join(ticket.Replay(c.events).Against(&ticket.Ticket{Status: ticket.New, Fields: c.fields}), "; ")
		if (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q, want %q", name, got, c.wrong)
		}
	}
}
