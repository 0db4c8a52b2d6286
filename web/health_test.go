package web_test

import (
	"context"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/web"
)

// TestAlive answers no after the store has gone.
func TestAlive(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	b.want(b.get("/healthz"), 200, "ok")
	db, ok := p.desk.Store.(io.Closer)
	if !ok {
		t.Fatal("the store can not be closed")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b.want(b.get("/healthz"), 503, "cannot be read")
	b.want(b.get("/sign-in"), 200) // needs nothing of it
}

// TestHealth tells an admin first what is wrong.
func TestHealth(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.get("/health"), 200, "support@bank.example was never read to its end", "sqlite:desk.db, 4.0 MiB", "v1")
	if err := p.desk.Swept(t.Context(), "support", p.now); err != nil {
		t.Fatal(err)
	}
	p.mail("Can not log in", "text")
	for _, n := range p.outbox() {
		var results []ticket.Result
		for _, r := range n.Recipients {
			results = append(results, ticket.Result{Recipient: r.Address.Email, Verdict: ticket.Later, Answer: "451 <b>later</b>"})
		}
		if err := p.desk.Settle(t.Context(), n.ID, n.Attempts, results); err != nil {
			t.Fatal(err)
		}
	}
	s := jane.get("/health")
	jane.want(s, 200, "All is well.", "451 &lt;b&gt;later&lt;/b&gt;", "opened")
	p.now = p.now.Add(3 * time.Hour)
	_, _, err := p.desk.MakeAPIToken(t.Context(), ticket.TokenWish{Agent: "john", Name: "CRM <b>", Scopes: []ticket.Scope{ticket.ScopeRead}, Days: 10})
	if err != nil {
		t.Fatal(err)
	}
	p.server.Facts = func(context.Context) (web.Facts, error) {
		return web.Facts{Certificates: []web.Certificate{{Server: "imap.example:993", Until: p.now.AddDate(0, 0, 20)}, {Server: "smtp.example:465", Until: p.now.AddDate(0, 0, 22)}}}, nil
	}
	jane.want(jane.get("/health"), 200, "The certificate of imap.example:993 ends on 25 January 2026", "“CRM &lt;b&gt;” of John Smith ends on 15 January 2026")
	if s := jane.get("/health"); strings.Contains(s.body, "certificate of smtp") || !strings.Contains(s.body, "smtp.example:465") {
		t.Errorf("of a certificate that is good for long: %s", s.body)
	}
	jane.want(jane.get("/health"), 200, "was not read for 3 h", "Mail waits to be sent for 3 h")
}

// TestHealthWebhooks shows an admin what webhooks did not take, with a way out.
func TestHealthWebhooks(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	policy := *p.desk.Policy()
	policy.Webhooks = map[string]ticket.Webhook{"chat": {Key: "chat", Host: "chat.example", Events: ticket.WebhookEvents, MaxAge: time.Hour}}
	p.desk.SetPolicy(&policy)
	jane := p.signIn("jane")
	p.mail("Can not log in", "text")
	tell := func(code int) {
		t.Helper()
		found, d, _, err := p.desk.ClaimDelivery(t.Context(), "chat", time.Minute)
		if !found || err != nil {
			t.Fatal(found, err)
		}
		if _, err := p.desk.SettleDelivery(t.Context(), d.ID, d.Attempts, ticket.WebhookAnswer{Code: code, Text: "<b>no</b>"}); err != nil {
			t.Fatal(err)
		}
	}
	tell(503)
	p.now = p.now.Add(20 * time.Minute)
	jane.want(jane.get("/health"), 200, "The webhook chat has taken nothing for 20 min.", "chat.example", "503 &lt;b&gt;no&lt;/b&gt;", "/health/deliveries/1")
	tell(410)
	jane.want(jane.get("/health"), 200, "The webhook chat is paused", "paused: 410")
	jane.want(jane.post("/health/webhooks/chat", nil), 303)
	tell(200)
	if s := jane.get("/health"); strings.Contains(s.body, "Not taken by chat") || strings.Contains(s.body, "is paused") {
		t.Errorf("after it was taken: %s", s.body)
	}
	p.mail("Still not", "text")
	tell(503)
	jane.want(jane.post("/health/deliveries/2", url.Values{"decision": {"drop"}}), 303)
	jane.want(jane.post("/health/deliveries/2", url.Values{"decision": {"drop"}}), 303)
	jane.want(jane.get("/health"), 200, "That was decided already.")
	jane.want(jane.post("/health/deliveries/2", url.Values{"decision": {"retry"}}), 303)
	tell(200)
}
