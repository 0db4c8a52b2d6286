package ticket_test

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

// TestFiles: who may read a ticket finds the files of its entries, and those of
// tickets merged into it, and nobody finds one by the number of another ticket.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	withFile := func(subject, name string) ticket.Number {
		m := from(karen, subject, "See the picture.")
		m.Files = []ticket.File{{Name: name, Type: "image/png", Size: 3, Raw: ticket.Sum{1}, Part: "2"}}
		return w.take(m).Ticket
	}
	first, second, third := withFile("One", "one.png"), withFile("Two", "two.png"), withFile("Three", "three.png")
	w.take(from("jane@private.example", "From my telephone", "no token"))
	own := w.want(ticket.Opened)
	if done, err := w.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: second, Text: "#merge 1001"}); err != nil || !done.Done {
		t.Fatalf("merge: %+v, %v", done, err)
	}
	entry := func(n ticket.Number) ticket.Entry { return w.part(n).Entries[0] }
	for _, c := range []struct {
		agent  string
		ticket ticket.Number
		of     ticket.Number // whose first entry is asked for
		found  bool
	}{
		{"jane", first, first, true}, {"john", first, first, true},
		{"jane", first, second, true}, {"jane", second, second, true}, {"jane", second, first, true},
		{"jane", first, third, false}, {"jane", third, second, false},
		{"tom", first, first, false}, {"nobody", first, first, false}, {"", first, first, false},
		{"jane", 4711, first, false},
	} {
		e := entry(c.of)
		f, err := w.desk.File(t.Context(), c.agent, c.ticket, e.Files[0].ID)
		checkFile(t, c.found, f.Name == e.Files[0].Name && f.Raw == ticket.Sum{1} && f.Part == "2", err)
		f, err = w.desk.WholeMail(t.Context(), c.agent, c.ticket, e.ID)
		checkFile(t, c.found, f.Part == "" && f.Type == "message/rfc822" && f.Size > 0 && f.Raw == f.Sum && f.Raw != ticket.Sum{}, err)
		if t.Failed() {
			t.Fatalf("the case is %+v, and there is %+v", c, f)
		}
	}
	_, err := w.desk.WholeMail(t.Context(), "john", own, entry(own).ID)
	checkFile(t, false, true, err)
	s, err := w.desk.Read(t.Context(), "jane", first)
	if err != nil {
		t.Fatal(err)
	}
	mails := 0
	for _, item := range s.Thread {
		if item.Mailed {
			mails++
		}
	}
	if mails != 2 {
		t.Errorf("%d mails are offered, want 2", mails)
	}
}

// TestMailsOfAgents: the mail of a reply is given to nobody, for the address it
// went to is its author's key.
func TestMailsOfAgents(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#reply\nWhich browser is it?"))
	w.want(ticket.Commanded)
	entries := w.part(n).Entries
	reply := entries[len(entries)-1]
	if reply.Kind != ticket.Reply || reply.Receipt == 0 {
		t.Fatalf("the last entry is %+v", reply)
	}
	for _, agent := range []string{"jane", "john"} {
		_, err := w.desk.WholeMail(t.Context(), agent, n, reply.ID)
		checkFile(t, false, true, err)
	}
}

// TestMailsOfFormerAgents stay what they were.
func TestMailsOfFormerAgents(t *testing.T) {
	t.Parallel()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#reply\nWhich browser is it?"))
	w.want(ticket.Commanded)
	w.change(func(p *ticket.Policy) { delete(p.Agents, "jane") })
	entries := w.part(n).Entries
	_, err := w.desk.WholeMail(t.Context(), "john", n, entries[len(entries)-1].ID)
	checkFile(t, false, true, err)
}

// checkFile demands that a file was found as it should be, or refused as one that
// is not there.
func checkFile(t *testing.T, found, right bool, err error) {
	t.Helper()
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case found && (err != nil || !right):
		t.Errorf("it is not found (%v), or not the right one", err)
	case !found && (!refused || no.Kind != ticket.NotFound):
		t.Errorf("found, or the error is %v", err)
	}
}
