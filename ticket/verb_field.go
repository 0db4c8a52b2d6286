package ticket

import (
	"cmp"
	"fmt"
	"strings"
)

// fieldHelp is how a field is set.
const fieldHelp = "write #field NAME=VALUE, or #field NAME= to empty it"

func doField(w *work, args string) (string, error) {
	fields := w.policy.fieldsOf(w.ticket.Department)
	if len(fields) == 0 {
		return "", refuse(Invalid, "tickets of %s have no fields of their own", w.policy.Departments[w.ticket.Department].Name)
	}
	word, value, ok := strings.Cut(args, "=")
	f, err := w.policy.findField(strings.TrimSpace(word), fields)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", refuse(Invalid, "the value is missing: %s", fieldHelp)
	}
	group := "field " + f.Key
	if w.used[group] != "" {
		return "", refuse(Conflict, "sets %s twice: give one of them", f.Name)
	}
	w.used[group] = "field"
	if value = withoutQuotes(strings.TrimSpace(value)); value != "" {
		if value, err = f.Normal(value); err != nil {
			return "", err
		}
	}
	e := w.ticket.setField(f.Key, value, w.actor())
	if e == nil {
		return fmt.Sprintf("%s was %s already", f.Name, cmp.Or(f.Shown(value), "empty")), nil
	}
	w.change(e)
	return w.fieldChange(e), nil
}

// withoutQuotes takes off the quotes around a whole value.
func withoutQuotes(s string) string {
	if inner, ok := strings.CutPrefix(s, `"`); ok && strings.HasSuffix(inner, `"`) {
		return strings.TrimSuffix(inner, `"`)
	}
	return s
}

// weighFields demands the fields that a ticket needs to be resolved or closed,
// from an agent who does so. It looks at where the ticket would end, whatever
// commands led there.
func (w *work) weighFields() {
	to := w.ticket.Status
	if to == w.before.Status || to != Resolved && to != Closed {
		return
	}
	var names, lines []string
	for _, f := range w.policy.fieldsOf(w.ticket.Department) {
		if needed := f.RequiredTo == to || f.RequiredTo == Resolved; needed && w.ticket.Fields[f.Key] == "" {
			names, lines = append(names, f.Name), append(lines, fmt.Sprintf("#field %s=VALUE", f.Key))
		}
	}
	if names == nil {
		return
	}
	err := refuse(Conflict, "a ticket of %s is not %s without %s: add %s", w.policy.Departments[w.ticket.Department].Name, to,
		strings.Join(names, ", "), strings.Join(lines, ", "))
	if at, ok := w.line["status"]; ok {
		w.refuseLine(at, err)
	} else {
		w.doubt(yourMail, "%s", err)
	}
}

// fieldChange writes the event of a field for agents to read: what was and what
// is.
func (t *turn) fieldChange(e *Event) string {
	key, was, _ := strings.Cut(e.Before, "=")
	_, is, _ := strings.Cut(e.After, "=")
	f, ok := t.policy.fieldNamed(key)
	if !ok {
		f = Field{Name: key}
	}
	return fmt.Sprintf("%s: %s -> %s", f.Name, cmp.Or(f.Shown(was), "empty"), cmp.Or(f.Shown(is), "empty"))
}
