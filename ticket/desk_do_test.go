package ticket_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// do asks the desk for something otherwise than by mail.
func (w *world) do(q ticket.Request) ticket.Transcript {
	w.t.Helper()
	if q.Origin == "" {
		q.Origin = ticket.FromCommandLine
	}
	done, err := w.desk.Do(context.Background(), q)
	if err != nil {
		w.t.Fatalf("do %q: %v", q.Text, err)
	}
	return done
}

// lines are the results of a transcript as "line: result".
func lines(done ticket.Transcript) []string {
	var list []string
	for _, r := range done.Results {
		list = append(list, r.Line+": "+r.Result)
	}
	return list
}

// TestDoIsAsByMail carries out what TestTutorial does by mail: the ticket and
// who is told are the same, but for the transcript, which is not mailed.
func TestDoIsAsByMail(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	done := w.do(ticket.Request{Agent: "john", Ticket: n,
		Text: "#sla sev-a\n#assign jane\n#dept online-banking\n#emergency\n#note\n\nLooks like the login service.\n"})
	if !done.Done || done.Verdict != "Ticket 1001: 5 done, note added" || done.State != "new | Emergency | Online Banking | Jane Doe | SLA Sev-A" {
		t.Errorf("transcript %+v", done)
	}
	want := []string{"#sla sev-a: Sev-C -> Sev-A", "#assign jane: nobody -> Jane Doe (mailed)",
		"#dept online-banking: Support -> Online Banking", "#emergency: Normal -> Emergency", "#note: your text is a note for agents"}
	if got := lines(done); !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
	if got, want := mailed(w.sent()), []string{"assigned:" + jane, "transferred:tom@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	done = w.do(ticket.Request{Agent: "jane", Ticket: n, Text: "#resolve\n\nPlease try again now."})
	if done.Verdict != "Ticket 1001: 1 done, message sent to "+karen {
		t.Errorf("verdict %q", done.Verdict)
	}
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if reply.From.Email != "banking@bank.example" || !reply.Facts.Resolved || reply.Automatic {
		t.Errorf("reply %+v", reply)
	}
	c := w.show(n)
	if c.Ticket.Status != ticket.Resolved || c.Ticket.Assignee != "jane" {
		t.Errorf("ticket %+v", c.Ticket)
	}
	entry := c.Entries[len(c.Entries)-1]
	if entry.ID != done.Entry || entry.Kind != ticket.Reply || entry.By != (ticket.Actor{Kind: ticket.ByAgent, Name: "jane"}) || entry.Receipt == 0 {
		t.Errorf("entry %+v", entry)
	}
	mail := c.Mails[len(c.Mails)-1]
	if mail.ID != entry.Receipt || mail.Source != "do:" || mail.Outcome != ticket.Commanded || mail.AfterDone.IsZero() {
		t.Errorf("receipt %+v", mail)
	}
	for _, e := range c.Events {
		if e.Receipt == 0 {
			t.Errorf("nothing is said to have caused %+v", e)
		}
	}
}

// TestDoNothing refuses requests one of whose parts is in doubt: the desk is as
// it was, and nobody is told.
func TestDoNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		q    ticket.Request
		want string
	}{
		"a typing error":         {ticket.Request{Agent: "john", Text: "#take\n#prioirty high\n\nA text."}, `#prioirty high: unknown; did you mean #priority?`},
		"what is fine says so":   {ticket.Request{Agent: "john", Text: "#take\n#ntoe\n\nA text."}, `#take: fine, but not done: nobody -> John Smith`},
		"no right to read":       {ticket.Request{Agent: "tom", Text: "#take"}, `(your request): needs the right "read" in Support, where you have no role; ask Lea Dahl`},
		"no right to see it":     {ticket.Request{Agent: "tom", Text: "#show"}, `(your request): needs the right "read" in Support, where you have no role; ask Lea Dahl`},
		"a verb without a right": {ticket.Request{Agent: "ben", Text: "#emergency"}, `#emergency: needs the right "edit" in Support, where your role is "reader"; ask Lea Dahl`},
		"a text without a right": {ticket.Request{Agent: "ben", Text: "Hello."}, `(your text): needs the right "note" in Support, where your role is "reader"; ask Lea Dahl`},
		"the operator's reply":   {ticket.Request{Text: "#reply\n\nHello."}, `(your text): only agents write to customers: say as which agent, or keep it as a note`},
		"the operator's own":     {ticket.Request{Text: "#take"}, `#take: you are no agent: write #assign NAME`},
		"the operator's eyes":    {ticket.Request{Text: "#watch"}, `#watch: is about yourself, and you are no agent: say as which agent`},
		"the operator's days":    {ticket.Request{Text: "#away fri"}, `#away fri: is about yourself`},
		"words of a note":        {ticket.Request{Agent: "john", Text: "#reply\n\nHello,\nThe customer is known to shout at us a lot."}, `(your text): holds words that only agents have seen`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n, _ := opened(t)
			w.change(func(p *ticket.Policy) {
				p.Agents["ben"] = ticket.Agent{Key: "ben", Name: "Ben", Emails: []string{"ben@private.example"}, Access: map[string]string{"support": "reader"}}
			})
			w.do(ticket.Request{Agent: "john", Ticket: n, Text: "The customer is known to shout at us a lot."})
			w.sent()
			before := w.show(n)
			c.q.Ticket = n
			done := w.do(c.q)
			if done.Done || len(done.Report) > 0 || !strings.HasPrefix(done.Verdict, "Ticket 1001: NOTHING done") {
				t.Errorf("transcript %+v", done)
			}
			if got := lines(done); !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, c.want) }) {
				t.Errorf("results %q lack %q", got, c.want)
			}
			after := w.show(n)
			if len(after.Events) != len(before.Events) || len(after.Mails) != len(before.Mails) || len(after.Entries) != len(before.Entries) || after.Ticket.UpdatedAt != before.Ticket.UpdatedAt {
				t.Errorf("the ticket has changed: %+v", after.Events)
			}
			if out := w.sent(); len(out) > 0 {
				t.Errorf("mailed %v", mailed(out))
			}
		})
	}
}

