package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// An AlarmWait is what a mail about deadlines waits for. It may become part of another
// mail meanwhile.
type AlarmWait string

// The waits. Mail that waits for nothing goes out when it is due, as one does that
// was put off because the relay was out.
const (
	WaitsForNothing AlarmWait = ""
	WaitsForWork    AlarmWait = "work"           // of its reader, and for nothing else
	WaitsForCatchup AlarmWait = "catch-up"       // to end, and then for its reader's work
	WaitsAwake      AlarmWait = "catch-up awake" // to end: its reader is at work
	WaitsToWake     AlarmWait = "catch-up wakes" // to end: its reader is to be woken
)

// missed reports whether a catch-up has made the mail.
func (w AlarmWait) missed() bool { return w == WaitsForCatchup || w.atOnce() }

// atOnce reports whether the mail goes out when the catch-up has ended.
func (w AlarmWait) atOnce() bool { return w == WaitsAwake || w == WaitsToWake }

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
		n.Facts.Dated, n.Waits = n.DueAt, WaitsForWork
	}
	switch {
	case !t.gathers:
	case later:
		n.Waits = WaitsForCatchup
	default:
		n.DueAt = t.now.Add(catchupLasts)
		if n.Waits != WaitsToWake {
			n.Waits = WaitsAwake
		}
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
