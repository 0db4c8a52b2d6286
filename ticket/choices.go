package ticket

import (
	"maps"
	"slices"
)

// Choices are what the properties of tickets may be set to, as far as an agent has
// to do with them: what a program fills its menus with.
type Choices struct {
	Departments []DepartmentChoice `json:"departments"`
	Agents      []AgentChoice      `json:"agents"`
	Teams       []NamedChoice      `json:"teams"`
	Statuses    []NamedChoice      `json:"statuses"`
	Priorities  []string           `json:"priorities"` // from least to most urgent
	Plans       []NamedChoice      `json:"plans"`
	Fields      []FieldChoice      `json:"fields"`
	Canned      []NamedChoice      `json:"canned"`
	Macros      []NamedChoice      `json:"macros"`
	Commands    []CommandChoice    `json:"commands"`
}

// A DepartmentChoice is a department with what the agent may do there: without
// MayRead it is one that tickets can only be passed on to.
type DepartmentChoice struct {
	Key    string  `json:"key"`
	Name   string  `json:"name"` // with those above it
	Rights []Right `json:"rights"`
}

// An AgentChoice is somebody to assign tickets to, of these departments.
type AgentChoice struct {
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Departments []string `json:"departments"`
}

// A NamedChoice is something with a name; Departments says where it may be used,
// if not everywhere.
type NamedChoice struct {
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Departments []string `json:"departments,omitempty"`
}

// A FieldChoice is a field that an admin has added.
type FieldChoice struct {
	NamedChoice
	Type    FieldType `json:"type"`
	Choices []string  `json:"choices,omitempty"` // of a ChoiceField
}

// A CommandChoice is a verb.
type CommandChoice struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Args    string   `json:"args,omitempty"`
	Help    string   `json:"help"`
	Right   Right    `json:"right,omitempty"`
}

// Choices are those of an agent. Of departments they may not read nothing is told
// but the names, to which tickets can be passed on.
func (p *Policy) Choices(agent string) Choices {
	c := Choices{Departments: []DepartmentChoice{}, Agents: []AgentChoice{}, Teams: []NamedChoice{}, Statuses: []NamedChoice{},
		Priorities: slices.Clone(p.Priorities), Plans: []NamedChoice{}, Fields: []FieldChoice{}, Canned: []NamedChoice{}, Macros: []NamedChoice{}}
	reads := p.reads(agent)
	for _, key := range slices.Sorted(maps.Keys(p.Departments)) {
		role, _ := p.RoleIn(agent, key)
		c.Departments = append(c.Departments, DepartmentChoice{key, p.PathName(key), append([]Right{}, role.Rights...)})
	}
	for _, key := range slices.Sorted(maps.Keys(p.Agents)) {
		if shared := slices.DeleteFunc(p.reads(key), func(d string) bool { return !slices.Contains(reads, d) }); len(shared) > 0 {
			c.Agents = append(c.Agents, AgentChoice{key, p.Agents[key].Name, shared})
		}
	}
	// useful reports whether what holds in some departments, or all, holds in one of
	// those that the agent reads.
	useful := func(in []string) bool {
		return slices.ContainsFunc(reads, func(d string) bool { return p.within(d, in) })
	}
	for _, key := range slices.Sorted(maps.Keys(p.Teams)) {
		if team := p.Teams[key]; useful(team.Departments) {
			c.Teams = append(c.Teams, NamedChoice{key, team.Name, team.Departments})
		}
	}
	names := p.stateNames()
	for _, s := range Settable {
		c.Statuses = append(c.Statuses, NamedChoice{Key: string(s), Name: names[string(s)]})
	}
	for _, key := range slices.Sorted(maps.Keys(p.Substatuses)) {
		c.Statuses = append(c.Statuses, NamedChoice{Key: key, Name: names[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(p.Plans)) {
		c.Plans = append(c.Plans, NamedChoice{Key: key, Name: p.Plans[key].Name})
	}
	for _, f := range p.Fields {
		if useful(f.Departments) {
			c.Fields = append(c.Fields, FieldChoice{NamedChoice{f.Key, f.Name, f.Departments}, f.Type, f.Choices})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Canned)) {
		if canned := p.Canned[key]; useful(canned.Departments) {
			c.Canned = append(c.Canned, NamedChoice{key, canned.Name, canned.Departments})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Macros)) {
		if macro := p.Macros[key]; useful(macro.Departments) {
			c.Macros = append(c.Macros, NamedChoice{key, macro.Name, macro.Departments})
		}
	}
	for _, v := range Verbs() {
		c.Commands = append(c.Commands, CommandChoice{v.Name, append([]string{}, v.Aliases...), v.Args, v.Help, v.Right})
	}
	return c
}
