package ticket

import (
	"maps"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

// CheckMacro finds what is wrong with the commands of a macro as far as that can
// be said without a ticket: verbs, names of agents, departments and the like. The
// faults are by the index of their line. If the desk runs the macro by itself, so
// is what only an agent can do.
func (p *Policy) CheckMacro(m Macro, byDesk bool) map[int]error {
	faults := map[int]error{}
	used := map[string]string{}
	for i, line := range m.Commands {
		v, err := p.checkLine(line)
		switch {
		case err != nil:
			faults[i] = err
		case byDesk && (v.forAgents() || v.Name == "assign" && slices.Contains([]string{"me", "myself"}, strings.ToLower(argsOf(line)))):
			faults[i] = refuse(Invalid, "is for agents, and a step of a plan runs this macro; take it out")
		case v.group != "" && used[v.group] != "":
			faults[i] = refuse(Conflict, "contradicts #%s; take one of them out", used[v.group])
		default:
			used[v.group] = v.Name
		}
	}
	return faults
}

// forAgents reports whether a verb is for agents only, and never for the desk
// itself: it is about who gives it, or about another ticket that somebody has to
// choose.
func (v Verb) forAgents() bool {
	return v.self != nil || v.stage == stageReport || slices.Contains([]string{"take", "merge", "split", "link", "unlink"}, v.Name)
}

// IsNote reports whether the text of a macro never goes to a customer.
func (p *Policy) IsNote(m Macro) bool {
	return slices.ContainsFunc(m.Commands, func(line string) bool {
		v, err := p.checkLine(line)
		return err == nil && v.Name == "note"
	})
}

// NeedsAgent reports whether a text names the agent who sends it and has nothing
// else to say where there is none.
func NeedsAgent(text string) bool {
	needs := false
	_, err := expand(text, func(name, at string) string {
		needs = needs || name == "agent" && !strings.Contains(at, "|")
		return "known"
	})
	return needs && err == nil
}

// checkLine reads one command of a macro.
func (p *Policy) checkLine(text string) (Verb, error) {
	block := command.Parse(text, p.knowsVerb)
	if len(block.Lines) != 1 || block.HasText() || block.End != "" || block.TooMany {
		return Verb{}, refuse(Invalid, "is not a command; write one such as \"#priority high\"")
	}
	line := block.Lines[0]
	if line.Fault != "" {
		return Verb{}, refuse(Invalid, "%s", line.Fault)
	}
	v, args, err := p.findVerb(line.Verb, line.Args)
	if err != nil {
		return Verb{}, err
	}
	return v, p.checkArgs(v, args)
}

// argsOf are the arguments of a well-formed command.
func argsOf(line string) string {
	if block := command.Parse(line, nil); len(block.Lines) == 1 {
		return block.Lines[0].Args
	}
	return ""
}

// checkArgs checks what stands behind a verb, without a ticket. It takes what it
// cannot judge, such as times, which are seen from when the macro runs.
func (p *Policy) checkArgs(v Verb, args string) error {
	switch {
	case v.Args == "" && args != "":
		return refuse(Invalid, "takes nothing behind it")
	case v.Args != "" && !strings.HasPrefix(v.Args, "[") && args == "":
		return refuse(Invalid, "is not complete; write %s", v.usage())
	}
	var err error
	switch v.Name {
	case "priority":
		if _, err = command.Match(args, p.Priorities); err != nil {
			err = notMatched("priority", err, p.Priorities)
		}
	case "assign":
		err = p.checkAssign(args)
	case "dept":
		_, err = p.findDepartment(args)
	case "sla":
		if !slices.Contains([]string{"none", "auto"}, strings.ToLower(args)) {
			_, err = matchNamed("SLA plan", args, maps.Keys(p.Plans), func(k string) string { return p.Plans[k].Name })
		}
	case "status":
		_, err = p.findState(args)
	case "requester":
		if !validAddress(args) {
			err = refuse(Invalid, "%q is not an address", args)
		}
	case "tag", "untag", "cc":
		err = checkDeltas(v, args)
	case "field":
		err = p.checkField(args)
	case "canned":
		_, err = matchNamed("canned reply", args, maps.Keys(p.Canned), func(k string) string { return p.Canned[k].Name })
	case "time":
		_, err = readSpan(args)
	case "macro":
		err = refuse(Invalid, "a macro cannot run another one; write its commands")
	}
	return err
}

func (p *Policy) checkAssign(args string) error {
	word := strings.ToLower(args)
	team, ok := strings.CutPrefix(word, "team:")
	switch {
	case slices.Contains([]string{"none", "nobody", "me", "myself", "team:none"}, word):
		return nil
	case ok:
		_, err := p.findTeam(strings.TrimSpace(team))
		return err
	}
	_, err := p.findAgent(args)
	return err
}

func checkDeltas(v Verb, args string) error {
	deltas, err := command.Deltas(args)
	if err != nil {
		return refuse(Invalid, "%s", err)
	}
	for _, d := range deltas {
		if v.Name == "cc" && !validAddress(d.Item) {
			return refuse(Invalid, "%q is not an address", d.Item)
		}
	}
	return nil
}

func (p *Policy) checkField(args string) error {
	word, value, ok := strings.Cut(args, "=")
	f, err := p.findField(strings.TrimSpace(word), p.Fields)
	if err != nil {
		return err
	}
	if value = withoutQuotes(strings.TrimSpace(value)); ok && value != "" {
		_, err = f.Normal(value)
		return err
	}
	if !ok {
		return refuse(Invalid, "the value is missing: %s", fieldHelp)
	}
	return nil
}
