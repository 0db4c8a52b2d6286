package web_test

import (
	"encoding/base32"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"deskpost/ticket"
)

// A device shows codes, by another implementation than the desk's.
type device struct {
	*browser
	secret string
}

// code is what the device shows at the place's time, some steps later.
func (d *device) code(steps int) string {
	d.t.Helper()
	code, err := totp.GenerateCode(d.secret, d.now.Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		d.t.Fatal(err)
	}
	return code
}

var (
	secretShown = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
	codeShown   = regexp.MustCompile(`<li><code>([A-Z2-7-]{19})</code></li>`)
)

// setUp switches a second factor on for who is signed in, and returns the device
// and the recovery codes.
func (b *browser) setUp() (*device, []string) {
	b.t.Helper()
	b.want(b.post("/me/second-factor", url.Values{}), 303)
	page := b.get("/me/second-factor")
	b.want(page, 200, "<svg", "Switch on")
	m := secretShown.FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatal("no secret is shown")
	}
	d := &device{b, strings.ReplaceAll(m[1], " ", "")}
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(d.secret); err != nil || len(d.secret) != 32 {
		b.t.Fatalf("the secret is %q (%v)", d.secret, err)
	}
	link := html.UnescapeString(page.body)
	for _, want := range []string{"otpauth://totp/desk.bank.example:", "secret=" + d.secret, "issuer=desk.bank.example"} {
		if !strings.Contains(link, want) {
			b.t.Errorf("the link has no %q", want)
		}
	}
	b.want(b.post("/me/second-factor/confirm", url.Values{"code": {"000000"}}), 403, "not right")
	done := b.post("/me/second-factor/confirm", url.Values{"code": {d.code(0)[:3] + " " + d.code(0)[3:]}})
	b.want(done, 200, "shown only this once")
	var codes []string
	for _, m := range codeShown.FindAllStringSubmatch(done.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		b.t.Fatalf("recovery codes: %q", codes)
	}
	return d, codes
}

// news are what agents are told of their accounts, and have not been before.
func (p *place) news() (got []ticket.AccountNews) {
	p.t.Helper()
	for _, n := range p.outbox() {
		if n.Kind == ticket.NoticeAccount {
			got = append(got, n.Facts.Account)
		}
	}
	return got
}

// TestSecondFactor: who has one is asked for its code after the password and after
// a mailed link, and is nobody before; each code is good once.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	elsewhere := p.browser()
	right := url.Values{"email": {"jane@private.example"}, "password": {janesPassword}, "to": {"/tickets?q=all"}}
	elsewhere.want(elsewhere.post("/sign-in", right), 303)
	elsewhere.want(elsewhere.get("/tickets"), 200)
	d, _ := jane.setUp()
	elsewhere.want(elsewhere.get("/tickets"), 303) // it began without
	jane.want(jane.get("/me"), 200, "10 recovery codes left")
	if again := jane.get("/me/second-factor"); strings.Contains(again.body, d.secret) || codeShown.MatchString(again.body) || secretShown.MatchString(again.body) {
		t.Error("secret or codes are shown again")
	}

	b := p.browser()
	b.want(b.get("/sign-in/code"), 303)
	b.want(b.post("/sign-in/code", url.Values{"code": {d.code(0)}}), 303)
	asked := b.post("/sign-in", right)
	if b.want(asked, 303); asked.header.Get("Location") != "/sign-in/code" {
		t.Fatalf("leads to %q", asked.header.Get("Location"))
	}
	for _, path := range []string{"/", "/tickets", "/me", "/me/second-factor", "/health"} {
		if s := b.get(path); s.status != 303 || !strings.HasPrefix(s.header.Get("Location"), "/sign-in?to=") {
			t.Errorf("%s before the code: %d %q", path, s.status, s.header.Get("Location"))
		}
	}
	b.want(b.get("/sign-in/code"), 200, "one of your recovery codes")
	b.want(b.post("/sign-in/code", url.Values{"code": {d.code(0)}}), 403, "used already") // it has switched it on
	b.want(b.post("/sign-in/code", url.Values{"code": {d.code(3)}}), 403, "not right")
	p.now = p.now.Add(time.Minute)
	in := b.post("/sign-in/code", url.Values{"code": {d.code(1)}}) // its clock is half a minute ahead
	if b.want(in, 303); in.header.Get("Location") != "/tickets?q=all" {
		t.Errorf("leads to %q", in.header.Get("Location"))
	}
	b.want(b.get("/tickets"), 200, "Jane Doe")

	thief := p.browser()
	thief.want(thief.post("/sign-in", right), 303)
	thief.want(thief.post("/sign-in/code", url.Values{"code": {d.code(1)}}), 403, "used already")
	thief.want(thief.post("/sign-in/code", url.Values{"code": {d.code(0)}}), 403, "used already") // nor an earlier one
	p.now = p.now.Add(11 * time.Minute)
	thief.want(thief.post("/sign-in/code", url.Values{"code": {d.code(0)}}), 303)
	thief.want(thief.get("/tickets"), 303) // it took too long

	p.now = p.now.Add(time.Minute)
	byLink := p.browser()
	followed := byLink.post(byLink.askLink("jane@private.example"), url.Values{})
	if byLink.want(followed, 303); followed.header.Get("Location") != "/sign-in/code" {
		t.Errorf("the link leads to %q", followed.header.Get("Location"))
	}
	byLink.want(byLink.get("/tickets"), 303)
	byLink.want(byLink.post("/sign-in/code", url.Values{"code": {d.code(0)}}), 303)
	byLink.want(byLink.get("/tickets"), 200)
}

