package web_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestRoutes asks for every page as everybody: who is not signed in, agents with
// every right, with the right to read, and with none in the ticket's department,
// and the ticket's customer and another one.
func TestRoutes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	with, entry, _ := p.mailFile(ticket.File{Name: "a.txt", Type: "text/plain"}, []byte("a"))
	drawn, letter := p.letter(karen, "<p>Hello</p>", pngOf(t, 1, 1))
	note := url.Values{"kind": {"note"}, "text": {"a note"}}
	if _, err := p.desk.Open(t.Context(), ticket.Opening{Origin: ticket.FromCommandLine, Requester: ticket.Address{Email: "ken@customer.example"},
		Subject: "Another's", Text: "text", Department: "banking"}); err != nil {
		t.Fatal(err)
	}
	people := []string{"", "jane", "vera", "bob", "karen", "ken"}
	browsers := map[string]*browser{"": p.browser(), "karen": p.follow("karen@customer.example"), "ken": p.follow("ken@customer.example")}
	for _, agent := range people[1:4] {
		browsers[agent] = p.signIn(agent)
	}
	for _, route := range []struct {
		method, path string
		form         url.Values
		want         []int // as people
	}{
		{"GET", "/", nil, []int{303, 303, 303, 303, 303, 303}},
		{"GET", "/tickets", nil, []int{303, 200, 200, 200, 303, 303}},
		{"GET", "/tickets?q=dept:support", nil, []int{303, 200, 200, 200, 303, 303}},
		{"GET", "/tickets.csv?q=all", nil, []int{303, 200, 200, 200, 303, 303}},
		{"GET", "/tickets.csv?q=dept:nowhere", nil, []int{303, 422, 422, 422, 303, 303}},
		{"GET", "/tickets?q=dept:nowhere", nil, []int{303, 422, 422, 422, 303, 303}},
		{"GET", fmt.Sprintf("/tickets/%d", n), nil, []int{303, 200, 200, 404, 303, 303}},
		{"GET", "/tickets/1", nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/tickets/0", nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/tickets/x", nil, []int{303, 404, 404, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d", n), note, []int{303, 303, 422, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d", n), url.Values{"properties": {"yes"}, "priority": {"High"}, "was-priority": {"Normal"}}, []int{303, 303, 422, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/preview", n), note, []int{303, 200, 422, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/canned", n), url.Values{"kind": {"reply"}, "canned": {"reset"}}, []int{303, 200, 403, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/canned", n), url.Values{"kind": {"reply"}, "canned": {"card"}}, []int{303, 422, 403, 404, 303, 303}}, // of another department
		{"GET", fmt.Sprintf("/tickets/%d/canned/reset", n), nil, []int{303, 200, 403, 404, 303, 303}},
		{"GET", "/tickets/1/canned/reset", nil, []int{303, 404, 404, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/draft", n), note, []int{303, 303, 303, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/draft", n), url.Values{"text": {"x"}, "auto": {"yes"}}, []int{303, 204, 204, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/draft/discard", n), note, []int{303, 303, 303, 404, 303, 303}},
		{"POST", "/tickets/1/draft", note, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/tickets/1/draft/discard", note, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/tickets/1/preview", note, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/tickets/1", note, []int{303, 404, 404, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/presence", n), url.Values{"doing": {"reading"}}, []int{303, 204, 204, 404, 303, 303}},
		{"POST", "/tickets/1/presence", url.Values{"doing": {"reading"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", fmt.Sprintf("/tickets/%d/presence", n), url.Values{"doing": {"dancing"}}, []int{303, 422, 422, 422, 303, 303}},
		{"GET", "/events?ticket=1&since=0", nil, []int{401, 404, 404, 404, 401, 401}},
		{"GET", "/events?since=soon", nil, []int{401, 422, 422, 422, 401, 401}},
		{"POST", "/bulk", url.Values{"ticket": {fmt.Sprint(n)}, "commands": {"#tag +bulk"}}, []int{303, 200, 200, 200, 303, 303}}, // says for each ticket what was refused
		{"POST", "/bulk", url.Values{"ticket": {fmt.Sprint(n)}, "commands": {"#reply"}}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/bulk", url.Values{"ticket": {"x"}, "commands": {"#take"}}, []int{303, 422, 422, 422, 303, 303}},
		{"GET", "/bulk", nil, []int{404, 404, 404, 404, 404, 404}},
		{"GET", "/views", nil, []int{303, 200, 200, 200, 303, 303}},
		{"POST", "/views", url.Values{}, []int{303, 303, 303, 303, 303, 303}},
		{"POST", "/views", url.Values{"name": {""}, "query": {"mine"}}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/views/new", url.Values{"name": {"High"}, "q": {"prio:high"}}, []int{303, 303, 303, 303, 303, 303}},
		{"POST", "/views/new", url.Values{"name": {"Bad"}, "q": {"prio:none"}}, []int{303, 422, 422, 422, 303, 303}},
		{"GET", filePath(with, entry), nil, []int{303, 200, 200, 404, 303, 303}},
		{"GET", mailPath(with, entry), nil, []int{303, 200, 200, 404, 303, 303}},
		{"GET", filePath(with, entry) + "/picture", nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", filePath(drawn, letter) + "/picture", nil, []int{303, 200, 200, 404, 303, 303}},
		{"GET", sentPath(drawn, letter), nil, []int{303, 200, 200, 404, 303, 303}},
		{"GET", sentPath(with, entry), nil, []int{303, 404, 404, 404, 303, 303}},
		{"POST", sentPath(drawn, letter), nil, []int{303, 200, 200, 404, 303, 303}},
		{"POST", sentPath(1, letter), nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/pictures/" + p.desk.PartAddress(letter.Files[0].Raw, letter.Files[0].Part), nil, []int{200, 200, 200, 200, 200, 200}}, // signed for a frame, which has no cookies
		{"GET", "/pictures/0-2-0-a", nil, []int{404, 404, 404, 404, 404, 404}},
		{"GET", filePath(n, entry), nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/me", nil, []int{303, 200, 200, 200, 303, 303}},
		{"POST", "/me/password", url.Values{"password": {"short"}}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/me/tokens", url.Values{"name": {"CRM"}, "scope": {"tickets:read"}, "days": {"30"}}, []int{303, 200, 200, 200, 303, 303}},
		{"POST", "/me/tokens", url.Values{"name": {"CRM"}}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/me/tokens/1", nil, []int{303, 303, 404, 404, 303, 303}}, // the first one is jane's
		{"POST", "/me/tokens/x", nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/quarantine", nil, []int{303, 200, 200, 200, 303, 303}},
		{"POST", "/quarantine/999", url.Values{"decision": {"reject"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/quarantine/999", url.Values{}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/quarantine/x", url.Values{"decision": {"reject"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/me/sessions", url.Values{"session": {"none of hers"}}, []int{303, 303, 303, 303, 303, 303}},
		{"GET", "/me/second-factor", nil, []int{303, 200, 200, 200, 303, 303}},
		{"POST", "/me/second-factor", url.Values{}, []int{303, 303, 303, 303, 303, 303}},
		{"POST", "/me/second-factor/confirm", url.Values{"code": {"12"}}, []int{303, 403, 403, 403, 303, 303}},
		{"POST", "/me/second-factor/codes", url.Values{"code": {"12"}}, []int{303, 409, 409, 409, 303, 303}},
		{"POST", "/me/second-factor/off", url.Values{"code": {"12"}}, []int{303, 409, 409, 409, 303, 303}},
		{"GET", "/sign-in/code", nil, []int{303, 303, 303, 303, 303, 303}},
		{"POST", "/sign-in/code", url.Values{"code": {"123456"}}, []int{303, 303, 303, 303, 303, 303}},
		{"GET", "/dashboard", nil, []int{303, 200, 404, 404, 303, 303}},
		{"GET", "/dashboard?dept=support&from=2025-12-01&to=2026-01-31", nil, []int{303, 200, 404, 404, 303, 303}},
		{"GET", "/dashboard?from=yesterday", nil, []int{303, 422, 404, 404, 303, 303}},
		{"GET", "/dashboard?from=2026-01-02&to=2026-01-01", nil, []int{303, 422, 404, 404, 303, 303}},
		{"GET", "/dashboard?from=1026-01-02", nil, []int{303, 422, 404, 404, 303, 303}},
		{"GET", "/dashboard?dept=nowhere", nil, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/health", nil, []int{303, 200, 404, 404, 303, 303}},
		{"POST", "/health/outbox/1", url.Values{"decision": {"release"}}, []int{303, 303, 404, 404, 303, 303}},
		{"POST", "/health/outbox/999", url.Values{"decision": {"drop"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/health/outbox/1", url.Values{}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/health/deliveries/999", url.Values{"decision": {"retry"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/health/deliveries/999", url.Values{}, []int{303, 422, 422, 422, 303, 303}},
		{"POST", "/health/deliveries/x", url.Values{"decision": {"drop"}}, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/health/webhooks/nowhere", nil, []int{303, 404, 404, 404, 303, 303}},
		{"POST", "/health/outbox/x", url.Values{"decision": {"drop"}}, []int{303, 404, 404, 404, 303, 303}},
		{"GET", "/sign-in", nil, []int{200, 303, 303, 303, 200, 200}},
		{"GET", "/sign-in/provider", nil, []int{404, 404, 404, 404, 404, 404}}, // this desk has none; see provider_test.go
		{"POST", "/sign-in/provider", url.Values{}, []int{404, 404, 404, 404, 404, 404}},
		{"GET", "/sign-in/1.abc", nil, []int{200, 200, 200, 200, 200, 200}},
		{"POST", "/sign-in/1.abc", url.Values{}, []int{403, 403, 403, 403, 403, 403}},
		{"GET", "/my", nil, []int{200, 200, 200, 200, 200, 200}},
		{"GET", fmt.Sprintf("/my/%d", n), nil, []int{303, 303, 303, 303, 200, 404}},
		{"GET", fmt.Sprintf("/my/%d/files/%d", with, entry.Files[0].ID), nil, []int{303, 303, 303, 303, 200, 404}},
		{"GET", fmt.Sprintf("/my/%d/files/%d", n, entry.Files[0].ID), nil, []int{303, 303, 303, 303, 404, 404}},
		{"GET", "/my/1", nil, []int{303, 303, 303, 303, 404, 404}},
		{"GET", "/my/x", nil, []int{303, 303, 303, 303, 404, 404}},
		{"POST", fmt.Sprintf("/my/%d", n), url.Values{"text": {"a message"}}, []int{303, 303, 303, 303, 303, 404}},
		{"POST", fmt.Sprintf("/my/%d", n), url.Values{"text": {""}}, []int{303, 303, 303, 303, 422, 404}},
		{"POST", fmt.Sprintf("/my/%d", n), url.Values{"rating": {"yes"}, "stars": {"5"}}, []int{303, 303, 303, 303, 409, 404}},
		{"POST", "/my", url.Values{"email": {"eve@evil.example"}}, []int{200, 200, 200, 200, 200, 200}},
		{"POST", "/my/language", url.Values{"language": {"en"}, "to": {"/new"}}, []int{303, 303, 303, 303, 303, 303}},
		{"POST", "/my/language", url.Values{"language": {"it"}}, []int{404, 404, 404, 404, 404, 404}},
		{"GET", "/my/language", nil, []int{303, 303, 303, 303, 404, 404}},
		{"GET", "/my/sign-in/1.abc", nil, []int{200, 200, 200, 200, 200, 200}},
		{"POST", "/my/sign-in/1.abc", url.Values{}, []int{403, 403, 403, 403, 403, 403}},
		{"GET", "/new", nil, []int{200, 200, 200, 200, 200, 200}},
		{"GET", "/new?for=Audit", nil, []int{200, 200, 200, 200, 200, 200}},
		{"POST", "/new", url.Values{"for": {"Audit"}}, []int{422, 422, 422, 422, 422, 422}},
		{"GET", "/new/1.abc", nil, []int{200, 200, 200, 200, 200, 200}},
		{"POST", "/new/1.abc", url.Values{}, []int{403, 403, 403, 403, 403, 403}},
		{"GET", "/nowhere", nil, []int{404, 404, 404, 404, 404, 404}},
		{"DELETE", "/tickets", nil, []int{404, 404, 404, 404, 404, 404}},
		{"GET", "/static/nothing", nil, []int{404, 404, 404, 404, 404, 404}},
		{"GET", "/healthz", nil, []int{200, 200, 200, 200, 200, 200}},
	} {
		for i, who := range people {
			s := browsers[who].do(route.method, route.path, route.form)
			if s.status != route.want[i] {
				t.Errorf("%s %s as %q: %d, want %d\n%s", route.method, route.path, who, s.status, route.want[i], s.body)
			}
			for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
				if got := s.header.Values(header); !slices.Contains(got, want) {
					t.Errorf("%s %s: the header %s is %q", route.method, route.path, header, got)
				}
			}
			csp := s.header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") && !(strings.HasSuffix(route.path, "/html") && strings.Contains(csp, "; sandbox ")) {
				t.Errorf("%s %s: the content policy is %q", route.method, route.path, csp)
			}
		}
	}
	if list, err := p.desk.Find(t.Context(), "jane", "all", 10); err != nil || len(list) != 4 || list[0].Priority != "High" {
		t.Errorf("afterwards there is %+v (%v)", list, err)
	}
}

// TestLifecycleOnThePage is what an agent does with a ticket: reads it, sets its
// properties, answers, leaves a note and resolves it.
func TestLifecycleOnThePage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.\n\nPlease help <b>soon</b>: https://bank.example/?a=1&b=2")
	jane := p.signIn("jane")
	path := fmt.Sprintf("/tickets/%d", n)
	jane.want(jane.get("/tickets?q=unassigned"), 200, "Can not log in", "Karen Customer")

	set := jane.form(n, "", "", "")
	set.Set("properties", "yes")
	for name, change := range map[string][2]string{"priority": {"Normal", "Emergency"}, "assign": {"none", "jane"}, "dept": {"support", "banking"}, "sla": {"none", "sev-a"}, "status": {"new", "new"}} {
		set.Set("was-"+name, change[0])
		set.Set(name, change[1])
	}
	jane.want(jane.post(path, set), 303)
	jane.want(jane.get(path), 200, "Emergency", "department: Support -&gt; Online Banking", "nobody -&gt; Jane Doe", "SLA plan: none -&gt; Sev-A")

	p.outbox()
	reply := jane.form(n, "reply", "Which browser is it?", "")
	jane.want(jane.post(path, reply), 303)
	sent := p.outbox()
	if len(sent) != 1 || sent[0].Kind != ticket.NoticeReply || sent[0].Facts.Text != "Which browser is it?" || sent[0].Recipients[0].Address.Email != "karen@customer.example" {
		t.Fatalf("sent %+v", sent)
	}
	jane.want(jane.post(path, reply), 303) // the same form once more
	jane.want(jane.get(path), 200, "That was done already")
	if again := p.outbox(); len(again) != 0 {
		t.Errorf("sent again: %+v", again)
	}
	jane.want(jane.post(path, jane.form(n, "note", "It is the old one.", "#tag +browser #snooze 2d")), 303)
	p.now = p.now.Add(time.Hour)
	other := p.mail("Other", "text")
	jane.want(jane.post(path, jane.form(n, "note", "", fmt.Sprintf("#link #%d related #tag +two", other))), 303)
	jane.want(jane.get(path), 200, "<dd>browser, two</dd>")
	p.now = p.now.Add(time.Hour)
	golden(t, "ticket", jane.get(path).body)
	golden(t, "queue", jane.get("/tickets?q=all").body)

	end := jane.form(n, "reply", "It works again.", "")
	end.Set("also", "#resolve")
	jane.want(jane.post(path, end), 303)
	jane.want(jane.get(path), 200, "status: open -&gt; resolved", "It works again.")
}

// TestGivenAway: who transfers a ticket to where they may not read it is told that
// it went well, and learns nothing of it afterwards.
func TestGivenAway(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "text")
	john := p.signIn("john")
	path := fmt.Sprintf("/tickets/%d", n)
	john.want(john.post(path, john.form(n, "note", "Yours, I think.", "#dept banking")), 303)
	away := john.get(path)
	john.want(away, 303)
	john.want(john.get(away.header.Get("Location")), 303)
	john.want(john.get("/tickets?q=mine"), 200, "#dept banking: Support -&gt; Online Banking")
	john.want(john.get(path), 404)
}

// TestSearchBox finds a ticket by words of its thread, and says what may have been
// meant where nothing is found.
func TestSearchBox(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Card swallowed", "At the station in Bremen.")
	p.mail("Other", "text")
	jane, bob := p.signIn("jane"), p.signIn("bob")
	ask := func(b *browser, query string) seen { return b.get("/tickets?q=" + url.QueryEscape(query)) }
	found := fmt.Sprintf(`href="/tickets/%d"`, n)
	for _, query := range []string{`"station in bremen"`, "card bremen", "dept:support swallowed", `"CARD` + "\u00a0" + `swallowed"`} {
		jane.want(ask(jane, query), 200, found, "1 tickets", `value="`+html.EscapeString(query)+`"`)
		bob.want(ask(bob, query), 200, "There is none.")
	}
	jane.want(ask(jane, "unasigned"), 422, "did you mean unassigned?")
	jane.want(ask(jane, `"no end`), 422, "has no end")
	jane.want(ask(jane, "hamburg"), 200, "There is none.")
}

// TestWhatIsRefusedStays in the form, so that it can be mended.
func TestWhatIsRefusedStays(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "text")
	jane, john := p.signIn("jane"), p.signIn("john")
	path := fmt.Sprintf("/tickets/%d", n)
	jane.want(jane.post(path, jane.form(n, "reply", "my long answer", "#assgin john")), 422, "my long answer", `value="#assgin john"`, "did you mean #assign")
	if left := slices.DeleteFunc(p.outbox(), func(n ticket.Notice) bool { return n.Kind != ticket.NoticeReply }); len(left) != 0 {
		t.Errorf("sent %+v", left)
	}
	outdated := john.form(n, "reply", "John's answer", "")
	jane.want(jane.post(path, jane.form(n, "reply", "Jane's answer", "")), 303)
	s := john.post(path, outdated)
	john.want(s, 409, "new reply by Jane Doe", "John&#39;s answer")
	fresh := john.form(n, "reply", "John's answer", "")
	john.want(john.post(path, fresh), 303)
	jane.want(jane.post(path, url.Values{"kind": {"reply"}}), 422, "Say what to do")
	jane.want(jane.post(path, url.Values{"kind": {"reply"}, "text": {strings.Repeat("x", 2<<20)}}), 413, "too large")
	jane.want(jane.post(path, jane.form(n, "note", "", "#help snooze")), 200, "hide the ticket until then")
}

// TestHeldMessage takes or rejects, with a button, what somebody wrote who does not
// take part.
func TestHeldMessage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "text")
	jane, vera := p.signIn("jane"), p.signIn("vera")
	path := fmt.Sprintf("/tickets/%d", n)
	jane.want(jane.post(path, jane.form(n, "reply", "Which version?", "")), 303)
	for _, from := range []string{"eve@evil.example", "sam@vendor.example"} {
		p.guest(n, from)
	}
	if s := vera.get(path); strings.Contains(s.body, `value="#allow `) {
		t.Errorf("who may not reply is asked to decide:\n%s", s.body)
	}
	button := func(decision string) url.Values {
		s := jane.get(path)
		jane.want(s, 200, `<button type="submit" name="commands" value="`+decision+`"`, "Held message")
		key := regexp.MustCompile(`name="key" value="(\w+h\d+)"`).FindStringSubmatch(s.body)
		return url.Values{"key": {key[1]}, "kind": {"note"}, "commands": {decision}}
	}
	jane.want(jane.post(path, button("#deny eve@evil.example")), 303)
	jane.want(jane.post(path, button("#allow sam@vendor.example")), 303)
	jane.want(jane.get(path), 200, "Rejected message", "taken into the thread", `with <span dir="auto">sam@vendor.example</span>`)
	if s := jane.get(path); strings.Contains(s.body, `value="#allow `) {
		t.Errorf("there is something to decide still:\n%s", s.body)
	}
}

// TestErrorPages keep the bar of who is signed in, and show nobody else one.
func TestErrorPages(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	jane.want(jane.get("/tickets/1"), 404, "Not found", "Jane Doe", "All open")
	s := p.browser().get("/nowhere")
	jane.want(s, 404, "Not found")
	if strings.Contains(s.body, "All open") {
		t.Errorf("a stranger sees the bar:\n%s", s.body)
	}
	if s.header.Get("X-Request-Id") == "" {
		t.Error("the answer has no name")
	}
}

// TestUndo offers an agent, and nobody else, to take back what they did.
func TestUndo(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "text")
	jane, john := p.signIn("jane"), p.signIn("john")
	path := fmt.Sprintf("/tickets/%d", n)
	const offer = "Undo what you did at 09:00"
	if strings.Contains(jane.get(path).body, offer) {
		t.Error("there is nothing to undo yet")
	}
	jane.want(jane.post(path, url.Values{"properties": {"yes"}, "priority": {"High"}, "was-priority": {"Normal"}}), 303)
	if strings.Contains(john.get(path).body, offer) {
		t.Error("John is offered to undo what Jane did")
	}
	s := jane.get(path)
	jane.want(s, 200, offer, `name="commands" value="#undo"`)
	key := regexp.MustCompile(`name="key" value="(\w+u)"`).FindStringSubmatch(s.body)
	jane.want(jane.post(path, url.Values{"key": {key[1]}, "kind": {"note"}, "commands": {"#undo"}}), 303)
	s = jane.get(path)
	jane.want(s, 200, "priority: High -&gt; Normal")
	if strings.Contains(s.body, offer) {
		t.Error("it can be undone once more")
	}
}

// TestQuarantine releases and rejects mails that were kept out of every thread, as
// far as an agent may answer in their departments.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for _, subject := range []string{"first <b>", "second"} {
		c := p.take(ticket.Mail{From: ticket.Address{Email: "karen@customer.example"}, Subject: subject, NewText: "round <script> and round", Hops: 200})
		if c.Outcome != ticket.Quarantined {
			t.Fatalf("it became %+v", c)
		}
	}
	jane, vera := p.signIn("jane"), p.signIn("vera")
	vera.want(vera.get("/quarantine"), 200, "Nothing waits.")
	s := jane.get("/quarantine")
	jane.want(s, 200, "first &lt;b&gt;", "round &lt;script&gt; and round", "it went through 200 mail servers", `Quarantine <span class="count">2</span>`)
	golden(t, "quarantine", s.body)
	ways := regexp.MustCompile(`action="(/quarantine/\d+)"`).FindAllStringSubmatch(s.body, -1)
	vera.want(vera.post(ways[0][1], url.Values{"decision": {"release"}}), 404, "No such mail waits")
	jane.want(jane.post(ways[0][1], url.Values{"decision": {"release"}}), 303)
	jane.want(jane.get("/tickets/1001"), 200, "Released", "round &lt;script&gt; and round", "was quarantined", "released by Jane Doe")
	jane.want(jane.post(ways[0][1], url.Values{"decision": {"release"}}), 404, "somebody has decided it already")
	jane.want(jane.post(ways[1][1], url.Values{"decision": {"reject"}}), 303)
	jane.want(jane.get("/quarantine"), 200, "Nothing waits.", "Rejected.")
}

// TestHostileText shows what strangers write, and does nothing else with it.
func TestHostileText(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	hostile := `"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) </textarea> {{.Agent}}`
	n := p.mail(hostile, hostile)
	jane := p.signIn("jane")
	for _, path := range []string{"/tickets?q=all", "/tickets?q=" + url.QueryEscape(hostile), fmt.Sprintf("/tickets/%d", n)} {
		body := jane.get(path).body
		for _, bad := range []string{"<script>", "<img", "onerror=alert(1)>", `href="javascript`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q:\n%s", path, bad, body)
			}
		}
	}
}
