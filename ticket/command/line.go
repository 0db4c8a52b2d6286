package command

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is one line that begins with # and a letter.
type Line struct {
	// Verb is the word after the #, in lower case, at most MaxVerb characters.
	// Aliases are not resolved: that is the business of the caller's table.
	Verb string
	// Args is the rest of the line with spaces, quotes and dashes normalised,
	// trimmed. It is empty when Fault is set.
	Args string
	// Raw is the line as written, without its line end, cut at MaxLine
	// characters. It is foreign text: escape it before showing it.
	Raw string
	// No is the number of the line in the parsed text, counted from 1.
	No int
	// Fault says, for the agent, why the line cannot be executed where it
	// stands; empty for a well-formed line of the block.
	Fault string
}

// readLine reads a line as a command. ok is false for prose; a line that was
// meant as a command but is malformed has its Fault set.
func readLine(raw string, no int) (l Line, ok bool) {
	body, ok := afterMark(raw)
	if !ok {
		return Line{}, false
	}
	verb, tail := cutVerb(body)
	if verb == "" {
		return Line{}, false
	}
	l = Line{Verb: clip(verb, MaxVerb), Raw: clip(raw, MaxLine), No: no}
	switch {
	case utf8.RuneCountInString(raw) > MaxLine:
		l.Fault = fmt.Sprintf("this line is longer than %d characters: shorten it, or put #end and an empty line above your text if it is none of the commands", MaxLine)
	case utf8.RuneCountInString(verb) > MaxVerb:
		l.Fault = fmt.Sprintf("a command has at most %d letters: put a space after it, or write \\# if your text begins with #", MaxVerb)
	case hasControl(raw):
		l.Fault = "this line has characters in it that cannot be read: type it anew instead of pasting it"
	default:
		l.Args, l.Fault = readArgs(l.Verb, tail)
	}
	return l, true
}

// readArgs reads what follows the verb.
func readArgs(verb, tail string) (args, fault string) {
	args = clean(tail)
	switch args {
	case "", ".", "。", "．", "｡":
		// Phones end a line with a full stop by themselves.
		return "", ""
	}
	first, _ := utf8.DecodeRuneInString(tail)
	if unicode.IsSpace(first) {
		return args, ""
	}
	return "", fmt.Sprintf("%q directly after #%s cannot be read: write a space there, or nothing", first, verb)
}

// afterMark returns what follows the # that s begins with, leading spaces and
// invisible characters aside.
func afterMark(s string) (string, bool) {
	s = strings.TrimLeftFunc(s, unseen)
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || !mark(r) {
		return "", false
	}
	return s[n:], true
}

// cutVerb splits s after the verb it begins with; verb is empty if it begins
// with none. Letters of all scripts are taken, since verbs may have localised
// aliases and a mistyped one must be held in any script. At most MaxVerb+1
// characters are kept, enough to see that there were too many.
func cutVerb(s string) (verb, tail string) {
	var b strings.Builder
	kept := 0
	for i, r := range s {
		if invisible(r) {
			continue
		}
		r = unicode.ToLower(narrow(r))
		if !unicode.IsLetter(r) && (kept == 0 || !inVerb(r)) {
			return b.String(), s[i:]
		}
		if kept <= MaxVerb {
			b.WriteRune(r)
			kept++
		}
	}
	return b.String(), ""
}

// inVerb reports what may follow the first letter of a verb besides letters.
func inVerb(r rune) bool {
	return r == '-' || unicode.IsDigit(r) || unicode.IsMark(r) && r != '\uFE0F'
}

// endsBlock reports the lines "#end" and "--", which end the block explicitly.
func endsBlock(line string) bool {
	if l, ok := readLine(line, 0); ok {
		return l.Verb == "end" && l.Args == "" && l.Fault == ""
	}
	// The length is looked at first so that clean never copies a long line.
	return len(line) <= MaxLine && clean(line) == "--"
}

// literalMark looks for \# or ## at the start of a line. It returns the place
// and the length in bytes of the character to take away, and whether it is the
// backslash, which nobody writes by accident; width is 0 if there is none.
func literalMark(line string) (at, width int, backslash bool) {
	body := strings.TrimLeftFunc(line, unseen)
	r, n := utf8.DecodeRuneInString(body)
	second, _ := utf8.DecodeRuneInString(body[n:])
	backslash = r == '\\' || r == '＼'
	if n == 0 || !mark(second) || !backslash && !mark(r) {
		return 0, 0, false
	}
	return len(line) - len(body), n, backslash
}

// readStray reads a line of prose for a command that was meant but is not in
// its place: besides the usual form "# note", and "*#note*" or "- #note" as
// clients write bold type and list items.
func readStray(raw string, no int) (Line, bool) {
	body := strings.TrimLeftFunc(raw, func(r rune) bool {
		return unseen(r) || strings.ContainsRune("*_~`-–•·", r)
	})
	body, ok := afterMark(body)
	if !ok {
		return Line{}, false
	}
	verb, _ := cutVerb(strings.TrimLeftFunc(body, unseen))
	if verb == "" || utf8.RuneCountInString(verb) > MaxVerb {
		return Line{}, false
	}
	return Line{Verb: verb, Raw: clip(raw, MaxLine), No: no}, true
}
