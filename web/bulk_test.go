package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// TestBulk gives commands to several tickets: each says what became of it, and what
// ends them is asked about first.
func TestBulk(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first, second := p.mail("one", "a text"), p.mail("two", "another text")
	other, err := p.desk.Open(t.Context(), ticket.Opening{Origin: ticket.FromCommandLine, Requester: ticket.Address{Email: "ken@customer.example"},
		Subject: "secret", Text: "text", Department: "banking"})
	if err != nil {
		t.Fatal(err)
	}
	state := func(n ticket.Number) ticket.Ticket {
		t.Helper()
		s, err := p.desk.Read(t.Context(), "jane", n)
		if err != nil {
			t.Fatal(err)
		}
		return s.Ticket
	}
	john := p.signIn("john")
	john.want(john.get("/tickets?q=all"), 200, `aria-label="Select #1001"`, "Do to the selected", "Do to all 2 shown")
	form := url.Values{"key": {"KEY"}, "q": {"all"}, "ticket": {fmt.Sprint(first), fmt.Sprint(first), fmt.Sprint(other.Ticket), "999"}, "commands": {"#take #tag +vip"}}
	s := john.post("/bulk", form)
	john.want(s, 200, "yes", "There is no ticket 1003 that you may read.", "There is no ticket 999 that you may read.", `href="/tickets?q=all"`)
	if strings.Contains(s.body, "banking") || strings.Contains(s.body, "Online") || strings.Count(s.body, `href="/tickets/1001"`) != 1 {
		t.Errorf("it tells of a ticket that John may not read, or of one twice:\n%s", s.body)
	}
	if one, two := state(first), state(second); one.Assignee != "john" || !slices.Equal(one.Tags, []string{"vip"}) || two.Assignee != "" {
		t.Errorf("afterwards there are %+v and %+v", one, two)
	}
	john.want(john.post("/bulk", form), 200, "That was done already")
	if a := state(other.Ticket); a.Assignee != "" || a.Tags != nil {
		t.Errorf("another department's is %+v", a)
	}

	all := url.Values{"shown": {fmt.Sprint(first), fmt.Sprint(second)}, "all": {"yes"}, "commands": {"#close"}}
	john.want(john.post("/bulk", all), 200, "Is this meant?", "each of 2 tickets", `name="sure"`)
	if state(first).Status == ticket.Closed {
		t.Error("it was closed without asking")
	}
	all.Set("sure", "yes")
	john.want(john.post("/bulk", all), 200, "closed")
	if state(first).Status != ticket.Closed || state(second).Status != ticket.Closed {
		t.Error("they are not closed")
	}

	for commands, want := range map[string]string{"": "Say what to do", "#reply": "is for one ticket", "#macro hello": "is for one ticket", "#frobnicate": "unknown"} {
		john.want(john.post("/bulk", url.Values{"ticket": {fmt.Sprint(first)}, "commands": {commands}}), 422, want)
	}
	john.want(john.post("/bulk", url.Values{"commands": {"#take"}}), 422, "Select at least one ticket")
	john.want(john.post("/bulk", url.Values{"commands": {"#take"}, "ticket": slices.Repeat([]string{"1001"}, 101)}), 422, "Select at most 100")
	if _, err := p.desk.DoToEach(t.Context(), ticket.Bulk{Agent: "jane", Tickets: []ticket.Number{first}, Commands: "#take\n\nand a text"}); err == nil {
		t.Error("a text went to several tickets")
	}
}

// TestKeptLists keeps a query under a name, arranges the lists and removes them.
func TestKeptLists(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mail("one", "a text")
	jane, john := p.signIn("jane"), p.signIn("john")
	jane.want(jane.get("/tickets?q=dept:support"), 200, "Keep this list as")
	jane.want(jane.post("/views/new", url.Values{"name": {" Ours "}, "q": {"dept:support"}}), 303)
	jane.want(jane.get("/tickets?q=dept:support"), 200, `aria-current="page">Ours <span class="count">1</span></a>`, "<h1>Ours</h1>")
	jane.want(jane.post("/views/new", url.Values{"name": {"Found"}, "q": {"text"}}), 303)
	jane.want(jane.get("/"), 303)
	jane.want(jane.get("/views"), 200, `value="Ours"`, `value="Found"`, ">Found</a>") // searches are not counted
	if s := john.get("/views"); strings.Contains(s.body, "Ours") {
		t.Error("John sees Jane's lists")
	}
	jane.want(jane.post("/views/new", url.Values{"name": {"ours"}, "q": {"dept:banking"}}), 303)
	jane.want(jane.post("/views", url.Values{"name": {"ours", "Words"}, "query": {"dept:banking", "text"}, "place": {"2", "1"}}), 303)
	want := []ticket.View{{Name: "Words", Query: "text"}, {Name: "ours", Query: "dept:banking"}}
	if got, err := p.desk.Views(t.Context(), "jane"); err != nil || !slices.Equal(got, want) {
		t.Errorf("she has %v (%v), want %v", got, err, want)
	}
	for name, form := range map[string]url.Values{
		"a query that makes no sense": {"name": {"Bad"}, "query": {"prio:none"}},
		"two of one name":             {"name": {"A", "a"}, "query": {"mine", "mine"}},
		"no name":                     {"name": {" "}, "query": {"mine"}},
		"a long name":                 {"name": {strings.Repeat("ü", 31)}, "query": {"mine"}},
		"a long query":                {"name": {"A"}, "query": {strings.Repeat("a ", 251)}},
		"too many":                    {"name": strings.Split(strings.Repeat("a", 21), ""), "query": strings.Split(strings.Repeat("a", 21), "")},
	} {
		if s := jane.post("/views", form); s.status != 422 || !strings.Contains(s.body, `role="alert"`) {
			t.Errorf("%s: %d", name, s.status)
		}
	}
	if got, err := p.desk.Views(t.Context(), "jane"); err != nil || !slices.Equal(got, want) {
		t.Errorf("what was refused is kept: %v (%v)", got, err)
	}
	jane.want(jane.post("/views", url.Values{"name": {"Words", "ours"}, "query": {"text", "mine"}, "place": {"1", "2"}, "remove": {"0"}}), 303)
	if got, err := p.desk.Views(t.Context(), "jane"); err != nil || !slices.Equal(got, []ticket.View{{Name: "ours", Query: "mine"}}) {
		t.Errorf("she has %v (%v)", got, err)
	}
}
