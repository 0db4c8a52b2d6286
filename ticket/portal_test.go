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

// withPortal is the bank with a page for customers.
func withPortal(t *testing.T) *world {
	w := newWorld(t)
	w.change(portal)
	return w
}

func portal(p *ticket.Policy) {
	p.Page, p.Portal = "https://desk.bank.example", true
	for _, key := range []string{"support", "online-banking"} {
		d := p.Departments[key]
		d.Portal = true
		p.Departments[key] = d
	}
	p.Departments["audit"] = ticket.Department{Key: "audit", Name: "Audit", Address: ticket.Address{Email: "audit@bank.example"}}
	p.Fields = append(p.Fields, ticket.Field{Key: "contract", Name: "Contract", Type: ticket.NumberField, Customer: true})
}

// opening is what a customer fills in.
func opening(email, subject string) ticket.Opening {
	return ticket.Opening{Requester: ticket.Address{Name: "Karen BUY NOW", Email: email}, Subject: subject, Text: "Since nine o'clock.", Department: "Support"}
}

// ask fills in the form, and returns the token of the link that is mailed, or why
// none is.
func (w *world) ask(o ticket.Opening) (token, why string) {
	w.t.Helper()
	why, err := w.desk.AskToOpen(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.linkIn(ticket.NoticeConfirm, "/new/"), why
}

// linkIn takes what waits to be sent, and returns the token of the last link in
// a mail of that kind, "" if there is none.
func (w *world) linkIn(kind ticket.NoticeKind, path string) (token string) {
	for _, n := range w.sent() {
		if n.Kind == kind {
			token = strings.TrimPrefix(n.Facts.Link, "https://desk.bank.example"+path)
		}
	}
	return token
}

// refusal demands a refusal that says something.
func refusal(t *testing.T, err error, kind ticket.RefusalKind, says string) {
	t.Helper()
	if no, ok := errors.AsType[*ticket.Refusal](err); !ok || no.Kind != kind || !strings.Contains(no.Text, says) {
		t.Errorf("%v, want a refusal (%s) that says %q", err, kind, says)
	}
}

// TestOpenByLink: a ticket that is filled in counts when its address has confirmed
// it, once, and is then as one that came by a mail of a verified sender.
func TestOpenByLink(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	o := opening(karen, "Can not log in")
	o.Fields = []ticket.FieldValue{{Key: "contract", Value: " 047.0 "}}
	token, why := w.ask(o)
	if token == "" || why != "" {
		t.Fatalf("no link: %s", why)
	}
	if _, err := w.desk.Show(t.Context(), 1001); err == nil {
		t.Fatal("there is a ticket before it was confirmed")
	}
	done, by, err := w.desk.OpenByLink(t.Context(), token)
	if err != nil || done.Ticket != 1001 || by.Email != karen {
		t.Fatalf("%+v by %v, %v", done, by, err)
	}
	c := w.show(1001)
	if c.Ticket.Department != "support" || c.Ticket.Fields["contract"] != "47" || c.Entries[0].Authenticity != ticket.Proven || c.Entries[0].Text != "Since nine o'clock." {
		t.Errorf("opened %+v, %+v", c.Ticket, c.Entries)
	}
	checkReplay(t, c)
	ack := to(t, w.sent(), ticket.NoticeAck, karen)
	if ack.Facts.Link != "https://desk.bank.example/my/1001" {
		t.Errorf("the receipt leads to %q", ack.Facts.Link)
	}
	_, _, err = w.desk.OpenByLink(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "used already")
	for _, bad := range []string{"", "1." + strings.Repeat("a", 26), token + "a"} {
		_, _, err = w.desk.OpenByLink(t.Context(), bad)
		refusal(t, err, ticket.NotAllowed, "opens no ticket")
	}
	_, err = w.desk.Visit(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "does not sign in") // a link for another use
	_, err = w.desk.SignIn(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "does not sign in")
}

// TestConfirmTooLate: what nobody confirms in a day is forgotten.
func TestConfirmTooLate(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	token, _ := w.ask(opening(karen, "Help"))
	other, _ := w.ask(opening("ken@customer.example", "Help"))
	w.change(func(p *ticket.Policy) { portal(p); p.Portal = false })
	_, _, err := w.desk.OpenByLink(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "any more")
	w.change(portal)
	if _, _, err := w.desk.OpenByLink(t.Context(), token); err != nil {
		t.Errorf("a refused link does not work later: %v", err)
	}
	w.now = w.now.Add(24*time.Hour + time.Second)
	_, _, err = w.desk.OpenByLink(t.Context(), other)
	refusal(t, err, ticket.NotAllowed, "24 hours")
	if n, err := w.desk.ForgetOpenings(t.Context()); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
}

// TestConfirmationHoldsNoWordOfTheSender: it goes to whoever was named.
func TestConfirmationHoldsNoWordOfTheSender(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	o := opening("Victim@Customer.example", "BUY NOW")
	o.Text = "BUY NOW"
	if _, err := w.desk.AskToOpen(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	n := to(t, w.sent(), ticket.NoticeConfirm, "Victim@Customer.example")
	if all := fmt.Sprintf("%+v", n); strings.Contains(all, "BUY NOW") || strings.Contains(all, "Karen") {
		t.Errorf("the mail has the sender's words: %s", all)
	}
	w.take(answer(n, "victim@customer.example", "What is this?"))
	if w.want(ticket.Opened) != 1001 {
		t.Error("an answer to the mail is not taken as a mail of its own")
	}
}

// TestPortalMailBomb: a thousand forms in the names of ten people, and as many
// requests for links, mail each of them a few, and leave most of what the desk
// may send in an hour to others (S9).
func TestPortalMailBomb(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	w.change(func(p *ticket.Policy) { portal(p); p.Caps.SystemHour = 40 })
	count := map[string]int{}
	for i := range 1000 {
		victim := fmt.Sprintf("victim%d@customer.example", i%10)
		if _, err := w.desk.AskToOpen(t.Context(), opening(victim, "BUY NOW")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.MailVisit(t.Context(), victim); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, n := range w.sent() {
		count[n.Recipients[0].Address.Email]++
		total++
	}
	for victim, n := range count {
		if n > 3 {
			t.Errorf("%s got %d mails", victim, n)
		}
	}
	if total != 20 {
		t.Errorf("%d mails went out, want half of the cap of the desk", total)
	}
	w.take(from(karen, "Help", "text"))
	to(t, w.sent(), ticket.NoticeAck, karen)
}

// TestPortalForms: what is refused says why; departments that are hidden and
// fields that are not for customers are none.
func TestPortalForms(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	if got := w.desk.Policy().PortalDepartments(); !slices.Equal(got, []string{"Online Banking", "Support"}) {
		t.Errorf("customers choose from %q", got)
	}
	if got := w.desk.Policy().PortalFields("Support"); len(got) != 1 || got[0].Key != "contract" {
		t.Errorf("customers fill in %+v", got)
	}
	for says, change := range map[string]func(*ticket.Opening){
		"choose whom":         func(o *ticket.Opening) { o.Department = "Audit" },
		"choose whom it":      func(o *ticket.Opening) { o.Department = "support" }, // the key
		"subject":             func(o *ticket.Opening) { o.Subject = " " },
		"what it is about":    func(o *ticket.Opening) { o.Text = "\n\x00" },
		"not an address":      func(o *ticket.Opening) { o.Requester.Email = "karen@customer.example,eve@evil.example" },
		"at most 200":         func(o *ticket.Opening) { o.Subject = strings.Repeat("x", 201) },
		"at most 20000":       func(o *ticket.Opening) { o.Text = strings.Repeat("x", 20_001) },
		"at most 100":         func(o *ticket.Opening) { o.Requester.Name = strings.Repeat("x", 101) },
		"Contract: ":          func(o *ticket.Opening) { o.Fields = []ticket.FieldValue{{Key: "contract", Value: "many"}} },
		"the form has change": func(o *ticket.Opening) { o.Fields = []ticket.FieldValue{{Key: "customer-no", Value: "1"}} },
	} {
		o := opening(karen, "Help")
		change(&o)
		_, err := w.desk.AskToOpen(t.Context(), o)
		refusal(t, err, ticket.Invalid, says)
		_, err = w.desk.OpenForCustomer(t.Context(), o)
		refusal(t, err, ticket.Invalid, says)
	}
	if token, why := w.ask(opening("support@bank.example", "Help")); token != "" || why == "" {
		t.Error("the desk mails itself")
	}
}

// visible is what an address reads of a ticket, "" if nothing.
func (w *world) visible(address string, n ticket.Number) string {
	w.t.Helper()
	s, err := w.desk.ReadFor(w.t.Context(), address, n)
	if err != nil {
		refusal(w.t, err, ticket.NotFound, "no ticket")
		return ""
	}
	var said []string
	for _, x := range s.Said {
		said = append(said, x.By+": "+x.Text)
	}
	return strings.Join(said, " | ")
}

// TestCustomersReadTheirOwn: of a ticket they read what was sent to them or by
// them, and nothing else (the ticket trick of threading.md, S8).
func TestCustomersReadTheirOwn(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	w.take(from(karen, "Can not log in", "Since nine."))
	fresh := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#note\nShe always says so."))
	w.take(answer(fresh, jane, "Which browser?"))
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	w.now = w.now.Add(time.Minute)
	w.take(answer(reply, "no-reply@service.example", "Your code is 1234."))
	w.want(ticket.GuestHeld)
	const ken = "ken@customer.example"
	if got := w.visible("KAREN@customer.example", 1001); got != karen+": Since nine. | Support: Which browser?" {
		t.Errorf("Karen reads %q", got)
	}
	for _, other := range []string{ken, "no-reply@service.example", jane, "", "support@bank.example"} {
		if got := w.visible(other, 1001); got != "" {
			t.Errorf("%q reads %q", other, got)
		}
	}
	// Who joins later reads what they were sent, and what comes after.
	w.now = w.now.Add(time.Hour)
	w.takeLate(answer(fresh, jane, "#cc "+ken+"\n#reply\n\nKen, please look."), w.now.Add(-time.Minute))
	w.want(ticket.Commanded)
	w.sent()
	if got := w.visible(ken, 1001); got != "Support: Ken, please look." {
		t.Errorf("Ken reads %q", got)
	}
	// A mail in Karen's name that is a forgery is shown to nobody.
	forged := from(karen, "Call this number", "0900")
	forged.Authenticity = ticket.Forged
	if w.take(forged); w.visible(karen, w.want(ticket.Opened)) != "" {
		t.Error("a forgery is shown")
	}
	if list, err := w.desk.TicketsOf(t.Context(), karen); err != nil || len(list) != 1 || list[0].Number != 1001 || len(list[0].Said) != 0 || list[0].Standing != ticket.StandsInWork {
		t.Errorf("Karen has %+v, %v", list, err)
	}
	w.change(func(p *ticket.Policy) {
		portal(p)
		p.Roles["agent"] = ticket.Role{Key: "agent", Rights: append(slices.Clone(ticket.AgentRole.Rights), ticket.MayBan)}
	})
	w.take(answer(fresh, jane, "#spam"))
	w.want(ticket.Commanded)
	if got := w.visible(karen, 1001); got != "" {
		t.Errorf("of an unwanted ticket there is %q", got)
	}
}

// TestCustomersReadMergedTickets: a thread that was merged in belongs to those who
// took part in it, and what goes on elsewhere to those who do there.
func TestCustomersReadMergedTickets(t *testing.T) {
	t.Parallel()
	const ken = "ken@customer.example"
	w := withPortal(t)
	w.take(from(karen, "Can not log in", "Karen's words."))
	w.take(from(ken, "No login", "Ken's words."))
	fresh := to(t, slices.DeleteFunc(w.sent(), func(n ticket.Notice) bool { return n.Ticket != 1002 }), ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#merge 1001 -cc"))
	w.want(ticket.Commanded)
	for _, c := range []struct {
		who  string
		n    ticket.Number
		want string
	}{{karen, 1001, karen + ": Karen's words."}, {karen, 1002, ""}, {ken, 1001, ""}, {ken, 1002, ken + ": Ken's words."}} {
		if got := w.visible(c.who, c.n); got != c.want {
			t.Errorf("%s reads of %d %q, want %q", c.who, c.n, got, c.want)
		}
	}
	_, err := w.desk.WriteFor(t.Context(), ticket.CustomerMessage{Address: ken, Ticket: 1002, Text: "and?"})
	refusal(t, err, ticket.Conflict, "goes on in another")

	w.now = w.now.Add(time.Minute)
	w.take(from(ken, "A third", "More of Ken."))
	third := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(third, jane, "#merge 1001 +cc"))
	w.want(ticket.Commanded)
	if got, want := w.visible(ken, 1003), ken+": Ken's words. | "+ken+": More of Ken."; got != want { // nothing of Karen's
		t.Errorf("Ken reads %q", got)
	}
	if s, err := w.desk.ReadFor(t.Context(), ken, 1003); err != nil || s.Number != 1001 {
		t.Errorf("1003 goes on for Ken as %d, %v", s.Number, err)
	}
}

// TestVisit: a link to one's tickets is mailed to who has any, works once, and is
// another one for agents.
func TestVisit(t *testing.T) {
	t.Parallel()
	w := withPortal(t)
	w.take(from(karen, "Can not log in", "Since nine."))
	w.sent()
	visit := func(address string) string {
		t.Helper()
		if _, err := w.desk.MailVisit(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		return w.linkIn(ticket.NoticeVisit, "/my/sign-in/")
	}
	token := visit("Karen@customer.example")
	if address, err := w.desk.Visit(t.Context(), token); err != nil || !strings.EqualFold(address, karen) {
		t.Fatalf("%q, %v", address, err)
	}
	_, err := w.desk.Visit(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "used already")
	if visit(karen) != "" {
		t.Error("two links within a minute")
	}
	w.now = w.now.Add(time.Minute)
	token = visit(karen)
	w.now = w.now.Add(16 * time.Minute)
	_, err = w.desk.Visit(t.Context(), token)
	refusal(t, err, ticket.NotAllowed, "15 minutes")
	for _, stranger := range []string{"eve@evil.example", "", "no address", "support@bank.example"} {
		if visit(stranger) != "" {
			t.Errorf("%q got a link", stranger)
		}
	}
	if _, err := w.desk.MailVisit(t.Context(), jane); err != nil {
		t.Fatal(err)
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"sign-in:" + jane}) {
		t.Errorf("an agent who asks gets %v", got)
	}
}
