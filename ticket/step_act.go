package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// perform does what a step wants with a ticket: one change, or those of a macro.
// It is late if nobody is told of the step any more.
func (t *turn) perform(tk *Ticket, verb, object string, at time.Time, late bool) ([]*Event, string, error) {
	if verb == "macro" {
		return t.runMacro(tk, object, at, late)
	}
	events, result := t.act(tk, verb, object, at)
	return events, result, nil
}

// act makes one change that a step wants, and says what came of it. What can not
// be done any more, since the config has changed, is said and left.
func (t *turn) act(tk *Ticket, verb, object string, at time.Time) ([]*Event, string) {
	switch verb {
	case "priority":
		return t.actPriority(tk, object)
	case "assign":
		return t.actAssign(tk, object)
	case "unassign":
		return t.actAssign(tk, "none")
	case "dept":
		return t.actDepartment(tk, object)
	case "tag":
		return t.actTag(tk, object)
	case "status":
		return t.actStatus(tk, object, at)
	}
	return nil, fmt.Sprintf("%q is nothing a step can do", verb)
}

// changed is the event that a property has another value, or nil.
func (tk *Ticket) changed(kind EventKind, field *string, value string) []*Event {
	was := *field
	if was == value {
		return nil
	}
	*field = value
	return []*Event{{Ticket: tk.Number, Kind: kind, Actor: theDesk, Before: was, After: value}}
}

func (t *turn) actPriority(tk *Ticket, object string) ([]*Event, string) {
	priorities := t.policy.Priorities
	i := slices.IndexFunc(priorities, func(p string) bool { return strings.EqualFold(p, object) })
	at := slices.Index(priorities, tk.Priority)
	switch object {
	case "+1":
		i = min(at+1, len(priorities)-1)
	case "-1":
		i = max(at-1, 0)
	}
	if i < 0 {
		return nil, fmt.Sprintf("there is no priority %q", object)
	}
	was := tk.Priority
	return tk.changed(PriorityChanged, &tk.Priority, priorities[i]), fmt.Sprintf("priority %s -> %s", was, tk.Priority)
}

func (t *turn) actAssign(tk *Ticket, object string) ([]*Event, string) {
	if strings.EqualFold(object, "none") {
		return tk.changed(AssigneeChanged, &tk.Assignee, ""), "assigned to nobody"
	}
	if !t.policy.May(object, MayRead, tk.Department) {
		return nil, fmt.Sprintf("%s has no access to %s and was not assigned", t.policy.agentName(object), t.policy.Departments[tk.Department].Name)
	}
	return tk.changed(AssigneeChanged, &tk.Assignee, object), "assigned to " + t.policy.agentName(object)
}

func (t *turn) actDepartment(tk *Ticket, object string) ([]*Event, string) {
	dept, ok := t.policy.Departments[object]
	if !ok {
		return nil, fmt.Sprintf("there is no department %q", object)
	}
	events := tk.changed(DepartmentChanged, &tk.Department, object)
	if len(events) > 0 && tk.Assignee != "" && !t.policy.May(tk.Assignee, MayRead, object) {
		events = append(events, tk.changed(AssigneeChanged, &tk.Assignee, "")...)
	}
	if len(events) > 0 && !tk.PlanPinned {
		events = append(events, tk.changed(PlanChanged, &tk.Plan, dept.Plan)...)
	}
	return events, "moved to " + dept.Name
}

func (t *turn) actTag(tk *Ticket, object string) ([]*Event, string) {
	tag, drop := strings.CutPrefix(object, "-")
	tag = strings.ToLower(strings.TrimPrefix(tag, "+"))
	before := strings.Join(tk.Tags, ", ")
	tags := slices.DeleteFunc(slices.Clone(tk.Tags), func(s string) bool { return s == tag })
	if !drop {
		if len(tags) >= maxTags {
			return nil, fmt.Sprintf("tag %s left out: a ticket has at most %d", tag, maxTags)
		}
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	tk.Tags = tags
	after := strings.Join(tags, ", ")
	if after == before {
		return nil, "tags were so already"
	}
	return []*Event{{Ticket: tk.Number, Kind: TagsChanged, Actor: theDesk, Before: before, After: after}}, "tags: " + after
}

func (t *turn) actStatus(tk *Ticket, object string, at time.Time) ([]*Event, string) {
	s := t.policy.stateOf(strings.ToLower(object))
	if !s.Status.Known() || s.Status.standing() != Open.standing() && s.Status != Resolved {
		return nil, fmt.Sprintf("a step can not set the status %q", object)
	}
	e := tk.setState(s, theDesk, at)
	if e == nil {
		return nil, "status was so already"
	}
	return []*Event{e}, "status " + t.policy.stateName(s)
}
