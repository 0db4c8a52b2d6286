package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A receiver is an agent who is to hear of alarms, their own or those of somebody
// they stand in for.
type receiver struct {
	addressee
	alarms []alarm
}

// receivers are the agents who hear of alarms on a ticket, each once, by key.
func (t *turn) receivers(tk *Ticket, alarms []alarm) ([]receiver, error) {
	all := map[string]*receiver{}
	for _, a := range alarms {
		heard := map[string]bool{} // of this alarm, for somebody else perhaps
		for _, key := range a.agents {
			list, err := t.addressees(key, tk.Department)
			if err != nil {
				return nil, err
			}
			for _, to := range list {
				r := all[to.agent.Key]
				if r == nil {
					r = &receiver{addressee: to}
					all[to.agent.Key] = r
				}
				switch {
				case to.whom == "" || r.whom == "":
					r.whom = "" // it is theirs as well
				case !strings.Contains(r.whom, to.whom):
					r.whom += "; " + to.whom
				}
				if !heard[to.agent.Key] {
					heard[to.agent.Key] = true
					r.alarms = append(r.alarms, a)
				}
			}
		}
	}
	var sorted []receiver
	for _, key := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, *all[key])
	}
	return sorted, nil
}

// wakes reports whether one of the alarms is worth waking somebody.
func (r *receiver) wakes() bool {
	return slices.ContainsFunc(r.alarms, func(a alarm) bool { return a.firing.Step.Wake })
}

// putOff lets a mail about deadlines wait until it is due, or where nothing says
// when, for its reader's next working time. In a catch-up it waits for the end of
// that: what is missed is told in one mail a person.
func (t *turn) putOff(n *Notice, a Agent) error {
	if n.DueAt.IsZero() {
		var err error
		if n.DueAt, err = t.nextWork(a); err != nil {
			return err
		}
	}
	later := n.DueAt.After(t.now)
	if later {
		n.Facts.Dated = n.DueAt
	}
	if t.gathers {
		n.Dedupe = caughtUp + n.Dedupe
	}
	if t.gathers && !later {
		n.DueAt, n.Dedupe = t.now.Add(catchupLasts), awake+n.Dedupe
	}
	return nil
}

// nextWork is when an agent works next: now, if they do.
func (t *turn) nextWork(a Agent) (time.Time, error) {
	c := t.policy.Calendars[a.Calendar]
	if c == nil {
		return t.now, nil
	}
	at, err := c.NextOpen(t.now)
	if err != nil {
		return time.Time{}, fmt.Errorf("look when %s works next: %w", a.Key, err)
	}
	return at, nil
}
