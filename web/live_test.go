package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// A said is what a stream tells a page.
type said struct {
	Words, People string
	Changed       int
	Counts        []string
}

// listen opens the stream that a page names. The channel is closed with it.
func (b *browser) listen(page string) (<-chan said, *http.Response) {
	b.t.Helper()
	m := regexp.MustCompile(`data-events="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("the page does not listen:\n%s", page)
	}
	return b.listenTo(html.UnescapeString(m[1]))
}

func (b *browser) listenTo(path string) (<-chan said, *http.Response) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	b.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", b.page.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { answer.Body.Close() })
	told := make(chan said, 100)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var s said
				if err := json.Unmarshal([]byte(text), &s); err != nil {
					s.Words = err.Error()
				}
				told <- s
			}
		}
	}()
	return told, answer
}

// hear waits for something that is told.
func (b *browser) hear(told <-chan said, is func(said) bool) said {
	b.t.Helper()
	for {
		select {
		case s, more := <-told:
			if !more {
				b.t.Fatal("the stream has ended")
			}
			if is(s) {
				return s
			}
		case <-time.After(20 * time.Second):
			b.t.Fatal("it is not told")
		}
	}
}

// TestOpenPagesLearn opens pages of several agents: each is told what others do
// with the tickets that they may read, and nothing of the rest.
func TestOpenPagesLearn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("one", "a text")
	path := fmt.Sprintf("/tickets/%d", n)
	jane, john, bob := p.signIn("jane"), p.signIn("john"), p.signIn("bob")
	page := john.get(path)
	john.want(page, 200, `role="status"`)
	ticketNews, _ := john.listen(page.body)
	listNews, _ := john.listen(john.get("/tickets?q=unassigned").body)
	bobs, _ := bob.listen(bob.get("/tickets?q=all").body)

	jane.want(jane.post(path+"/presence", url.Values{"doing": {"replying"}}), 204)
	john.hear(ticketNews, func(s said) bool { return s.People == "Jane Doe is replying" && s.Words == "" })
	john.want(john.get(path), 200, "Jane Doe is replying")
	if s := jane.get(path); strings.Contains(s.body, "is replying") {
		t.Error("Jane is told of herself")
	}
	jane.want(jane.post(path, jane.form(n, "note", "a note", "#take")), 303)
	john.hear(ticketNews, func(s said) bool { return strings.Contains(s.Words, "Jane Doe") })
	heard := john.hear(listNews, func(s said) bool { return s.Changed == 1 })
	if len(heard.Counts) < 5 || heard.Counts[1] != "" {
		t.Errorf("the counts are %q", heard.Counts)
	}
	jane.want(jane.post(path+"/presence", url.Values{"doing": {""}}), 204)
	john.hear(ticketNews, func(s said) bool { return s.People == "" })
	p.mail("two", "another text")
	john.hear(listNews, func(s said) bool { return s.Changed == 2 })
	select {
	case s := <-bobs:
		t.Errorf("Bob, who may read none of this, is told %+v", s)
	default:
	}
	since := john.get("/tickets?q=mine")
	late, _ := john.listenTo("/events?ticket=1001&since=0") // as after a night's sleep
	john.hear(late, func(s said) bool { return s.Words != "" })
	if _, answer := bob.listenTo("/events?ticket=1001&since=0"); answer.StatusCode != 404 {
		t.Errorf("Bob listens to a ticket that he may not read: %d", answer.StatusCode)
	}
	john.want(since, 200)
	if _, err := p.desk.Pulse(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.desk.Present(t.Context(), "bob", n, ticket.Reads); err == nil {
		t.Error("Bob is at work on a ticket that he may not read")
	}
}

// TestStreamsEnd: there are not too many of one agent, and all end with the server.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	john, jane := p.signIn("john"), p.signIn("jane")
	var last <-chan said
	for range 12 {
		told, answer := john.listenTo("/events?since=0")
		if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("a stream is refused: %d", answer.StatusCode)
		}
		last = told
	}
	if _, answer := john.listenTo("/events?since=0"); answer.StatusCode != 429 {
		t.Errorf("one stream too many: %d", answer.StatusCode)
	}
	if _, answer := jane.listenTo("/events?since=0"); answer.StatusCode != 200 {
		t.Errorf("another agent is refused: %d", answer.StatusCode)
	}
	server, err := p.server.HTTPServer() // it has the streams of its own handler only
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case _, more := <-last:
		for more {
			_, more = <-last
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the stream goes on when the server stops")
	}
	if _, answer := jane.listenTo("/events?since=0"); answer.StatusCode != 429 {
		t.Errorf("a stream begins when the server stops: %d", answer.StatusCode)
	}
}
