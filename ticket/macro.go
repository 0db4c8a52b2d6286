package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

// A Macro is a list of commands that is written once: who runs it needs the
// right of each of them.
type Macro struct {
	Key         string
	Name        string
	Commands    []string // lines such as "#priority high"; none of them runs a macro
	Text        string   // goes before the agent's, like a canned reply; with variables; "" is none
	Automatic   bool     // its text alone is no answer by an agent: see AutomaticReply
	Departments []string // keys of those that may run it, and those below them; none are all
}

// MaxMacro is how many commands a macro can have: as many as a mail.
const MaxMacro = command.MaxLines

// enlist makes a task of a line of commands, or the tasks of the macro that it
// runs. Lines of a macro stand in the results below the one that runs it, behind
// its key.
func (w *work) enlist(line command.Line, macro string) {
	at := len(w.results)
	label := strings.TrimSpace(line.Raw)
	if macro != "" {
		label = macro + ": " + label
	}
	w.results = append(w.results, ResultLine{Line: label})
	verb, args, err := w.policy.findVerb(line.Verb, line.Args)
	if line.Fault != "" {
		err = refuse(Invalid, "%s", line.Fault)
	}
	switch {
	case err != nil:
	case verb.Name == "macro" && w.ticket.Number == 0:
		err = aboutOneTicket()
	case verb.Name == "macro" && macro != "":
		err = refuse(Invalid, "a macro cannot run another one")
	case verb.Name == "macro":
		args, err = w.enlistMacro(args)
	}
	if err != nil {
		w.refuseLine(at, err)
		return
	}
	w.tasks = append(w.tasks, task{verb, args, at})
}

// enlistMacro makes tasks of the commands of a macro of the department in which
// the ticket is now, and returns its key.
func (w *work) enlistMacro(word string) (string, error) {
	m, err := w.policy.findMacro(word, w.before.Department)
	if err != nil {
		return "", err
	}
	block := command.Parse(strings.Join(m.Commands, "\n"), w.policy.knowsVerb)
	if block.HasText() || block.TooMany || block.End != "" {
		return "", refuse(Invalid, "the macro %s has a line that is no command: ask who looks after the config", m.Name)
	}
	for _, line := range block.Lines {
		w.enlist(line, m.Key)
	}
	return m.Key, nil
}

// doMacro does what is left of a macro when its commands have a line each: it
// puts the text before the agent's.
func doMacro(w *work, key string) (string, error) {
	m := w.policy.Macros[key]
	result := m.Name
	if m.Text != "" {
		result += "; its text " + w.insert(m.Text, m.Automatic)
	}
	return result, nil
}

// findMacro finds a macro of a department by key or name.
func (p *Policy) findMacro(word, department string) (Macro, error) {
	keys := p.macrosOf(department)
	if len(keys) == 0 {
		return Macro{}, refuse(Invalid, "%s has no macros", p.PathName(department))
	}
	key, err := matchNamed("macro", word, slices.Values(keys), func(key string) string { return p.Macros[key].Name })
	return p.Macros[key], err
}

// macrosOf are the keys of the macros that a department may run, sorted.
func (p *Policy) macrosOf(department string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Macros)), func(key string) bool { return !p.within(department, p.Macros[key].Departments) })
}

// describe says what a macro does.
func (m Macro) describe() string {
	s := m.Name + ": " + strings.Join(m.Commands, ", ")
	if m.Text != "" {
		s = strings.TrimSuffix(s, " ") + fmt.Sprintf("; with the text %q", preview(m.Text))
	}
	return s
}
