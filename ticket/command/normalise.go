package command

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cursor walks a text line by line. after is the text not yet read and no the
// 1-based number of its first line.
type cursor struct {
	after string
	no    int
}

// next cuts off one line, without its line end. ok is false at the end of the
// text. Every mandatory break of Unicode (UAX #14) ends a line, because word
// processors write VT and U+2028 where their user pressed Shift-Enter.
func (c cursor) next() (line string, rest cursor, ok bool) {
	if c.after == "" {
		return "", c, false
	}
	s := c.after
	for i := 0; i < len(s); i++ {
		if n := breakAt(s[i:]); n > 0 {
			return s[:i], cursor{after: s[i+n:], no: c.no + 1}, true
		}
	}
	return s, cursor{no: c.no + 1}, true
}

// skipBlank moves past blank lines.
func (c cursor) skipBlank() cursor {
	for {
		line, rest, ok := c.next()
		if !ok || !blank(line) {
			return c
		}
		c = rest
	}
}

// breakAt returns the length in bytes of the line end that s begins with, or 0.
func breakAt(s string) int {
	switch s[0] {
	case '\n', '\v', '\f':
		return 1
	case '\r':
		if strings.HasPrefix(s, "\r\n") {
			return 2
		}
		return 1
	case 0xC2: // U+0085, next line
		if strings.HasPrefix(s, "\u0085") {
			return len("\u0085")
		}
	case 0xE2: // U+2028 and U+2029, line and paragraph separator
		if strings.HasPrefix(s, "\u2028") || strings.HasPrefix(s, "\u2029") {
			return len("\u2028")
		}
	}
	return 0
}

// invisible reports characters that leave no mark on the screen: zero-width
// spaces and joiners, soft hyphen, byte order mark and direction marks. They get
// in by copying from chats and web pages, and by keyboards of right-to-left
// languages.
func invisible(r rune) bool {
	switch {
	case r == '\u00AD', r == '\u061C', r == '\u180E', r == '\uFEFF':
		return true
	case r >= '\u200B' && r <= '\u200F':
		return true
	case r >= '\u202A' && r <= '\u202E':
		return true
	case r >= '\u2060' && r <= '\u2064', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}

// unseen reports spaces of any kind and invisible characters.
func unseen(r rune) bool { return unicode.IsSpace(r) || invisible(r) }

// blank reports whether a reader sees nothing in s.
func blank(s string) bool { return strings.TrimLeftFunc(s, unseen) == "" }

// mark reports the number signs: the usual one, and the fullwidth and small
// forms that East Asian keyboards produce.
func mark(r rune) bool { return r == '#' || r == '＃' || r == '﹟' }

// narrow maps the fullwidth forms of ASCII and the various hyphens to ASCII.
func narrow(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '\u2010', r == '\u2011', r == '\u2212': // hyphen, no-break hyphen, minus
		return '-'
	}
	return r
}

// clean undoes in the arguments of a command what clients did to the typed
// characters, and trims them. The zero-width joiners stay: they carry meaning in
// Persian and in Indian scripts.
func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '“', '”', '„', '‟', '«', '»', '＂':
			b.WriteByte('"')
		case '‘', '’', '‚', '‛', '＇':
			b.WriteByte('\'')
		case '–', '—', '―':
			// Phones write a long dash for two hyphens. It might have been typed
			// as one; Deltas takes both.
			b.WriteString("--")
		case '\u2010', '\u2011', '\u2212':
			b.WriteByte('-')
		case '\u200C', '\u200D':
			b.WriteRune(r)
		default:
			switch {
			case unicode.IsSpace(r):
				b.WriteByte(' ')
			case !invisible(r):
				b.WriteRune(r)
			}
		}
	}
	return strings.Trim(b.String(), " \u200C\u200D")
}

// clip returns at most n runes of s.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// hasControl reports control characters other than those that count as space,
// and bytes that are not UTF-8.
func hasControl(s string) bool {
	if !utf8.ValidString(s) {
		return true
	}
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	})
}
