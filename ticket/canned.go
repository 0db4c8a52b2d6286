package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Canned is a reply that is written once and sent often.
type Canned struct {
	Key         string
	Name        string
	Text        string   // with variables
	Departments []string // keys of those that may use it, and those below them; none are all
}

// An insertion is a text by an admin that goes before the agent's.
type insertion struct {
	text      string // with its variables, until expandInserted
	at        int    // the line in results that inserted it
	automatic bool   // it is no answer by an agent
}

func doCanned(w *work, args string) (string, error) {
	c, err := w.policy.findCanned(args, w.ticket.Department)
	if err != nil {
		return "", err
	}
	return w.insert(c.Text, false), nil
}

// insert puts a text by an admin before the agent's. It makes a reply of it,
// unless the agent says #note.
func (w *work) insert(text string, automatic bool) string {
	w.inserted = append(w.inserted, insertion{text, w.running, automatic})
	if w.forced == "" {
		w.kind = Reply
	}
	if w.kind == Note {
		return "stands before your text, as a note"
	}
	return "stands before your text and goes to the customer"
}

// expandInserted replaces the variables of inserted texts. It comes when all
// commands have run, so that it tells of the ticket as it will be.
func (w *work) expandInserted() {
	for i := range w.inserted {
		in := &w.inserted[i]
		text, err := w.expandText(in.text)
		if err != nil {
			w.refuseLine(in.at, err)
			continue
		}
		in.text = text
	}
}

// body is the text that the mail puts into the thread.
func (w *work) body() string {
	var body string
	for _, in := range w.inserted {
		body = joined(body, in.text)
	}
	return joined(body, w.text)
}

// automatic reports whether nobody wrote what the mail puts into the thread.
func (w *work) automatic() bool {
	byHand := func(in insertion) bool { return !in.automatic }
	return w.byDesk || w.text == "" && len(w.files) == 0 && !slices.ContainsFunc(w.inserted, byHand)
}

// findCanned finds a canned reply of a department by key or name.
func (p *Policy) findCanned(word, department string) (Canned, error) {
	keys := p.cannedOf(department)
	if len(keys) == 0 {
		return Canned{}, refuse(Invalid, "%s has no canned replies", p.Departments[department].Name)
	}
	key, err := matchNamed("canned reply", word, slices.Values(keys), func(key string) string { return p.Canned[key].Name })
	return p.Canned[key], err
}

// cannedOf are the keys of the canned replies that a department may use, sorted.
func (p *Policy) cannedOf(department string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Canned)), func(key string) bool { return !p.within(department, p.Canned[key].Departments) })
}

// shownPreview is how much of a text a list shows, in characters.
const shownPreview = 60

// configured lists, for agents, what the admin has made of a kind for the
// department of the ticket: fields, canned replies or macros. It returns false for a
// word that is none of these.
func (w *work) configured(word string) ([]string, bool) {
	department := w.policy.Departments[w.ticket.Department]
	var lines []string
	switch word {
	case "field", "fields":
		lines = append(lines, fmt.Sprintf("Fields of %s:", department.Name))
		for _, f := range w.policy.fieldsOf(department.Key) {
			lines = append(lines, fmt.Sprintf("  #field %s=VALUE", f.Key), "    "+f.describe())
		}
	case "canned":
		lines = append(lines, fmt.Sprintf("Canned replies of %s:", department.Name))
		for _, key := range w.policy.cannedOf(department.Key) {
			c := w.policy.Canned[key]
			lines = append(lines, "  #canned "+key, fmt.Sprintf("    %s: %s", c.Name, preview(c.Text)))
		}
	case "macro", "macros":
		lines = append(lines, fmt.Sprintf("Macros of %s:", department.Name))
		for _, key := range w.policy.macrosOf(department.Key) {
			lines = append(lines, "  #macro "+key, "    "+w.policy.Macros[key].describe())
		}
	default:
		return nil, false
	}
	if len(lines) == 1 {
		lines = append(lines, "  none")
	}
	return lines, true
}

// describe says what a field takes.
func (f Field) describe() string {
	s := f.Name + ": " + string(f.Type)
	if f.Choices != nil {
		s = f.Name + ": " + strings.Join(f.Choices, ", ")
	}
	switch f.RequiredTo {
	case Resolved:
		s += "; needed to resolve"
	case Closed:
		s += "; needed to close"
	}
	return s
}

// preview is the beginning of a text in one line.
func preview(text string) string {
	line := []rune(folded(text))
	if len(line) > shownPreview {
		return string(line[:shownPreview]) + "…"
	}
	return string(line)
}
