package ticket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// finds demands which tickets a query finds for an agent, in this order, or with
// which words it is refused.
func (w *world) finds(agent, query, want string) {
	w.t.Helper()
	list, err := w.desk.Find(w.t.Context(), agent, query, 20)
	no, refused := errors.AsType[*ticket.Refusal](err)
	var got []string
	for _, tk := range list {
		got = append(got, fmt.Sprint(tk.Number))
	}
	switch text := strings.Join(got, " "); {
	case refused && (no.Kind != ticket.Invalid || want == "" || !strings.Contains(no.Text, want)):
		w.t.Errorf("%s asks for %s and is told %q, want %q", agent, query, no.Text, want)
	case !refused && (err != nil || text != want):
		w.t.Errorf("%s asks for %s and finds %q (%v), want %q", agent, query, text, err, want)
	}
}

// asks does something with a ticket as Jane.
func (w *world) asks(n ticket.Number, text string) {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	done, err := w.desk.Do(w.t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: n, Text: text})
	if err != nil || !done.Done {
		w.t.Fatalf("%s: %+v, %v", text, done, err)
	}
}

// TestSearch: words that have no meaning of their own, and whatever is in quotes,
// are searched for among what an agent may read.
func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) {
		role := p.Roles["agent"]
		role.Rights = append(slices.Clone(role.Rights), ticket.MayBan)
		p.Roles["agent"] = role
	})
	texts := []string{ // from 1001 on, each a minute later
		"Card swallowed|At the station in Bremen, at 10:30.", "Printer on fire|Sending fails: https://bank.example/err?x=1", "Printer|It is open, in Bremen too.",
		"Printer again|Still the same.", "Offer|Buy a printer!", "Printer of the other department|In Bremen.",
	}
	for _, text := range texts {
		w.now = w.now.Add(time.Minute)
		subject, body, _ := strings.Cut(text, "|")
		w.take(from(karen, subject, body))
		w.want(ticket.Opened)
	}
	w.asks(1001, "#high\n\nThe supplier is called Müller & Söhne.") // a note
	w.asks(1003, "#resolve")
	w.asks(1004, "#merge 1002")
	w.asks(1005, "#spam")
	w.asks(1006, "#dept online-banking\n#snooze 2d")
	for query, want := range map[string]string{
		`"card swallowed"`: "1001", `"swallowed card"`: "", `swallowed card`: "1001", `CARD bremen`: "1001", `muller`: "1001", `"MÜLLER & söhne"`: "1001",
		`bremen`: "1006 1003 1001", `bremen dept:support`: "1003 1001", `bremen prio:high`: "1001", `bremen prio:low`: "", `bremen from:` + karen: "1006 1003 1001",
		`printer`: "1006 1002 1003", `printer again`: "1002", `"printer again"`: "1002", `printer new`: "1002", `printer all`: "1006 1005 1004 1002 1003", `printer snoozed`: "1006",
		`printer status:resolved`: "1003", `open`: "", `"open"`: "1003", `"open" in`: "1003", `resolved`: "1003", `resol`: "did you mean resolved",
		`sending`: "1002", `10:30`: "1001", `https://bank.example/err?x=1`: "1002", `bank.example`: "1002",
		`unasigned`: "did you mean unassigned", `bremen unasigned`: "did you mean unassigned", `"unasigned"`: "", `mien`: "did you mean mine", `printer mine`: "",
		`color:red`: "write it in quotes", `"color:red"`: "", `"dept:support"`: "", `dep:support`: "write it in quotes", `dept:nowhere`: "which department?", `due<soon`: "due<2h",
		`a AND`: "", `in AND`: "", `*`: "no word in", `"*"`: "no word in", `"`: "has no end", `'`: "no word in", `NEAR`: "", `"printer" OR`: "", `printer*`: "1006 1002 1003",
		strings.Repeat("printer ", 16): "1006 1002 1003", strings.Repeat("printer ", 17): "more than 16 words", `发票`: "", `🙂`: "",
		`unassigned`: "1001 1002", ``: "",
	} {
		w.finds("jane", query, want)
	}
	w.finds("john", "printer", "1002 1003")
	w.finds("tom", "printer", "1006")
	w.finds("tom", "müller", "")
	w.finds("lead", "printer", "")
}

// TestSearchByMail: #list reads the same queries.
func TestSearchByMail(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	facts := w.command(n, jane, `#list "log in" dept:support`).Facts
	if len(facts.Report) == 0 || !strings.HasPrefix(facts.Report[0], fmt.Sprintf("#%d  ", n)) || facts.Results[0].Result != "1 found, see below" {
		t.Errorf("the answer is %+v", facts)
	}
	if facts = w.command(n, jane, "#list printer").Facts; len(facts.Report) > 0 || facts.Results[0].Result != "0 found, see below" {
		t.Errorf("the answer is %+v", facts)
	}
}
