package ticket

import (
	"fmt"
	"slices"
)

// A LinkKind says what one ticket is to another one.
type LinkKind string

// The kinds of links.
const (
	DuplicateOf LinkKind = "duplicate"
	Blocks      LinkKind = "blocks"
	ChildOf     LinkKind = "child"
	FollowUpOf  LinkKind = "follow-up" // opened by an answer to one that was over
	RelatedTo   LinkKind = "related"   // the only one that has no direction
)

// linkWords say what a link is from the side of its From, and of its To.
var linkWords = map[LinkKind][2]string{
	DuplicateOf: {"duplicate of", "has duplicate"},
	Blocks:      {"blocks", "blocked by"},
	ChildOf:     {"child of", "parent of"},
	FollowUpOf:  {"follow-up of", "followed up by"},
	RelatedTo:   {"related to", "related to"},
}

// A Link says what a ticket is to another one. It is kept once and shown on both.
type Link struct {
	From Number
	Kind LinkKind
	To   Number
}

// Known reports whether there is such a kind.
func (k LinkKind) Known() bool { return linkWords[k] != [2]string{} }

// Straight is the link in the form in which it is kept: one without a direction
// begins at the lower number.
func (l Link) Straight() Link {
	if l.Kind == RelatedTo && l.From > l.To {
		l.From, l.To = l.To, l.From
	}
	return l
}

// Other is the ticket at the other end.
func (l Link) Other(n Number) Number {
	if l.From == n {
		return l.To
	}
	return l.From
}

// Seen says what the link is on one of its tickets, as in "blocked by 1042". The
// diary of that ticket keeps it so.
func (l Link) Seen(n Number) string {
	side := 0
	if l.From != n {
		side = 1
	}
	return fmt.Sprintf("%s %d", linkWords[l.Kind][side], l.Other(n))
}

// Links are the part of a Tx that knows which tickets belong to which.
type Links interface {
	// AddLink writes a straight link, and DropLink takes it away. They return false
	// if nothing changed by that.
	AddLink(l Link) (bool, error)
	DropLink(l Link) (bool, error)
	// LinksOf reads the links that begin or end at a ticket, ordered by From, To and
	// Kind.
	LinksOf(n Number) ([]Link, error)
	// MergedInto lists the tickets that were merged into this one itself, by
	// number; not those that came with them.
	MergedInto(n Number) ([]Number, error)
}

// leadsTo reports whether a way of links of one kind leads from a ticket to
// another one. Every ticket on the way is held, so that nobody closes a circle
// from its other side meanwhile.
func (t *turn) leadsTo(from, to Number, kind LinkKind, links func(Number) ([]Link, error)) (bool, error) {
	way := []Number{from}
	for i := 0; i < len(way); i++ {
		if way[i] == to {
			return true, nil
		}
		if _, err := t.tx.Ticket(way[i]); err != nil {
			return false, fmt.Errorf("read ticket %d: %w", way[i], err)
		}
		list, err := links(way[i])
		if err != nil {
			return false, fmt.Errorf("read links of ticket %d: %w", way[i], err)
		}
		for _, l := range list {
			if l.Kind == kind && l.From == way[i] && !slices.Contains(way, l.To) {
				way = append(way, l.To)
			}
		}
	}
	return false, nil
}

// circular reports whether a link would close a circle with others of its kind.
func (t *turn) circular(l Link, links func(Number) ([]Link, error)) (bool, error) {
	if l.Kind == RelatedTo {
		return false, nil
	}
	return t.leadsTo(l.To, l.From, l.Kind, links)
}

// linkOther writes into the diary of the ticket at the other end that there is a
// link with this one, or no longer.
func (t *turn) linkOther(n Number, l Link, kind EventKind, by Actor) error {
	other, err := t.tx.Ticket(l.Other(n))
	if err != nil {
		return fmt.Errorf("read ticket %d: %w", l.Other(n), err)
	}
	return t.keep(other, l.event(other.Number, kind, by))
}

// event is LinkAdded or LinkRemoved on a ticket.
func (l Link) event(n Number, kind EventKind, by Actor) *Event {
	e := &Event{Ticket: n, Kind: kind, Actor: by}
	if kind == LinkAdded {
		e.After = l.Seen(n)
	} else {
		e.Before = l.Seen(n)
	}
	return e
}

// linkFollowUp links a ticket that a mail has opened to the one it answers, which was
// over.
func (t *turn) linkFollowUp(n Number, old *Ticket) error {
	l := Link{n, FollowUpOf, old.Number}
	if _, err := t.tx.AddLink(l); err != nil {
		return fmt.Errorf("link ticket %d to %d: %w", n, old.Number, err)
	}
	if err := t.record(l.event(n, LinkAdded, theDesk)); err != nil {
		return err
	}
	return t.keep(old, l.event(old.Number, LinkAdded, theDesk))
}
