package command

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Malformed is the error for arguments that cannot be read. Text is written for
// the agent: what is wrong and how to mend it.
type Malformed struct{ Text string }

func (e *Malformed) Error() string { return e.Text }

func malformed(format string, args ...any) error {
	return &Malformed{Text: fmt.Sprintf(format, args...)}
}

// show quotes a piece of foreign text for an error, shortened.
func show(s string) string {
	if short := clip(s, 40); short != s {
		s = short + "…"
	}
	return fmt.Sprintf("%q", s)
}

// Delta is one item of a list of changes. Op is '+' to add the item, '-' to
// remove it, '=' to have it replace what was there.
type Delta struct {
	Op   byte
	Item string
}

// Fields splits a list at commas, semicolons and spaces. Double quotes, or single ones
// around a whole item (a sign may stand before it), keep spaces and commas together: `vpn, "online banking"`
// has two items, `team:"online banking"` is one. Missing items as in "a,,b" are
// left out. The error is a *Malformed: a quote without end, nothing between
// quotes, or more than MaxLine characters.
func Fields(args string) ([]string, error) {
	words, err := Words(args)
	if err != nil {
		return nil, err
	}
	var items []string
	for _, w := range words {
		items = append(items, w.Text)
	}
	return items, nil
}

// A Word is an item of a list. It is Quoted if quotes stand around the whole of
// it.
type Word struct {
	Text   string
	Quoted bool
}

// Words splits a list as Fields does, and tells what stood in quotes.
func Words(args string) ([]Word, error) {
	tokens, err := tokenise(args)
	if err != nil {
		return nil, err
	}
	var words []Word
	for _, t := range tokens {
		words = append(words, Word{t.text, t.bare == 0})
	}
	return words, nil
}

// Deltas reads a list of changes such as `+vpn -printer =other`. An item
// without a sign is to be added; a sign inside quotes belongs to the item. A
// long dash counts as one minus, since phones write it for a hyphen. The error
// is a *Malformed: those of Fields, an empty list, a sign without an item, two
// signs, or an item that is both added and removed.
func Deltas(args string) ([]Delta, error) {
	tokens, err := tokenise(args)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, malformed("the list is missing: write for example +one -two")
	}
	deltas := make([]Delta, 0, len(tokens))
	ops := make(map[string]byte, len(tokens))
	for _, t := range tokens {
		d, err := t.delta()
		if err != nil {
			return nil, err
		}
		key := strings.ToLower(d.Item)
		if op, seen := ops[key]; seen && op != d.Op && (op == '-' || d.Op == '-') {
			return nil, malformed("%s is both added and removed: leave out one of them", show(d.Item))
		}
		ops[key] = d.Op
		deltas = append(deltas, d)
	}
	return deltas, nil
}

// token is an item of a list. The first bare bytes of it stood outside quotes.
type token struct {
	text string
	bare int
}

// signed reports whether byte i is there, outside quotes, and a sign.
func (t token) signed(i int) bool {
	return i < t.bare && strings.IndexByte("+-=", t.text[i]) >= 0
}

// delta reads the sign of an item.
func (t token) delta() (Delta, error) {
	if !t.signed(0) {
		return Delta{Op: '+', Item: t.text}, nil
	}
	op, n := t.text[0], 1
	if op == '-' && strings.HasPrefix(t.text[:t.bare], "--") {
		n = 2
	}
	switch {
	case n == len(t.text):
		return Delta{}, malformed("the %q stands alone: write it directly before the item, as in %cvpn", op, op)
	case t.signed(n):
		return Delta{}, malformed("%s has two signs: write one of + - =, and quotes around a name that begins with a sign", show(t.text))
	}
	return Delta{Op: op, Item: t.text[n:]}, nil
}

// tokenise splits args into items.
func tokenise(args string) ([]token, error) {
	if utf8.RuneCountInString(args) > MaxLine {
		return nil, malformed("the list is longer than %d characters: split it over several lines", MaxLine)
	}
	var tokens []token
	for s := clean(args); ; {
		s = strings.TrimLeft(s, " ,;，、")
		if s == "" {
			return tokens, nil
		}
		t, tail, err := cutToken(s)
		if err != nil {
			return nil, err
		}
		tokens, s = append(tokens, t), tail
	}
}

// cutToken cuts the item off that s, which is not empty, begins with.
func cutToken(s string) (t token, tail string, err error) {
	unsigned := strings.TrimLeft(s, "+-=")
	if body, tail, ok := cutSingleQuoted(unsigned); ok {
		sign := s[:len(s)-len(unsigned)]
		t = token{text: sign + strings.TrimSpace(body), bare: len(sign)}
		return t, tail, t.check()
	}
	var b strings.Builder
	t.bare = -1
	for s != "" {
		i := strings.IndexAny(s, " ,;，、\"")
		if i < 0 {
			i = len(s)
		}
		b.WriteString(s[:i])
		s = s[i:]
		if t.bare < 0 {
			t.bare = b.Len()
		}
		if !strings.HasPrefix(s, `"`) {
			break
		}
		body, after, closed := strings.Cut(s[1:], `"`)
		if !closed {
			return token{}, "", malformed(`the quote before %s has no end: add a " where the name ends, or take this one away`, show(body))
		}
		// Some languages set a space inside their quotes.
		b.WriteString(strings.TrimSpace(body))
		s = after
	}
	t.text = b.String()
	return t, s, t.check()
}

// cutSingleQuoted cuts off an item in single quotes. Only a pair around the
// whole item counts, because an apostrophe is part of names such as O'Brien.
func cutSingleQuoted(s string) (body, tail string, ok bool) {
	if !strings.HasPrefix(s, "'") {
		return "", "", false
	}
	for i := 1; i < len(s); i++ {
		if s[i] == '\'' && (i+1 == len(s) || strings.ContainsRune(" ,;", rune(s[i+1]))) {
			return s[1:i], s[i+1:], true
		}
	}
	return "", "", false
}

func (t token) check() error {
	if t.text == "" {
		return malformed(`there is nothing between the quotes: write a name there, or take "" away`)
	}
	return nil
}
