package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// telephoned is what an agent takes down.
func telephoned() ticket.Opening {
	return ticket.Opening{Origin: ticket.FromCommandLine, Key: "call-1", Agent: "john", Department: "Support",
		Requester: ticket.Address{Name: "Karen Customer", Email: karen}, Subject: "Can not log in", Text: "It says no."}
}

// TestOpenForACustomer opens a ticket for somebody who called: the customer is
// told, and so are the colleagues of who took it down; an answer to that joins.
func TestOpenForACustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done, err := w.desk.Open(t.Context(), telephoned())
	if err != nil {
		t.Fatal(err)
	}
	if !done.Done || done.Ticket != 1001 || done.Verdict != "Ticket 1001: opened in Support" || done.State != "new | Normal | Support | nobody | SLA Sev-C" {
		t.Errorf("transcript %+v", done)
	}
	out := w.sent()
	if got, want := mailed(out), []string{"ack:" + karen, "new:" + jane}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	ack, told := to(t, out, ticket.NoticeAck, karen), to(t, out, ticket.NoticeNew, jane)
	if ack.Facts.Subject != "Can not log in" || told.Facts.Author != "Karen Customer <"+karen+">" || told.Facts.Badge != "" ||
		!slices.Contains(told.Facts.Remarks, "taken down by John Smith") {
		t.Errorf("acknowledgement %+v\nnotice %+v", ack.Facts, told.Facts)
	}
	c := w.show(1001)
	john := ticket.Actor{Kind: ticket.ByAgent, Name: "john"}
	if c.Ticket.Requester.Email != karen || c.Entries[0].Kind != ticket.Message || c.Entries[0].By != john || c.Events[0].Actor != john ||
		c.Mails[0].Source != "do:" || c.Mails[0].Outcome != ticket.Opened || c.Mails[0].MessageID != "call-1" {
		t.Errorf("case %+v", c)
	}
	w.take(answer(ack, karen, "It still says no."))
	if got := w.want(ticket.Appended); got != 1001 {
		t.Errorf("the answer joined %d", got)
	}
	again, err := w.desk.Open(t.Context(), telephoned())
	if err != nil || !again.Again || again.Ticket != 1001 {
		t.Errorf("the second time: %+v, %v", again, err)
	}
}

// TestAnswerInTheSecondOfOpening takes a mail that its server says came in the
// second in which the ticket was opened, which is before the ticket was.
func TestAnswerInTheSecondOfOpening(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.now = monday.Add(500 * time.Millisecond)
	if _, err := w.desk.Open(t.Context(), telephoned()); err != nil {
		t.Fatal(err)
	}
	ack := to(t, w.sent(), ticket.NoticeAck, karen)
	w.uid++
	w.deliverAt(w.uid, answer(ack, karen, "It still says no."), monday)
	if got := w.want(ticket.Appended); got != 1001 {
		t.Errorf("the answer joined %d", got)
	}
}

// TestOpenByForm opens tickets for somebody who filled in a form, whom nobody
// vouches for: like unproven mail they are not acknowledged, and too many go to
// one ticket.
func TestOpenByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.SenderHour = 1 })
	form := telephoned()
	form.Origin, form.Agent = ticket.FromForm, ""
	var numbers []ticket.Number
	for _, key := range []string{"a", "b", "c"} {
		form.Key = key
		done, err := w.desk.Open(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, done.Ticket)
	}
	if !slices.Equal(numbers, []ticket.Number{1001, 1002, 1002}) {
		t.Errorf("tickets %v", numbers)
	}
	for _, n := range w.sent() {
		if n.Agent == "" {
			t.Errorf("mailed to the customer: %+v", n)
		}
	}
	if by := w.show(1001).Entries[0].By; by != (ticket.Actor{Kind: ticket.ByCustomer, Name: karen}) {
		t.Errorf("written by %v", by)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*ticket.Opening)
		kind   ticket.RefusalKind
	}{
		"no right to create":   {func(o *ticket.Opening) { o.Agent = "tom" }, ticket.NotAllowed},
		"no such agent":        {func(o *ticket.Opening) { o.Agent = "jon" }, ticket.NotFound},
		"no such department":   {func(o *ticket.Opening) { o.Department = "sales" }, ticket.Invalid},
		"no address":           {func(o *ticket.Opening) { o.Requester.Email = "karen" }, ticket.Invalid},
		"an address of ours":   {func(o *ticket.Opening) { o.Requester.Email = "Support@bank.example" }, ticket.Invalid},
		"no subject":           {func(o *ticket.Opening) { o.Subject = " \n" }, ticket.Invalid},
		"too long a subject":   {func(o *ticket.Opening) { o.Subject = strings.Repeat("x", 501) }, ticket.Invalid},
		"too long a text":      {func(o *ticket.Opening) { o.Text = strings.Repeat("x", 1<<20+1) }, ticket.Invalid},
		"an unknown way to us": {func(o *ticket.Opening) { o.Origin, o.Agent = "", "" }, ticket.NotFound},
	} {
		o := telephoned()
		c.change(&o)
		if _, err := w.desk.Open(t.Context(), o); !refused(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if done, err := w.desk.Open(t.Context(), telephoned()); err != nil || done.Ticket != 1001 || done.Again {
		t.Errorf("after the refusals: %+v, %v", done, err)
	}
}
