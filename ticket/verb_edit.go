package ticket

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"deskpost/ticket/command"
)

// maxTitle bounds what an agent may call a ticket, in characters.
const maxTitle = 200

// doSubject gives the ticket another title. Mail to the customer keeps the
// subject it had, or mail programs would take it for another conversation.
func doSubject(w *work, args string) (string, error) {
	switch {
	case args == "":
		return "", refuse(Invalid, "is missing its text: write such as #subject VPN: no route to the branch")
	case utf8.RuneCountInString(args) > maxTitle:
		return "", refuse(Invalid, "a subject has at most %d characters", maxTitle)
	}
	return w.set(SubjectChanged, &w.ticket.Subject, cleanSubject(args), func(s string) string { return fmt.Sprintf("%q", s) }), nil
}

// threadSubject is the subject that a ticket's customers know: that of its first
// mail.
func (t *turn) threadSubject(tk *Ticket) (string, error) {
	events, err := t.tx.Events(tk.Number)
	if err != nil {
		return "", fmt.Errorf("read diary of ticket %d: %w", tk.Number, err)
	}
	for _, e := range events {
		if e.Kind == SubjectChanged {
			return e.Before, nil
		}
	}
	return tk.Subject, nil
}

// customerFacts are the facts of a notice to the requester.
func (t *turn) customerFacts(tk *Ticket) (Facts, error) {
	f := t.facts(tk)
	f.To = tk.Requester.Name
	var err error
	f.Subject, err = t.threadSubject(tk)
	return f, err
}

// doRequester gives the ticket to another customer: mail goes to that one, and
// the one before takes part no longer.
func doRequester(w *work, args string) (string, error) {
	was, is := w.ticket.Requester, Address{Email: args}
	switch {
	case !validAddress(args):
		return "", refuse(Invalid, "%q is not an address: write such as #requester karen@customer.example", args)
	case w.policy.Own(args):
		return "", refuse(Invalid, "%s is the desk's own address", args)
	case is.Key() == was.Key():
		return fmt.Sprintf("was %s already", was.Key()), nil
	}
	w.people = append(w.people, personChange{address: was, drop: true}, // nobody is dropped if the mail had no sender
		personChange{address: is, drop: true}, personChange{address: is, role: RoleRequester})
	w.ticket.Requester = is
	w.change(&Event{Ticket: w.ticket.Number, Kind: RequesterChanged, Actor: w.actor(), Before: was.Key(), After: is.Key()})
	if was.Email == "" {
		return "requester: " + is.Key(), nil
	}
	return fmt.Sprintf("%s -> %s; to let %s take part: #cc %s", was.Key(), is.Key(), was.Key(), was.Key()), nil
}

// doUntag takes tags away; a minus before them is not needed.
func doUntag(w *work, args string) (string, error) {
	tags, err := command.Fields(args)
	switch {
	case err != nil:
		return "", refuse(Invalid, "%s", err)
	case len(tags) == 0:
		return "", refuse(Invalid, "which tags? Write such as #untag vpn")
	}
	var deltas []command.Delta
	for _, tag := range tags {
		if strings.HasPrefix(tag, "+") || strings.HasPrefix(tag, "=") {
			return "", refuse(Invalid, "%q is not to be taken away: to add or replace tags write #tag", tag)
		}
		deltas = append(deltas, command.Delta{Op: '-', Item: strings.TrimPrefix(tag, "-")})
	}
	return w.changeTags(deltas)
}
