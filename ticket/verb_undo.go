package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// undoWindow is how long after it was done something can be undone.
const undoWindow = 15 * time.Minute

// doUndo takes back what its agent did last on the ticket, as far as nothing was
// built on it: what somebody has changed since stays, and what has been sent is
// gone. It says of each what became of it.
func doUndo(w *work, args string) (string, error) {
	return noArgs(args, func() (string, error) {
		if len(w.tasks) > 1 || w.posts() {
			return "", refuse(Invalid, "stands alone: send it without other commands and without a text")
		}
		diary, err := w.tx.Events(w.ticket.Number)
		if err != nil {
			return "", fmt.Errorf("read diary of ticket %d: %w", w.ticket.Number, err)
		}
		deed := w.lastDeed(diary)
		if deed == nil {
			return "", refuse(Conflict, "you did nothing on this ticket within %d minutes that could be undone", int(undoWindow.Minutes()))
		}
		if !w.mayUndo(deed) {
			return "", refuse(NotAllowed, "%s", w.missing(MayRead))
		}
		u := undoing{work: w}
		for _, e := range slices.Backward(deed) {
			if err := u.takeBack(&e); err != nil {
				return "", err
			}
		}
		if w.ticket.Plan != w.before.Plan {
			w.ticket.PlanPinned = w.ticket.Plan != w.policy.Departments[w.ticket.Department].Plan
		}
		if !u.undone {
			return "", refuse(Conflict, "nothing was left to undo: %s", u)
		}
		w.change(&Event{Ticket: w.ticket.Number, Kind: DeedUndone, Actor: w.actor(),
			Detail: "what was done at " + deed[0].At.In(w.policy.Zone).Format("15:04")})
		w.later(func() (string, error) { return u.String(), u.write() })
		return u.String(), nil
	})
}

// mayUndo reports whether who acts may still read the ticket, or might before they
// moved it.
func (w *work) mayUndo(deed []Event) bool {
	return w.may(MayRead, w.before.Department) || slices.ContainsFunc(deed, func(e Event) bool {
		return e.Kind == DepartmentChanged && w.may(MayRead, e.Before)
	})
}

// An undoing takes a deed back, event by event.
type undoing struct {
	*work
	undone bool // anything
	said   []string
	writes []func() error // beside the copy of the ticket
}

func (u undoing) String() string { return strings.Join(u.said, "; ") }

