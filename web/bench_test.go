package web_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// BenchmarkPages shows pages of a desk with 1,000 open tickets.
func BenchmarkPages(b *testing.B) {
	p := newPlace(b)
	jane := p.signIn("jane")
	first := p.mail("Help", "text")
	for i := range 999 {
		p.now = p.now.Add(1 << 32)
		p.mail(fmt.Sprintf("Help %d", i), fmt.Sprintf("text %d", i))
	}
	for name, path := range map[string]string{"queue": "/tickets?q=all", "ticket": fmt.Sprintf("/tickets/%d", first), "health": "/health"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if s := jane.get(path); s.status != 200 {
					b.Fatal(s.status)
				}
			}
		})
	}
}

// BenchmarkAskLink asks for a link to sign in: how long it takes must not tell who
// is an agent.
func BenchmarkAskLink(b *testing.B) {
	for _, who := range []string{"jane", "nobody"} {
		b.Run(who, func(b *testing.B) {
			p := newPlace(b)
			browser := p.browser()
			for b.Loop() {
				p.now = p.now.Add(time.Minute)
				if s := browser.post("/sign-in", url.Values{"email": {who + "@private.example"}}); s.status != 200 {
					b.Fatal(s.status)
				}
			}
		})
	}
}
