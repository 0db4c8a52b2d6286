package main

import (
	"maps"
	"slices"
	"strings"

	"deskpost/ticket"
)

// parents makes trees of the departments, given in the order of the file, and
// gives each what it leaves out of its parent's. Checks see the lines of the file
// only, so what is inherited is never a second fault.
func (c *checker) parents(names []string, all map[string]ticket.Department) {
	told := map[string]bool{} // departments whose cycle is noted
	for _, name := range names {
		parent, path := all[name].Parent, at("department", name, "parent")
		if _, ok := all[parent]; parent != "" && !ok {
			c.reference(path, parent, "a", "department", slices.Collect(maps.Keys(all)))
		} else if cycle := cycleOf(name, all); len(cycle) > 0 && !told[name] {
			c.fault(path, "a department cannot be below itself: %s; take the parent out of one of them", strings.Join(cycle, " is below "))
			for _, member := range cycle {
				told[member] = true
			}
		}
	}
	p := ticket.Policy{Departments: all}
	depth := func(name string) int { return len(p.Lineage(name)) }
	topDown := slices.SortedStableFunc(slices.Values(names), func(a, b string) int { return depth(a) - depth(b) })
	for _, name := range topDown {
		if parent, ok := all[all[name].Parent]; ok {
			all[name] = c.inherit(all[name], parent)
		}
	}
}

// cycleOf is the way from a department over its parents back to itself, nil if
// there is none.
func cycleOf(name string, all map[string]ticket.Department) []string {
	way := []string{name}
	for at := all[name].Parent; at != ""; at = all[at].Parent {
		way = append(way, at)
		if at == name {
			return way
		}
		if slices.Contains(way[:len(way)-1], at) {
			return nil // a cycle further up, which is that of others
		}
	}
	return nil
}

// inherit fills in what a department leaves out. What it writes counts, even if
// that is empty.
func (c *checker) inherit(d, parent ticket.Department) ticket.Department {
	silent := func(key string) bool { return !c.index.has(at("department", d.Key, key)) }
	if silent("address") {
		d.Address.Email = parent.Address.Email
	}
	if silent("signature") {
		d.Signature = parent.Signature
	}
	if silent("lead") {
		d.Lead = parent.Lead
	}
	if silent("plan") {
		d.Plan = parent.Plan
	}
	if silent("calendar") {
		d.Calendar = parent.Calendar
	}
	if silent("reopen_closed") {
		d.ReopenClosed = parent.ReopenClosed
	}
	if silent("assign") {
		d.Assign = parent.Assign
	}
	if silent("tell_customer") {
		d.TellCustomer = parent.TellCustomer
	}
	if silent("after_reply") {
		d.AfterReply = parent.AfterReply
	}
	if silent("close_after") {
		d.CloseAfter = parent.CloseAfter
	}
	if silent("remind_pending") {
		d.RemindPending = parent.RemindPending
	}
	if silent("pending_requires_reply") {
		d.PendingRequiresReply = parent.PendingRequiresReply
	}
	if silent("language") {
		d.Language = parent.Language
	}
	if silent("portal") {
		d.Portal = parent.Portal
	}
	if silent("rating") {
		d.Rating = parent.Rating
	}
	return d
}

func assignRules() []string {
	rules := make([]string, len(ticket.AssignRules))
	for i, r := range ticket.AssignRules {
		rules[i] = string(r)
	}
	return rules
}

// assignable refuses a rule that can never choose anybody.
func (c *checker) assignable(p *ticket.Policy) {
	for _, key := range slices.Sorted(maps.Keys(p.Departments)) {
		path := at("department", key, "assign")
		rule := p.Departments[key].Assign
		if rule == ticket.AssignNone || !slices.Contains(ticket.AssignRules, rule) || !c.index.has(path) || c.known(path) || len(p.WhoCan(ticket.MayReply, key)) > 0 {
			continue
		}
		c.fault(path, "no agent may reply in %s, so nobody could be chosen; write %s = \"agent\" into the access of one, or assign = \"none\"", key, key)
	}
}
