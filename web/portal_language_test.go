package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpost/templates"
	"deskpost/ticket"
)

// speak lets a visitor choose a language.
func (b *browser) speak(lang string) {
	b.t.Helper()
	b.want(b.post("/my/language", url.Values{"language": {lang}, "to": {"/my"}}), 303)
}

// frames are what is the same around every page.
var frames = regexp.MustCompile(`(?s)<!DOCTYPE html>.*?<title>(.*?)</title>.*?</header>|<form method="post" action="/my/language".*?</html>`)

// TestPortalInEveryLanguage sees every page for customers, with what it says when
// something is refused and when it went well, in each language.
func TestPortalInEveryLanguage(t *testing.T) {
	t.Parallel()
	pages, err := templates.LoadPages()
	if err != nil {
		t.Fatal(err)
	}
	english := pages.Words(templates.English)
	for _, lang := range templates.Languages() {
		seen := portalTour(t, lang)
		golden(t, "portal-tour-"+lang, frames.ReplaceAllString(seen, "$1\n"))
		if strings.Contains(seen, "%!") || regexp.MustCompile(`\{[a-z]+\}`).MatchString(seen) {
			t.Errorf("%s: something is not filled in", lang)
		}
		if n := strings.Count(seen, "<!DOCTYPE html>"); n == 0 || n != strings.Count(seen, `<html lang="`+lang+`">`) {
			t.Errorf("%s: not every page of %d says its language", lang, n)
		}
		text := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(seen, "\n")
		for _, key := range english.Keys() {
			if strings.Contains(text, key+"\n") {
				t.Errorf("%s: a page shows the key %s", lang, key)
			}
			if lang == templates.English {
				continue
			}
			own := pages.Words(lang).Say(key)
			for part := range strings.SplitSeq(regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(english.Say(key), "\n"), "\n") {
				if len(part) > 9 && strings.Contains(seen, part) && !strings.Contains(own, part) {
					t.Errorf("%s: a page says %s in English: %q", lang, key, part)
				}
			}
		}
	}
}

// portalTour is what one customer sees who does everything, page after page.
func portalTour(t *testing.T, lang string) string {
	p := newPlace(t)
	rating := policy()
	d := rating.Departments["support"]
	d.Rating = true
	rating.Departments["support"] = d
	rating.Fields = append(rating.Fields, ticket.Field{Key: "since", Name: "Since", Type: ticket.DateField, Max: "2026-12-31", Customer: true},
		ticket.Field{Key: "vip", Name: "VIP", Type: ticket.YesNoField, Customer: true})
	p.desk.SetPolicy(rating)
	var all strings.Builder
	see := func(name string, s seen) {
		fmt.Fprintf(&all, "=== %s: %d\n%s\n", name, s.status, s.body)
	}
	b := p.browser()
	b.speak(lang)
	see("sign in", b.get("/my"))
	see("no address", b.post("/my", url.Values{"email": {strings.Repeat("x", 300)}}))
	see("link asked", b.post("/my", url.Values{"email": {"nobody@customer.example"}}))
	see("which department", b.get("/new"))
	form := b.fill("/new?for=Support", "name", "Dora", "email", "dora@customer.example", "subject", "4711", "text", "0815", "field-contract", "x", "field-since", "2026-01-04", "field-vip", "yes")
	see("form", b.get("/new?for=Support"))
	see("no number", b.upload("/new", form, sentFile{"a.txt", "text/plain", "a"}))
	form.Set("field-contract", "1")
	form.Set("field-since", "2027-01-04")
	see("date out of bounds", b.post("/new", form))
	form.Set("field-since", "2026-01-04")
	form.Set("name", strings.Repeat("n", 101))
	see("long name", b.post("/new", form))
	form.Set("name", "Dora")
	form.Set("since", fmt.Sprint(p.now.Unix()))
	see("too quick", b.post("/new", form))
	form.Set("since", "1")
	see("link to confirm", b.post("/new", form))
	link := p.linkTo(ticket.NoticeConfirm, "dora@customer.example")
	see("confirm", b.get(link))
	b.want(b.post(link, url.Values{}), 303)
	see("opened", b.get("/my/1001"))
	see("confirmed before", b.post(link, url.Values{}))
	see("none", b.get("/my/4711"))
	see("no page", b.get("/my/nowhere/else"))
	see("nothing written", b.post("/my/1001", url.Values{}))
	see("too large", b.post("/new", url.Values{"text": {strings.Repeat("x", 2<<20)}}))

	jane := p.signIn("jane")
	jane.want(jane.upload("/tickets/1001", jane.form(1001, "reply", "42?", "#pending"), sentFile{"b.bin", "text/plain", strings.Repeat("x", 1536<<10)}), 303)
	see("answered", b.get("/my/1001"))
	b.want(b.post("/my/1001", b.fill("/my/1001", "text", "43.")), 303)
	see("written", b.get("/my/1001"))
	b.want(b.post("/my/1001", b.fill("/my/1001", "solved", "yes")), 303)
	see("solved", b.get("/my/1001"))
	see("no stars", b.post("/my/1001", url.Values{"rating": {"yes"}}))
	b.want(b.post("/my/1001", url.Values{"rating": {"yes"}, "stars": {"5"}}), 303)
	see("rated", b.get("/my/1001"))
	p.now = p.now.Add(8 * 24 * time.Hour)
	see("list", b.get("/my"))
	see("over", b.get("/my/1001"))
	again := b.fill("/my/1001", "text", "44.")
	again.Del("rating") // of the other form
	b.want(b.post("/my/1001", again), 303)
	see("another", b.get("/my/1002"))
	b.want(b.post("/my/sign-out", url.Values{}), 303)
	b.want(b.post("/my", url.Values{"email": {"dora@customer.example"}}), 200)
	link = p.linkTo(ticket.NoticeVisit, "dora@customer.example")
	see("link", b.get(link))
	p.now = p.now.Add(time.Hour)
	see("link too old", b.post(link, url.Values{}))
	see("no link", b.post("/my/sign-in/1.abc", url.Values{}))
	for range 40 {
		b.post("/my", url.Values{"email": {"no address"}})
	}
	see("too much", b.post("/my", url.Values{"email": {"no address"}}))
	return all.String()
}

