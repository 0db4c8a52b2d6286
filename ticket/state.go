package ticket

import (
	"cmp"
	"slices"
	"strings"
)

// A Substatus is a status that an admin has added within one of ours: "waiting
// for vendor", say, within hold. To the desk it is that one, with another name.
type Substatus struct {
	Key  string
	Name string
	Of   Status // one of Open, Pending, Hold, Resolved, Closed
}

// States are the part of a Tx that knows which states are in use.
type States interface {
	// StatesInUse lists the states with a substatus in which there are tickets
	// with one of the statuses, sorted.
	StatesInUse(s []Status) ([]State, error)
}

// A State is where a ticket stands: its status and, where an admin has added
// one within that, its substatus.
type State struct {
	Status    Status
	Substatus string // key in Policy.Substatuses; "" is the status itself
}

// String is the state as the diary writes it: "hold", or "hold/vendor".
func (s State) String() string {
	if s.Substatus == "" {
		return string(s.Status)
	}
	return string(s.Status) + "/" + s.Substatus
}

// ParseState reads what String has written.
func ParseState(text string) State {
	status, sub, _ := strings.Cut(text, "/")
	return State{Status(status), sub}
}

// State is where the ticket stands.
func (t *Ticket) State() State { return State{t.Status, t.Substatus} }

// Settable lists the statuses that #status can set and an admin can add to.
var Settable = []Status{Open, Pending, Hold, Resolved, Closed}

// transitions are the ways a ticket can go (lifecycle.md g.2): from a status to
// any of those behind it. Out of a merged ticket there is none.
var transitions = map[Status][]Status{
	New:      {Open, Pending, Hold, Resolved, Closed, Spam, Deleted, Merged},
	Open:     {Pending, Hold, Resolved, Closed, Spam, Deleted, Merged},
	Pending:  {Open, Hold, Resolved, Closed, Spam, Deleted, Merged},
	Hold:     {Open, Pending, Resolved, Closed, Spam, Deleted, Merged},
	Resolved: {Open, Pending, Hold, Closed, Spam, Deleted, Merged},
	Closed:   {Open, Spam, Deleted, Merged},
	Spam:     {Open, Deleted},
	Deleted:  {Open},
}

// mayBecome reports whether a ticket can go from one status to another.
func (s Status) mayBecome(other Status) bool {
	return s == other || slices.Contains(transitions[s], other)
}

// stateName is how people read a state: the name that the admin gave it, or the
// status. A substatus that was taken out of the config has its key.
func (p *Policy) StateName(s State) string {
	if s.Substatus == "" {
		return string(s.Status)
	}
	return cmp.Or(p.Substatuses[s.Substatus].Name, s.Substatus)
}
