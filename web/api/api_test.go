package api

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestRoutes asks for everything with every kind of token: none, ones that are worth
// nothing, one for each scope, and those of agents who may only read there, or not
// even that.
func TestRoutes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	all := []ticket.Scope{ticket.ScopeRead, ticket.ScopeWrite, ticket.ScopeFiles}
	tokens := map[string]string{"none": "", "wrong": "dp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
	short, _, err := p.desk.MakeAPIToken(t.Context(), ticket.TokenWish{Agent: "jane", Name: "short", Scopes: all, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	revoked, made, err := p.desk.MakeAPIToken(t.Context(), ticket.TokenWish{Agent: "jane", Name: "revoked", Scopes: all, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.desk.RevokeAPIToken(t.Context(), "jane", made.ID); err != nil {
		t.Fatal(err)
	}
	tokens["expired"], tokens["revoked"] = short, revoked
	tokens["read"], tokens["write"], tokens["files"] = p.token("jane", ticket.ScopeRead), p.token("jane", ticket.ScopeWrite), p.token("jane", ticket.ScopeFiles)
	tokens["viewer"], tokens["outside"] = p.token("vera", all...), p.token("bob", all...)
	p.now = p.now.Add(25 * time.Hour)
	sheet, err := p.desk.Read(t.Context(), "jane", n)
	if err != nil {
		t.Fatal(err)
	}
	file := int64(0)
	for _, item := range sheet.Thread {
		if item.Entry != nil {
			file = item.Entry.Files[0].ID
		}
	}
	opening := `{"department":"support","requester":{"email":"ken@customer.example"},"subject":"s","text":"t"}`
	with := []string{"none", "wrong", "expired", "revoked", "read", "write", "files", "viewer", "outside"}
	for _, route := range []struct {
		method, path, body string
		want               []int // as with
	}{
		{"GET", "/openapi.json", "", []int{200, 200, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/me", "", []int{401, 401, 401, 401, 200, 200, 200, 200, 200}},
		{"GET", "/choices", "", []int{401, 401, 401, 401, 200, 200, 403, 200, 200}},
		{"GET", "/tickets", "", []int{401, 401, 401, 401, 200, 200, 403, 200, 200}},
		{"GET", "/tickets?q=dept:nowhere", "", []int{401, 401, 401, 401, 422, 422, 403, 422, 422}},
		{"POST", "/tickets", opening, []int{401, 401, 401, 401, 403, 201, 403, 403, 403}},
		{"GET", fmt.Sprintf("/tickets/%d", n), "", []int{401, 401, 401, 401, 200, 200, 403, 200, 404}},
		{"GET", "/tickets/999999", "", []int{401, 401, 401, 401, 404, 404, 403, 404, 404}},
		{"GET", "/tickets/x", "", []int{401, 401, 401, 401, 404, 404, 403, 404, 404}},
		{"GET", fmt.Sprintf("/tickets/%d/thread", n), "", []int{401, 401, 401, 401, 200, 200, 403, 200, 404}},
		{"POST", fmt.Sprintf("/tickets/%d/commands", n), `{"text":"a note"}`, []int{401, 401, 401, 401, 403, 200, 403, 422, 404}},
		{"POST", fmt.Sprintf("/tickets/%d/commands", n), `{"commands":["#show"]}`, []int{401, 401, 401, 401, 403, 200, 403, 200, 404}},
		{"POST", "/tickets/999999/commands", `{"text":"a note"}`, []int{401, 401, 401, 401, 403, 404, 403, 404, 404}},
		{"GET", fmt.Sprintf("/tickets/%d/files/%d", n, file), "", []int{401, 401, 401, 401, 403, 403, 200, 200, 404}},
		{"GET", fmt.Sprintf("/tickets/%d/files/%d", n, file+1), "", []int{401, 401, 401, 401, 403, 403, 404, 404, 404}},
		{"GET", fmt.Sprintf("/tickets/%d/files/x", n), "", []int{401, 401, 401, 401, 403, 403, 404, 404, 404}},
		{"DELETE", fmt.Sprintf("/tickets/%d", n), "", []int{405, 405, 405, 405, 405, 405, 405, 405, 405}},
		{"GET", "/nowhere", "", []int{404, 404, 404, 404, 404, 404, 404, 404, 404}},
	} {
		for i, who := range with {
			g := p.ask(route.method, Prefix+route.path, tokens[who], route.body)
			if g.status != route.want[i] {
				t.Errorf("%s %s with %q: %d, want %d\n%s", route.method, route.path, who, g.status, route.want[i], g.body)
			}
			challenge := g.header.Get("WWW-Authenticate")
			if g.status == 401 && !strings.HasPrefix(challenge, `Bearer realm="deskpost"`) || g.status == 401 && who != "none" && !strings.Contains(challenge, "invalid_token") {
				t.Errorf("%s %s with %q: the challenge is %q", route.method, route.path, who, challenge)
			}
		}
	}
	if g := p.ask("GET", Prefix+"/tickets", tokens["files"], ""); !strings.Contains(g.header.Get("WWW-Authenticate"), `error="insufficient_scope", scope="tickets:read"`) {
		t.Errorf("the challenge is %q", g.header.Get("WWW-Authenticate"))
	}
	if g := p.ask("DELETE", Prefix+"/tickets", "", ""); g.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("allowed is %q", g.header.Get("Allow"))
	}
	// Who is not among the agents any more is nobody.
	left := *p.desk.Policy()
	left.Agents = map[string]ticket.Agent{"vera": left.Agents["vera"]}
	p.desk.SetPolicy(&left)
	p.want(p.ask("GET", Prefix+"/me", tokens["write"], ""), 401, "may not work here any more")
	p.want(p.ask("GET", Prefix+"/me", tokens["viewer"], ""), 200, "Vera View")
	for _, header := range []string{"dp_x", "Basic amFuZTpkZW1v", "Bearer", ""} {
		p.want(p.ask("GET", Prefix+"/me", "", "", "Authorization", header), 401)
	}
}

// TestLifeOfATicket is what a program does with one: opens it, finds it, reads it,
// answers, ends it.
func TestLifeOfATicket(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	token := p.token("jane", ticket.Scopes...)
	opening := `{"department":"Support","requester":{"name":"Karen","email":"karen@customer.example"},"subject":"Card swallowed","text":"At the station."}`
	first := p.ask("POST", Prefix+"/tickets", token, opening, "Idempotency-Key", "call-17")
	p.want(first, 201, `"done":true`)
	again := p.ask("POST", Prefix+"/tickets", token, opening, "Idempotency-Key", "call-17")
	p.want(again, 201, `"again":true`)
	if first.header.Get("Location") == "" || first.header.Get("Location") != again.header.Get("Location") {
		t.Fatalf("opened %q, then %q", first.header.Get("Location"), again.header.Get("Location"))
	}
	path := first.header.Get("Location")
	other := p.ask("POST", Prefix+"/tickets", p.token("jane", ticket.ScopeWrite), opening, "Idempotency-Key", "call-17") // of another token it is another key
	if other.header.Get("Location") == path {
		t.Error("two tokens share their keys")
	}
	p.want(p.ask("GET", Prefix+"/tickets?q="+url.QueryEscape(`"card swallowed"`), token, ""), 200, "Card swallowed")

	read1 := p.ask("GET", path, token, "")
	p.want(read1, 200, `"requester":{"name":"Karen","email":"karen@customer.example"}`, `"opened_at":"2026-01-05T09:00:00Z"`, `"status":"new"`)
	tag := read1.header.Get("ETag")
	if same := p.ask("GET", path, token, "", "If-None-Match", tag); same.status != 304 || same.body != "" {
		t.Errorf("unchanged: %d %q", same.status, same.body)
	}
	if head := p.ask("HEAD", path, token, ""); head.status != 200 || head.body != "" || head.header.Get("ETag") != tag {
		t.Errorf("HEAD: %d %q %v", head.status, head.body, head.header)
	}
	p.now = p.now.Add(time.Hour)
	p.want(p.ask("POST", path+"/commands", token, `{"commands":["#priority high","#tag atm"],"text":"We look.","kind":"reply"}`, "If-Match", tag, "Idempotency-Key", "a"), 200, `"done":true`, `"line":"#priority high"`)
	p.want(p.ask("POST", path+"/commands", token, `{"commands":["#priority high","#tag atm"],"text":"We look.","kind":"reply"}`, "If-Match", tag, "Idempotency-Key", "a"), 200, `"again":true`)
	p.want(p.ask("POST", path+"/commands", token, `{"commands":["#priority low"]}`, "If-Match", tag), 412, `"code":"outdated"`)
	p.want(p.ask("POST", path+"/commands", token, `{"commands":["#priority low"]}`, "If-Match", "7"), 412)
	p.want(p.ask("POST", path+"/commands", token, `{"text":"mine"}`, "If-Match", "*"), 200)
	p.want(p.ask("POST", path+"/commands", token, `{"text":"late","seen":1}`), 409, "new note by Jane Doe")
	p.want(p.ask("POST", path+"/commands", token, `{"commands":["#assgin bob"],"text":"lost?"}`), 422, `"code":"not-done"`, `"failed":true`, "did you mean #assign")
	p.want(p.ask("POST", strings.Replace(path, "1001", "1002", 1)+"/commands", token, `{"text":"x"}`, "Idempotency-Key", "a"), 409, "was used for ticket 1001")

	after := p.ask("GET", path, token, "")
	p.want(after, 200, `"priority":"High"`, `"tags":["atm"]`)
	if after.header.Get("ETag") == tag {
		t.Error("the ETag is still the same")
	}
	thread := read[threadBody](p, p.ask("GET", path+"/thread", token, ""))
	kinds := []string{}
	for _, i := range thread.Items {
		kinds = append(kinds, i.Kind)
		if i.Entry != nil && i.Kind == "reply" && (i.By != "Jane Doe" || len(i.Entry.Delivery) != 1 || i.Text != "We look.") {
			t.Errorf("the reply is %+v", i)
		}
	}
	if want := []string{"opened", "message", "reply", "note"}; !slices.Equal(slices.DeleteFunc(kinds, func(k string) bool { return !slices.Contains([]string{"opened", "message", "reply", "note"}, k) }), want) {
		t.Errorf("the thread is %q", kinds)
	}
	// The diary says who did it, and the receipt that it came by the API.
	done, err := p.desk.Show(t.Context(), thread.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range done.Events {
		if e.Kind != ticket.Unacknowledged && e.Actor != (ticket.Actor{Kind: ticket.ByAgent, Name: "jane"}) || e.Receipt == 0 {
			t.Errorf("the event %+v is not jane's", e)
		}
	}
	if len(done.Mails) < 3 || slices.ContainsFunc(done.Mails, func(m ticket.Taken) bool { return m.Source != string(ticket.FromAPI) }) {
		t.Errorf("the receipts are %+v", done.Mails)
	}
}

// TestPaging goes through lists page by page and meets everything once, though
// tickets come in meanwhile.
func TestPaging(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	token := p.token("jane", ticket.ScopeWrite)
	for i := range 7 {
		p.mail(fmt.Sprintf("Ticket %d", i), "text")
	}
	var met []ticket.Number
	for path := Prefix + "/tickets?limit=3&q=all"; path != ""; {
		page := p.ask("GET", path, token, "")
		path = nextOf(page)
		for _, tk := range read[listBody](p, page).Tickets {
			met = append(met, tk.Number)
		}
		p.mail("Another", "text")
	}
	if want := []ticket.Number{1007, 1006, 1005, 1004, 1003, 1002, 1001}; !slices.Equal(met, want) {
		t.Errorf("met %v", met)
	}
	for i := range 5 {
		p.want(p.ask("POST", Prefix+"/tickets/1001/commands", token, fmt.Sprintf(`{"text":"note %d"}`, i)), 200)
	}
	var ids []int64
	for path := Prefix + "/tickets/1001/thread?limit=1"; path != ""; {
		page := p.ask("GET", path, token, "")
		path = nextOf(page)
		for _, item := range read[threadBody](p, page).Items {
			ids = append(ids, item.ID)
		}
	}
	if len(ids) < 7 || !slices.IsSorted(ids) || ids[0] != ids[1] { // the opening and its message
		t.Errorf("met %v", ids)
	}
	last := p.ask("GET", fmt.Sprintf("%s/tickets/1001/thread?after=%d", Prefix, ids[len(ids)-1]), token, "")
	p.want(last, 200, `"items":[]`)
}

// nextOf is where the next page is, "" if there is none.
func nextOf(g got) string {
	to := regexp.MustCompile(`^<([^>]+)>; rel="next"$`).FindStringSubmatch(g.header.Get("Link"))
	if to == nil {
		return ""
	}
	return to[1]
}

// TestWhatIsNotTaken: a request that is not as described is refused, in words that
// mend it.
func TestWhatIsNotTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	token, n := p.token("jane", ticket.Scopes...), p.mail("s", "t")
	commands := Prefix + "/tickets/" + strconv.Itoa(int(n)) + "/commands"
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", commands, `{"txt":"x"}`, 422, `no field \"txt\" in the body: there are commands, text`},
		{"POST", commands, `{"TEXT":"x"}`, 422, `no field \"TEXT\"`},
		{"POST", Prefix + "/tickets", `{"requester":{"mail":"x"}}`, 422, `no field \"mail\" in requester: there are name, email`},
		{"POST", Prefix + "/tickets", `{"requester":"x"}`, 422, `an object in requester`},
		{"POST", commands, `{"text":7}`, 422, `The field \"text\" can not be a number`},
		{"POST", commands, `[]`, 422, `an object in the body`},
		{"POST", commands, `null`, 422, `an object in the body`},
		{"POST", commands, `{"text":"x"} {}`, 400, `not JSON`},
		{"POST", commands, `{"text":`, 400, `not JSON`},
		{"POST", commands, `{}`, 422, `Say what to do`},
		{"POST", commands, `{"text":"x","kind":"letter"}`, 422, `becomes a reply or a note`},
		{"POST", commands, `{"commands":["take"]}`, 422, `\"take\" is no command`},
		{"POST", commands, `{"commands":["#take\n#close"]}`, 422, `is no command`},
		{"POST", commands, `{"text":"` + strings.Repeat("x", maxBody) + `"}`, 413, `at most`},
		{"GET", Prefix + "/tickets?query=x", "", 422, `no parameter \"query\": there are q, limit, before`},
		{"GET", Prefix + "/tickets?limit=1000", "", 422, `from 1 to 200`},
		{"GET", Prefix + "/tickets?limit=2&limit=3", "", 422, `more than once`},
		{"GET", Prefix + "/tickets?q=%zz", "", 422, `can not be read`},
		{"GET", Prefix + "/tickets?q=" + strings.Repeat("x", 501), "", 422, `at most 500 bytes`},
		{"GET", Prefix + "/tickets/1001/thread?after=-1", "", 422, `\"after\"`},
		{"POST", Prefix + "/tickets", `{"department":"support","requester":{"email":"no address"},"subject":"s","text":"t"}`, 422, `not an address`},
	} {
		p.want(p.ask(c.method, c.path, token, c.body), c.status, c.says)
		p.now = p.now.Add(time.Second)
	}
	p.want(p.ask("POST", commands, token, `{"text":"x"}`, "Content-Type", "text/plain"), 415, "Content-Type")
	p.want(p.ask("POST", commands, token, `{"text":"x"}`, "Idempotency-Key", strings.Repeat("k", 151)), 422, "150 bytes")
	if thread := read[threadBody](p, p.ask("GET", Prefix+"/tickets/1001/thread", token, "")); slices.ContainsFunc(thread.Items, func(i itemBody) bool { return i.By == "Jane Doe" }) {
		t.Errorf("something was done: %+v", thread.Items)
	}
}

// TestTooMany holds back one token and no other.
func TestTooMany(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	hasty, other := p.token("jane", ticket.ScopeRead), p.token("jane", ticket.ScopeRead)
	for range burst {
		p.want(p.ask("GET", Prefix+"/me", hasty, ""), 200)
	}
	held := p.ask("GET", Prefix+"/me", hasty, "")
	p.want(held, 429, "wait a little")
	if held.header.Get("Retry-After") != "1" {
		t.Errorf("to wait: %q", held.header.Get("Retry-After"))
	}
	p.want(p.ask("GET", Prefix+"/me", other, ""), 200)
	p.now = p.now.Add(time.Second)
	for range perSecond {
		p.want(p.ask("GET", Prefix+"/me", hasty, ""), 200)
	}
	p.want(p.ask("GET", Prefix+"/me", hasty, ""), 429)
}

// TestChoices tells an agent of what they have to do with.
func TestChoices(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.want(p.ask("GET", Prefix+"/choices", p.token("jane", ticket.ScopeRead), ""), 200, `"key":"vera"`, `"key":"bob"`, `"key":"reset"`, `"key":"vendor"`, `"Gold"`, `"name":"assign"`)
	bobs := p.ask("GET", Prefix+"/choices", p.token("bob", ticket.ScopeRead), "")
	p.want(bobs, 200, `"key":"jane"`, `{"key":"support","name":"Support","rights":[]}`)
	for _, foreign := range []string{`"key":"vera"`, `"key":"reset"`} {
		if strings.Contains(bobs.body, foreign) {
			t.Errorf("bob reads of %s: %s", foreign, bobs.body)
		}
	}
}
