package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestTokensOfMyOwn makes a token, which is shown once, and revokes it.
func TestTokensOfMyOwn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	made := jane.post("/me/tokens", url.Values{"name": {"<CRM>"}, "scope": {"tickets:write", "files:read"}, "days": {"7"}})
	jane.want(made, 200, "not shown again", "&lt;CRM&gt;", "never")
	secret := regexp.MustCompile(`dp_[A-Z2-7]{33}`).FindString(made.body)
	k, agent, err := p.desk.Bearer(t.Context(), secret)
	if err != nil || agent.Key != "jane" || !k.Allows(ticket.ScopeWrite) || k.ExpiresAt.Sub(p.now) != 7*24*time.Hour {
		t.Fatalf("%q bears %+v for %q: %v", secret, k, agent.Key, err)
	}
	later := jane.get("/me")
	jane.want(later, 200, "&lt;CRM&gt;", `action="/me/tokens/1"`)
	if strings.Contains(later.body, secret) {
		t.Error("the token is shown again")
	}
	if strings.Contains(p.signIn("john").get("/me").body, "CRM") {
		t.Error("john reads of jane's tokens")
	}
	refused := jane.post("/me/tokens", url.Values{"name": {"backup"}, "scope": {"files:read"}, "days": {"400"}})
	jane.want(refused, 422, "1 to 365 days", `value="backup"`, `value="files:read" checked`, `value="400"`)
	jane.want(jane.post("/me/tokens/1", url.Values{}), 303)
	jane.want(jane.get("/me"), 200, "is revoked.", "revoked</td>")
	if _, _, err := p.desk.Bearer(t.Context(), secret); err == nil {
		t.Error("a token that was revoked works")
	}
}
