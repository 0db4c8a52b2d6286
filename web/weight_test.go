package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deskpost/ticket"
)

// heaviest is what a page may weigh with its style and its script, compressed.
const heaviest = 60_000

// TestPagesAreLight weighs pages that are as full as they get: a list of a hundred
// tickets, and a ticket with a long thread.
func TestPagesAreLight(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("A long story", "text")
	for i := range 50 {
		text := fmt.Sprintf("Part %d of the story. %s", i, strings.Repeat(fmt.Sprintf("What was said in it by whom is %d. ", i*i), 20))
		if _, err := p.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: n, Kind: ticket.Note, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	p.fill(300)
	jane := p.signIn("jane")
	for _, path := range []string{"/tickets?q=all", fmt.Sprintf("/tickets/%d", n), "/me", "/dashboard", "/health", "/sign-in/1.abc"} {
		page := jane.get(path)
		if page.header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", path)
		}
		weight := len(compressed(t, page.body))
		for _, m := range regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(page.body, -1) {
			weight += len(compressed(t, jane.do("GET", m[1], nil).body))
		}
		t.Logf("%s weighs %d bytes", path, weight)
		if weight > heaviest || weight < 1000 {
			t.Errorf("%s weighs %d bytes, want at most %d", path, weight, heaviest)
		}
	}
}

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestFilesAreCompressed asks for the style sheet with and without compression.
func TestFilesAreCompressed(t *testing.T) {
	t.Parallel()
	b := newPlace(t).browser()
	path := regexp.MustCompile(`/static/[^"]+`).FindString(b.get("/sign-in").body)
	for accept, want := range map[string]string{"gzip, deflate, br": "gzip", "br, GZIP ;q=0.5": "gzip", "gzip;q=0": "", "identity": "", "br": ""} {
		s := b.do("GET", path, url.Values(nil), "Accept-Encoding", accept)
		if got := s.header.Get("Content-Encoding"); s.status != 200 || got != want || s.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("with %q: %d, %q, want %q", accept, s.status, got, want)
		}
		text := s.body
		if want == "gzip" {
			r, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text = string(all)
		}
		if !strings.Contains(text, ":root {") {
			t.Errorf("with %q it is no style sheet", accept)
		}
	}
}
