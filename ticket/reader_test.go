package ticket_test

import (
	"testing"
	"time"

	"deskpost/ticket"
)

const german = "Guten Tag, seit heute früh komme ich nicht mehr in mein Konto. Bitte helfen Sie mir."

// ackTo opens a ticket with a mail and returns the facts of its receipt.
func (w *world) ackTo(m ticket.Mail) ticket.Facts {
	w.t.Helper()
	w.take(m)
	w.want(ticket.Opened)
	return to(w.t, w.sent(), ticket.NoticeAck, m.From.Email).Facts
}

// resolve resolves a ticket without words.
func (w *world) resolve(n ticket.Number) {
	w.t.Helper()
	done, err := w.desk.Do(w.t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: n, Text: "#resolve"})
	if err != nil || !done.Done {
		w.t.Fatalf("resolve %d: %v, %v", n, done.Verdict, err)
	}
}

// TestLanguageOfACustomer: each customer is written to in the language of their own
// words, and that stays where a mail leaves doubt.
func TestLanguageOfACustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.ackTo(from(karen, "Konto", german)).Language; got != "de" {
		t.Errorf("the receipt is in %q", got)
	}
	answer := from(karen, "Re: Konto [#1001]", "ok")
	answer.Languages = []string{"en-US"}
	w.take(answer)
	w.resolve(1001)
	if got := to(t, w.sent(), ticket.NoticeResolved, karen).Facts.Language; got != "de" {
		t.Errorf("after a mail of one word it is in %q", got)
	}
	w.take(from(karen, "Re: Konto [#1001]", "Bonjour, je ne peux toujours pas me connecter à mon compte."))
	w.resolve(1001)
	if got := to(t, w.sent(), ticket.NoticeResolved, karen).Facts.Language; got != "fr" {
		t.Errorf("after a mail in French it is in %q", got)
	}
	w.now = w.now.Add(25 * time.Hour)
	second := from(karen, "Konto 2", "4711")
	second.Languages = []string{"es"}
	if got := w.ackTo(second).Language; got != "fr" {
		t.Errorf("the receipt of another ticket is in %q", got)
	}
}

// TestLanguageOfAProgram counts only of who is not known, and has written nothing.
func TestLanguageOfAProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Language = "en" })
	for address, tc := range map[string]struct {
		text, want string
		languages  []string
	}{
		"ann@customer.example": {"4711", "es", []string{"pt-BR", "es-MX", "de"}},
		"bob@customer.example": {german, "de", []string{"en-US"}},
		"cem@customer.example": {"4711", "en", []string{"tr", "x-y"}},
		"dan@customer.example": {"4711", "en", nil},
	} {
		m := from(address, "4711", tc.text)
		m.Languages = tc.languages
		if got := w.ackTo(m).Language; got != tc.want {
			t.Errorf("%s of %v, %q: in %q, want %q", address, tc.languages, tc.text, got, tc.want)
		}
	}
}

// TestLanguageOfADepartment: one that is set to a language writes it to everybody,
// and agents go on reading English.
func TestLanguageOfADepartment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) {
		d := p.Departments["support"]
		d.Language = "fr"
		p.Departments["support"] = d
	})
	w.take(from(karen, "Konto", german))
	for _, n := range w.sent() {
		if want := map[bool]string{true: "", false: "fr"}[n.Kind.ToAgent()]; n.Facts.Language != want {
			t.Errorf("%s is in %q, want %q", n.Kind, n.Facts.Language, want)
		}
	}
}

// TestClockOfACustomer: times are by the clock of the mail, if that is not the
// desk's at this time of the year.
func TestClockOfACustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w.change(func(p *ticket.Policy) { p.Zone = zone })
	for address, tc := range map[string]struct{ said, want string }{
		"ann@customer.example": {"+0100", ""}, // it is winter
		"bob@customer.example": {"-0500", "-0500"},
		"cem@customer.example": {"+0200", "+0200"},
		"dan@customer.example": {"", ""},
	} {
		m := from(address, "Konto", german)
		m.Offset = tc.said
		if got := w.ackTo(m).Offset; got != tc.want {
			t.Errorf("a clock of %q: %q, want %q", tc.said, got, tc.want)
		}
	}
}

// TestLanguageOfALink: the mail that asks to confirm what was filled in on the page is
// in the language of that, or else in that of the browser.
func TestLanguageOfALink(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ subject, text, browser, want string }{
		{"Konto", german, "fr", "de"},
		{"4711", "4711", "fr-CA", "fr"},
		{"4711", "4711", "ja", ""},
	} {
		w := withPortal(t)
		o := opening("karen.new@customer.example", tc.subject)
		o.Text, o.Languages = tc.text, []string{tc.browser}
		if why, err := w.desk.AskToOpen(t.Context(), o); why != "" || err != nil {
			t.Fatal(why, err)
		}
		n := to(t, w.sent(), ticket.NoticeConfirm, o.Requester.Email)
		if n.Facts.Language != tc.want {
			t.Errorf("%q from a browser in %s: in %q, want %q", tc.text, tc.browser, n.Facts.Language, tc.want)
		}
		if n.Facts.Text != "" || n.Facts.Subject != "" {
			t.Error("the mail has words of who filled in the form")
		}
	}
}
