package command_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"deskpost/ticket/command"
)

// texts draws mail texts made of the pieces that matter to the grammar, and of
// noise.
func texts() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"#", "＃", "##", "\\#", "#note", "#Close.", "#end", "#tag +vpn", "#hashtag", "#1234", "# note",
			"--", "—", "\n", "\n\n", "\r\n", "\r", "\v", "\u2028", "\u0085", " ", "\t", "\u00a0", "\u200b",
			"\ufeff", "*", ":", ".", "“x”", "Hello", "\x00", "\xff", "\xe2\x80",
		}),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "")
	})
}

// splitLines cuts a text at every line end, independently of the package.
func splitLines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, end := range []string{"\r", "\v", "\f", "\u0085", "\u2028", "\u2029"} {
		s = strings.ReplaceAll(s, end, "\n")
	}
	return strings.Split(s, "\n")
}

func hidden(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}

// inked returns the lines of s that show something.
func inked(s string) []string {
	return slices.DeleteFunc(splitLines(s), func(line string) bool {
		return strings.TrimFunc(line, hidden) == ""
	})
}

// accounts fails if a line of text is neither a command nor in the rest, or is
// in both, or changed on its way.
func accounts(t interface{ Fatalf(string, ...any) }, text string, b command.Block) {
	if len(b.Lines) > command.MaxLines || len(b.NearMisses) > command.MaxLines {
		t.Fatalf("%q: %d lines, %d near misses", text, len(b.Lines), len(b.NearMisses))
	}
	want := inked(text)
	for i, l := range b.Lines {
		if l.Verb == "" || utf8.RuneCountInString(l.Verb) > command.MaxVerb {
			t.Fatalf("%q: verb %q", text, l.Verb)
		}
		if !strings.HasPrefix(want[i], l.Raw) || l.Raw != want[i] && utf8.RuneCountInString(l.Raw) != command.MaxLine {
			t.Fatalf("%q: line %d is %q, want %q", text, i, l.Raw, want[i])
		}
		if all := splitLines(text); !strings.HasPrefix(all[l.No-1], l.Raw) {
			t.Fatalf("%q: %q is not line %d", text, l.Raw, l.No)
		}
		if l.Fault != "" && l.Args != "" {
			t.Fatalf("%q: %+v can be executed in spite of its fault", text, l)
		}
	}
	want = want[len(b.Lines):]
	rest := inked(b.Rest)
	if b.TooMany { // the lines above the limit are in neither
		want = want[max(0, len(want)-len(rest)):]
	} else if b.End != "" {
		if len(want) == 0 || want[0] != b.End {
			t.Fatalf("%q: end %q is not %q", text, b.End, want)
		}
		want = want[1:]
	}
	if len(want) != len(rest) {
		t.Fatalf("%q: rest has the lines %q, want %q", text, rest, want)
	}
	for i := range want {
		if want[i] != rest[i] && (i > 0 || !unmarked(want[i], rest[i])) {
			t.Fatalf("%q: line %q became %q", text, want[i], rest[i])
		}
	}
}

// unmarked reports whether got is line without its first visible character,
// which was a literal mark.
func unmarked(line, got string) bool {
	body := strings.TrimLeftFunc(line, hidden)
	r, n := utf8.DecodeRuneInString(body)
	return strings.ContainsRune(`\＼#＃﹟`, r) && got == line[:len(line)-len(body)]+body[n:]
}

func TestParseAccountsForEveryLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		accounts(t, text, command.Parse(text, known))
	})
}

// Without a leading # there is nothing to execute, whatever follows.
func TestParseNeedsALeadingMark(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Filter(func(s string) bool {
			return !strings.ContainsAny(firstVisible(s), "#＃﹟")
		}).Draw(t, "text")
		b := command.Parse(text, known)
		if len(b.Lines) != 0 || b.End != "" || b.Rest != text && !b.Literal {
			t.Fatalf("%q: %+v", text, b)
		}
	})
}

func firstVisible(s string) string {
	r, n := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, hidden))
	if n == 0 {
		return ""
	}
	return string(r)
}

