package ticket

import (
	"fmt"
	"slices"
	"time"
)

// A narrator tells a chronicle to people.
type narrator struct {
	*turn     // in the zone of the reader
	chronicle *chronicle
	fired     []Fired
}

// moments are those of the chronicle that say something of the clocks. What was
// done in one go, as by one mail, is one moment.
func (n *narrator) moments() []Moment {
	var all []Moment
	var last *moment
	byStep := false
	for i := range n.chronicle.moments {
		m := &n.chronicle.moments[i]
		together := last != nil && last.counts.Equal(m.counts) && last.At.Equal(m.At)
		byStep = together && byStep || m.Kind == StepReached
		deed := n.deed(m)
		if byStep && m.Kind != StepReached && m.Actor == theDesk {
			deed.What = "" // the step says what it changed
		}
		changed := new(Other).field(m.Kind) != nil
		if deed.What == "" && len(m.moves) == 0 && !changed {
			continue
		}
		if !together {
			all = append(all, Moment{At: m.counts, Noted: m.At})
		}
		one := &all[len(all)-1]
		one.Moves = append(one.Moves, m.moves...)
		if deed.What != "" {
			one.Deeds = append(one.Deeds, deed)
		}
		if changed {
			one.changes = append(one.changes, m.Event)
		}
		last = m
	}
	return all
}

// deed is an event as somebody's.
func (n *narrator) deed(m *moment) Deed {
	d := Deed{By: n.policy.actorName(m.Actor), What: n.tell(&m.Event), Moves: len(m.moves) > 0}
	switch m.Kind {
	case StepReached, BreachRevoked:
		d.By, d.Step = "", true
	case BounceReported, DeliveryFailed, ReplyUndelivered, TermsChanged:
		d.By = ""
	}
	return d
}

// tell says what an event is to the clocks, "" if it is nothing to them. What
// looks as if it should have moved one and has not is told too.
func (n *narrator) tell(e *Event) string {
	switch e.Kind {
	case MessageAdded:
		return "message"
	case ReplyAdded:
		if e.After == AutomaticReply {
			return "automatic text to the customer, which is no answer"
		}
		return "reply to the customer"
	case MessageAllowed:
		if e.After != string(Human) {
			return "automatic mail that was held and is taken: no clock moves"
		}
		return "message that was held until now"
	case MessageDenied:
		return "held message that was rejected: no clock moves"
	case MessageHeld:
		return "message, held since its sender does not take part: no clock moves"
	case MachineAdded:
		return "automatic mail: no clock moves"
	case BounceReported, DeliveryFailed:
		return n.tellLost(e)
	case StepReached:
		return n.tellReached(e)
	case SplitFrom:
		if e.Before == answeredThere {
			return fmt.Sprintf("split from ticket %s, where it had its first answer", e.After)
		}
		return "split from ticket " + e.After
	case ReplyUndelivered, TicketAbsorbed:
		return e.Detail
	case TicketOpened, StatusChanged, PriorityChanged, DepartmentChanged, PlanChanged, DueChanged, SnoozeChanged, FollowUpChanged,
		TermsChanged, BreachRevoked:
		return n.says(e)
	}
	return ""
}

// tellLost says of an answer that did not reach somebody, and counts all the
// same, that it does.
func (n *narrator) tellLost(e *Event) string {
	if _, ok := n.chronicle.replies[e.Entry]; !ok || n.policy.staff(e.After) {
		return ""
	}
	for _, m := range n.chronicle.moments {
		if m.Kind == ReplyUndelivered && m.Entry == e.Entry {
			return "" // that one says it
		}
	}
	return fmt.Sprintf("reply undelivered to %s, which counts as an answer all the same: only the requester's, within %d hours, does not",
		e.After, int(AnswerTime/time.Hour))
}

// staff reports whether an address is an agent's.
func (p *Policy) staff(email string) bool {
	for _, a := range p.Agents {
		if a.owns(Address{Email: email}) {
			return true
		}
	}
	return false
}

// tellReached says what became of a step, and whether that was taken back.
func (n *narrator) tellReached(e *Event) string {
	what := e.Before + ": " + e.Detail
	i := slices.IndexFunc(n.fired, func(f Fired) bool {
		return string(f.Metric) == e.Before && f.Step == e.After && f.At.Equal(e.At) && f.Due.Equal(e.Happened())
	})
	if i >= 0 && !n.fired[i].RevokedAt.IsZero() {
		what += "; taken back " + n.local(n.fired[i].RevokedAt)
	}
	return what
}

// ahead is what the passing of time does to the clocks of a ticket.
func (n *narrator) ahead(tk *Ticket) []Moment {
	c := *n.chronicle
	var all []Moment
	comes := func(at time.Time, what string) {
		known := len(c.history.Events)
		c.setStatus(&moment{Event: Event{Actor: theDesk}, counts: at})
		all = append(all, Moment{At: at, Noted: at, Deeds: []Deed{{By: n.policy.actorName(theDesk), What: what, Moves: true}}, Moves: slices.Clone(c.history.Events[known:])})
	}
	followUp := func() {
		if !tk.FollowUp.IsZero() {
			c.status = string(Open)
			comes(tk.FollowUp, "the time to follow up has come, status: "+n.policy.StateName(tk.State())+" -> "+string(Open))
		}
	}
	wake := func() {
		if !tk.Snoozed.IsZero() {
			c.snoozed = false
			comes(tk.Snoozed, "not snoozed any more")
		}
	}
	if tk.FollowUp.After(tk.Snoozed) {
		wake()
		followUp()
	} else {
		followUp()
		wake()
	}
	return all
}
