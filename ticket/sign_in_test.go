package ticket_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// withPage is the bank with a page.
func withPage(t *testing.T) *world {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Page = "https://desk.bank.example" })
	return w
}

// linkTo asks for a link and returns the token in it.
func (w *world) linkTo(address string) string {
	w.t.Helper()
	if err := w.desk.MailSignIn(w.t.Context(), address); err != nil {
		w.t.Fatal(err)
	}
	token, ok := strings.CutPrefix(to(w.t, w.sent(), ticket.NoticeSignIn, address).Facts.Link, "https://desk.bank.example/sign-in/")
	if !ok {
		w.t.Fatal("the link does not lead to the page")
	}
	return token
}

// refused demands that a link does not sign in, and says so.
func (w *world) refused(token, says string) {
	w.t.Helper()
	agent, err := w.desk.SignIn(w.t.Context(), token)
	r, ok := errors.AsType[*ticket.Refusal](err)
	if !ok || agent != "" || r.Kind != ticket.NotAllowed || !strings.Contains(r.Text, says) {
		w.t.Errorf("the link %q: %q, %v; want a refusal that says %q", token, agent, err, says)
	}
}

func TestSignInByLink(t *testing.T) {
	t.Parallel()
	w := withPage(t)
	token := w.linkTo(jane)
	if agent, err := w.desk.SignIn(t.Context(), token); err != nil || agent != "jane" {
		t.Fatalf("signed in %q, %v", agent, err)
	}
	w.refused(token, "used already")
	w.now = w.now.Add(time.Minute)
	token = w.linkTo(jane)
	w.now = w.now.Add(16 * time.Minute)
	w.refused(token, "15 minutes")
}

func TestLinksThatSignNobodyIn(t *testing.T) {
	t.Parallel()
	w := withPage(t)
	token := w.linkTo(jane)
	id, mac, _ := strings.Cut(token, ".")
	for _, forged := range []string{"", ".", id, id + ".", id + "." + strings.Repeat("a", 26), "z." + mac, token + "a", "zzzzzzzzzzzzz." + mac, "\x00"} {
		w.refused(forged, "does not sign in")
	}
	w.take(from(karen, "Help", "text"))
	told := to(t, w.sent(), ticket.NoticeNew, jane)
	local, _, _ := strings.Cut(told.ReplyTo, "@")
	_, reply, _ := strings.Cut(local, "+")
	w.refused(reply[1:], "does not sign in") // of the same key, but for another use
	w.change(func(p *ticket.Policy) {
		agent := p.Agents["jane"]
		agent.Disabled = true
		p.Agents["jane"], p.Page = agent, "https://desk.bank.example"
	})
	w.refused(token, "does not sign in")
}

// TestWhoGetsALink: agents, at the address they asked with, once a minute. What a
// stranger asks is answered in the same way, with nothing.
func TestWhoGetsALink(t *testing.T) {
	t.Parallel()
	w := withPage(t)
	for _, address := range []string{karen, "nobody@private.example", "", "lead@private.example"} { // who may read nothing
		if err := w.desk.MailSignIn(t.Context(), address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	if got := mailed(w.sent()); len(got) != 0 {
		t.Errorf("mailed %v", got)
	}
	w.linkTo(jane)
	if err := w.desk.MailSignIn(t.Context(), strings.ToUpper(jane)); err != nil {
		t.Fatal(err)
	}
	if got := mailed(w.sent()); len(got) != 0 {
		t.Errorf("mailed %v within a minute", got)
	}
	w.change(func(*ticket.Policy) {})
	w.now = w.now.Add(time.Hour)
	if err := w.desk.MailSignIn(t.Context(), jane); err != nil {
		t.Fatal(err)
	}
	if got := mailed(w.sent()); !slices.Equal(got, nil) {
		t.Errorf("mailed %v though there is no page", got)
	}
}
