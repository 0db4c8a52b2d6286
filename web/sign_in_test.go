package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const janesPassword = "correct horse battery staple"

// TestPassword sets a password on the page and signs in with it. The session that
// was open elsewhere ends by that.
func TestPassword(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	elsewhere := p.signIn("jane")
	p.now = p.now.Add(2 * time.Minute)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {"too short"}}), 422, "from 12 to 200 characters")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	jane.want(jane.get("/me"), 200, "Your password is set.")
	elsewhere.want(elsewhere.get("/tickets"), 303)
	another := url.Values{"password": {"another long password"}}
	jane.want(jane.post("/me/password", another), 422, "not your password of now")
	another.Set("current", janesPassword)
	jane.want(jane.post("/me/password", another), 303)
	another.Set("current", "another long password")
	another.Set("password", janesPassword)
	jane.want(jane.post("/me/password", another), 303)

	b := p.browser()
	b.want(b.post("/sign-in", url.Values{"email": {"JANE@private.example"}, "password": {janesPassword}, "to": {"/tickets?q=all"}}), 303)
	b.want(b.get("/tickets"), 200, "Jane Doe")
	b.want(b.post("/sign-out", url.Values{}), 303)
	b.want(b.get("/tickets"), 303)
}

// TestWrongPasswords: nobody learns from the answer whether there is such an
// agent, and who guesses has to wait, but the agent can still have a link.
func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	b := p.browser()
	var bodies []string
	for _, email := range []string{"jane@private.example", "john@private.example", "nobody@private.example"} {
		s := b.post("/sign-in", url.Values{"email": {email}, "password": {"wrong wrong wrong"}})
		b.want(s, 403, "do not belong together")
		bodies = append(bodies, strings.ReplaceAll(s.body, email, "X"))
	}
	if bodies[0] != bodies[1] || bodies[0] != bodies[2] {
		t.Errorf("the answers differ: %q", bodies)
	}
	right := url.Values{"email": {"jane@private.example"}, "password": {janesPassword}}
	for range 4 {
		b.post("/sign-in", url.Values{"email": {"jane@private.example"}, "password": {"wrong wrong wrong"}})
	}
	b.want(b.post("/sign-in", right), 429, "Try again in 3 min")
	p.now = p.now.Add(2 * time.Minute)
	b.want(b.post("/sign-in", right), 429, "Try again in 1 min")
	p.signIn("jane")
	p.now = p.now.Add(time.Minute)
	b.want(b.post("/sign-in", right), 303)
}

// TestManyTriesAtOnce: of many that come together no more are weighed than may
// fail, and agents can have a link whatever strangers do.
func TestManyTriesAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			s := b.post("/sign-in", url.Values{"email": {"jane@private.example"}, "password": {"wrong wrong wrong"}})
			mu.Lock()
			defer mu.Unlock()
			statuses[s.status]++
		})
	}
	all.Wait()
	if statuses[403] == 0 || statuses[403] > 5 || statuses[403]+statuses[429] != 40 {
		t.Errorf("answers by status: %v, want at most 5 that were weighed", statuses)
	}
	asked := map[int]int{}
	for i := range 60 {
		asked[b.do("POST", "/sign-in", url.Values{"email": {fmt.Sprintf("x%d@private.example", i)}}, "X-Forwarded-For", "203.0.113.9, 198.51.100.1").status]++
	}
	if asked[200] != 40 || asked[429] != 20 {
		t.Errorf("answers to one who asks for links: %v, want 40 and then none", asked)
	}
	p.signIn("jane")
}

// TestOnePasswordForMany: who tries one password with many names is slowed down by
// where they come from, whatever they say that is, and nobody else is.
func TestOnePasswordForMany(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	b, weighed := p.browser(), 0
	for i := range 40 {
		s := b.do("POST", "/sign-in", url.Values{"email": {fmt.Sprintf("x%d@private.example", i)}, "password": {"wrong wrong wrong"}},
			"X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 198.51.100.1", i))
		if s.status == 403 {
			weighed++
		}
	}
	if weighed != 30 {
		t.Errorf("%d of 40 tries from one host were weighed, want 30", weighed)
	}
	right := url.Values{"email": {"jane@private.example"}, "password": {janesPassword}}
	b.want(b.do("POST", "/sign-in", right, "X-Forwarded-For", "198.51.100.1"), 429)
	b.want(b.do("POST", "/sign-in", right, "X-Forwarded-For", "198.51.100.2"), 303)
}

// TestWhereToAfterwards sends nobody to another host.
func TestWhereToAfterwards(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	for to, want := range map[string]string{
		"/tickets/1001": "/tickets/1001", "": "/", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/", "/\t/evil.example": "/", "\t//evil.example": "/", "/%2f/evil.example": "/", "http:/evil": "/", "/a\r\nSet-Cookie: a=b": "/",
	} {
		b := p.browser()
		s := b.post("/sign-in", url.Values{"email": {"jane@private.example"}, "password": {janesPassword}, "to": {to}})
		if got := s.header.Get("Location"); s.status != 303 || got != want {
			t.Errorf("to %q leads to %q (%d), want %q", to, got, s.status, want)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.signIn("john")
	b.want(b.get("/tickets"), 200)
	changed := policy()
	john := changed.Agents["john"]
	john.Disabled = true
	changed.Agents["john"] = john
	p.desk.SetPolicy(changed)
	b.want(b.get("/tickets"), 303)
	p.desk.SetPolicy(policy())
	b.want(b.get("/tickets"), 200)
	if err := p.desk.SetPassword(context.Background(), "john", "$argon2id$v=19$m=65536,t=1,p=2$c29tZXNhbHQ$c29tZWhhc2g"); err != nil {
		t.Fatal(err)
	}
	b.want(b.get("/tickets"), 303)
}

// TestCookie: scripts can not read it, and other sites can not use it to post.
func TestCookie(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	n := p.mail("Help", "text")
	s := jane.do("POST", "/tickets/1001", jane.form(n, "note", "from elsewhere", ""), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	jane.want(s, 403)
	s = jane.do("POST", "/tickets/1001", jane.form(n, "note", "through a proxy that hides our name", ""), "Origin", "https://desk.bank.example")
	jane.want(s, 303)
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	b := p.browser()
	in := b.post("/sign-in", url.Values{"email": {"jane@private.example"}, "password": {janesPassword}})
	cookie := in.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-deskpost=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie is not %s: %s", want, cookie)
		}
	}
}
