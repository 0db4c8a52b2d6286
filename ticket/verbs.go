package ticket

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// noArgs refuses arguments for verbs that take none: a word behind "#close"
// may have been meant as something else.
func noArgs(args string, do func() (string, error)) (string, error) {
	if args != "" {
		return "", refuse(Invalid, "takes nothing behind it: put your text on a line of its own")
	}
	return do()
}

func doReply(w *work, args string) (string, error) {
	return noArgs(args, func() (string, error) {
		w.kind, w.forced = Reply, "reply"
		return "your text goes to the customer", nil
	})
}

func doNote(w *work, args string) (string, error) {
	return noArgs(args, func() (string, error) {
		w.kind, w.forced = Note, "note"
		return "your text is a note for agents", nil
	})
}

// at writes an instant in the zone of the desk, with its weekday: whoever set it
// sees whether it is the one that was meant.
func (t *turn) at(at time.Time) string {
	return at.In(t.policy.Zone).Format("Mon 2 Jan 2006 15:04 MST")
}

func doPriority(w *work, args string) (string, error) {
	name, err := command.Match(args, w.policy.Priorities)
	if err != nil {
		return "", notMatched("priority", err, w.policy.Priorities)
	}
	return w.set(PriorityChanged, &w.ticket.Priority, name, func(s string) string { return s }), nil
}

func doDepartment(w *work, args string) (string, error) {
	key, err := w.policy.findDepartment(args)
	if err != nil {
		return "", err
	}
	moved, lost := w.policy.transfer(&w.ticket, key, w.actor())
	result := w.changed(moved, key, w.policy.PathName) + w.leaveBehind(lost)
	planGiven := slices.ContainsFunc(w.tasks, func(t task) bool { return t.verb.Name == "sla" })
	if moved != nil && !planGiven {
		w.change(w.policy.choosePlan(&w.ticket, w.actor()))
	}
	return result, nil
}

func doPlan(w *work, args string) (string, error) {
	switch strings.ToLower(args) {
	case "none":
		w.ticket.PlanPinned = true
		return w.set(PlanChanged, &w.ticket.Plan, "", w.planName), nil
	case "auto":
		w.ticket.PlanPinned = false
		chosen := w.policy.choosePlan(&w.ticket, w.actor())
		return w.changed(chosen, w.ticket.Plan, w.planName), nil
	}
	key, err := matchNamed("SLA plan", args, maps.Keys(w.policy.Plans), w.planName)
	if err != nil {
		return "", err
	}
	w.ticket.PlanPinned = true
	return w.set(PlanChanged, &w.ticket.Plan, key, w.planName), nil
}

func (w *work) planName(key string) string {
	if p, ok := w.policy.Plans[key]; ok {
		return p.Name
	}
	return "none"
}

func doTag(w *work, args string) (string, error) {
	deltas, err := command.Deltas(args)
	if err != nil {
		return "", refuse(Invalid, "%s", err)
	}
	return w.changeTags(deltas)
}

func (w *work) changeTags(deltas []command.Delta) (string, error) {
	e, err := w.ticket.retag(deltas, w.actor())
	switch {
	case err != nil:
		return "", err
	case e == nil:
		return "tags were so already", nil
	}
	w.change(e)
	if e.After == "" {
		return "no tags", nil
	}
	return "tags: " + e.After, nil
}

// maxCollaborators bounds who gets a copy of each reply.
const maxCollaborators = 20

func doCc(w *work, args string) (string, error) {
	deltas, err := command.Deltas(args)
	if err != nil {
		return "", refuse(Invalid, "%s", err)
	}
	var done []string
	for _, d := range deltas {
		a := Address{Email: d.Item}
		switch {
		case d.Op == '=':
			return "", refuse(Invalid, "add people with +ADDRESS and take them out with -ADDRESS")
		case !validAddress(d.Item):
			return "", refuse(Invalid, "%q is not an address", d.Item)
		case w.policy.Own(d.Item):
			return "", refuse(Invalid, "%s is the desk's own address", d.Item)
		case a.Key() == w.ticket.Requester.Key():
			return "", refuse(Invalid, "%s is the requester and takes part anyway", d.Item)
		}
		w.people = append(w.people, personChange{address: a, drop: d.Op == '-', role: RoleCollaborator})
		done = append(done, string(d.Op)+a.Key())
	}
	list, err := w.tx.Participants(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read participants of ticket %d: %w", w.ticket.Number, err)
	}
	added := slices.DeleteFunc(slices.Clone(w.people), func(p personChange) bool { return p.drop || p.role == RoleRequester })
	if len(added) > 0 && len(list)+len(added) > maxCollaborators+1 {
		return "", refuse(Invalid, "a ticket has at most %d people beside the requester", maxCollaborators)
	}
	w.change(&Event{Ticket: w.ticket.Number, Kind: ParticipantsChanged, Actor: w.actor(), Detail: strings.Join(done, " ")})
	return "take part: " + strings.Join(done, " "), nil
}

