package ticket

import (
	"maps"
	"slices"
)

// AgentRole is the role of daily work: all but what destroys or bans.
var AgentRole = Role{Key: "agent", Rights: []Right{MayRead, MayCreate, MayReply, MayNote, MayEdit, MayAssign,
	MayTransfer, MayClose, MayMerge, MayLink, MayForward}}

// Roles are those that every desk has, from the one with the most rights down; a
// config may put others in their place.
func Roles() []Role {
	return []Role{
		{Key: "all", Rights: slices.Clone(Rights)},
		{Key: "expanded", Rights: append(slices.Clone(AgentRole.Rights), MayBan)},
		AgentRole,
		// May work on tickets and pass them on, but not change their terms or end them.
		{Key: "limited", Rights: []Right{MayRead, MayCreate, MayReply, MayNote, MayAssign, MayTransfer}},
		{Key: "view", Rights: []Right{MayRead}},
	}
}

// NoAccess stands in Agent.Access for a department in which an agent has no role
// although there is one above it. It is the name of no role.
const NoAccess = "none"

// RoleIn is the role of an agent in a department and the department for which
// their access names it: this one, or the nearest above it. Without a role there
// the role has no key and no rights. Disabled agents keep theirs here; see May.
func (p *Policy) RoleIn(agent, department string) (role Role, from string) {
	access := p.Agents[agent].Access
	for _, key := range p.Lineage(department) {
		if name, named := access[key]; named {
			return p.Roles[name], key
		}
	}
	return Role{}, ""
}

// May reports whether the agent has the right in the department.
func (p *Policy) May(agent string, right Right, department string) bool {
	a, ok := p.Agents[agent]
	if !ok || a.Disabled {
		return false
	}
	role, _ := p.RoleIn(agent, department)
	return slices.Contains(role.Rights, right)
}

// A Grant says who has a right in a department, and why.
type Grant struct {
	Agent    string // key
	Role     string // key
	From     string // the department for which the agent's access names the role
	Disabled bool   // has the role, but may do nothing
}

// WhoCan lists the agents whose role gives them the right in the department, by
// key, disabled ones included.
func (p *Policy) WhoCan(right Right, department string) []Grant {
	var grants []Grant
	for _, key := range slices.Sorted(maps.Keys(p.Agents)) {
		if role, from := p.RoleIn(key, department); slices.Contains(role.Rights, right) {
			grants = append(grants, Grant{Agent: key, Role: role.Key, From: from, Disabled: p.Agents[key].Disabled})
		}
	}
	return grants
}