// TestLanguageOfAVisitor: what they chose goes before what is known of their
// address, that before what the browser asks for, and that before the desk's.
func TestLanguageOfAVisitor(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	desk := policy()
	desk.Language = "es"
	p.desk.SetPolicy(desk)
	c := p.take(ticket.Mail{From: ticket.Address{Email: "karen@customer.example"}, Recipients: []string{"support@bank.example"}, Subject: "Drucker",
		NewText: "Mein Drucker druckt nicht, und ich habe heute keine Zeit.", Offset: "-0500"})
	in := func(b *browser, path, accept, want string) {
		t.Helper()
		if s := b.do("GET", path, nil, "Accept-Language", accept); !strings.Contains(s.body, `<html lang="`+want+`">`) {
			t.Errorf("%s for who accepts %q is not in %q:\n%s", path, accept, want, s.body)
		}
	}
	b := p.browser()
	in(b, "/my", "", "es")
	in(b, "/my", "ja", "es")
	in(b, "/my", "fr-CA, en;q=0.5", "fr")
	in(b, "/my/no/page", "fr", "fr")
	in(b, "/sign-in", "fr", "en")
	in(b, "/nowhere", "fr", "en")

	desk.Language = "en" // or the form to sign in would have other words
	p.desk.SetPolicy(desk)
	karen := p.follow("karen@customer.example")
	in(karen, "/my", "fr", "de")
	path := fmt.Sprintf("/my/%d", c.Ticket)
	karen.want(karen.get(path), 200, "UTC−5", ">04:00 Uhr</time>", `datetime="2026-01-05T09:00:00Z"`)
	karen.want(karen.get("/my"), 200, "Die Zeiten richten sich nach Ihrer Uhr (UTC−5).")
	if s := karen.get("/new"); strings.Contains(s.body, "UTC−5") {
		t.Error("a page without times tells of a clock")
	}
	s := karen.post("/my/language", url.Values{"language": {"fr"}, "to": {path + "?a=b"}})
	if karen.want(s, 303); s.header.Get("Location") != path+"?a=b" {
		t.Errorf("it leads to %s", s.header.Get("Location"))
	}
	in(karen, path, "es", "fr")
	for _, elsewhere := range []string{"https://evil.example/my", "//evil.example/my", "/tickets", "/mymy", "", "/my/../tickets"} {
		s := karen.post("/my/language", url.Values{"language": {"fr"}, "to": {elsewhere}})
		if to := s.header.Get("Location"); s.status != 303 || !strings.HasPrefix(to, "/my") || strings.HasPrefix(to, "/mymy") {
			t.Errorf("%q leads to %q", elsewhere, to)
		}
	}
	karen.want(karen.post("/my/language", url.Values{"language": {"it"}}), 404)
	in(karen, path, "", "fr")
	in(p.signIn("jane"), "/tickets", "de", "en")
}

// TestChoicesAreSlow: one host is not given a session for each choice of thousands.
func TestChoicesAreSlow(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	last := 0
	for range 61 {
		last = p.browser().post("/my/language", url.Values{"language": {"de"}}).status
	}
	if last != 429 {
		t.Errorf("the last one got %d", last)
	}
}
