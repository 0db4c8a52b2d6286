package ticket

import (
	"fmt"
	"slices"
	"time"

	"deskpost/ticket/sla"
)

// standing is what a status means to clocks.
func (s Status) standing() sla.Standing {
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
	history sla.History
	terms   Terms  // the latest
	status  string // "hold", or "hold/vendor"
	snoozed bool
	replies map[int64]time.Time // by entry
}

// chronicle reads a diary. Without terms in it no clock ever ran.
func (t *turn) chronicle(diary []Event) (*chronicle, error) {
	c := &chronicle{turn: t, status: string(New), replies: map[int64]time.Time{}}
	events := slices.Clone(diary)
	slices.SortStableFunc(events, func(a, b Event) int { return a.Happened().Compare(b.Happened()) })
	for _, e := range events {
		if e.Kind == ReplyAdded {
			c.replies[e.Entry] = e.Happened()
		}
	}
	for _, e := range events {
		if err := c.follow(&e); err != nil {
			return nil, fmt.Errorf("event %d of ticket %d: %w", e.ID, e.Ticket, err)
		}
	}
	return c, nil
}

func (c *chronicle) follow(e *Event) error {
	at := e.Happened()
	switch e.Kind {
	case TicketOpened:
		c.history.Received, c.history.Status = at, c.status
	case TermsChanged:
		return c.setTerms(e)
	case ReplyAdded:
		c.add(sla.Event{At: at, Kind: sla.Replied})
	case ReplyUndelivered:
		if reply, ok := c.replies[e.Entry]; ok {
			c.add(sla.Event{At: at, Kind: sla.Undelivered, Reply: reply})
		}
	case MessageAdded:
		c.add(sla.Event{At: at, Kind: sla.CustomerWrote})
	case StatusChanged:
		c.status = e.After
		c.snoozed = c.snoozed && ParseState(c.status).Status.standing() == sla.Working
		c.setStatus(at)
	case SnoozeChanged:
		c.snoozed = e.After != ""
		c.setStatus(at)
	case DueChanged:
		return c.setDue(e)
	}
	return nil
}

func (c *chronicle) add(e sla.Event) {
	if e.At.Before(c.history.Received) {
		e.At = c.history.Received
	}
	c.history.Events = append(c.history.Events, e)
}

func (c *chronicle) setStatus(at time.Time) {
	status := c.status
	if c.snoozed {
		status += sla.Snoozed
	}
	c.add(sla.Event{At: at, Kind: sla.StatusSet, Status: status, Standing: ParseState(c.status).Status.standing()})
}

func (c *chronicle) setDue(e *Event) error {
	var due time.Time
	if e.After != "" {
		var err error
		if due, err = time.Parse(time.RFC3339, e.After); err != nil {
			return fmt.Errorf("read a due date: %w", err)
		}
	}
	c.add(sla.Event{At: e.Happened(), Kind: sla.DueSet, Due: due})
	return nil
}

// setTerms takes other terms into account. The first ones a ticket had held
// from its beginning if they were written with it.
func (c *chronicle) setTerms(e *Event) error {
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
	case len(c.history.Events) == 0 && e.Before == "" && e.Happened().Equal(c.history.Received):
		c.history.Terms = now
		return nil
	case c.history.Terms.Plan == nil: // no plan until now
		c.history.Terms = sla.Terms{Plan: new(Plan), Calendar: now.Calendar}
	}
	if was.Calendar == terms.Calendar && was.CalendarRevision != terms.CalendarRevision {
		c.add(sla.Event{At: e.Happened(), Kind: sla.CalendarEdited, Terms: now})
		was.CalendarRevision = terms.CalendarRevision
	}
	if was != terms {
		c.add(sla.Event{At: e.Happened(), Kind: sla.TermsSet, Terms: now})
	}
	return nil
}
