package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

// linkKinds are the words of #link, each for what this ticket is to the other one.
var linkKinds = []string{"duplicate", "blocks", "blocked", "child", "parent", "related"}

// maxLinks bounds how many links agents make on one ticket.
const maxLinks = 100

// linkTo is the link that a word means.
func (w *work) linkTo(other Number, word string) Link {
	this := w.ticket.Number
	switch word {
	case "blocked":
		return Link{other, Blocks, this}
	case "parent":
		return Link{other, ChildOf, this}
	}
	return Link{this, LinkKind(word), other}.Straight()
}

func doLink(w *work, args string) (string, error) {
	other, word, err := w.linkArgs("link", args)
	if err != nil {
		return "", err
	}
	if word == "" {
		word = string(RelatedTo)
	}
	l := w.linkTo(other.Number, word)
	links, err := w.linksOf(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read links of ticket %d: %w", w.ticket.Number, err)
	}
	circular, err := w.circular(l, w.linksOf)
	switch {
	case err != nil:
		return "", err
	case slices.Contains(links, l):
		return l.Seen(w.ticket.Number) + " already", nil
	case circular:
		return "", refuse(Conflict, "%s would lead in a circle: other links lead from %d back to %d", l.Seen(w.ticket.Number), l.To, l.From)
	case len(links) >= maxLinks:
		return "", refuse(Invalid, "a ticket has at most %d links", maxLinks)
	}
	w.changeLink(l, LinkAdded)
	return l.Seen(w.ticket.Number) + ": " + other.Subject, nil
}

func doUnlink(w *work, args string) (string, error) {
	other, word, err := w.linkArgs("unlink", args)
	if err != nil {
		return "", err
	}
	links, err := w.linksOf(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read links of ticket %d: %w", w.ticket.Number, err)
	}
	var gone []string
	for _, l := range links {
		if l.Other(w.ticket.Number) == other.Number && (word == "" || l == w.linkTo(other.Number, word)) {
			gone = append(gone, l.Seen(w.ticket.Number))
			w.changeLink(l, LinkRemoved)
		}
	}
	if gone == nil {
		return "", refuse(NotFound, "there is no such link with ticket %d", other.Number)
	}
	return "no longer " + strings.Join(gone, ", "), nil
}

// linkArgs reads a number and perhaps what this ticket is to that one.
func (w *work) linkArgs(verb, args string) (*Ticket, string, error) {
	number, word, _ := strings.Cut(args, " ")
	n, err := parseNumber(number)
	if err != nil {
		return nil, "", refuse(Invalid, "which ticket? Write its number, as in #%s 1234 %s", verb, Blocks)
	}
	if word = strings.TrimSpace(word); word != "" {
		if word, err = command.Match(word, linkKinds); err != nil {
			return nil, "", notMatched("link", err, linkKinds)
		}
	}
	other, err := w.readableTicket(n)
	if err == nil && other.Number == w.ticket.Number {
		return nil, "", refuse(Invalid, "a ticket can not be linked to itself")
	}
	return other, word, err
}

// A linkChange is a link that the mail makes, or takes away.
type linkChange struct {
	Link
	kind EventKind
}

// linksOf reads the links of a ticket as the mail leaves them.
func (w *work) linksOf(n Number) ([]Link, error) {
	links, err := w.tx.LinksOf(n)
	for _, c := range w.links {
		links = slices.DeleteFunc(links, func(l Link) bool { return l == c.Link })
		if c.kind == LinkAdded && (c.From == n || c.To == n) {
			links = append(links, c.Link)
		}
	}
	return links, err
}

// changeLink notes that a link is made, or taken away.
func (w *work) changeLink(l Link, kind EventKind) {
	w.links = append(w.links, linkChange{l, kind})
	w.change(l.event(w.ticket.Number, kind, w.actor()))
}

// keepLinks writes what the mail changes of links.
func (w *work) keepLinks() error {
	for _, c := range w.links {
		write := w.tx.AddLink
		if c.kind == LinkRemoved {
			write = w.tx.DropLink
		}
		if _, err := write(c.Link); err != nil {
			return fmt.Errorf("change a link of ticket %d: %w", w.ticket.Number, err)
		}
		if err := w.linkOther(w.ticket.Number, c.Link, c.kind, w.actor()); err != nil {
			return err
		}
	}
	return nil
}

// moveLinks gives the links of this ticket, which has been merged, to the one it
// goes on in. Those between the two end, and so do those that the other one has
// itself, or that would lead in a circle there.
func (w *work) moveLinks(into *Ticket) error {
	links, err := w.tx.LinksOf(w.ticket.Number)
	if err != nil {
		return fmt.Errorf("read links of ticket %d: %w", w.ticket.Number, err)
	}
	for _, l := range links {
		moved := l
		if l.From == w.ticket.Number {
			moved.From = into.Number
		} else {
			moved.To = into.Number
		}
		if err := w.moveLink(l, moved.Straight(), into); err != nil {
			return fmt.Errorf("move a link of ticket %d: %w", w.ticket.Number, err)
		}
	}
	return nil
}

func (w *work) moveLink(l, moved Link, into *Ticket) error {
	_, err := w.tx.DropLink(l)
	err = errors.Join(err, w.record(l.event(w.ticket.Number, LinkRemoved, w.actor())),
		w.linkOther(w.ticket.Number, l, LinkRemoved, w.actor()))
	if err != nil || moved.From == moved.To {
		return err
	}
	circular, err := w.circular(moved, w.tx.LinksOf)
	if err != nil || circular {
		return err
	}
	added, err := w.tx.AddLink(moved)
	if err != nil || !added {
		return err
	}
	return errors.Join(w.record(moved.event(into.Number, LinkAdded, w.actor())),
		w.linkOther(into.Number, moved, LinkAdded, w.actor()))
}

// linkLines are the links of a ticket as agents read them.
func (w *work) linkLines(n Number) ([]string, error) {
	links, err := w.linksOf(n)
	if err != nil {
		return nil, fmt.Errorf("read links of ticket %d: %w", n, err)
	}
	var lines []string
	for _, l := range links {
		other, err := w.tx.Ticket(l.Other(n))
		if err != nil {
			return nil, fmt.Errorf("read ticket %d: %w", l.Other(n), err)
		}
		lines = append(lines, fmt.Sprintf("%s (%s)", l.Seen(n), other.Status))
	}
	return lines, nil
}

// unfinishedBusiness names tickets that are not done and stand in the way of
// ending this one: those that block it, and its children.
func (w *work) unfinishedBusiness() (string, error) {
	links, err := w.linksOf(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read links of ticket %d: %w", w.ticket.Number, err)
	}
	var s string
	for _, l := range links {
		if l.To != w.ticket.Number || l.Kind != Blocks && l.Kind != ChildOf {
			continue
		}
		other, err := w.tx.Ticket(l.From)
		if err != nil {
			return "", fmt.Errorf("read ticket %d: %w", l.From, err)
		}
		if !other.Status.Done() {
			s += fmt.Sprintf("; note that it is %s, which is %s", l.Seen(w.ticket.Number), other.Status)
		}
	}
	return s, nil
}
