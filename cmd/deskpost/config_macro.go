package main

import (
	"maps"
	"slices"
	"strings"

	"deskpost/ticket"
)

// macros checks [macro.NAME]. Their commands are looked up in everything else
// that the policy has, so they come last.
func (c *checker) macros(raw *rawConfig, p *ticket.Policy) map[string]ticket.Macro {
	all, names := map[string]ticket.Macro{}, map[string]string{}
	for _, key := range c.names("macro") {
		r := raw.Macro[key]
		in := func(name string) keyPath { return at("macro", key, name) }
		c.required(in("name"), r.Name, `name = "Escalate"`)
		c.apart(names, "macro", key, r.Name)
		m := ticket.Macro{Key: key, Name: c.oneLine(in("name"), r.Name), Commands: r.Commands, Text: r.Text, Automatic: r.Automatic,
			Departments: c.departmentList(in("departments"), r.Departments, p)}
		switch {
		case c.known(in("commands")):
		case len(m.Commands) == 0 && m.Text == "":
			c.fault(in("commands"), `is missing or empty; write such as commands = ["#priority high", "#note"], or a text`)
		case len(m.Commands) > ticket.MaxMacro:
			c.fault(in("commands"), "has more than %d commands, which no mail may have; take some out", ticket.MaxMacro)
		}
		byDesk := runsByItself(raw, key)
		if byDesk && ticket.NeedsAgent(m.Text) {
			c.faultAt(c.index.lineWithin(in("text"), "{{agent"), in("text"), "a step of a plan runs this macro, and then there is no {{agent}}; write such as {{agent|Your team}}")
		}
		faults := p.CheckMacro(m, byDesk)
		for _, i := range slices.Sorted(maps.Keys(faults)) {
			c.faultAt(c.index.elementLine(in("commands"), i), in("commands"), "%q: %v", shorten(m.Commands[i]), faults[i])
		}
		if m.Automatic && m.Text == "" && !c.known(in("text")) {
			c.fault(in("automatic"), "is about the text, and there is none; write a text, or take it out")
		}
		c.text(in("text"), m.Text, p, !p.IsNote(m))
		all[key] = m
	}
	return all
}

// runsByItself reports whether a step of a plan runs a macro, and so the desk.
func runsByItself(raw *rawConfig, macro string) bool {
	for _, plan := range raw.Plan {
		for _, step := range plan.Steps {
			if slices.ContainsFunc(step.Do, func(action string) bool { return strings.TrimSpace(action) == "macro:"+macro }) {
				return true
			}
		}
	}
	return false
}