func TestDoSendsConfirmedWords(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.do(ticket.Request{Agent: "john", Ticket: n, Text: "The router in the cellar is on fire again."})
	q := ticket.Request{Agent: "john", Ticket: n, Kind: ticket.Reply, Text: "The router in the cellar is on fire again."}
	if done := w.do(q); done.Done {
		t.Errorf("a note went out unasked: %+v", done)
	}
	q.Sure = true
	if done := w.do(q); !done.Done {
		t.Errorf("confirmed words were refused: %+v", done)
	}
	to(t, w.sent(), ticket.NoticeReply, karen)
}

// TestDoOnce demands that a request with a key is done once, and that each who
// sends it gets the same transcript.
func TestDoOnce(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	q := ticket.Request{Origin: ticket.FromForm, Key: "f3a9", Agent: "john", Ticket: n, Kind: ticket.Reply, Text: "#tag +vpn\n\nHello."}
	slip := q
	slip.Text = "#tga +vpn\n\nHello."
	if done := w.do(slip); done.Done {
		t.Errorf("a slip was done: %+v", done)
	}
	first := w.do(q) // what was refused has not used up its key
	again := w.do(q)
	if first.Again || !again.Again || !again.Done {
		t.Errorf("first %+v, again %+v", first, again)
	}
	again.Again = false
	if !slices.Equal(lines(first), lines(again)) || first.Verdict != again.Verdict || first.Entry != again.Entry || first.State != again.State {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"reply:" + karen}) {
		t.Errorf("mailed %v", got)
	}
	// Another agent's key is another key, and so is one of another origin.
	q.Agent = "jane"
	if done := w.do(q); done.Again {
		t.Errorf("jane got john's transcript: %+v", done)
	}
	q.Origin = ticket.FromCommandLine
	if done := w.do(q); done.Again {
		t.Errorf("the command line got the form's transcript: %+v", done)
	}
	w.take(from("ken@customer.example", "Another", "ticket"))
	q.Ticket = w.want(ticket.Opened)
	if _, err := w.desk.Do(t.Context(), q); !refused(err, ticket.Conflict) {
		t.Errorf("the key was used for another ticket: %v", err)
	}
}

// TestDoOnAMergedTicket asks by the old number: what is asked for is done where
// the ticket goes on, unless somebody would read it there who did not before.
func TestDoOnAMergedTicket(t *testing.T) {
	t.Parallel()
	w, out := two(t, bob)
	merge := ticket.Request{Key: "merge", Agent: "jane", Ticket: 1002, Text: "#merge 1001 -cc"}
	if done := w.do(merge); !done.Done {
		t.Fatalf("merged: %+v", done)
	}
	if done := w.do(merge); !done.Again {
		t.Errorf("asked once more, it says %+v", done)
	}
	w.sent()
	const note = "(your request): names ticket 1002, which was merged into 1001"
	done := w.do(ticket.Request{Agent: "jane", Ticket: 1002, Text: "#high\n#note\n\nBob is angry."})
	want := []string{"#high: Normal -> High", "#note: your text is a note for agents", note}
	if got := lines(done); !done.Done || done.Ticket != 1001 || !slices.Equal(got, want) || w.show(1001).Ticket.Priority != "High" {
		t.Errorf("a note: %+v", done)
	}
	done = w.do(ticket.Request{Agent: "jane", Ticket: 1002, Text: "#show"})
	if got := lines(done); !slices.Equal(got, []string{"#show: see below", note}) || !strings.HasPrefix(done.Report[0], "Ticket 1001: ") {
		t.Errorf("shown: %+v", done)
	}
	w.sent()
	for _, text := range []string{"#reply\n\nDear Bob, your password is x.", "#resolve"} {
		for _, sure := range []bool{false, true} {
			done := w.do(ticket.Request{Agent: "jane", Ticket: 1002, Text: text, Sure: sure})
			doubt := note + ", and " + karen + " would get it there. To go on all the same, name ticket 1001"
			if got := lines(done); done.Done || !slices.Contains(got, doubt) {
				t.Errorf("%q, sure %t: %+v", text, sure, done)
			}
		}
		if got := mailed(w.sent()); len(got) > 0 {
			t.Errorf("mailed %v", got)
		}
		if done := w.do(ticket.Request{Agent: "jane", Ticket: 1001, Text: text}); !done.Done {
			t.Errorf("%q on the ticket that goes on: %+v", text, done)
		}
		to(t, w.sent(), map[bool]ticket.NoticeKind{true: ticket.NoticeResolved, false: ticket.NoticeReply}[text == "#resolve"], karen)
	}
	// By mail the rule is the same, in words for a mail.
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#reply\nHello Bob."))
	w.want(ticket.CommandHeld)
	w.audit()
}

