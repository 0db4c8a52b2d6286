package web_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// TestDashboard tells a lead what came and went.
func TestDashboard(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	for day := range 5 {
		for i := range day {
			n := p.mail(fmt.Sprintf("Help %d %d", day, i), fmt.Sprintf("text %d %d", day, i))
			if i%2 == 0 {
				p.now = p.now.Add(20 * time.Minute)
				jane.want(jane.post(fmt.Sprintf("/tickets/%d", n), url.Values{"kind": {"reply"}, "text": {"Hello."}, "commands": {"#take #resolve"}}), 303)
			}
		}
		p.now = p.now.Add(22 * time.Hour)
	}
	s := jane.get("/dashboard")
	jane.want(s, 200, "Opened", "Unfinished now", "First answer, half within", "Jane Doe")
	golden(t, "dashboard", s.body)
	jane.want(jane.get("/dashboard?dept=banking"), 200, "Nobody did anything.")
	jane.want(jane.get("/dashboard?from=2024-01-10&to=2026-01-31"), 200, "by month", "Jan 2024")
	jane.want(jane.get("/dashboard?from=2025-09-10&to=2026-01-31"), 200, "by week", "10 Sep")
}
