package mime

import (
	"strings"
	"unicode/utf8"
)

// DecodeWords decodes the encoded words of a header value (RFC 2047) and
// returns clean UTF-8 on one line. It reads what real mail has: words inside
// quotes, blanks in words, characters split over two words, missing padding, a
// missing end, and charsets that are unknown or wrong.
func DecodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return clean(guess([]byte(s)))
	}
	var out strings.Builder
	var run wordRun
	hopeless := false // no "?=" lies ahead, so do not look for it again
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		word, rest, ok := cutWord(s[i:], &hopeless)
		if !ok {
			run.flush(&out)
			out.WriteString(guess([]byte(s[:i+2])))
			s = s[i+2:]
			continue
		}
		// White space between two words is no text (RFC 2047 §6.2).
		if between := s[:i]; !run.open || strings.TrimSpace(between) != "" {
			run.flush(&out)
			out.WriteString(guess([]byte(between)))
		}
		run.add(&out, word)
		s = rest
	}
	run.flush(&out)
	out.WriteString(guess([]byte(s)))
	return clean(out.String())
}

type encodedWord struct {
	charset string
	bytes   []byte
}

// wordRun joins neighbouring words of one charset before they are decoded,
// since mailers cut inside of characters.
type wordRun struct {
	open    bool
	charset string
	bytes   []byte
}

func (r *wordRun) add(out *strings.Builder, w encodedWord) {
	if r.open && !strings.EqualFold(r.charset, w.charset) {
		r.flush(out)
	}
	r.open, r.charset = true, w.charset
	r.bytes = append(r.bytes, w.bytes...)
}

func (r *wordRun) flush(out *strings.Builder) {
	if r.open {
		text, _ := decodeCharset(r.bytes, r.charset)
		out.WriteString(text)
	}
	*r = wordRun{}
}

// maxCharsetName is how far a charset name may reach; RFC 2047 §2 allows 75
// bytes for a whole word.
const maxCharsetName = 75

// cutWord reads the encoded word that s begins with.
func cutWord(s string, hopeless *bool) (w encodedWord, rest string, ok bool) {
	name, text, ok := strings.Cut(s[2:min(len(s), 2+maxCharsetName+3)], "?")
	if !ok || name == "" || strings.ContainsAny(name, " \t") || len(text) < 2 || text[1] != '?' {
		return w, s, false
	}
	text = s[2+len(name)+1:]
	encoding := text[0] | 0x20 // lower case
	if encoding != 'q' && encoding != 'b' {
		return w, s, false
	}
	text = text[2:]
	end := -1
	if !*hopeless {
		end = strings.Index(text, "?=")
	}
	switch {
	case end >= 0:
		text, rest = text[:end], text[end+2:]
	default: // cut off: it ends where the next blank is
		*hopeless = true
		end = strings.IndexAny(text, " \t")
		if end < 0 {
			end = len(text)
		}
		text, rest = text[:end], text[end:]
	}
	name, _, _ = strings.Cut(name, "*") // RFC 2231 §5 language
	w.charset = name
	if encoding == 'b' {
		w.bytes = (&base64Reader{}).decode([]byte(text))
	} else {
		w.bytes = decodeQ(text)
	}
	return w, rest, true
}

// decodeQ undoes the Q encoding (RFC 2047 §4.2).
func decodeQ(s string) []byte {
	return unescape(make([]byte, 0, len(s)), strings.ReplaceAll(s, "_", " "), '=')
}

// clean makes a header value safe to store and show on one line: valid UTF-8,
// line ends and control characters as blanks, blanks at the ends off.
func clean(s string) string {
	if isPlain(s) {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '\uFFFD'
		case r == 0:
			return -1
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// cleanText makes a body safe to store: valid UTF-8 without NUL, every line
// end a "\n", and no other control characters but tab.
func cleanText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\f', r == '\v':
			return '\n'
		case r < ' ', r == 0x7f:
			return -1
		}
		return r // an invalid byte comes as U+FFFD
	}, s)
}