func TestOperatorDoes(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	done := w.do(ticket.Request{Ticket: n, Text: "#assign jane\n#dept online-banking\n\nMoved by the admin."})
	if !done.Done || done.Verdict != "Ticket 1001: 2 done, note added" {
		t.Errorf("transcript %+v", done)
	}
	c := w.show(n)
	entry, event := c.Entries[len(c.Entries)-1], c.Events[len(c.Events)-1]
	if by := (ticket.Actor{Kind: ticket.ByOperator}); entry.By != by || event.Actor != by || entry.Kind != ticket.Note {
		t.Errorf("entry %+v, event %+v", entry, event)
	}
	done = w.do(ticket.Request{Ticket: n, Text: "#show"})
	if !slices.ContainsFunc(done.Report, func(line string) bool { return strings.Contains(line, "NOTE by the operator") }) {
		t.Errorf("the thread: %q", done.Report)
	}
	done = w.do(ticket.Request{Text: "#list"})
	if len(done.Report) != 2 || !strings.HasPrefix(done.Report[0], "#1001  Can not log in") {
		t.Errorf("the list: %q", done.Report)
	}
	for _, query := range []string{"#list mine", "#list assignee:me", "#list myteams"} {
		if done := w.do(ticket.Request{Text: query}); done.Done {
			t.Errorf("%s: %+v", query, done)
		}
	}
}

func TestDoAboutNoTicket(t *testing.T) {
	t.Parallel()
	w, _, _ := opened(t)
	for text, want := range map[string]string{
		"#list unassigned": "#list unassigned: 1 found, see below",
		"#help take":       "#help take: see below",
		"#list canned":     "#list canned: is about one ticket: say about which",
		"#take":            "#take: is about one ticket: say about which",
		"#lsit":            "#lsit: unknown; did you mean #list?",
		"Hello.":           "(your text): belongs to no ticket: say to which",
	} {
		if got := lines(w.do(ticket.Request{Agent: "john", Text: text})); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if done := w.do(ticket.Request{Agent: "tom", Text: "#list all"}); !done.Done || len(done.Report) > 0 {
		t.Errorf("tom sees tickets of Support: %+v", done)
	}
}

func TestDoRefuses(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.change(func(p *ticket.Policy) {
		gone := p.Agents["jane"]
		gone.Disabled = true
		p.Agents["jane"] = gone
	})
	for name, c := range map[string]struct {
		q    ticket.Request
		kind ticket.RefusalKind
	}{
		"no such ticket":       {ticket.Request{Origin: ticket.FromCommandLine, Ticket: 4711, Text: "#take"}, ticket.NotFound},
		"no such agent":        {ticket.Request{Origin: ticket.FromCommandLine, Agent: "jan", Ticket: n, Text: "#take"}, ticket.NotFound},
		"a disabled agent":     {ticket.Request{Origin: ticket.FromCommandLine, Agent: "jane", Ticket: n, Text: "#take"}, ticket.NotAllowed},
		"nobody, from a form":  {ticket.Request{Origin: ticket.FromForm, Ticket: n, Text: "#close"}, ticket.NotFound},
		"nobody, from nowhere": {ticket.Request{Ticket: n, Text: "#close"}, ticket.NotFound},
		"nothing to do":        {ticket.Request{Origin: ticket.FromCommandLine, Agent: "john", Ticket: n, Text: " \n"}, ticket.Invalid},
		"a wrong kind":         {ticket.Request{Origin: ticket.FromCommandLine, Agent: "john", Ticket: n, Kind: ticket.Message, Text: "Hello."}, ticket.Invalid},
		"too long a key":       {ticket.Request{Origin: ticket.FromCommandLine, Agent: "john", Key: strings.Repeat("k", 201), Ticket: n, Text: "#take"}, ticket.Invalid},
	} {
		if _, err := w.desk.Do(t.Context(), c.q); !refused(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// refused reports whether an error is a refusal of this kind.
func refused(err error, kind ticket.RefusalKind) bool {
	refusal, ok := errors.AsType[*ticket.Refusal](err)
	return ok && refusal.Kind == kind
}
