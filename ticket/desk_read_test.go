package ticket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// TestRead reads the thread of a tutorial-like ticket as a page shows it: each
// entry and event once, in order, with the state of delivery.
func TestRead(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#high\n#reply\nWhich browser is it?"))
	w.want(ticket.Commanded)
	to(t, w.sent(), ticket.NoticeReply, karen)
	s, err := w.desk.Read(t.Context(), "jane", n)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range s.Thread {
		line := string(item.Event) + " " + item.Text
		if item.Entry != nil {
			line = string(item.Entry.Kind) + " " + item.Label + " by " + item.Actor + " " + item.Badge
		}
		got = append(got, strings.TrimSpace(line))
	}
	want := []string{"opened opened", "message 1 by Karen Customer <" + karen + "> verified sender", "reply 2 by Jane Doe"}
	for _, line := range want {
		if c := slices.Index(got, line); c < 0 || slices.Contains(got[c+1:], line) {
			t.Errorf("%q is not there once among %q", line, got)
		}
	}
	if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "priority: Normal -> High") }) {
		t.Errorf("no event for the priority among %q", got)
	}
	last := s.Thread[len(s.Thread)-1]
	for _, item := range s.Thread {
		if item.Entry != nil && item.Entry.ID == s.Latest {
			last = item
		}
	}
	if last.Entry == nil || last.Entry.Kind != ticket.Reply || len(last.Delivery) != 1 || last.Delivery[0].Address.Email != karen || last.Delivery[0].SentAt.IsZero() {
		t.Errorf("the last entry is %+v", last)
	}
}

// TestReadersOnly: who may not read a ticket does not learn that there is one.
func TestReadersOnly(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	var texts []string
	for agent, number := range map[string]ticket.Number{"tom": n, "jane": n + 1} {
		_, err := w.desk.Read(t.Context(), agent, number)
		r, ok := errors.AsType[*ticket.Refusal](err)
		if !ok || r.Kind != ticket.NotFound {
			t.Fatalf("%s reads %d: %v", agent, number, err)
		}
		texts = append(texts, strings.Replace(r.Text, fmt.Sprint(number), "N", 1))
	}
	if texts[0] != texts[1] {
		t.Errorf("the refusals differ: %q", texts)
	}
	for agent, want := range map[string]int{"jane": 1, "tom": 0, "lead": 0} {
		if list, err := w.desk.Find(t.Context(), agent, "all", 10); err != nil || len(list) != want {
			t.Errorf("%s finds %d tickets, %v, want %d", agent, len(list), err, want)
		}
	}
	if _, err := w.desk.Find(t.Context(), "jane", "dept:nowhere", 10); err == nil {
		t.Error("a query that makes no sense finds something")
	}
	if _, err := w.desk.Read(t.Context(), "", n); err == nil {
		t.Error("somebody without a name reads a ticket")
	}
}

// TestAnswerToAnOutdatedThread is refused, and goes out once its author has seen
// the thread.
func TestAnswerToAnOutdatedThread(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	seen, err := w.desk.Read(t.Context(), "john", n)
	if err != nil {
		t.Fatal(err)
	}
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#reply\nWhich browser is it?"))
	w.want(ticket.Commanded)
	w.sent()
	q := ticket.Request{Origin: ticket.FromForm, Agent: "john", Ticket: n, Text: "Try again.", Kind: ticket.Reply, Seen: seen.Latest}
	_, err = w.desk.Do(t.Context(), q)
	r, ok := errors.AsType[*ticket.Refusal](err)
	if !ok || r.Kind != ticket.Conflict || !strings.Contains(r.Text, "reply by Jane Doe") {
		t.Fatalf("an outdated answer: %v", err)
	}
	if got := mailed(w.sent()); len(got) != 0 {
		t.Errorf("mailed %v", got)
	}
	if seen, err = w.desk.Read(t.Context(), "john", n); err != nil {
		t.Fatal(err)
	}
	q.Seen = seen.Latest
	if done, err := w.desk.Do(t.Context(), q); err != nil || !done.Done {
		t.Errorf("the same answer, after a look: %+v, %v", done, err)
	}
}

// TestUnreadableIsUnknown: who asks from outside for something on a ticket that they
// may not read is told the same as of one that there is not.
func TestUnreadableIsUnknown(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.change(func(p *ticket.Policy) {
		out := p.Agents["john"]
		out.Key, out.Emails, out.Access = "out", []string{"out@bank.example"}, nil
		p.Agents["out"] = out
	})
	for _, text := range []string{"a note", "#show", "#take"} {
		for _, origin := range []ticket.Origin{ticket.FromAPI, ticket.FromForm} {
			_, err := w.desk.Do(t.Context(), ticket.Request{Origin: origin, Agent: "out", Ticket: n, Text: text})
			_, none := w.desk.Do(t.Context(), ticket.Request{Origin: origin, Agent: "out", Ticket: 999, Text: text})
			no, refused := errors.AsType[*ticket.Refusal](err)
			if !refused || no.Kind != ticket.NotFound || none == nil {
				t.Errorf("%q by %s: %v, and of no ticket %v", text, origin, err, none)
			}
		}
	}
}
