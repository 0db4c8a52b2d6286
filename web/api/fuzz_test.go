package api

import (
	"strings"
	"testing"

	"deskpost/ticket"
)

// FuzzRequests sends whatever there may be: it is taken or refused as described, and
// never a fault of the desk.
func FuzzRequests(f *testing.F) {
	p := newPlace(f)
	p.mail("Can not log in", "text")
	token := p.token("jane", ticket.Scopes...)
	for _, seed := range []struct{ query, body string }{
		{`q=dept:support&limit=2&before=1002`, `{"commands":["#priority high"],"text":"x","kind":"note","confirm":true,"seen":9}`},
		{`q="no end`, `{"department":"support","requester":{"name":"K","email":"k@customer.example"},"subject":"s","text":"t"}`},
		{`after=1`, `{"text":"\u0000\ud800"}`}, {`q=%00%ff`, `{"text":{}}`}, {`limit=99999999999999999999`, `[[`}, {``, `{"requester":null,"text":"x"}`},
	} {
		f.Add(seed.query, seed.body)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		p.t = t
		p.now = p.now.Add(1 << 30)              // a second, so that no token asks too often
		query = strings.Map(func(r rune) rune { // of what a request line may hold
			if r <= ' ' || r >= 0x7f || r == '#' {
				return '_'
			}
			return r
		}, query)
		for _, ask := range []got{
			p.ask("GET", Prefix+"/tickets?"+query, token, ""),
			p.ask("GET", Prefix+"/tickets/1001/thread?"+query, token, ""),
			p.ask("POST", Prefix+"/tickets", token, body),
			p.ask("POST", Prefix+"/tickets/1001/commands", token, body),
		} {
			if ask.status >= 500 {
				t.Errorf("a fault: %s\n%s", ask.body, p.log.String())
			}
		}
		p.log.Reset()
	})
}