func (u *undoing) write() error {
	for _, write := range u.writes {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// stays says why something is left as it is.
func (u *undoing) stays(format string, args ...any) error {
	u.said = append(u.said, fmt.Sprintf(format, args...))
	return nil
}

// back keeps the event that undid something.
func (u *undoing) back(e *Event) error {
	if e != nil {
		u.change(e)
		u.undone, u.said = true, append(u.said, u.turn.says(e))
	}
	return nil
}

// lastDeed are the events of what somebody did last on a ticket, in their order:
// those that one mail or one request has caused. It is nil if that was too long
// ago, or was to undo something.
func (w *work) lastDeed(diary []Event) []Event {
	var deed []Event
	for _, e := range slices.Backward(diary) {
		switch {
		case e.Actor != w.actor() || e.Receipt == 0:
		case len(deed) == 0 && w.now.Sub(e.At) > undoWindow:
			return nil
		case len(deed) > 0 && e.Receipt != deed[0].Receipt:
			slices.Reverse(deed)
			return deed
		case e.Kind == DeedUndone:
			return nil
		case e.Kind != CommandsRun:
			deed = append(deed, e)
		}
	}
	slices.Reverse(deed)
	return deed
}

// takeBack undoes one event.
func (u *undoing) takeBack(e *Event) error {
	t, by := &u.ticket, u.actor()
	switch e.Kind {
	case ReplyAdded:
		return u.recall(e)
	case StatusChanged:
		before := ParseState(e.Before)
		if before.Status == New {
			before = State{Status: Open} // nothing becomes new again (lifecycle.md g.2)
		}
		return u.revert(e, t.State().String(), func() *Event { return t.setState(before, by, u.received) })
	case PriorityChanged:
		return u.revertText(e, &t.Priority)
	case AssigneeChanged:
		if e.Before != "" && !u.policy.enabled(e.Before) {
			return u.stays("%s is not there any more: the assignee stays", u.policy.agentName(e.Before))
		}
		return u.revertText(e, &t.Assignee)
	case TeamChanged:
		return u.revertText(e, &t.Team)
	case SubjectChanged:
		return u.revertText(e, &t.Subject)
	case DepartmentChanged:
		if _, there := u.policy.Departments[e.Before]; !there {
			return u.stays("its department before is not there any more: it stays where it is")
		}
		return u.revertText(e, &t.Department)
	case PlanChanged:
		return u.revertText(e, &t.Plan)
	case TagsChanged:
		return u.revert(e, strings.Join(t.Tags, ", "), func() *Event {
			return t.setTags(slices.DeleteFunc(strings.Split(e.Before, ", "), func(s string) bool { return s == "" }), by)
		})
	case FieldChanged:
		key, before, _ := strings.Cut(e.Before, "=")
		return u.revert(e, key+"="+t.Fields[key], func() *Event { return t.setField(key, before, by) })
	case FollowUpChanged:
		return u.revertInstant(e, &t.FollowUp)
	case SnoozeChanged:
		return u.revertInstant(e, &t.Snoozed)
	case DueChanged:
		return u.revertInstant(e, &t.Due)
	case TimeSpent:
		was := t.Spent
		t.Spent = max(0, was-(spanOf(e.After)-spanOf(e.Before)))
		return u.back(&Event{Ticket: t.Number, Kind: TimeSpent, Actor: by, Before: spanText(was), After: spanText(t.Spent)})
	case TermsChanged:
		return nil // follows from the others
	case NoteAdded:
		return u.stays("the note stays: agents may have read it")
	}
	return u.stays("%s: can not be undone", e.Kind)
}

func (u *undoing) revertText(e *Event, property *string) error {
	return u.revert(e, *property, func() *Event { return u.ticket.setText(e.Kind, property, e.Before, u.actor()) })
}

func (u *undoing) revertInstant(e *Event, field *time.Time) error {
	var before time.Time
	if e.Before != "" {
		var err error
		if before, err = time.Parse(time.RFC3339, e.Before); err != nil {
			return fmt.Errorf("read what %s was: %w", e.Kind, err)
		}
	}
	return u.revert(e, instantText(*field), func() *Event { return u.ticket.setInstant(e.Kind, field, before, u.actor()) })
}

// revert undoes a change of what is now so, unless it has changed again.
func (u *undoing) revert(e *Event, now string, undo func() *Event) error {
	if now != e.After {
		return u.stays("%s has changed since, and stays", e.Kind)
	}
	return u.back(undo())
}

// recall takes a reply back of which no mail has left: nobody outside gets it, and
// the clocks run on as if it had not been written. If one has left, it stays.
func (u *undoing) recall(e *Event) error {
	notices, err := u.tx.Notices(u.ticket.Number)
	if err != nil {
		return fmt.Errorf("read the mail of ticket %d: %w", u.ticket.Number, err)
	}
	var waiting []Notice
	for _, n := range notices {
		if n.Entry != e.Entry {
			continue
		}
		held, err := u.tx.Notice(n.ID) // no sender can take it from now on
		if err != nil {
			return fmt.Errorf("read notice %d: %w", n.ID, err)
		}
		switch {
		case held.Attempts == 0 && held.LeasedUntil.IsZero() && held.SettledAt.IsZero():
			waiting = append(waiting, held)
		case held.Agent == "":
			return u.stays("the reply has left for %s and stays", names(held.Recipients))
		}
	}
	u.undone, u.said = true, append(u.said, "the reply is taken back, and nobody outside gets it")
	u.change(&Event{Ticket: u.ticket.Number, Kind: ReplyUndelivered, Actor: u.actor(), Entry: e.Entry, Detail: "the reply was taken back before it was sent"})
	u.writes = append(u.writes, func() error {
		for _, n := range waiting {
			n.giveUp(u.now, "taken back by "+u.policy.actorName(u.actor()))
			if err := u.tx.SaveDelivery(n); err != nil {
				return fmt.Errorf("take notice %d back: %w", n.ID, err)
			}
		}
		if err := u.tx.Withdraw(e.Entry); err != nil {
			return fmt.Errorf("take reply %d back: %w", e.Entry, err)
		}
		return nil
	})
	return nil
}
