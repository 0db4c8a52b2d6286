package api

import (
	"os"
	"strings"
	"testing"

	"deskpost/ticket"
)

// TestDocs sends the requests of docs/api.md as they stand there.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t)
	p.mail("Can not log in", "text")
	token := p.token("jane", ticket.Scopes...)
	asked := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		method, path, body, headers := curl(t, strings.ReplaceAll(line, "$TOKEN", token))
		g := p.ask(method, path, "", body, headers...)
		if g.status >= 300 {
			t.Errorf("%s: %d %s", line, g.status, g.body)
		}
		for route, pattern := range p.doc.patterns {
			if before, _, _ := strings.Cut(path, "?"); pattern.MatchString(before) {
				asked[method+" "+route] = true
			}
		}
	}
	for _, r := range (&Server{}).routes() {
		if !asked[r.method+" "+r.path] && r.scope != open {
			t.Errorf("there is no example of %s %s", r.method, r.path)
		}
	}
}

// curl reads a line as curl would read it: words, or what stands in quotes.
func curl(t *testing.T, line string) (method, path, body string, headers []string) {
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " ") {
		end := " "
		if rest[0] == '"' || rest[0] == '\'' {
			end, rest = rest[:1], rest[1:]
		}
		word, after, _ := strings.Cut(rest, end)
		words, rest = append(words, word), after
	}
	method = "GET"
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			headers = append(headers, name, value)
		case "-d":
			i++
			method, body = "POST", words[i]
		case "-o":
			i++
		default:
			var ok bool
			if path, ok = strings.CutPrefix(words[i], "$DESK"); !ok {
				t.Fatalf("%q in %s", words[i], line)
			}
		}
	}
	return method, path, body, headers
}