// TestRecoveryCodes sign in once each; the agent hears of it, and of all that
// changes.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	d, codes := jane.setUp()
	right := url.Values{"email": {"jane@private.example"}, "password": {janesPassword}}
	b := p.browser()
	b.want(b.post("/sign-in", right), 303)
	b.want(b.post("/sign-in/code", url.Values{"code": {" " + strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))}}), 303)
	b.want(b.get("/me"), 200, "9 recovery codes left")
	b.want(b.post("/sign-out", url.Values{}), 303)
	b.want(b.post("/sign-in", right), 303)
	b.want(b.post("/sign-in/code", url.Values{"code": {codes[3]}}), 403)

	p.now = p.now.Add(time.Minute)
	renewed := jane.post("/me/second-factor/codes", url.Values{"code": {d.code(0)}})
	jane.want(renewed, 200, "shown only this once")
	b.want(b.post("/sign-in/code", url.Values{"code": {codes[4]}}), 403)
	jane.want(jane.post("/me/second-factor", url.Values{}), 409, "already")
	jane.want(jane.post("/me/second-factor/off", url.Values{"code": {"123"}}), 403)
	jane.want(jane.post("/me/second-factor/off", url.Values{"code": {codeShown.FindStringSubmatch(renewed.body)[1]}}), 303)
	jane.want(jane.get("/me"), 200, "Off: your password", "switched off")
	b.want(b.post("/sign-in", right), 303)
	b.want(b.get("/tickets"), 200)
	got, want := p.news(), []ticket.AccountNews{ticket.AccountPassword, ticket.AccountFactorOn, ticket.AccountCodeUsed, ticket.AccountNewCodes, ticket.AccountCodeUsed, ticket.AccountFactorOff}
	if len(got) != len(want) {
		t.Fatalf("told %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// TestGuessingCodes: after five wrong ones nobody is let through at once, not even
// with the right one.
func TestGuessingCodes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	d, _ := jane.setUp()
	p.now = p.now.Add(15 * time.Minute)
	for range 5 {
		jane.want(jane.post("/me/second-factor/off", url.Values{"code": {"999 999"}}), 403)
	}
	jane.want(jane.post("/me/second-factor/off", url.Values{"code": {d.code(0)}}), 429, "Try again in 3 min")
	p.now = p.now.Add(3 * time.Minute)
	jane.want(jane.post("/me/second-factor/off", url.Values{"code": {d.code(0)}}), 303)
}

// TestRequiredSecondFactor: where the desk requires one, who has none sets it up
// before anything else, and nobody switches it off.
func TestRequiredSecondFactor(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Help", "text")
	required := policy()
	required.SecondFactor = true
	p.desk.SetPolicy(required)
	jane := p.signIn("jane")
	for _, path := range []string{"/", "/tickets", "/tickets/1001", "/me", "/health", "/dashboard", "/tickets.csv"} {
		if s := jane.get(path); s.status != 303 || s.header.Get("Location") != "/me/second-factor" {
			t.Errorf("%s leads to %d %q", path, s.status, s.header.Get("Location"))
		}
	}
	jane.want(jane.post("/tickets/1001", url.Values{"kind": {"note"}, "text": {"a note"}}), 303)
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	if hash, err := p.desk.Password(t.Context(), "jane"); err != nil || hash != "" {
		t.Errorf("a password was set without a second factor (%v)", err)
	}
	owed := jane.get("/me/second-factor")
	jane.want(owed, 200, "This desk requires a second factor")
	if strings.Contains(owed.body, "Help") || strings.Contains(owed.body, `href="/tickets`) {
		t.Errorf("it shows more than what is to be set up:\n%s", owed.body)
	}
	d, _ := jane.setUp()
	jane.want(jane.get("/tickets?q=all"), 200, "Help")
	jane.want(jane.get("/me/second-factor"), 200, "ask your admin to reset it")
	p.now = p.now.Add(time.Minute)
	jane.want(jane.post("/me/second-factor/off", url.Values{"code": {d.code(0)}}), 403, "requires a second factor")
	jane.want(jane.get("/tickets/1001"), 200)
	_ = n

	if was, err := p.desk.ResetSecondFactor(t.Context(), "jane"); err != nil || !was {
		t.Fatalf("reset: %v, %v", was, err)
	}
	jane.want(jane.get("/tickets"), 303)
	jane = p.signIn("jane")
	jane.want(jane.get("/tickets"), 303)
	jane.setUp()
}

// TestSessionsOnTheAccount lists where an agent is signed in, and ends what is
// elsewhere: one, or all.
func TestSessionsOnTheAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	right := url.Values{"email": {"jane@private.example"}, "password": {janesPassword}}
	p.now = p.now.Add(time.Hour)
	telephone, laptop := p.browser(), p.browser()
	telephone.want(telephone.do("POST", "/sign-in", right, "User-Agent", "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"), 303)
	laptop.want(laptop.do("POST", "/sign-in", right, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"), 303)
	page := jane.get("/me")
	jane.want(page, 200, "Firefox on Android", "Chrome on Linux", "An unknown browser <strong>(this one)", "mailed link", "password", ">09:00<", ">10:00<")
	john := p.signIn("john")
	row := regexp.MustCompile(`name="session" value="([A-Z2-7]+)"><button[^>]*>Sign out<span class="hidden"> Firefox`).FindStringSubmatch(page.body)
	if row == nil {
		t.Fatalf("the telephone can not be signed out:\n%s", page.body)
	}
	john.want(john.post("/me/sessions", url.Values{"session": {row[1]}}), 303)
	telephone.want(telephone.get("/tickets"), 200) // it is not his
	jane.want(jane.post("/me/sessions", url.Values{"session": {row[1]}}), 303)
	telephone.want(telephone.get("/tickets"), 303)
	laptop.want(laptop.get("/tickets"), 200)
	jane.want(jane.post("/me/sessions", url.Values{"others": {"yes"}}), 303)
	laptop.want(laptop.get("/tickets"), 303)
	last := jane.get("/me")
	jane.want(last, 200, "(this one)")
	if strings.Contains(last.body, "Sign out everywhere else") {
		t.Error("there is an elsewhere left")
	}
	john.want(john.get("/tickets"), 200)
	p.now = p.now.Add(ticket.SessionLife)
	john.want(john.get("/tickets"), 303)
}

// TestSomebodyElsesKey: if the admin gives the key of an agent to somebody else,
// nothing that was set up under it opens the desk, and what is open ends.
func TestSomebodyElsesKey(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.post("/me/password", url.Values{"password": {janesPassword}}), 303)
	jane.setUp()
	halfway := p.browser()
	halfway.want(halfway.post("/sign-in", url.Values{"email": {"jane@private.example"}, "password": {janesPassword}}), 303)
	halfway.want(halfway.get("/sign-in/code"), 200)
	changed := policy()
	joan := changed.Agents["jane"]
	joan.Name, joan.Emails = "Joan Miller", []string{"joan@private.example"}
	changed.Agents["jane"] = joan
	p.desk.SetPolicy(changed)
	jane.want(jane.get("/tickets"), 303)
	halfway.want(halfway.get("/sign-in/code"), 303)
	halfway.want(halfway.post("/sign-in/code", url.Values{"code": {"123456"}}), 303)
	halfway.want(halfway.get("/tickets"), 303)
	b := p.browser()
	b.want(b.post("/sign-in", url.Values{"email": {"joan@private.example"}, "password": {janesPassword}}), 403)
	p.now = p.now.Add(time.Minute)
	hers := p.browser()
	hers.want(hers.post(hers.askLink("joan@private.example"), url.Values{}), 303)
	hers.want(hers.get("/me"), 200, "Joan Miller", "You have no password", "Off: your password")
	hers.setUp()
	joan.Emails = []string{"joan.miller@private.example", "joan@private.example"} // another first address is no other person
	again := policy()
	again.Agents["jane"] = joan
	p.desk.SetPolicy(again)
	hers.want(hers.get("/me"), 200, "On since")
}

// TestToldOfTries: an agent hears once a day that somebody tries passwords.
func TestToldOfTries(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	for range 8 {
		for _, email := range []string{"jane@private.example", "nobody@private.example"} {
			b.post("/sign-in", url.Values{"email": {email}, "password": {"wrong wrong wrong"}})
		}
		p.now = p.now.Add(time.Second)
	}
	if got := p.news(); len(got) != 1 || got[0] != ticket.AccountTries {
		t.Errorf("told %q, want once of tries", got)
	}
}
