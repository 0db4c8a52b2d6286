package ticket

import (
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// The times of day that are meant where an agent names a day only: work begins,
// and work ends.
var (
	morning = command.ClockTime(9, 0)
	evening = command.ClockTime(17, 0)
)

// doSnooze hides the ticket from lists for a while.
func doSnooze(w *work, args string) (string, error) {
	until, err := w.when(args, morning, "off")
	if err != nil {
		return "", err
	}
	e := w.ticket.setInstant(SnoozeChanged, &w.ticket.Snoozed, until, w.actor())
	w.change(e)
	switch {
	case e == nil && until.IsZero():
		return "was not snoozed", nil
	case until.IsZero():
		return "not snoozed any more", nil
	}
	return "hidden until " + w.at(until) + ", or until the customer writes", nil
}

// doDue sets the date that a ticket has to be resolved by.
func doDue(w *work, args string) (string, error) {
	due, err := w.when(args, evening, "none", "off")
	if err != nil {
		return "", err
	}
	e := w.ticket.setInstant(DueChanged, &w.ticket.Due, due, w.actor())
	w.change(e)
	switch {
	case e == nil && due.IsZero():
		return "had no due date", nil
	case due.IsZero():
		return "no due date", nil
	}
	return "due " + w.at(due), nil
}

// when reads a time, or one of the words that take it away: then it is zero. It
// is seen from when the mail was written, as near as the desk knows.
func (w *work) when(args string, alone command.Clock, never ...string) (time.Time, error) {
	if slices.ContainsFunc(never, func(word string) bool { return strings.EqualFold(word, args) }) {
		return time.Time{}, nil
	}
	if w.ticket.Status.Done() {
		return time.Time{}, refuse(Conflict, "the ticket is %s: there is nothing left to do by a time", w.policy.StateName(w.ticket.State()))
	}
	at, err := command.When(args, w.received.In(w.policy.Zone), alone)
	if err != nil {
		return time.Time{}, refuse(Invalid, "%s", err)
	}
	return at.UTC().Truncate(time.Millisecond), nil
}
