package web_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// subjects are those of the list on a page, in its order.
func subjects(page string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`<a href="/tickets/\d+" dir="auto">([^<]*)</a>`).FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

// linkTo is where a link with a text leads.
func linkTo(t *testing.T, page, text string) string {
	t.Helper()
	m := regexp.MustCompile(`<a href="([^"]*)"[^>]*>` + regexp.QuoteMeta(text) + `</a>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("there is no link %q:\n%s", text, page)
	}
	return html.UnescapeString(m[1])
}

// TestListsAreSorted follows the links in the heads of the columns.
func TestListsAreSorted(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for i, priority := range []string{"low", "emergency", "normal"} {
		p.now = p.now.Add(time.Minute)
		n := p.mail(fmt.Sprint("ticket ", i), fmt.Sprint("text ", i))
		if _, err := p.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: n, Text: "#" + priority}); err != nil {
			t.Fatal(err)
		}
	}
	p.now = p.now.Add(time.Minute)
	if _, err := p.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: 1001, Text: "changed last"}); err != nil {
		t.Fatal(err)
	}
	jane := p.signIn("jane")
	page := jane.get("/tickets?q=all").body
	for _, step := range []struct {
		column, sorted string
		want           []string
	}{
		{"Priority", "descending", []string{"ticket 1", "ticket 2", "ticket 0"}},
		{"Priority", "ascending", []string{"ticket 0", "ticket 2", "ticket 1"}},
		{"Changed", "descending", []string{"ticket 0", "ticket 2", "ticket 1"}},
		{"Ticket", "descending", []string{"ticket 2", "ticket 1", "ticket 0"}},
		{"Ticket", "ascending", []string{"ticket 0", "ticket 1", "ticket 2"}},
		{"Due", "ascending", []string{"ticket 0", "ticket 1", "ticket 2"}},
	} {
		s := jane.get(linkTo(t, page, step.column))
		jane.want(s, 200, `aria-sort="`+step.sorted+`"><a href="`)
		if got := subjects(s.body); !slices.Equal(got, step.want) {
			t.Errorf("by %s, %s: %q, want %q", step.column, step.sorted, got, step.want)
		}
		if n := strings.Count(s.body, "aria-sort"); n != 1 {
			t.Errorf("by %s: the list is sorted by %d columns", step.column, n)
		}
		page = s.body
	}
	for _, bad := range []string{"sort=luck", "after=x", "after=1.x", "before=1.-1", "sort=-"} {
		jane.want(jane.get("/tickets?q=all&"+bad), 422, `role="alert"`)
	}
}

// TestLongListsHaveLeaves pages forth and back through more tickets than fit on
// one page, of which one is answered meanwhile.
func TestLongListsHaveLeaves(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	const tickets = 230
	p.fill(tickets)
	jane := p.signIn("jane")
	page := jane.get("/tickets?q=all&sort=-opened")
	jane.want(page, 200, "Next tickets")
	all := subjects(page.body)
	if len(all) != 100 || strings.Contains(page.body, "Previous tickets") {
		t.Errorf("the first page has %d tickets, or one before it", len(all))
	}
	if _, err := p.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: 1001, Text: "#open"}); err != nil {
		t.Fatal(err)
	}
	second := jane.get(linkTo(t, page.body, "Next tickets"))
	third := jane.get(linkTo(t, second.body, "Next tickets"))
	all = append(append(all, subjects(second.body)...), subjects(third.body)...)
	if slices.Sort(all); len(all) != tickets || len(slices.Compact(all)) != tickets {
		t.Errorf("the pages have %d tickets, want each of %d once", len(all), tickets)
	}
	if strings.Contains(third.body, "Next tickets") {
		t.Error("the last page has one behind it")
	}
	if back := jane.get(linkTo(t, third.body, "Previous tickets")); !slices.Equal(subjects(back.body), subjects(second.body)) {
		t.Error("the page before the last is another one on the way back")
	}
	if top := jane.get(linkTo(t, second.body, "Previous tickets")); strings.Contains(top.body, "Previous tickets") || !slices.Equal(subjects(top.body), subjects(page.body)) {
		t.Error("the first page is another one on the way back")
	}
}

// TestCountsInTheBar: each list has its count, up to a bound, of what the agent may
// read.
func TestCountsInTheBar(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.fill(240) // twelve unfinished, all of support: three new, six open, three pending
	for agent, want := range map[string]string{"john": `Mine <span class="count">4</span>`, "vera": `All open <span class="count">9</span>`, "bob": `All open</a>`} {
		b := p.signIn(agent)
		b.want(b.get("/tickets?q=mine"), 200, want)
	}
	counts, err := p.desk.Counts(t.Context(), "jane", []string{"all", "zebra", "dept:nowhere", "prio:high", "all"}, 200)
	if want := []int{200, ticket.NotCounted, ticket.NotCounted, 3, 200}; err != nil || !slices.Equal(counts, want) {
		t.Errorf("counted %v (%v), want %v", counts, err, want)
	}
}
