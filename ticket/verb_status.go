package ticket

import (
	"fmt"
	"maps"
	"time"

	"deskpost/ticket/command"
)

// setStatusTo makes the verb of a status that takes no argument.
func setStatusTo(s Status) func(*work, string) (string, error) {
	return func(w *work, args string) (string, error) {
		return noArgs(args, func() (string, error) { return w.toState(State{Status: s}, "") })
	}
}

// setStatusFor makes the verb of a status that may be given a reason, which is
// for agents.
func setStatusFor(s Status) func(*work, string) (string, error) {
	return func(w *work, why string) (string, error) {
		if why != "" && w.ticket.Status == s {
			return "", refuse(Conflict, "the ticket is %s already: write the reason as a #note", w.policy.StateName(w.ticket.State()))
		}
		return w.toState(State{Status: s}, why)
	}
}

// doResolve resolves. With a text that is a reply, whatever the mail answered:
// nobody resolves a ticket with words for colleagues only, and who does says so.
func doResolve(w *work, args string) (string, error) {
	return noArgs(args, func() (string, error) {
		result, err := w.toState(State{Status: Resolved}, "")
		if err == nil && w.forced == "" && w.kind == Note && w.posts() && !w.byOperator() {
			w.kind = Reply
			result += "; your text goes to the customer"
		}
		return result, err
	})
}

// doStatus sets a status by its name, those included that an admin has added.
func doStatus(w *work, args string) (string, error) {
	s, err := w.policy.findState(args)
	if err != nil {
		return "", err
	}
	return w.toState(s, "")
}

// doPending waits for the customer, until a time if one is given.
func doPending(w *work, args string) (string, error) {
	var until time.Time
	if args != "" {
		var err error
		if until, err = command.When(args, w.received.In(w.policy.Zone), morning); err != nil {
			return "", refuse(Invalid, "%s", err)
		}
	}
	result, err := w.toState(State{Status: Pending}, "")
	if err != nil || until.IsZero() {
		return result, err
	}
	w.change(w.ticket.setInstant(FollowUpChanged, &w.ticket.FollowUp, until, w.actor()))
	return result + ", comes back " + w.at(until), nil
}

// toState moves the ticket where its agent wants it, if it can go there and the
// agent may send it there. why is for the diary.
func (w *work) toState(s State, why string) (string, error) {
	was := w.ticket.State()
	right := MayEdit
	switch s.Status {
	case Resolved, Closed:
		right = MayClose
	case Spam:
		right = MayBan
	}
	switch {
	case !w.may(right, w.before.Department):
		return "", refuse(NotAllowed, "%s", w.missing(right))
	case was == s:
		w.change(w.ticket.setInstant(FollowUpChanged, &w.ticket.FollowUp, time.Time{}, w.actor()))
		return fmt.Sprintf("was %s already", w.policy.StateName(s)), nil
	}
	if err := w.wayTo(s.Status); err != nil {
		return "", err
	}
	if s.Status == Pending {
		if err := w.mayWait(); err != nil {
			return "", err
		}
	}
	e := w.ticket.setState(s, w.actor(), w.received)
	e.Detail = why
	w.change(e)
	result := fmt.Sprintf("%s -> %s", w.policy.StateName(was), w.policy.StateName(s))
	if s.Status == Resolved || s.Status == Closed {
		rest, err := w.unfinishedBusiness()
		return result + rest, err
	}
	return result, nil
}

// wayTo is why the ticket can not go to a status, nil if it can.
func (w *work) wayTo(s Status) error {
	was := w.ticket.Status
	admin := map[Status]Right{Spam: MayBan, Deleted: MayDelete}[was]
	switch {
	case was == Merged:
		return refuse(Conflict, "the ticket continues in ticket %d: write there", w.ticket.MergedInto)
	case admin != "" && !w.may(admin, w.before.Department):
		return refuse(NotAllowed, "the ticket is %s; to bring it back %s", was, w.missing(admin))
	case !was.mayBecome(s):
		return refuse(Conflict, "the ticket is %s: #open reopens it", w.policy.StateName(w.ticket.State()))
	}
	return nil
}

// mayWait refuses to wait for a customer whom nobody has answered, where the
// department wants that: the clocks would stand still and nobody see it.
func (w *work) mayWait() error {
	if !w.policy.Departments[w.ticket.Department].PendingRequiresReply || w.kind == Reply && w.posts() {
		return nil
	}
	answered, err := w.latestReply(&w.ticket)
	if err != nil || answered != nil {
		return err
	}
	return refuse(Conflict, "nobody has answered the customer yet: write your answer below, with #reply if the mail you answer is none of the customer's")
}

// findState finds a status that can be set: one of ours, or one that an admin
// has added, by its key or name.
func (p *Policy) findState(word string) (State, error) {
	names := p.stateNames()
	key, err := matchNamed("status", word, maps.Keys(names), func(key string) string { return names[key] })
	if err != nil {
		return State{}, err
	}
	return p.stateOf(key), nil
}

// stateNames are the names of all states that can be set, by their keys.
func (p *Policy) stateNames() map[string]string {
	names := map[string]string{}
	for _, s := range Settable {
		names[string(s)] = string(s)
	}
	for key, sub := range p.Substatuses {
		names[key] = sub.Name
	}
	return names
}

// stateOf is the state that a key of stateNames stands for.
func (p *Policy) stateOf(key string) State {
	if sub, ok := p.Substatuses[key]; ok {
		return State{sub.Of, key}
	}
	return State{Status: Status(key)}
}

// narrowByStatus lists by a status, or by one that an admin has added.
func (p *Policy) narrowByStatus(f *Filter, word string) error {
	names := p.stateNames()
	names[string(New)] = string(New)
	key, err := matchNamed("status", word, maps.Keys(names), func(key string) string { return names[key] })
	if err != nil {
		return err
	}
	if s := p.stateOf(key); s.Substatus != "" {
		f.Substatuses = append(f.Substatuses, s.Substatus)
	} else {
		f.Statuses = append(f.Statuses, s.Status)
	}
	return nil
}
