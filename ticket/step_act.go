package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// A change is what a step does to a ticket, dated when its clock reached it.
type change struct {
	*turn
	ticket *Ticket
	step   string // its key
	at     time.Time
	late   bool // nobody is told of the step any more
	events []*Event
}

// act makes one change, and says what came of it. What can not be done any more,
// since the config has changed, is said and left.
func (c *change) act(verb, object string) (string, error) {
	switch verb {
	case "priority":
		return c.priority(object), nil
	case "assign":
		return c.assign(object), nil
	case "unassign":
		return c.assign("none"), nil
	case "team":
		return c.team(object), nil
	case "dept":
		return c.department(object)
	case "tag":
		return c.tag(object), nil
	case "status":
		return c.status(object), nil
	case "field":
		return c.field(object), nil
	case "note":
		return c.note(object)
	case "macro":
		events, result, err := c.runMacro(c.ticket, object, c.at, c.late)
		c.add(events...)
		return result, err
	}
	return fmt.Sprintf("%q is nothing a step can do", verb), nil
}

// set gives a property another value.
func (c *change) set(kind EventKind, property *string, value string) {
	c.add(c.ticket.setText(kind, property, value, theDesk))
}

// add keeps events of the step, those that are there.
func (c *change) add(events ...*Event) {
	for _, e := range events {
		if e != nil {
			e.Since = c.at
			c.events = append(c.events, e)
		}
	}
}

func (c *change) priority(object string) string {
	priorities := c.policy.Priorities
	i := slices.IndexFunc(priorities, func(p string) bool { return strings.EqualFold(p, object) })
	at := slices.Index(priorities, c.ticket.Priority)
	switch object {
	case "+1":
		i = min(at+1, len(priorities)-1)
	case "-1":
		i = max(at-1, 0)
	}
	if i < 0 {
		return fmt.Sprintf("there is no priority %q", object)
	}
	was := c.ticket.Priority
	c.set(PriorityChanged, &c.ticket.Priority, priorities[i])
	return fmt.Sprintf("priority %s -> %s", was, c.ticket.Priority)
}

func (c *change) assign(object string) string {
	if strings.EqualFold(object, "none") {
		c.set(AssigneeChanged, &c.ticket.Assignee, "")
		return "assigned to nobody"
	}
	if !c.policy.May(object, MayRead, c.ticket.Department) {
		return fmt.Sprintf("%s has no access to %s and was not assigned", c.policy.agentName(object), c.policy.PathName(c.ticket.Department))
	}
	c.set(AssigneeChanged, &c.ticket.Assignee, object)
	return "assigned to " + c.policy.agentName(object)
}

func (c *change) team(object string) string {
	if strings.EqualFold(object, "none") {
		c.set(TeamChanged, &c.ticket.Team, "")
		return "with no team"
	}
	if len(c.policy.Crew(object, c.ticket.Department)) == 0 {
		return fmt.Sprintf("the team %s does not work in %s and did not get it", c.policy.teamName(object), c.policy.PathName(c.ticket.Department))
	}
	c.set(TeamChanged, &c.ticket.Team, object)
	return "given to the team " + c.policy.teamName(object)
}

// department moves the ticket. Who has no access there loses it, its plan is
// chosen anew unless an agent has pinned it, and the rule of the department gives
// it to somebody.
func (c *change) department(object string) (string, error) {
	if _, ok := c.policy.Departments[object]; !ok {
		return fmt.Sprintf("there is no department %q", object), nil
	}
	if c.ticket.Department == object {
		return "was in " + c.policy.PathName(object) + " already", nil
	}
	moved, lost := c.policy.transfer(c.ticket, object, theDesk)
	c.add(moved)
	c.add(lost...)
	c.add(c.policy.choosePlan(c.ticket, theDesk))
	given, err := c.assignByRule(c.ticket)
	c.add(given)
	return "moved to " + c.policy.PathName(object), err
}

func (c *change) tag(object string) string {
	tag, drop := strings.CutPrefix(object, "-")
	delta := command.Delta{Op: '+', Item: strings.TrimPrefix(tag, "+")}
	if drop {
		delta.Op = '-'
	}
	e, err := c.ticket.retag([]command.Delta{delta}, theDesk)
	switch {
	case err != nil:
		return fmt.Sprintf("tag %s left out: %s", strings.ToLower(delta.Item), err)
	case e == nil:
		return "tags were so already"
	}
	c.add(e)
	return "tags: " + cmp.Or(e.After, "none")
}

// status sets one of the statuses in which there is work, or that it is
// resolved: as the desk's, or as one that an admin has added.
func (c *change) status(object string) string {
	to := c.policy.stateOf(strings.ToLower(object))
	if !slices.Contains([]Status{Open, Pending, Hold, Resolved}, to.Status) || !c.ticket.Status.mayBecome(to.Status) {
		return fmt.Sprintf("a step can not set the status %q of a ticket that is %s", object, c.policy.StateName(c.ticket.State()))
	}
	e := c.ticket.setState(to, theDesk, c.at)
	if e == nil {
		return "status was so already"
	}
	c.add(e)
	return "status " + c.policy.StateName(to)
}

// field sets a field to a value, or empties it.
func (c *change) field(object string) string {
	key, value, _ := strings.Cut(object, "=")
	f, ok := c.policy.fieldNamed(key)
	if !ok || !c.policy.within(c.ticket.Department, f.Departments) {
		return fmt.Sprintf("tickets of %s have no field %q", c.policy.PathName(c.ticket.Department), key)
	}
	if value != "" {
		var err error
		if value, err = f.Normal(value); err != nil {
			return fmt.Sprintf("field %s left as it was: %s", f.Name, err)
		}
	}
	e := c.ticket.setField(f.Key, value, theDesk)
	if e == nil {
		return f.Name + " was so already"
	}
	c.add(e)
	return fmt.Sprintf("%s: %s", f.Name, cmp.Or(f.Shown(value), "empty"))
}

// note leaves a note for the agents.
func (c *change) note(text string) (string, error) {
	e := &Entry{Ticket: c.ticket.Number, Kind: Note, By: theDesk, At: c.at, Text: text}
	if err := c.tx.AddEntry(e); err != nil {
		return "", fmt.Errorf("add a note to ticket %d: %w", c.ticket.Number, err)
	}
	c.add(&Event{Ticket: c.ticket.Number, Kind: NoteAdded, Actor: theDesk, Entry: e.ID, Detail: "step " + c.step})
	return "noted: " + text, nil
}
