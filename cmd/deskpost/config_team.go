package main

import (
	"maps"
	"slices"

	"deskpost/ticket"
)

type rawTeam struct {
	Name        string   `toml:"name"`
	Members     []string `toml:"members"`
	Lead        string   `toml:"lead"`
	Departments []string `toml:"departments"`
}

// teams checks the teams, whose members must be able to read what they are given.
func (c *checker) teams(raw *rawConfig, agents []string, p *ticket.Policy) map[string]ticket.Team {
	all := map[string]ticket.Team{}
	for _, name := range c.names("team") {
		t := raw.Team[name]
		in := func(key string) keyPath { return at("team", name, key) }
		c.required(in("name"), t.Name, `name = "Network"`)
		if t.Lead != "" {
			c.reference(in("lead"), t.Lead, "an", "agent", agents)
		}
		for i, department := range t.Departments {
			line := c.index.elementLine(in("departments"), i)
			c.referenceAt(line, in("departments"), department, "a", "department", slices.Collect(maps.Keys(p.Departments)))
		}
		if len(t.Members) == 0 && !c.known(in("members")) {
			c.fault(in("members"), `is missing or empty; write members = ["jane"]`)
		}
		for i, member := range t.Members {
			c.member(c.index.elementLine(in("members"), i), in("members"), member, t, p)
		}
		all[name] = ticket.Team{Key: name, Name: c.oneLine(in("name"), t.Name), Members: t.Members, Lead: t.Lead, Departments: t.Departments}
	}
	return all
}

// member checks that one member of a team may read the tickets of its
// departments, or of any where the team names none.
func (c *checker) member(line int, path keyPath, member string, team rawTeam, p *ticket.Policy) {
	agent, ok := p.Agents[member]
	if !ok {
		c.referenceAt(line, path, member, "an", "agent", slices.Collect(maps.Keys(p.Agents)))
		return
	}
	if agent.Disabled {
		return
	}
	reads := func(department string) bool { return p.May(member, ticket.MayRead, department) }
	if len(team.Departments) == 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(p.Departments)), reads) {
		c.faultAt(line, path, "%q may read the tickets of no department; write a role into the access of [agent.%s], or take the agent out of the team", member, member)
	}
	for _, department := range team.Departments {
		if _, ok := p.Departments[department]; ok && !reads(department) {
			c.faultAt(line, path, "%q may not read the tickets of %s; write a role there into the access of [agent.%s], or take the agent out of the team", member, department, member)
		}
	}
}
