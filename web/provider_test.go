package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"deskpost/web"
)

// began is when the tests of the page begin.
var began = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// An issuer is a small OpenID Connect provider, which says what it is told to.
type issuer struct {
	*httptest.Server
	t    *testing.T
	key  *rsa.PrivateKey
	lies func(claims map[string]any) // changes what it says; nil is the truth

	mu   sync.Mutex
	wait map[string]url.Values // what was asked for, by code
}

func newIssuer(t *testing.T) *issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, wait: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.say(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) say(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(what); err != nil {
		i.t.Error(err)
	}
}

// agree is what the provider does when its user agrees: it returns the address
// that leads back.
func (i *issuer) agree(to string) string {
	i.t.Helper()
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, i.URL+"/authorize?") {
		i.t.Fatalf("it leads to %q: %v", to, err)
	}
	asked, code := u.Query(), rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.wait[code] = asked
	return asked.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {asked.Get("state")}}.Encode()
}

// token gives an id_token for a code, once, to who began (RFC 7636 section 4.6).
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	asked, ok := i.wait[r.PostFormValue("code")]
	delete(i.wait, r.PostFormValue("code"))
	i.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || id != "desk" || secret != "s3cret" || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": i.URL, "sub": "1", "aud": "desk", "nonce": asked.Get("nonce"), "email": "Jane@private.example", "email_verified": true,
		"iat": began.Unix(), "exp": began.Add(time.Hour).Unix()}
	if i.lies != nil {
		i.lies(claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: i.key, KeyID: "1"}}, nil)
	if err != nil {
		i.t.Error(err)
		return
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		i.t.Error(err)
		return
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Error(err)
		return
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		i.t.Error(err)
		return
	}
	i.say(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": compact})
}

// withProvider is a desk whose agents sign in at an issuer.
func withProvider(t *testing.T) (*place, *issuer) {
	p, i := newPlace(t), newIssuer(t)
	p.server.Provider = &web.Provider{Name: "Bank <account>", Issuer: i.URL, Client: "desk", HTTP: i.Client(), Secret: func() (string, error) { return "s3cret", nil }}
	return p, i
}

// leads begins to sign in and returns where the page leads.
func (b *browser) leads(to string) string {
	b.t.Helper()
	s := b.post("/sign-in/provider", url.Values{"to": {to}})
	b.want(s, 200, "Go on to Bank &lt;account&gt;")
	return strings.TrimPrefix(s.header.Get("Refresh"), "0; url=")
}

// back follows the address that leads back.
func (b *browser) back(to string) seen {
	b.t.Helper()
	u, err := url.Parse(to)
	if err != nil || u.Path != "/sign-in/provider" {
		b.t.Fatalf("it leads back to %q: %v", to, err)
	}
	return b.get(u.RequestURI())
}

// TestSignInAtAProvider signs an agent in by the address that the provider has
// verified, and takes them to where they wanted to go.
func TestSignInAtAProvider(t *testing.T) {
	t.Parallel()
	p, i := withProvider(t)
	b := p.browser()
	b.want(b.get("/sign-in"), 200, "Sign in with Bank &lt;account&gt;")
	s := b.back(i.agree(b.leads("/tickets?q=all")))
	b.want(s, 303)
	if to := s.header.Get("Location"); to != "/tickets?q=all" {
		t.Errorf("they are taken to %q", to)
	}
	b.want(b.get("/me"), 200, "Jane Doe", "provider")
	if to := p.browser().leads("https://evil.example/"); strings.Contains(to, "evil.example") {
		t.Errorf("the way leads by %q", to)
	}
}

// TestProvidersThatAreNotBelieved refuses what is not meant for this desk, this
// browser and this sign-in, and says no more than needed.
func TestProvidersThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lies func(map[string]any)
		says string
	}{
		"another sign-in":    {func(c map[string]any) { c["nonce"] = "other" }, "in a way that can be believed"},
		"for another desk":   {func(c map[string]any) { c["aud"] = "other" }, "in a way that can be believed"},
		"too old":            {func(c map[string]any) { c["exp"] = began.Add(-time.Minute).Unix() }, "in a way that can be believed"},
		"another provider":   {func(c map[string]any) { c["iss"] = "https://evil.example" }, "in a way that can be believed"},
		"not verified":       {func(c map[string]any) { c["email_verified"] = false }, "in a way that can be believed"},
		"without an address": {func(c map[string]any) { delete(c, "email") }, "in a way that can be believed"},
		"nobody here":        {func(c map[string]any) { c["email"] = "eve@evil.example" }, "is no agent&#39;s here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, i := withProvider(t)
			i.lies = func(claims map[string]any) { c.lies(claims) }
			b := p.browser()
			b.want(b.back(i.agree(b.leads("/"))), 403, c.says)
			b.want(b.get("/tickets"), 303)
		})
	}
}

// TestProviderOnce takes no answer twice, none that began in another browser, and
// none that nobody asked for.
func TestProviderOnce(t *testing.T) {
	t.Parallel()
	p, i := withProvider(t)
	b, other := p.browser(), p.browser()
	way := i.agree(b.leads("/"))
	other.want(other.back(way), 403, "began in another browser")
	b.want(b.back(way), 303)
	b.want(b.back(way), 403, "used already")
	fresh := p.browser()
	fresh.leads("/")
	fresh.want(fresh.get("/sign-in/provider?state=guess&code=1"), 403, "began in another browser")
	denied := p.browser()
	state := regexp.MustCompile(`state=(\w+)`).FindStringSubmatch(denied.leads("/"))[1]
	denied.want(denied.get("/sign-in/provider?error=access_denied&state="+state), 403, "did not sign you in")
}

// TestProviderIsAway says so, and the other ways go on.
func TestProviderIsAway(t *testing.T) {
	t.Parallel()
	p, i := withProvider(t)
	i.Close()
	b := p.browser()
	b.want(b.post("/sign-in/provider", url.Values{}), 503, "can not be reached", "Sign in with Bank")
	p.signIn("jane")
}

// TestProviderOfSomebodyWhoLeft lets nobody in whom the config has disabled.
func TestProviderOfSomebodyWhoLeft(t *testing.T) {
	t.Parallel()
	p, i := withProvider(t)
	policy := *p.desk.Policy()
	policy.Agents = maps.Clone(policy.Agents)
	jane := policy.Agents["jane"]
	jane.Disabled = true
	policy.Agents["jane"] = jane
	p.desk.SetPolicy(&policy)
	b := p.browser()
	b.want(b.back(i.agree(b.leads("/"))), 403, "is no agent&#39;s here")
}
