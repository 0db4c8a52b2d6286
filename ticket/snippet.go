package ticket

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"deskpost/ticket/command"
)

// A Variable is a word in a text by an admin that stands for something of the
// ticket: {{requester}}. Where it is empty, what follows a bar is written:
// {{first_name|customer}}; without one the text is not sent.
type Variable struct {
	Name  string
	Means string
	// theirs says that the requester chose the value.
	theirs bool
	value  func(w *work) string
}

// Variables is the table of all variables. Beside them {{field:KEY}} is the
// value of a field.
func Variables() []Variable {
	return []Variable{
		{"requester", "the name of the requester", true, func(w *work) string { return w.ticket.Requester.Name }},
		{"first_name", "the first name of the requester, where it is plain which that is", true, func(w *work) string { return firstName(w.ticket.Requester.Name) }},
		{"address", "the mail address of the requester", false, func(w *work) string { return w.ticket.Requester.Email }},
		{"number", "the number of the ticket", false, func(w *work) string { return strconv.FormatInt(int64(w.ticket.Number), 10) }},
		{"subject", "its subject", true, func(w *work) string { return w.ticket.Subject }},
		{"department", "the name of its department", false, func(w *work) string { return w.policy.Departments[w.ticket.Department].Name }},
		{"priority", "its priority", false, func(w *work) string { return w.ticket.Priority }},
		{"agent", "the name of the agent who writes", false, func(w *work) string { return w.agent.Name }},
		{"due", "when it is due, if an agent has said so", false, func(w *work) string { return w.atOrNothing(w.ticket.Due) }},
		{"today", "the date", false, func(w *work) string { return w.now.In(w.policy.Zone).Format(shownDate) }},
	}
}

func (t *turn) atOrNothing(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return t.at(at)
}

// firstName is the first name in a name, "" where it is in doubt: better
// nothing than "Dear Dr.".
func firstName(name string) string {
	if _, given, ok := strings.Cut(name, ","); ok { // Customer, Karen
		name = given
	}
	words := strings.Fields(name)
	if len(words) == 0 || strings.ContainsFunc(words[0], func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }) {
		return ""
	}
	return words[0]
}

// A TextError says what is wrong with a text by an admin.
type TextError struct {
	At   string // the piece of the text that is at fault, as it is written there
	Text string // what is wrong with it, and how to mend it
}

func (e *TextError) Error() string { return fmt.Sprintf("%s %s", e.At, e.Text) }

// CheckText finds what is wrong with a text: variables that there are not and,
// if it is meant for customers, fields that are not.
func (p *Policy) CheckText(text string, public bool) []*TextError {
	var faults []*TextError
	_, err := expand(text, func(name, at string) string {
		if wrong := p.checkVariable(name, public); wrong != "" {
			faults = append(faults, &TextError{at, wrong})
		}
		return "known"
	})
	if err != nil {
		faults = append(faults, err)
	}
	return faults
}

// checkVariable says what is wrong with a variable, "" if nothing is.
func (p *Policy) checkVariable(name string, public bool) string {
	if key, ok := strings.CutPrefix(name, "field:"); ok {
		return p.checkFieldVariable(key, public)
	}
	var known []string
	for _, v := range Variables() {
		if known = append(known, v.Name); v.Name == name {
			return ""
		}
	}
	if near := command.Suggest(name, known); near != "" {
		return fmt.Sprintf("is not a variable; did you mean {{%s}}?", near)
	}
	return fmt.Sprintf("is not a variable; there are {{%s}} and {{field:NAME}}", strings.Join(known, "}}, {{"))
}

func (p *Policy) checkFieldVariable(key string, public bool) string {
	if f, ok := p.fieldNamed(key); ok {
		if public && !f.Customer {
			return fmt.Sprintf("would show customers a field that is not for them; set customer = true in [field.%s], or take it out", key)
		}
		return ""
	}
	var known []string
	for _, f := range p.Fields {
		known = append(known, f.Key)
	}
	if near := command.Suggest(key, known); near != "" {
		return fmt.Sprintf("names a field that there is not; did you mean {{field:%s}}?", near)
	}
	if known == nil {
		return "names a field that there is not; add [field.NAME]"
	}
	return "names a field that there is not; there are: " + strings.Join(known, ", ")
}

// variable is {{NAME}} or {{NAME|FALLBACK}}, or what begins like one.
var variable = regexp.MustCompile(`\{\{[ \t]*([^{}|\n]*?)[ \t]*(\|[^{}\n]*)?\}\}|\{\{[^ \t}\n]*`)

// expand writes a text with its variables replaced. What a value holds is never
// looked at again, so it cannot bring in variables. value gets the name and the
// piece of the text that it stands in.
func expand(text string, value func(name, at string) string) (string, *TextError) {
	var b strings.Builder
	rest := text
	for {
		found := variable.FindStringSubmatchIndex(rest)
		if found == nil {
			b.WriteString(rest)
			return b.String(), nil
		}
		b.WriteString(rest[:found[0]])
		at := rest[found[0]:found[1]]
		if found[2] < 0 {
			return "", &TextError{at, "has no end; write a variable as {{NAME}} or {{NAME|WHAT ELSE}}, in one line"}
		}
		switch v := value(rest[found[2]:found[3]], at); {
		case v != "":
			b.WriteString(v)
		case found[4] >= 0:
			b.WriteString(rest[found[4]+1 : found[5]])
		default:
			return "", &TextError{at, "is empty on this ticket: set it, or leave the text out"}
		}
		rest = rest[found[1]:]
	}
}

// expandText writes a text by an admin for the ticket as it will be.
func (w *work) expandText(text string) (string, error) {
	if faults := w.policy.CheckText(text, w.kind == Reply); len(faults) > 0 {
		return "", refuse(Invalid, "%s", faults[0])
	}
	expanded, err := expand(text, func(name, _ string) string { return plainValue(w.valueOf(name)) })
	if err != nil {
		return "", refuse(Invalid, "%s", err)
	}
	return strings.TrimSpace(expanded), nil
}

// valueOf is what a variable stands for, "" if it is empty or there is none.
func (w *work) valueOf(name string) string {
	if key, ok := strings.CutPrefix(name, "field:"); ok {
		fields := w.policy.fieldsOf(w.ticket.Department)
		if i := slices.IndexFunc(fields, func(f Field) bool { return f.Key == key }); i >= 0 {
			return fields[i].Shown(w.ticket.Fields[key])
		}
		return ""
	}
	for _, v := range Variables() {
		if v.Name == name && !(v.theirs && w.reticent) {
			return v.value(w)
		}
	}
	return ""
}

// maxValue bounds what a variable may write, in characters: subjects and names
// are by strangers.
const maxValue = 200

// plainValue makes a value a part of a line: without line breaks and control
// characters, which a stranger's name may hold.
func plainValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return s
}
