package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskpost/ticket"
)

// TestPreviewIsWhatHappens previews each request and then sends it: the same comes
// of it, the same people get mail, and until it was sent nothing was kept.
func TestPreviewIsWhatHappens(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]ticket.Request{
		"a reply":                 {Kind: ticket.Reply, Text: "Please try again now."},
		"a reply that resolves":   {Kind: ticket.Reply, Text: "#resolve\n#cc ken@customer.example\n\nPlease try again now."},
		"a reply with a file":     {Kind: ticket.Reply, Text: "See the file.", Files: []ticket.File{{Name: "a.pdf", Type: "application/pdf", Size: 3}}},
		"a note to a colleague":   {Kind: ticket.Note, Text: "@jane, can you look at this?"},
		"commands alone":          {Text: "#assign jane\n#dept online-banking\n#emergency"},
		"resolved without a word": {Text: "#resolve"},
		"a slip":                  {Kind: ticket.Reply, Text: "#prioirty high\n\nHello."},
		"a question":              {Text: "#list all"},
		"its own key":             {Kind: ticket.Note, Text: "a note", Key: "k1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n, _ := opened(t)
			q.Origin, q.Agent, q.Ticket = ticket.FromForm, "john", n
			before := w.show(n)
			p, err := w.desk.Preview(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, w.show(n)); diff != "" {
				t.Errorf("the preview has left something:\n%s", diff)
			}
			if out := w.sent(); len(out) > 0 {
				t.Errorf("the preview has mailed %v", mailed(out))
			}
			done := w.do(q)
			p.Entry, done.Entry = 0, 0 // an engine may skip one
			if diff := cmp.Diff(done, p.Transcript); diff != "" {
				t.Errorf("what was done, and what was foreseen:\n%s", diff)
			}
			var customers, agents, told []string
			for _, notice := range w.sent() {
				for _, r := range notice.Recipients {
					if notice.Kind.ToAgent() {
						agents = append(agents, r.Address.Name)
					} else {
						customers = append(customers, fmt.Sprint(r.Cc, r.Address.Email))
					}
				}
			}
			for _, a := range p.Agents {
				told = append(told, a.Name)
				if a.Why == "" {
					t.Errorf("it does not say why %s is told", a.Name)
				}
			}
			var foreseen []string
			for _, r := range p.Customers {
				foreseen = append(foreseen, fmt.Sprint(r.Cc, r.Address.Email))
			}
			slices.Sort(agents)
			slices.Sort(told)
			if !slices.Equal(agents, told) || !slices.Equal(customers, foreseen) {
				t.Errorf("mailed %v and %v, foreseen were %v and %v", customers, agents, foreseen, told)
			}
			entries := w.show(n).Entries
			if wrote := len(entries) > len(before.Entries); wrote != (p.Text != nil) || wrote && entries[len(entries)-1].Text != p.Text.Text {
				t.Errorf("foreseen was the entry %+v of %+v", p.Text, entries)
			}
		})
	}
}

func TestPreviewRefuses(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.do(ticket.Request{Agent: "john", Ticket: n, Text: "The router in the cellar is on fire again."})
	for name, q := range map[string]ticket.Request{
		"a ticket that is not there": {Agent: "john", Ticket: 999, Text: "#take"},
		"nothing":                    {Agent: "john", Ticket: n},
		"what came between":          {Agent: "john", Ticket: n, Text: "a note", Seen: 1},
	} {
		q.Origin = ticket.FromForm
		if p, err := w.desk.Preview(context.Background(), q); err == nil {
			t.Errorf("%s is foreseen as %+v", name, p)
		} else if _, refused := errors.AsType[*ticket.Refusal](err); !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	leak := ticket.Request{Origin: ticket.FromForm, Agent: "john", Ticket: n, Kind: ticket.Reply, Text: "The router in the cellar is on fire again."}
	p, err := w.desk.Preview(context.Background(), leak)
	if err != nil || p.Done || !p.Leaks {
		t.Errorf("private words: %+v, %v", p, err)
	}
	leak.Text = "#tga x\n\nHello."
	if p, err = w.desk.Preview(context.Background(), leak); err != nil || p.Done || p.Leaks {
		t.Errorf("a slip: %+v, %v", p, err)
	}
}
