package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"deskpost/ticket"
)

// A property is something of a ticket that is chosen from a list.
type property struct {
	Name    string // of the field, and the verb that changes it
	Label   string
	Was     string
	Choices []choice
	Fixed   bool // the agent may not change it
}

type choice struct {
	Value, Name string
	Here        bool
}

// properties are those of a ticket that an agent sees, and may change as far as
// they have the right.
func properties(p *ticket.Policy, agent ticket.Agent, tk *ticket.Ticket) []property {
	may := func(right ticket.Right) bool { return p.May(agent.Key, right, tk.Department) }
	assignee := tk.Assignee
	if assignee == "" && tk.Team != "" {
		assignee = "team:" + tk.Team
	}
	return []property{
		newProperty("status", "Status", cmp.Or(tk.Substatus, string(tk.Status)), states(p, tk), may(ticket.MayEdit)),
		newProperty("priority", "Priority", tk.Priority, priorities(p), may(ticket.MayEdit)),
		newProperty("assign", "Assignee", cmp.Or(assignee, "none"), assignees(p, tk), may(ticket.MayAssign)),
		newProperty("dept", "Department", tk.Department, departments(p), may(ticket.MayTransfer)),
		newProperty("sla", "SLA plan", cmp.Or(tk.Plan, "none"), plans(p), may(ticket.MayEdit)),
	}
}

func newProperty(name, label, was string, choices []choice, may bool) property {
	here := false
	for i := range choices {
		choices[i].Here = choices[i].Value == was
		here = here || choices[i].Here
	}
	if !here {
		choices = append([]choice{{Value: was, Name: was, Here: true}}, choices...)
	}
	return property{Name: name, Label: label, Was: was, Choices: choices, Fixed: !may}
}

func states(p *ticket.Policy, tk *ticket.Ticket) []choice {
	var all []choice
	if tk.Status == ticket.New {
		all = append(all, choice{Value: string(ticket.New), Name: string(ticket.New)})
	}
	for _, status := range ticket.Settable {
		all = append(all, choice{Value: string(status), Name: string(status)})
		for _, key := range slices.Sorted(maps.Keys(p.Substatuses)) {
			if sub := p.Substatuses[key]; sub.Of == status {
				all = append(all, choice{Value: key, Name: sub.Name})
			}
		}
	}
	return all
}

func priorities(p *ticket.Policy) []choice {
	var all []choice
	for _, name := range slices.Backward(p.Priorities) {
		all = append(all, choice{Value: name, Name: name})
	}
	return all
}

func assignees(p *ticket.Policy, tk *ticket.Ticket) []choice {
	all := []choice{{Value: "none", Name: "nobody"}}
	for _, key := range p.Members(tk.Department) {
		all = append(all, choice{Value: key, Name: p.Agents[key].Name})
	}
	for _, key := range slices.Sorted(maps.Keys(p.Teams)) {
		all = append(all, choice{Value: "team:" + key, Name: "team " + p.Teams[key].Name})
	}
	return all
}

func departments(p *ticket.Policy) []choice {
	var all []choice
	for _, key := range slices.Sorted(maps.Keys(p.Departments)) {
		all = append(all, choice{Value: key, Name: p.PathName(key)})
	}
	return all
}

func plans(p *ticket.Policy) []choice {
	all := []choice{{Value: "none", Name: "none"}}
	for _, key := range slices.Sorted(maps.Keys(p.Plans)) {
		all = append(all, choice{Value: key, Name: p.Plans[key].Name})
	}
	return all
}

// changes are the commands for what was chosen otherwise than it was.
func changes(values url.Values) []string {
	var lines []string
	for _, name := range []string{"dept", "sla", "priority", "assign", "status"} {
		is, was := values.Get(name), values.Get("was-"+name)
		if is != "" && is != was && !strings.ContainsAny(is, "\r\n") {
			lines = append(lines, "#"+name+" "+is)
		}
	}
	return lines
}