// Whatever an agent wants to say can be said: nothing below #end is changed.
func TestEveryTextCanBeSent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		b := command.Parse("#end\n\n"+text, known)
		if b.Rest != text || len(b.Lines) != 0 || len(b.NearMisses) != 0 || b.Gap {
			t.Fatalf("%q: %+v", text, b)
		}
	})
}

// A private remark is never sent because of what stands around the word: a
// known verb at the start of a line is a command, a near miss, or explicitly text.
func TestNoteIsNeverLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		above := texts().Draw(t, "above")
		sep := rapid.SampledFrom([]string{"", " ", ":", ".", "\u200b", "\u00a0", "!"}).Draw(t, "after the verb")
		b := command.Parse(above+"\n#note"+sep+"\n", known)
		if b.End != "" || b.Literal || b.TooMany || len(b.NearMisses) == command.MaxLines {
			return
		}
		isNote := func(l command.Line) bool { return l.Verb == "note" && strings.HasPrefix(l.Raw, "#note") }
		if !slices.ContainsFunc(b.Lines, isNote) && !slices.ContainsFunc(b.NearMisses, isNote) {
			t.Fatalf("%q: %+v", above, b)
		}
	})
}

// The kind of line end makes no difference.
func TestParseSeesAllLineEndsAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := splitLines(texts().Draw(t, "text"))
		unix := command.Parse(strings.Join(lines, "\n"), known)
		end := rapid.SampledFrom([]string{"\r\n", "\u2028", "\v"}).Draw(t, "line end")
		other := command.Parse(strings.Join(lines, end), known)
		if !slices.Equal(unix.Lines, other.Lines) || !slices.Equal(unix.NearMisses, other.NearMisses) ||
			unix.Rest != strings.ReplaceAll(other.Rest, end, "\n") {
			t.Fatalf("with \\n %+v\nwith %q %+v", unix, end, other)
		}
	})
}

// Match answers with a candidate or with one of its two errors.
func TestMatchAnswersWithACandidate(t *testing.T) {
	t.Parallel()
	names := rapid.OneOf(rapid.StringMatching(`[aAbB ._-]{0,4}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		candidates := rapid.SliceOfN(names, 0, 6).Draw(t, "candidates")
		matchHolds(t, name, candidates)
	})
}

func matchHolds(t interface{ Fatalf(string, ...any) }, name string, candidates []string) {
	got, err := command.Match(name, candidates)
	if a, ok := errors.AsType[*command.Ambiguous](err); ok {
		if len(a.Candidates) < 2 || !slices.IsSorted(a.Candidates) {
			t.Fatalf("Match(%q, %q): %+v", name, candidates, a)
		}
		return
	}
	if u, ok := errors.AsType[*command.Unknown](err); ok {
		if u.Suggestion != "" && !slices.Contains(candidates, u.Suggestion) || slices.Contains(candidates, name) && !blankName(name) {
			t.Fatalf("Match(%q, %q): %+v", name, candidates, u)
		}
		return
	}
	if err != nil || !slices.Contains(candidates, got) {
		t.Fatalf("Match(%q, %q) = %q, %v", name, candidates, got, err)
	}
}

func blankName(s string) bool { return strings.TrimFunc(s, hidden) == "" }

// What is printed as a list of changes is read back as the same list.
func TestDeltasReadBack(t *testing.T) {
	t.Parallel()
	item := rapid.StringMatching(`[a-z0-9+=.@' -]*[a-z]`).Filter(func(s string) bool { return s[0] != ' ' })
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfNDistinct(item, 1, 8, rapid.ID[string]).Draw(t, "items")
		var want []command.Delta
		var printed []string
		for _, it := range items {
			op := rapid.SampledFrom([]byte("+-=")).Draw(t, "op")
			want = append(want, command.Delta{Op: op, Item: it})
			printed = append(printed, string(op)+`"`+it+`"`)
		}
		line := strings.Join(printed, rapid.SampledFrom([]string{" ", ",", ", "}).Draw(t, "separator"))
		if got, err := command.Deltas(line); utf8.RuneCountInString(line) <= command.MaxLine && (err != nil || !slices.Equal(got, want)) {
			t.Fatalf("Deltas(%s) = %v, %v; want %v", line, got, err, want)
		}
	})
}
