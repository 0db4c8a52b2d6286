package command_test

import (
	"fmt"
	"strings"
	"testing"

	"deskpost/ticket/command"
)

// known is a table of verbs such as a caller has, with a localised alias.
func known(verb string) bool {
	switch verb {
	case "note", "private", "reply", "close", "resolve", "open", "pending", "tag", "assign",
		"priority", "field", "subject", "cc", "dept", "end", "ticket", "schließen":
		return true
	}
	return false
}

// render prints the commands of a block on one line: "close; tag +vpn" and a
// "!" before a line that has a fault.
func render(b command.Block) string {
	var out []string
	for _, l := range b.Lines {
		s := l.Verb
		if l.Args != "" {
			s += " " + l.Args
		}
		if l.Fault != "" {
			s = "!" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// flags prints all that is unusual about a block.
func flags(b command.Block) string {
	var out []string
	if b.Literal {
		out = append(out, "literal")
	}
	if b.TooMany {
		out = append(out, "toomany")
	}
	if b.Gap {
		out = append(out, "gap")
	}
	if b.End != "" {
		out = append(out, "end")
	}
	for _, l := range b.NearMisses {
		out = append(out, fmt.Sprintf("near:%s@%d", l.Verb, l.No))
	}
	if !b.HasText() {
		out = append(out, "notext")
	}
	return strings.Join(out, " ")
}

// sample is a new text with what Parse makes of it.
type sample struct{ name, text, lines, rest, flags string }

func TestParse(t *testing.T) {
	t.Parallel()
	var all []sample
	for _, part := range [][]sample{grammarSamples(), clientSamples(), doubtSamples()} {
		all = append(all, part...)
	}
	if len(all) < 120 {
		t.Errorf("%d samples, want at least 120", len(all))
	}
	seen := map[string]bool{}
	for _, s := range all {
		if seen[s.name] {
			t.Errorf("two samples are called %q", s.name)
		}
		seen[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := command.Parse(s.text, known)
			if got := render(b); got != s.lines {
				t.Errorf("lines:\n got %q\nwant %q", got, s.lines)
			}
			if b.Rest != s.rest {
				t.Errorf("rest:\n got %q\nwant %q", b.Rest, s.rest)
			}
			if got := flags(b); got != s.flags {
				t.Errorf("flags:\n got %q\nwant %q", got, s.flags)
			}
		})
	}
}

func TestParseKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	b := command.Parse("\n\n  #Tag  “online\u00a0banking”\r\n#close.\r\n\r\nBye\r\n", known)
	want := []command.Line{
		{Verb: "tag", Args: `"online banking"`, Raw: "  #Tag  “online\u00a0banking”", No: 3},
		{Verb: "close", Raw: "#close.", No: 4},
	}
	if len(b.Lines) != 2 || b.Lines[0] != want[0] || b.Lines[1] != want[1] {
		t.Errorf("got %+v\nwant %+v", b.Lines, want)
	}
	if b.Rest != "Bye\r\n" {
		t.Errorf("rest %q", b.Rest)
	}
}

func TestParseFaultsTellHowToMend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#note: rude":                         `':' directly after #note cannot be read: write a space there`,
		"#assign=jane":                        `'=' directly after #assign`,
		"#close\x00":                          "type it anew",
		"#subject caf\xe9":                    "type it anew",
		"#" + strings.Repeat("a", 25):         "at most 24 letters",
		"#tag " + strings.Repeat("vpn ", 300): "longer than 1000 characters: shorten it",
	} {
		b := command.Parse(text, known)
		if len(b.Lines) != 1 || !strings.Contains(b.Lines[0].Fault, want) {
			t.Errorf("%.30q: got %+v, want a fault with %q", text, b.Lines, want)
			continue
		}
		if b.Lines[0].Args != "" {
			t.Errorf("%.30q: a line with a fault has arguments %q", text, b.Lines[0].Args)
		}
	}
	b := command.Parse("Hello\n#note\n", known)
	if len(b.NearMisses) != 1 || !strings.Contains(b.NearMisses[0].Fault, "move it there, or put #end") {
		t.Errorf("near miss: %+v", b.NearMisses)
	}
	b = command.Parse("#reply\n\n#ntoe\nsecret", known)
	if len(b.NearMisses) != 1 || !strings.Contains(b.NearMisses[0].Fault, "an empty line stands between") {
		t.Errorf("gap: %+v", b.NearMisses)
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	twenty := strings.Repeat("#tag a\n", command.MaxLines)
	b := command.Parse(twenty+"\nHello", known)
	if b.TooMany || len(b.Lines) != command.MaxLines || b.Rest != "Hello" {
		t.Errorf("20 commands: %d lines, too many %v, rest %q", len(b.Lines), b.TooMany, b.Rest)
	}
	b = command.Parse(twenty+"#note\n\nHello", known)
	if !b.TooMany || len(b.Lines) != command.MaxLines || b.Rest != "Hello" {
		t.Errorf("21 commands: %d lines, too many %v, rest %q", len(b.Lines), b.TooMany, b.Rest)
	}
	b = command.Parse("Hello\n"+strings.Repeat("#note\n", 100), known)
	if len(b.NearMisses) != command.MaxLines {
		t.Errorf("100 near misses: kept %d", len(b.NearMisses))
	}
	exact := "#subject " + strings.Repeat("ü", command.MaxLine-len("#subject "))
	if b = command.Parse(exact, known); b.Lines[0].Fault != "" {
		t.Errorf("1000 characters: %s", b.Lines[0].Fault)
	}
	if b = command.Parse(exact+"ü", known); b.Lines[0].Fault == "" || b.Lines[0].Raw != exact {
		t.Errorf("1001 characters: fault %q, raw of %d bytes", b.Lines[0].Fault, len(b.Lines[0].Raw))
	}
	if b = command.Parse("#"+strings.Repeat("a", command.MaxVerb), known); b.Lines[0].Fault != "" {
		t.Errorf("verb of 24 letters: %s", b.Lines[0].Fault)
	}
}

func TestParseWithoutTable(t *testing.T) {
	t.Parallel()
	b := command.Parse("#close\n\nHello\n#note", nil)
	if render(b) != "close" || len(b.NearMisses) != 0 {
		t.Errorf("got %+v", b)
	}
}
