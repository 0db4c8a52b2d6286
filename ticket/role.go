package ticket

import "slices"

// NoAccess stands in Agent.Access for a department in which an agent has no role
// although there is one above it.
const NoAccess = "none"

// RoleIn is the role of an agent in a department and the department for which
// their access names it: this one, or the nearest above it. Without a role there
// the role has no key and no rights. Disabled agents keep theirs here; see May.
func (p *Policy) RoleIn(agent, department string) (role Role, from string) {
	access := p.Agents[agent].Access
	for _, key := range p.Lineage(department) {
		switch name, named := access[key]; {
		case named && name == NoAccess:
			return Role{}, key
		case named:
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
