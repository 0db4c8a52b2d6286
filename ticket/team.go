package ticket

import (
	"maps"
	"slices"
	"strings"
)

// A Team is a group of agents, across departments if need be, that a ticket can
// be given to. A ticket may have a team and an assignee.
type Team struct {
	Key         string
	Name        string
	Members     []string // agent keys
	Lead        string   // agent key; hears of its tickets in place of the department's lead; "" is none
	Departments []string // it takes tickets of these and of those below them; none is all
}

// Crew lists the members of a team who can read tickets of a department and are
// not disabled, by key. It is empty if the team takes none from there.
func (p *Policy) Crew(team, department string) []string {
	t := p.Teams[team]
	above := func(d string) bool { return slices.Contains(p.Lineage(department), d) }
	if len(t.Departments) > 0 && !slices.ContainsFunc(t.Departments, above) {
		return nil
	}
	crew := slices.DeleteFunc(slices.Clone(t.Members), func(key string) bool { return !p.May(key, MayRead, department) })
	slices.Sort(crew)
	return slices.Compact(crew)
}

// teamsOf lists the teams that an agent is a member of, by key.
func (p *Policy) teamsOf(agent string) []string {
	var teams []string
	for _, key := range slices.Sorted(maps.Keys(p.Teams)) {
		if slices.Contains(p.Teams[key].Members, agent) {
			teams = append(teams, key)
		}
	}
	return teams
}

// findTeam finds a team by key or name.
func (p *Policy) findTeam(word string) (string, error) {
	return matchNamed("team", word, maps.Keys(p.Teams), p.teamName)
}

// teamName is the name people know a team by, or the key of one that has left
// the config.
func (p *Policy) teamName(key string) string {
	if t, ok := p.Teams[key]; ok {
		return t.Name
	}
	return key
}

// assignedTo names to agents who a ticket is with, "" if nobody.
func (p *Policy) AssignedTo(tk *Ticket) string {
	var who []string
	if tk.Assignee != "" {
		who = append(who, p.agentName(tk.Assignee))
	}
	if tk.Team != "" {
		who = append(who, "team "+p.teamName(tk.Team))
	}
	return strings.Join(who, ", ")
}
