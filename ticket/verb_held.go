package ticket

import (
	"fmt"
	"slices"
	"strings"
)

// doAllow takes what somebody wrote who does not take part in the ticket, and was
// held for that, as a message like any other, and lets its sender take part from
// then on. To the clocks it comes now: nobody could answer it before.
func doAllow(w *work, args string) (string, error) {
	held, from, err := w.heldFrom(args)
	if err != nil {
		return "", err
	}
	result := heldWords(held, from) + " taken into the thread"
	for _, e := range held {
		w.change(w.judged(&e, MessageAllowed))
	}
	if slices.ContainsFunc(held, func(e Entry) bool { return e.Machine == Human }) {
		joins, err := w.admit(from)
		if err != nil {
			return "", err
		}
		if joins {
			result += fmt.Sprintf("; who wrote it gets replies from now on, which #cc -%s takes back", from.Key())
		}
		switch w.ticket.Status {
		case Pending, Hold, Resolved, Closed:
			w.change(w.ticket.setStatus(Open, w.actor(), w.now))
			result += "; the ticket is open"
		}
		w.ticket.spoken(w.now)
	}
	w.later(func() (string, error) { return result, w.judge(held, true) })
	return result, nil
}

// doDeny leaves it out for good: agents still see it, marked so, and nobody is
// told.
func doDeny(w *work, args string) (string, error) {
	held, from, err := w.heldFrom(args)
	if err != nil {
		return "", err
	}
	for _, e := range held {
		w.change(w.judged(&e, MessageDenied))
	}
	result := heldWords(held, from) + " rejected; nobody is told"
	w.later(func() (string, error) { return result, w.judge(held, false) })
	return result, nil
}

func heldWords(held []Entry, from Address) string {
	return count(len(held), "held message", "held messages") + " of " + addressOrNobody(from)
}

// judged is the event of a decision. It names the kind of program that wrote the
// message, if one did: that moves no clock.
func (w *work) judged(e *Entry, kind EventKind) *Event {
	return &Event{Ticket: w.ticket.Number, Kind: kind, Actor: w.actor(), Entry: e.ID, After: string(e.Machine),
		Detail: "message of " + addressOrNobody(e.From)}
}

// judge writes the decision down.
func (w *work) judge(held []Entry, allowed bool) error {
	for _, e := range held {
		if err := w.tx.Judge(e.ID, allowed); err != nil {
			return fmt.Errorf("decide about the held message %d: %w", e.ID, err)
		}
		if !allowed {
			continue
		}
		if err := w.tx.Know(w.ticket.Number, []string{e.MessageID}); err != nil {
			return fmt.Errorf("remember the Message-ID of entry %d: %w", e.ID, err)
		}
	}
	return nil
}

// admit lets somebody take part, unless they do already or can not be written to.
func (w *work) admit(who Address) (bool, error) {
	list, err := w.tx.Participants(w.ticket.Number)
	if err != nil {
		return false, fmt.Errorf("read participants of ticket %d: %w", w.ticket.Number, err)
	}
	there := slices.ContainsFunc(list, func(p Participant) bool { return p.Address.Key() == who.Key() })
	switch {
	case there, !validAddress(who.Email), w.policy.Own(who.Email):
		return false, nil
	case len(list) > maxCollaborators:
		return false, refuse(Invalid, "a ticket has at most %d people beside the requester", maxCollaborators)
	}
	w.people = append(w.people, personChange{address: who, role: RoleCollaborator})
	w.change(&Event{Ticket: w.ticket.Number, Kind: ParticipantsChanged, Actor: w.actor(), Detail: "+" + who.Key()})
	return true, nil
}

// heldFrom finds the messages that are meant: those of an address, or the last
// one. Without arguments there must be only one who wrote any.
func (w *work) heldFrom(args string) ([]Entry, Address, error) {
	entries, err := w.thread(w.ticket.Number)
	if err != nil {
		return nil, Address{}, err
	}
	held := slices.DeleteFunc(entries, func(e Entry) bool { return !e.Held || e.Denied })
	if len(held) == 0 {
		return nil, Address{}, refuse(Invalid, "nothing is held on this ticket")
	}
	var senders []string
	for _, e := range held {
		if !slices.Contains(senders, e.From.Key()) {
			senders = append(senders, e.From.Key())
		}
	}
	last, who := held[len(held)-1], strings.ToLower(strings.TrimPrefix(args, "+"))
	switch {
	case who == "last":
		return []Entry{last}, last.From, nil
	case who == "" && len(senders) == 1:
		return held, last.From, nil
	case who == "":
		return nil, Address{}, refuse(Invalid, "several have written: say whose, %s, or last", strings.Join(senders, ", "))
	case !slices.Contains(senders, who):
		return nil, Address{}, refuse(Invalid, "nothing of %q is held; held is what %s wrote", who, strings.Join(senders, ", "))
	}
	held = slices.DeleteFunc(held, func(e Entry) bool { return e.From.Key() != who })
	return held, held[len(held)-1].From, nil
}
