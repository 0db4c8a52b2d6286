package ticket

import (
	"fmt"
	"slices"
	"time"

	"deskpost/ticket/sla"
)

// Standing is what a status means to clocks.
func (s Status) Standing() sla.Standing {
	switch s {
	case Resolved, Closed:
		return sla.Done
	case Spam, Deleted, Merged:
		return sla.Void
	}
	return sla.Working
}

// A chronicle reads the diary of a ticket as the history that its clocks are
// made from: what happened in the order in which it happened, which is not
// always that in which the desk took note of it.
type chronicle struct {
	*turn
	moments []moment
	history sla.History
	terms   Terms  // the latest
	status  string // "hold", or "hold/vendor"
	snoozed bool
	replies map[int64]time.Time // by entry
}

// A moment is an event, when it counts, and what clocks take it for.
type moment struct {
	Event
	counts time.Time
	moves  []sla.Event
	turn   int // of what ends a turn of the conversation: how many were known by then
}

// chronicle reads a diary. Without terms in it no clock ever ran.
func (t *turn) chronicle(diary []Event) (*chronicle, error) {
	c := &chronicle{turn: t, moments: inOrder(diary), status: string(New), replies: map[int64]time.Time{}}
	for _, m := range c.moments {
		if m.Kind == ReplyAdded && m.After != AutomaticReply {
			c.replies[m.Entry] = m.counts
		}
	}
	for i := range c.moments {
		m := &c.moments[i]
		known := len(c.history.Events)
		if err := c.follow(m); err != nil {
			return nil, fmt.Errorf("event %d of ticket %d: %w", m.ID, m.Ticket, err)
		}
		m.moves = c.history.Events[known:len(c.history.Events):len(c.history.Events)]
	}
	return c, nil
}

// inOrder sorts a diary by when its events happened. What was written counts
// when it reached the mailbox, however late it was read. But of two changes of
// one property the one that was made last stands, so it counts no earlier than
// the one before: else a mail that was late could leave a clock in a status that
// the ticket does not have. And nothing counts before the ticket was opened: mail
// servers say in whole seconds when a mail came, so the answer to a ticket that
// was opened at the terminal may seem older than it.
func inOrder(diary []Event) []moment {
	moments := make([]moment, len(diary))
	changed := map[EventKind]time.Time{} // by property, when it last did
	var opened time.Time
	turns := 0
	for i, e := range diary {
		at, property := e.Happened(), e.Kind
		if e.Kind == TicketOpened {
			opened = at
		}
		if at.Before(opened) {
			at = opened
		}
		switch e.Kind {
		case SnoozeChanged:
			property = StatusChanged // both say whether clocks pause
			fallthrough
		case StatusChanged, TermsChanged, DueChanged, PriorityChanged, PlanChanged, DepartmentChanged:
			if before := changed[property]; at.Before(before) {
				at = before
			}
			changed[property] = at
		}
		if endsTurn(&e) {
			turns++
		}
		moments[i] = moment{Event: e, counts: at, turn: turns}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.counts.Compare(b.counts) })
	return moments
}

// endsTurn reports whether the desk has nothing more to say by an event, until the
// customer says something again.
func endsTurn(e *Event) bool {
	switch e.Kind {
	case ReplyAdded:
		return e.After != AutomaticReply
	case StatusChanged:
		return ParseState(e.After).Status.Standing() == sla.Done
	case SplitFrom:
		return e.Before == answeredThere
	}
	return false
}

// follow takes a moment into account.
func (c *chronicle) follow(m *moment) error {
	e, at := &m.Event, m.counts
	switch e.Kind {
	case TicketOpened:
		c.history.Received, c.history.Status = at, c.status
	case TermsChanged:
		return c.setTerms(e, at)
	case ReplyAdded:
		if e.After != AutomaticReply {
			c.add(sla.Event{At: at, Kind: sla.Replied, Turn: m.turn})
		}
	case ReplyUndelivered:
		if reply, ok := c.replies[e.Entry]; ok {
			c.add(sla.Event{At: at, Kind: sla.Undelivered, Reply: reply})
		}
	case MessageAllowed:
		if e.After == string(Human) {
			c.add(sla.Event{At: at, Kind: sla.CustomerWrote})
		}
	case MessageAdded:
		c.add(sla.Event{At: at, Kind: sla.CustomerWrote})
	case StatusChanged:
		if e.Actor.Kind == ByCustomer {
			// Their mail may have come before the end that it undoes; they wait all
			// the same.
			c.add(sla.Event{At: at, Kind: sla.CustomerWrote})
		}
		c.status = e.After
		c.snoozed = c.snoozed && ParseState(c.status).Status.Standing() == sla.Working
		c.setStatus(m)
	case SnoozeChanged:
		c.snoozed = e.After != ""
		c.setStatus(m)
	case DueChanged:
		return c.setDue(e, at)
	case SplitFrom:
		c.history.Answered = e.Before == answeredThere
	case TicketAbsorbed:
		wait, err := parseWait(e.Before)
		if err != nil {
			return err
		}
		c.add(sla.Event{At: at, Kind: sla.Merged, First: wait.First, Resolve: wait.Resolve, Wrote: wait.Next})
	}
	return nil
}

func (c *chronicle) add(e sla.Event) {
	if e.At.Before(c.history.Received) {
		e.At = c.history.Received
	}
	c.history.Events = append(c.history.Events, e)
}

func (c *chronicle) setStatus(m *moment) {
	status := c.status
	if c.snoozed {
		status += sla.Snoozed
	}
	c.add(sla.Event{At: m.counts, Kind: sla.StatusSet, Own: m.Actor == theDesk, Turn: m.turn, Status: status, Standing: ParseState(c.status).Status.Standing()})
}

func (c *chronicle) setDue(e *Event, at time.Time) error {
	var due time.Time
	if e.After != "" {
		var err error
		if due, err = time.Parse(time.RFC3339, e.After); err != nil {
			return fmt.Errorf("read a due date: %w", err)
		}
	}
	c.add(sla.Event{At: at, Kind: sla.DueSet, Own: e.Actor == theDesk, Due: due})
	return nil
}

// setTerms takes other terms into account. The first ones a ticket had held
// from its beginning if they were written with it.
func (c *chronicle) setTerms(e *Event, at time.Time) error {
	terms, err := parseTerms(e.After)
	if err != nil {
		return err
	}
	now, err := c.readTerms(terms)
	if err != nil {
		return err
	}
	was := c.terms
	c.terms = terms
	switch {
	case len(c.history.Events) == 0 && e.Before == "" && at.Equal(c.history.Received):
		c.history.Terms = now
		return nil
	case c.history.Terms.Plan == nil: // no plan until now
		c.history.Terms = sla.Terms{Plan: new(Plan), Calendar: now.Calendar}
	}
	if was.Calendar == terms.Calendar && was.CalendarRevision != terms.CalendarRevision {
		c.add(sla.Event{At: at, Kind: sla.CalendarEdited, Terms: now})
		was.CalendarRevision = terms.CalendarRevision
	}
	if was != terms {
		c.add(sla.Event{At: at, Kind: sla.TermsSet, Terms: now})
	}
	return nil
}
