package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestRatingOnThePage: a customer rates, changes it, and writes again; the
// dashboard and the file for spreadsheets have it.
func TestRatingOnThePage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	rating := policy()
	d := rating.Departments["support"]
	d.Rating = true
	rating.Departments["support"] = d
	p.desk.SetPolicy(rating)
	p.mail("Can not log in", "Since nine.")
	karen, jane := p.follow("karen@customer.example"), p.signIn("jane")
	if s := karen.get("/my/1001"); strings.Contains(s.body, "How content") {
		t.Error("an open ticket asks for a rating")
	}
	jane.want(jane.post("/tickets/1001", jane.form(1001, "reply", "Try again.", "#resolve")), 303)
	golden(t, "portal-rate", karen.get("/my/1001").body)
	karen.want(karen.post("/my/1001", url.Values{"rating": {"yes"}, "remark": {"<b>Slow</b>"}}), 422, "from 1 to 5", "&lt;b&gt;Slow")
	karen.want(karen.post("/my/1001", url.Values{"rating": {"yes"}, "stars": {"2"}, "remark": {"<b>Slow</b>"}}), 303)
	karen.want(karen.get("/my/1001"), 200, "Thank you", "Change my rating", `value="2" required checked`, "&lt;b&gt;Slow")
	jane.want(jane.get("/tickets/1001"), 200, "rated 2 of 5", "&lt;b&gt;Slow")
	jane.want(jane.get("/dashboard"), 200, "2.0 of 5 (1 given)")
	csv := jane.get("/tickets.csv?q=rating:2")
	if jane.want(csv, 200); !strings.HasSuffix(csv.body, ",2\r\n") || !strings.Contains(csv.body, ",rating\r\n") {
		t.Errorf("the file is %q", csv.body)
	}
	write := karen.fill("/my/1001", "text", "It is back.")
	write.Del("rating") // of the other form
	karen.want(karen.post("/my/1001", write), 303)
	karen.want(karen.get("/my/1001"), 200, "in work")
	if tk := p.lastEntry(1001); tk.Kind != ticket.Message {
		t.Errorf("the last entry is %+v", tk)
	}
	jane.want(jane.post("/tickets/1001", jane.form(1001, "reply", "And now?", "#resolve")), 303)
	p.now = p.now.Add(8 * 24 * time.Hour)
	again := p.follow("karen@customer.example")
	again.want(again.get("/my/1001"), 200, "opens a new one", "Change my rating")
}
