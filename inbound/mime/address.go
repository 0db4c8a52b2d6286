package mime

import (
	"strings"
)

// Address is one mailbox of a header field. Either part may be empty: a mail
// may name a person without an address.
type Address struct {
	Name    string // decoded, clean UTF-8
	Address string // without brackets, as written
}

// addresses reads all fields of one name. The fields of From beyond the first
// are not read: the first one counts (RFC 5322 §3.6).
func addresses(values []string, max int, p *problems) []Address {
	var list []Address
	for _, value := range values {
		list = append(list, ParseAddresses(value, max-len(list)+1)...)
		if len(list) > max {
			p.add("too many addresses, the rest is not read")
			return list[:max]
		}
	}
	return list
}

// ParseAddresses reads an address list as people and programs write it, at
// most max addresses: unquoted commas in names, semicolons between addresses,
// names without an address, addresses without brackets, groups, comments, raw
// 8-bit text. It never fails and takes linear time.
func ParseAddresses(value string, max int) []Address {
	list := scanAddresses(value, max)
	if len(list) > 0 && !hasAt(list) && strings.Contains(value, "=?") {
		// Some programs encode the whole field, address and all.
		if again := scanAddresses(DecodeWords(value), max); hasAt(again) {
			return again
		}
	}
	return list
}

func hasAt(list []Address) bool {
	for _, a := range list {
		if strings.Contains(a.Address, "@") {
			return true
		}
	}
	return false
}

func scanAddresses(value string, max int) []Address {
	s := addressScanner{s: value}
	for s.pos < len(s.s) && len(s.list) < max {
		s.step()
	}
	if len(s.list) < max {
		s.finish()
	}
	return s.list
}

// addressScanner goes through a field once. The three "no..." flags remember
// that a closing mark does not come any more, so that it is looked for once
// and not at every opening one.
type addressScanner struct {
	s                        string
	pos                      int
	phrase                   strings.Builder // the words outside brackets, unquoted
	raw                      strings.Builder // the same as written
	angle                    string
	hasAngle, sawAt          bool
	comment                  string
	noQuote, noAngle, noRoom bool
	list                     []Address
}

// step reads one token.
func (a *addressScanner) step() {
	rest := a.s[a.pos:]
	switch c := rest[0]; {
	case c == '"' && !a.noQuote:
		if end := closingQuote(rest); end > 0 {
			text, _ := cutQuoted(rest[:end])
			a.take(end, text)
			return
		}
		a.noQuote = true
		a.pos++
	case c == '(' && !a.noRoom:
		if end := closingParen(rest); end > 0 {
			if a.comment == "" {
				a.comment = rest[1 : end-1]
			}
			a.phrase.WriteByte(' ')
			a.pos += end
			return
		}
		a.noRoom = true
		a.take(1, "(")
	case c == '<':
		a.readAngle(rest)
	case c == '>' && a.hasAngle:
		a.pos++ // <<a@b>>
	case c == '=' && strings.HasPrefix(rest, "=?"):
		hopeless := false
		if _, after, ok := cutWord(rest, &hopeless); ok && !hopeless {
			n := len(rest) - len(after)
			a.take(n, rest[:n])
			return
		}
		a.take(2, "=?")
	case c == ':' && !a.complete():
		a.phrase.Reset() // the name of a group (RFC 5322 §3.4)
		a.raw.Reset()
		a.pos++
	case c == ',' && !a.complete() && a.phrase.Len() > 0:
		a.take(1, ",") // Doe, John <john@example.com>
	case c == ',' || c == ';':
		a.finish()
		a.pos++
	default:
		a.take(1, rest[:1])
	}
}

// take consumes n bytes as text of the phrase.
func (a *addressScanner) take(n int, text string) {
	if !a.sawAt && strings.Contains(a.s[a.pos:a.pos+n], "@") {
		a.sawAt = true
	}
	a.raw.WriteString(a.s[a.pos : a.pos+n])
	a.phrase.WriteString(text)
	a.pos += n
}

func (a *addressScanner) complete() bool { return a.hasAngle || a.sawAt }

func (a *addressScanner) readAngle(rest string) {
	if a.hasAngle { // <a@x> <b@x>: two addresses and no comma
		a.finish()
	}
	end := -1
	if !a.noAngle {
		end = strings.IndexByte(rest, '>')
	}
	n := end + 1
	if end < 0 {
		a.noAngle = true
		if end = strings.IndexAny(rest, ",;"); end < 0 {
			end = len(rest)
		}
		n = end
	}
	text := rest[1:max(end, 1)]
	text = text[strings.LastIndexByte(text, '<')+1:]
	a.angle, a.hasAngle = text, true
	a.pos += max(n, 1)
}

// finish ends the address read so far.
func (a *addressScanner) finish() {
	name, raw := strings.TrimSpace(a.phrase.String()), strings.TrimSpace(a.raw.String())
	var address string
	switch {
	case a.hasAngle && strings.TrimSpace(a.angle) != "":
		address = a.angle
	case strings.HasSuffix(raw, "@"), !strings.Contains(raw, "@"):
		if raw != "" && !strings.ContainsAny(raw, " \t=\"") {
			name, address = "", raw // root, MAILER-DAEMON
		}
	case strings.HasPrefix(raw, `"`) && strings.Contains(raw, `"@`):
		name, address = "", raw // "john doe"@example.com
	default:
		name, address = splitBare(name)
	}
	if name == "" {
		name = a.comment
	}
	got := Address{Name: personName(name), Address: cleanAddress(address)}
	if got != (Address{}) {
		a.list = append(a.list, got)
	}
	a.phrase.Reset()
	a.raw.Reset()
	a.angle, a.hasAngle, a.comment, a.sawAt = "", false, "", false
}

// splitBare takes the address out of words without brackets.
func splitBare(phrase string) (name, address string) {
	words := strings.Fields(phrase)
	var others []string
	for _, word := range words {
		if address == "" && strings.Contains(word, "@") {
			address = word
			continue
		}
		others = append(others, word)
	}
	return strings.TrimRight(strings.Join(others, " "), ","), address
}

func personName(s string) string {
	s = DecodeWords(s)
	for len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// cleanAddress removes what gets into brackets beside the address.
func cleanAddress(s string) string {
	if strings.Contains(s, "=?") {
		s = DecodeWords(s)
	}
	s = clean(guess([]byte(s)))
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") { // a source route, RFC 5322 §4.4
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	if !strings.HasPrefix(s, `"`) {
		s = strings.Join(strings.Fields(s), "")
	}
	return strings.Trim(s, " '<>,;")
}

// closingQuote returns the length of the quoted string that s begins with, or 0.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// closingParen returns the length of the comment that s begins with, or 0.
// Comments nest (RFC 5322 §3.2.2), which needs a counter and no recursion.
func closingParen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
