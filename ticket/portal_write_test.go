package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

// writes lets a customer write on the page.
func (w *world) writes(c ticket.CustomerMessage) ticket.Transcript {
	w.t.Helper()
	done, err := w.desk.WriteFor(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return done
}

// TestCustomersWrite: what they write on the page does what their mail does.
func TestCustomersWrite(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	w.take(from(karen, "Can not log in", "Since nine."))
	fresh := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#pending\n#reply\n\nWhich browser?"))
	w.sent()
	m := ticket.CustomerMessage{Key: "k1", Address: karen, Ticket: 1001, Text: "The old one.\x00\r\n#close"}
	done := w.writes(m)
	c := w.show(1001)
	last := c.Entries[len(c.Entries)-1]
	if c.Ticket.Status != ticket.Open || last.Kind != ticket.Message || last.Authenticity != ticket.Proven || last.Text != "The old one.\n#close" || last.ID != done.Entry {
		t.Errorf("%s after %+v", c.Ticket.Status, last)
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"message:" + jane, "message:" + "john@private.example"}) {
		t.Errorf("told %v", got)
	}
	if again := w.writes(m); !again.Again || again.Entry != done.Entry || len(w.show(1001).Entries) != len(c.Entries) {
		t.Errorf("twice: %+v", again)
	}
	// The key of somebody else's message is another key.
	w.take(from("ken@customer.example", "Mine", "text"))
	m.Address, m.Ticket = "ken@customer.example", 1002
	if other := w.writes(m); other.Again || other.Ticket != 1002 {
		t.Errorf("with another's key: %+v", other)
	}
	for _, other := range []ticket.Number{1001, 1, 0, -1} {
		_, err := w.desk.WriteFor(t.Context(), ticket.CustomerMessage{Address: "ken@customer.example", Ticket: other, Text: "x"})
		refusal(t, err, ticket.NotFound, "you have no ticket")
	}
	_, err := w.desk.WriteFor(t.Context(), ticket.CustomerMessage{Address: karen, Ticket: 1001, Text: " "})
	refusal(t, err, ticket.Invalid, "write something")
}

// TestCustomersOpenOnce: a form that is sent twice opens one ticket, and the key
// of somebody else's form is another key.
func TestCustomersOpenOnce(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	for _, c := range []struct {
		email string
		want  ticket.Number
		again bool
	}{{karen, 1001, false}, {karen, 1001, true}, {"ken@customer.example", 1002, false}} {
		o := opening(c.email, "Help")
		o.Key = "the same"
		if done, err := w.desk.OpenForCustomer(t.Context(), o); err != nil || done.Ticket != c.want || done.Again != c.again {
			t.Errorf("%s: %+v, %v", c.email, done, err)
		}
	}
}

// TestCustomersSolve: the requester may say that it is solved; within the window
// another word opens it again, and afterwards it opens a new ticket in the same
// department.
func TestCustomersSolve(t *testing.T) {
	t.Parallel()
	const ken = "ken@customer.example"
	w := withPortal(t)
	w.take(from(karen, "Can not log in", "Since nine."))
	fresh := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#cc "+ken+"\n#dept online-banking\n#reply\n\nTry again."))
	w.want(ticket.Commanded)
	w.writes(ticket.CustomerMessage{Address: ken, Ticket: 1001, Text: "Fine.", Solved: true})
	if got := w.show(1001).Ticket.Status; got != ticket.Open {
		t.Errorf("who only reads along made it %s", got)
	}
	w.writes(ticket.CustomerMessage{Address: karen, Ticket: 1001, Solved: true})
	c := w.show(1001)
	if last := c.Entries[len(c.Entries)-1]; c.Ticket.Status != ticket.Resolved || last.Text != "This is solved." || c.Ticket.ResolvedAt != w.now {
		t.Errorf("%+v after %+v", c.Ticket, last)
	}
	checkReplay(t, c)
	w.now = w.now.Add(24 * time.Hour)
	w.writes(ticket.CustomerMessage{Address: karen, Ticket: 1001, Text: "It is back."})
	if got := w.show(1001).Ticket.Status; got != ticket.Open {
		t.Errorf("it stays %s", got)
	}
	w.writes(ticket.CustomerMessage{Address: karen, Ticket: 1001, Solved: true})
	w.now = w.now.Add(8 * 24 * time.Hour)
	done := w.writes(ticket.CustomerMessage{Address: karen, Ticket: 1001, Text: "Again."})
	if c := w.show(1002); done.Ticket != 1002 || c.Ticket.Department != "online-banking" || c.Ticket.Subject != "Can not log in" {
		t.Errorf("after the window: %+v, %+v", done, c.Ticket)
	}
}
