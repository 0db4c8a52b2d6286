package ticket_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

func (w *world) token(wish ticket.TokenWish) (string, ticket.APIToken) {
	w.t.Helper()
	secret, made, err := w.desk.MakeAPIToken(w.t.Context(), wish)
	if err != nil {
		w.t.Fatal(err)
	}
	return secret, made
}

// bears demands what becomes of a secret that a program shows: "" if it is good.
func (w *world) bears(secret, refusal string) {
	w.t.Helper()
	k, agent, err := w.desk.Bearer(w.t.Context(), secret)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refusal == "" && (err != nil || agent.Key != "jane" || k.Agent != "jane"):
		w.t.Errorf("the token of %q (%+v) is refused: %v", agent.Key, k, err)
	case refusal != "" && (!refused || no.Kind != ticket.NotAllowed || !strings.Contains(no.Text, refusal)):
		w.t.Errorf("%q: %v, want a refusal that says %q", secret, err, refusal)
	}
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret, made := w.token(ticket.TokenWish{Agent: "jane", Name: "  CRM\n", Scopes: []ticket.Scope{ticket.ScopeFiles, ticket.ScopeRead, ticket.ScopeRead}, Days: 30})
	if made.Name != "CRM" || len(made.Scopes) != 2 || !made.Allows(ticket.ScopeRead) || made.Allows(ticket.ScopeWrite) {
		t.Errorf("made %+v", made)
	}
	w.bears(secret, "")
	other, _ := w.token(ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: []ticket.Scope{ticket.ScopeWrite}, Days: 30})
	if other == secret {
		t.Error("two tokens have one secret")
	}
	for _, wrong := range []string{"", "dp_", secret[:35], secret + "A", strings.ToLower(secret), secret[3:], "dp_" + strings.Repeat("A", 33), secret[:10] + "7" + secret[11:] + "\x00"} {
		w.bears(wrong, "not a token of a desk")
	}
	foreign, _ := newWorld(t).token(ticket.TokenWish{Agent: "jane", Name: "elsewhere", Scopes: ticket.Scopes, Days: 1})
	w.bears(foreign, "knows no such token")

	for _, again := range []bool{true, false} { // at most once a minute is written down that it was used
		w.now = w.now.Add(50 * time.Second)
		k, _, err := w.desk.Bearer(t.Context(), secret)
		if err != nil || k.UsedAt.IsZero() != again {
			t.Fatalf("used %v, %v", k.UsedAt, err)
		}
		if err := w.desk.UsedAPIToken(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if k, _, err := w.desk.Bearer(t.Context(), secret); err != nil || w.now.Sub(k.UsedAt) != 50*time.Second {
		t.Errorf("used %v before now (%v)", w.now.Sub(k.UsedAt), err)
	}

	was := w.desk.Policy()
	w.change(func(p *ticket.Policy) { delete(p.Agents, "jane") })
	w.bears(secret, "may not work here any more")
	w.desk.SetPolicy(was)
	w.change(func(p *ticket.Policy) { a := p.Agents["jane"]; a.Disabled = true; p.Agents["jane"] = a })
	w.bears(secret, "may not work here any more")
	w.desk.SetPolicy(was)
	w.bears(secret, "")

	if _, err := w.desk.RevokeAPIToken(t.Context(), "john", made.ID); err == nil {
		t.Error("john revokes a token of jane's")
	}
	k, _, err := w.desk.Bearer(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if gone, err := w.desk.RevokeAPIToken(t.Context(), "jane", made.ID); err != nil || gone.RevokedAt.IsZero() {
			t.Errorf("revoked: %+v, %v", gone, err)
		}
	}
	w.now = w.now.Add(time.Hour)
	if err := w.desk.UsedAPIToken(t.Context(), k); err != nil { // a request that was under way brings nothing back
		t.Fatal(err)
	}
	w.bears(secret, "was revoked")
	w.bears(other, "")
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.bears(other, "has expired")
}

func TestTokensThatAreNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := []ticket.Scope{ticket.ScopeRead}
	for _, c := range []struct {
		wish ticket.TokenWish
		says string
	}{
		{ticket.TokenWish{Agent: "nobody", Name: "CRM", Scopes: read, Days: 1}, "no agent"},
		{ticket.TokenWish{Name: "CRM", Scopes: read, Days: 1}, "no agent"},
		{ticket.TokenWish{Agent: "jane", Name: " \x00", Scopes: read, Days: 1}, "a name"},
		{ticket.TokenWish{Agent: "jane", Name: strings.Repeat("ü", 61), Scopes: read, Days: 1}, "at most 60"},
		{ticket.TokenWish{Agent: "jane", Name: "CRM", Days: 1}, "choose what"},
		{ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: []ticket.Scope{"admin"}, Days: 1}, `no scope "admin"`},
		{ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: read}, "1 to 365"},
		{ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: read, Days: 366}, "1 to 365"},
	} {
		secret, _, err := w.desk.MakeAPIToken(t.Context(), c.wish)
		if _, refused := errors.AsType[*ticket.Refusal](err); !refused || secret != "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want a refusal that says %q", c.wish, err, c.says)
		}
	}
	for range 20 {
		w.token(ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: read, Days: 1})
	}
	if _, _, err := w.desk.MakeAPIToken(t.Context(), ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: read, Days: 1}); err == nil {
		t.Error("there is no end to the tokens of one agent")
	}
	w.now = w.now.Add(25 * time.Hour)
	w.token(ticket.TokenWish{Agent: "jane", Name: "CRM", Scopes: read, Days: 1})
	w.now = w.now.Add(92 * 24 * time.Hour)
	w.token(ticket.TokenWish{Agent: "john", Name: "CRM", Scopes: read, Days: 1})
	if list, err := w.desk.APITokens(t.Context(), ""); err != nil || len(list) != 1 {
		t.Errorf("kept are %+v (%v)", list, err)
	}
}
