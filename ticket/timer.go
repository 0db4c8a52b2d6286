package ticket

import (
	"fmt"
	"time"
)

// nextTimer is when something is to be done with the ticket by time, whatever
// its clocks say; zero is never.
func (t *Ticket) nextTimer(p *Policy) time.Time {
	next := earlier(t.FollowUp, t.Snoozed)
	for _, at := range []time.Time{t.remindAt(p), t.warnAt(p), t.closeAt(p)} {
		next = earlier(next, at)
	}
	return next
}

// timers does what is due on a ticket by time, whatever its clocks say. Each of
// them looks whether it is its turn, and keeps the ticket if it has changed it,
// so that it is done once however often the clock rings. What an answer of the
// requester would call off waits behind the barrier.
func (t *turn) timers(tk *Ticket) error {
	due := []func(*Ticket) error{t.followUp, t.wake}
	if !t.shut {
		due = append(due, t.remind, t.autoClose, t.warn)
	}
	for _, do := range due {
		if err := do(tk); err != nil {
			return err
		}
	}
	return nil
}

// dueBehindBarrier reports whether there is something to do that does not wait for
// the mailboxes to be read.
func (t *Ticket) dueBehindBarrier(now time.Time) bool {
	at := earlier(t.FollowUp, t.Snoozed)
	return !at.IsZero() && !at.After(now)
}

// due reports whether an instant has come; zero never does.
func (t *turn) due(at time.Time) bool { return !at.IsZero() && !at.After(t.now) }

// followUp opens a pending ticket again, at the instant that was agreed on even
// if the desk was not there then: clocks go on from it.
func (t *turn) followUp(tk *Ticket) error {
	at := tk.FollowUp
	if !t.due(at) {
		return nil
	}
	tk.FollowUp = time.Time{}
	woken := tk.setStatus(Open, theDesk, at)
	if woken != nil {
		woken.Detail = "the time to follow up has come"
	}
	if err := t.keep(tk, woken); err != nil {
		return err
	}
	return t.tellHandlers(tk, NoticeFollowUp, nil, nil)
}

// wake brings a snoozed ticket back into sight.
func (t *turn) wake(tk *Ticket) error {
	at := tk.Snoozed
	if !t.due(at) {
		return nil
	}
	woken := tk.setInstant(SnoozeChanged, &tk.Snoozed, time.Time{}, theDesk)
	woken.Since = at
	if err := t.keep(tk, woken); err != nil {
		return err
	}
	return t.tellHandlers(tk, NoticeFollowUp, nil, func(n *Notice) {
		n.Facts.Remarks = append(n.Facts.Remarks, fmt.Sprintf("it was snoozed until %s", t.local(at)))
	})
}

// setInstant changes one of the instants that the diary speaks of: FollowUp,
// Snoozed or Due. It returns the event, or nil where nothing changed.
func (t *Ticket) setInstant(kind EventKind, field *time.Time, at time.Time, by Actor) *Event {
	at = at.UTC().Truncate(time.Millisecond)
	if field.Equal(at) {
		return nil
	}
	e := &Event{Ticket: t.Number, Kind: kind, Actor: by, Before: instantText(*field), After: instantText(at)}
	*field = at
	return e
}

// instantText is how the diary writes an instant: in RFC 3339 and UTC, "" for
// never.
func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// instantWords is how people read what instantText has written.
func (t *turn) instantWords(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.local(at)
}
