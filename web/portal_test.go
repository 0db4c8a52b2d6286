package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// linkTo takes what waits to be sent, and returns the path of the link in the last
// mail of that kind to an address, "" if there is none.
func (p *place) linkTo(kind ticket.NoticeKind, address string) string {
	p.t.Helper()
	for _, n := range slices.Backward(p.outbox()) {
		if n.Kind == kind && strings.EqualFold(n.Recipients[0].Address.Email, address) {
			return strings.TrimPrefix(n.Facts.Link, "https://desk.bank.example")
		}
	}
	return ""
}

// follow lets a customer in by a mailed link.
func (p *place) follow(address string) *browser {
	p.t.Helper()
	b := p.browser()
	b.want(b.post("/my", url.Values{"email": {address}}), 200, "Look into your mail")
	link := p.linkTo(ticket.NoticeVisit, address)
	if link == "" {
		p.t.Fatal("no link was mailed")
	}
	b.want(b.get(link), 200, "<button")
	b.want(b.post(link, url.Values{}), 303)
	return b
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// fill is the form of a page as a person fills it in: a while after it was shown.
func (b *browser) fill(path string, pairs ...string) url.Values {
	b.t.Helper()
	s := b.get(path)
	b.want(s, 200)
	form := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(s.body, -1) {
		form.Set(m[1], m[2])
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	b.now = b.now.Add(10 * time.Second)
	return form
}

// TestCustomerPortal is all that a customer does: opens a ticket, confirms it,
// reads the answer, writes again, and says that it is solved.
func TestCustomerPortal(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dora := p.browser()
	golden(t, "portal-choice", dora.get("/new").body)
	form := dora.fill("/new?for=Support", "name", "Dora New", "email", "dora@customer.example", "subject", "Can not <b>log in</b>", "text", "Since nine.", "field-contract", "many")
	dora.want(dora.post("/new", form), 422, "Contract: ", "Since nine.", `value="many"`)
	form.Set("field-contract", "47")
	form.Set("field-rank", "Gold")
	golden(t, "portal-mailed", dora.post("/new", form).body)
	link := p.linkTo(ticket.NoticeConfirm, "dora@customer.example")
	golden(t, "portal-confirm", dora.get(link).body)
	if list, err := p.desk.Find(t.Context(), "jane", "all", 10); err != nil || len(list) != 0 {
		t.Fatalf("before it is confirmed there is %+v, %v", list, err)
	}
	s := dora.post(link, url.Values{})
	if dora.want(s, 303); s.header.Get("Location") != "/my/1001" {
		t.Fatalf("it leads to %s", s.header.Get("Location"))
	}
	dora.want(dora.get("/my/1001"), 200, "Your ticket has the number 1001", "Can not &lt;b&gt;log in", "Gold")

	jane := p.signIn("jane")
	jane.want(jane.post("/tickets/1001", jane.form(1001, "note", "She always says so.", "")), 303)
	jane.want(jane.post("/tickets/1001", jane.form(1001, "reply", "Which browser?", "#pending")), 303)
	golden(t, "portal-ticket", dora.get("/my/1001").body)
	golden(t, "portal-my", dora.get("/my").body)
	for _, private := range []string{"Jane", "private.example", "She always", "Priority", "pending"} {
		if strings.Contains(dora.get("/my/1001").body, private) {
			t.Errorf("the customer reads %q", private)
		}
	}
	write := dora.fill("/my/1001", "text", "The old one.")
	dora.want(dora.post("/my/1001", write), 303)
	dora.want(dora.post("/my/1001", write), 303)
	dora.want(dora.get("/my/1001"), 200, "sent already", "in work")
	jane.want(jane.get("/tickets/1001"), 200, "The old one.", "verified sender")
	dora.want(dora.post("/my/1001", dora.fill("/my/1001", "solved", "yes")), 303)
	dora.want(dora.get("/my/1001"), 200, "solved")
	dora.want(dora.post("/my/1001", url.Values{}), 422, "Write something first")

	// Who is signed in needs no further link.
	at := dora.fill("/new?for=Online+Banking", "subject", "Another", "text", "thing", "email", "eve@evil.example")
	dora.want(dora.post("/new", at), 303)
	dora.want(dora.post("/new", at), 303) // the same form once more
	dora.want(dora.get("/my"), 200, "Another", "#1002")
	if list, err := p.desk.Find(t.Context(), "jane", "all", 10); err != nil || len(list) != 2 || list[0].Requester.Email != "dora@customer.example" || list[1].Requester.Email != "dora@customer.example" {
		t.Errorf("there is %+v, %v", list, err)
	}
	dora.want(dora.post("/my/sign-out", url.Values{}), 303)
	dora.want(dora.get("/my/1001"), 303)
}

// TestCustomersAreApart: a customer's session gives nothing of another customer's
// or of agents', a link works once, and other sites can not use a session.
func TestCustomersAreApart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine.")
	if _, err := p.desk.Open(t.Context(), ticket.Opening{Origin: ticket.FromCommandLine, Requester: ticket.Address{Email: "ken@customer.example"}, Subject: "Mine", Text: "Ken's", Department: "support"}); err != nil {
		t.Fatal(err)
	}
	karen, ken := p.follow("karen@customer.example"), p.follow("KEN@customer.example")
	path := fmt.Sprintf("/my/%d", n)
	karen.want(karen.get(path), 200, "Since nine.")
	none := ken.get("/my/9999")
	if s := ken.get(path); s.status != 404 || strings.ReplaceAll(s.body, fmt.Sprint(n), "9999") != none.body {
		t.Errorf("another's ticket: %d %s", s.status, s.body)
	}
	ken.want(ken.post(path, url.Values{"text": {"x"}}), 404)
	ken.want(ken.get(fmt.Sprintf("/tickets/%d", n)), 303)
	ken.want(ken.get("/tickets"), 303)
	jane := p.signIn("jane")
	jane.want(jane.get(path), 303)

	karen.want(karen.do("POST", path, url.Values{"text": {"from elsewhere"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), 403)
	p.now = p.now.Add(time.Minute)
	b := p.browser()
	b.want(b.post("/my", url.Values{"email": {"karen@customer.example"}}), 200)
	link := p.linkTo(ticket.NoticeVisit, "karen@customer.example")
	b.want(b.post(link, url.Values{}), 303)
	other := p.browser()
	other.want(other.post(link, url.Values{}), 403, "used already")
	other.want(other.get("/my"), 200, "Mail me the link")
	other.want(other.post(strings.Replace(link, "/my/sign-in/", "/sign-in/", 1), url.Values{}), 403)

	// Without the portal there is nothing, whoever was let in.
	closed := policy()
	closed.Portal = false
	p.desk.SetPolicy(closed)
	karen.want(karen.get(path), 404)
	karen.want(karen.get("/new"), 404)
}

// TestNobodyLearnsWhoIsACustomer from what the page says.
func TestNobodyLearnsWhoIsACustomer(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mail("Can not log in", "text")
	b := p.browser()
	var asked, sent []string
	for _, email := range []string{"karen@customer.example", "eve@evil.example", "jane@private.example", "support@bank.example", "no address"} {
		same := func(s seen) string { return fmt.Sprint(s.status, strings.ReplaceAll(s.body, email, "X")) }
		asked = append(asked, same(b.post("/my", url.Values{"email": {email}})))
		if email != "no address" {
			sent = append(sent, same(b.post("/new", b.fill("/new?for=Support", "email", email, "subject", "s", "text", "t"))))
		}
	}
	trap := b.fill("/new?for=Support", "email", "eve@evil.example", "subject", "s", "text", "t", "website", "https://evil.example")
	p.outbox()
	sent = append(sent, fmt.Sprint(200, strings.ReplaceAll(b.post("/new", trap).body, "eve@evil.example", "X")))
	if left := p.outbox(); len(left) != 0 {
		t.Errorf("a program got %+v", left)
	}
	if len(slices.Compact(asked)) != 1 || len(slices.Compact(sent)) != 1 {
		t.Errorf("the answers differ: %q %q", asked, sent)
	}
}

// TestPortalFlood: one host is slowed down, whatever it puts before what the
// proxy says, and a thousand hosts that ask in the names of ten people get each
// of those a few mails (S9).
func TestPortalFlood(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	form := b.fill("/new?for=Support", "subject", "BUY NOW", "text", "BUY NOW")
	ask := func(i int, from string) int {
		form.Set("email", fmt.Sprintf("victim%d@customer.example", i%10))
		return b.do("POST", "/new", form, "X-Forwarded-For", from).status
	}
	slow := 0
	for i := range 100 {
		if ask(i, fmt.Sprintf("203.0.113.%d, 198.51.100.7", i)) == 429 {
			slow++
		}
	}
	if slow != 60 {
		t.Errorf("%d of 100 requests of a host had to wait, want 60", slow)
	}
	mails := map[string]int{}
	for i := range 1000 {
		if status := ask(i, fmt.Sprintf("10.0.%d.%d", i/250, i%250)); status != 200 {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	for _, n := range p.outbox() {
		if strings.Contains(fmt.Sprintf("%+v", n), "BUY NOW") {
			t.Errorf("a mail has the sender's words: %+v", n)
		}
		mails[n.Recipients[0].Address.Email]++
	}
	for victim, n := range mails {
		if n != 3 {
			t.Errorf("%s got %d mails, want 3", victim, n)
		}
	}
	if len(mails) != 10 {
		t.Errorf("mailed %v", mails)
	}
}

// TestQuickForms are shown once more, with what was written.
func TestQuickForms(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	form := b.fill("/new?for=Support", "email", "eve@evil.example", "subject", "s", "text", "my long text")
	p.now = p.now.Add(-9 * time.Second)
	b.want(b.post("/new", form), 422, "quicker than people", "my long text")
	form.Set("since", "soon")
	form.Set("text", strings.Repeat("x", 2<<20))
	b.want(b.post("/new", form), 413)
}
