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