// A personChange lets somebody take part in a ticket, or no longer.
type personChange struct {
	address Address
	drop    bool
	role    ParticipantRole
}

// set changes one property of the ticket and keeps the event. Its result says
// what was and what is.
func (w *work) set(kind EventKind, property *string, value string, name func(string) string) string {
	return w.changed(w.ticket.setText(kind, property, value, w.actor()), value, name)
}

// changed keeps the event of a property that was to get a value, nil if it had it,
// and says what was and what is.
func (w *work) changed(e *Event, value string, name func(string) string) string {
	if e == nil {
		return fmt.Sprintf("was %s already", name(value))
	}
	w.change(e)
	return fmt.Sprintf("%s -> %s", name(e.Before), name(e.After))
}

// findAgent finds an enabled agent by key, name or address.
func (p *Policy) findAgent(word string) (string, error) {
	enabled := func(yield func(string) bool) {
		for key, a := range p.Agents {
			if !a.Disabled && !yield(key) {
				return
			}
		}
	}
	if a, ok := p.AgentByAddress(Address{Email: word}); ok && !a.Disabled {
		return a.Key, nil
	}
	return matchNamed("agent", word, enabled, p.agentName)
}

// findDepartment finds a department by key, name, or name with those above it.
func (p *Policy) findDepartment(word string) (string, error) {
	name := func(key string) string { return p.Departments[key].Name }
	return matchNamed("department", word, maps.Keys(p.Departments), name, p.PathName)
}

// matchNamed finds one of the things that have a key and names, by any of them.
// Several things may have the same name; then only their keys tell them apart.
func matchNamed(what, word string, keys iter.Seq[string], names ...func(key string) string) (string, error) {
	sorted := slices.Sorted(keys)
	found, err := command.Match(word, sorted)
	if err == nil {
		return found, nil
	}
	called := map[string][]string{} // keys by label
	for _, key := range sorted {
		called[key] = append(called[key], key)
		for _, name := range names {
			called[name(key)] = append(called[name(key)], key)
		}
	}
	label, nameErr := command.Match(word, slices.Collect(maps.Keys(called)))
	var candidates []string
	if ambiguous := new(command.Ambiguous); errors.As(nameErr, &ambiguous) {
		candidates = ambiguous.Candidates
	} else if nameErr == nil {
		candidates = []string{label}
	}
	var meant []string
	for _, c := range candidates {
		meant = append(meant, called[c]...)
	}
	slices.Sort(meant)
	switch meant = slices.Compact(meant); len(meant) {
	case 0:
		return "", notMatched(what, err, sorted)
	case 1: // "jane" is the beginning of both the key and the name of one agent
		return meant[0], nil
	}
	return "", notMatched(what, &command.Ambiguous{Name: word, Candidates: meant}, sorted)
}

// notMatched says why a name was not understood, and which there are.
func notMatched(what string, err error, names []string) error {
	if ambiguous := new(command.Ambiguous); errors.As(err, &ambiguous) {
		return refuse(Invalid, "ambiguous: %s", strings.Join(ambiguous.Candidates, ", "))
	}
	if unknown := new(command.Unknown); errors.As(err, &unknown) && unknown.Suggestion != "" {
		return refuse(Invalid, "there is no %s %q; did you mean %q?", what, unknown.Name, unknown.Suggestion)
	}
	return refuse(Invalid, "which %s? There are: %s", what, strings.Join(names, ", "))
}
