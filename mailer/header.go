package mailer

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"deskpost/ticket"
)

// Limits of what strangers put into header fields, in characters. RFC 5322
// section 2.1.1 forbids lines beyond 998, and some values cannot be folded.
const (
	foldAt      = 76
	maxSubject  = 400
	maxName     = 120
	maxFileName = 120
	maxID       = 900
)

// fields are the header of a mail or a part. What is added is folded and made
// of words that were checked or encoded before, so that no value can begin
// another field. This type and the functions below are the only place where
// header fields are written.
type fields struct{ text strings.Builder }

func (f *fields) String() string { return f.text.String() }

// add writes one field, folded between its words. Without words there is no
// field.
func (f *fields) add(name string, words ...string) {
	if len(words) == 0 {
		return
	}
	f.text.WriteString(name + ":")
	column := len(name) + 1
	for i, w := range words {
		if i > 0 && column+1+len(w) > foldAt {
			f.text.WriteString("\r\n")
			column = 0
		}
		f.text.WriteString(" " + w)
		column += 1 + len(w)
	}
	f.text.WriteString("\r\n")
}

// mailboxes are the header forms of recipients. One whose address has letters
// outside ASCII before the @ is left out here and served by the envelope alone:
// it would make the whole mail undeliverable at relays without SMTPUTF8.
func mailboxes(recipients []ticket.Recipient) (to, cc []string) {
	for _, r := range recipients {
		words := mailbox(r.Address)
		if words == nil {
			continue
		}
		list := &to
		if r.Cc {
			list = &cc
		}
		if len(*list) > 0 {
			(*list)[len(*list)-1] += ","
		}
		*list = append(*list, words...)
	}
	return to, cc
}

// mailbox is an address with its name (RFC 5322 section 3.4), nil if it cannot
// be written.
func mailbox(a ticket.Address) []string {
	p, err := wirePath(a.Email)
	if err != nil || p.utf8 {
		return nil
	}
	name := cleanLine(a.Name, maxName)
	words := []string{"<" + p.addr + ">"}
	switch {
	case name == "":
		return words
	case plain(name):
		return append([]string{`"` + quoteEscaper.Replace(name) + `"`}, words...)
	}
	return append(encodedWords(name), words...)
}

var quoteEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// unstructured is free text (RFC 5322 section 3.2.5), encoded where it has to
// be.
func unstructured(s string) []string {
	s = cleanLine(s, maxSubject)
	words := strings.Fields(s)
	long := false
	for _, w := range words {
		long = long || len(w) > foldAt-len("Subject: ")
	}
	if long || !plain(s) {
		return encodedWords(s)
	}
	return words
}

// plain reports whether s can stand in a header as it is. "=?" could be read as
// the start of an encoded word, and what that hides is for no one to check.
func plain(s string) bool { return printableASCII(s) && !strings.Contains(s, "=?") }

// encodedWords writes s in base64, in pieces short enough for one line each
// (RFC 2047 section 2).
func encodedWords(s string) []string {
	const most = 39 // bytes: 64 characters encoded
	var words []string
	for s != "" {
		end := min(most, len(s))
		for end < len(s) && !utf8.RuneStart(s[end]) {
			end--
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:end]))+"?=")
		s = s[end:]
	}
	return words
}

// messageIDs puts ids into angle brackets and leaves out those that would break
// the field. They may come from strangers.
func messageIDs(ids ...string) []string {
	var words []string
	for _, id := range ids {
		if len(id) <= maxID && oneWord(id) && !strings.ContainsAny(id, "<>") && !strings.Contains(id, "=?") {
			words = append(words, "<"+id+">")
		}
	}
	return words
}

// oneWord reports whether s is printable ASCII without a space, and not empty.
func oneWord(s string) bool {
	return s != "" && printableASCII(s) && !strings.Contains(s, " ")
}

// parameter writes a parameter of a MIME field: as a quoted string if that says
// it all, else encoded and in numbered pieces (RFC 2231 sections 3 and 4).
func parameter(name, value string) []string {
	if plain(value) && !strings.ContainsAny(value, `"\`) && len(name)+len(value)+4 < foldAt {
		return []string{name + `="` + value + `"`}
	}
	const most = 50
	var words []string
	piece := "utf-8''"
	flush := func(end string) {
		words = append(words, fmt.Sprintf("%s*%d*=%s%s", name, len(words), piece, end))
		piece = ""
	}
	for _, b := range []byte(value) {
		if len(piece)+3 > most {
			flush(";")
		}
		if b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '.' || b == '-' || b == '_' {
			piece += string(rune(b))
		} else {
			piece += fmt.Sprintf("%%%02X", b)
		}
	}
	if len(words) == 0 {
		return []string{name + "*=" + piece}
	}
	flush("")
	return words
}

// fileName makes a name that names no folder, has no hidden characters and
// keeps its ending when it is shortened.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(cleanLine(name, 10*maxFileName), ". ")
	if ext := filepath.Ext(name); utf8.RuneCountInString(name) > maxFileName && len(ext) <= 20 {
		name = cleanLine(strings.TrimSuffix(name, ext), maxFileName-len(ext)) + ext
	}
	name = cleanLine(name, maxFileName)
	if name == "" {
		return "file"
	}
	return name
}

// cleanLine is s as one line of valid UTF-8 without control and direction
// characters, and of at most limit characters.
func cleanLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = strings.TrimSpace(string([]rune(s)[:limit]))
	}
	return s
}
