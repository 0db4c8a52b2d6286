package ticket

import (
	"slices"
	"strings"
)

// Lineage lists a department, its parent, the parent's parent and so on, by key.
// It ends where a parent is not there or comes again, so that it ends in every
// policy; checking the config refuses both.
func (p *Policy) Lineage(department string) []string {
	var line []string
	for key := department; !slices.Contains(line, key); key = p.Departments[key].Parent {
		if _, ok := p.Departments[key]; !ok {
			break
		}
		line = append(line, key)
	}
	return line
}

// PathName names a department to agents with those above it, as in
// "Support / Network". Customers only read its own name. One that has left the
// config is named by its key.
func (p *Policy) PathName(department string) string {
	if _, ok := p.Departments[department]; !ok {
		return department
	}
	var names []string
	for _, key := range slices.Backward(p.Lineage(department)) {
		names = append(names, p.Departments[key].Name)
	}
	return strings.Join(names, " / ")
}

// transfer moves a ticket to a department. Who has no access there loses it, be it
// an agent or a team. It returns the event, nil if it was there already, and those
// of what was lost. Its plan is another matter; see choosePlan.
func (p *Policy) transfer(tk *Ticket, department string, by Actor) (moved *Event, lost []*Event) {
	moved = tk.setText(DepartmentChanged, &tk.Department, department, by)
	if tk.Assignee != "" && !p.May(tk.Assignee, MayRead, department) {
		lost = append(lost, tk.setText(AssigneeChanged, &tk.Assignee, "", by))
	}
	if tk.Team != "" && len(p.Crew(tk.Team, department)) == 0 {
		lost = append(lost, tk.setText(TeamChanged, &tk.Team, "", by))
	}
	return moved, lost
}

// choosePlan puts a ticket under the plan of its department, unless an agent has
// pinned another. It returns the event, or nil where nothing changed.
func (p *Policy) choosePlan(tk *Ticket, by Actor) *Event {
	if tk.PlanPinned {
		return nil
	}
	return tk.setText(PlanChanged, &tk.Plan, p.Departments[tk.Department].Plan, by)
}
