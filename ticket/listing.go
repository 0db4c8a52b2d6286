package ticket

import (
	"context"
	"math"
	"slices"
)

// An Order is how a list of tickets is sorted. Tickets that are equal in it stand
// by their numbers.
type Order string

// The orders.
const (
	ByDue      Order = "due"      // the nearest deadline first, those without one last
	ByPriority Order = "priority" // the most urgent first
	ByChanged  Order = "changed"  // what changed last first
	ByOpened   Order = "opened"   // what was opened last first
)

// Known reports whether there is such an order.
func (o Order) Known() bool {
	return slices.Contains([]Order{ByDue, ByPriority, ByChanged, ByOpened}, o)
}

// A Place is where a ticket stands, or stood, in a sorted list. It stays where it
// is when the ticket changes, so who pages through a list meets no ticket twice
// and misses none that did not move.
type Place struct {
	Key    int64  // what the list is sorted by, see Filter.PlaceOf
	Number Number // 0 is no place
}

// PlaceOf is the place of a ticket in the order of the filter. What is later, or
// more urgent, has the greater key.
func (f *Filter) PlaceOf(tk *Ticket) Place {
	p := Place{Number: tk.Number}
	switch f.Order {
	case ByDue:
		switch {
		case !tk.Deadline.IsZero():
			p.Key = tk.Deadline.UnixMilli()
		case !f.Reversed:
			p.Key = math.MaxInt64
		}
	case ByPriority:
		p.Key = int64(slices.Index(f.Priorities, tk.Priority) + 1)
	case ByOpened:
		p.Key = int64(tk.Number)
	default:
		p.Key = tk.UpdatedAt.UnixMilli()
	}
	return p
}

// A Listing asks for a leaf of a list.
type Listing struct {
	Query    string // as behind #list
	Order    Order  // "" is ByDue, and of a search ByChanged
	Reversed bool
	After    Place // only what stands behind it; no place is the beginning
	Before   Place // in its stead: only what stands before it
	Limit    int   // at least 1
}

// A Leaf is some tickets of a list that may be longer.
type Leaf struct {
	Tickets  []Ticket
	Order    Order
	Previous Place // Listing.Before of the leaf before this one; no place if it is the first
	Next     Place // Listing.After of the one behind it; no place if it is the last
}

// Browse reads a leaf of the tickets that a query finds among those that an agent
// may read. The error is a Refusal if the query makes no sense.
func (d *Desk) Browse(ctx context.Context, agent string, l Listing) (Leaf, error) {
	var leaf Leaf
	err := d.view(ctx, func(t *turn) error {
		f, ok, err := t.asked(agent, l.Query)
		if err != nil || !ok {
			return err
		}
		if l.Order != "" {
			f.Order, f.Reversed = l.Order, l.Reversed
		}
		f.Beyond, f.Limit = l.After, l.Limit+1
		if l.Before.Number != 0 {
			f.Beyond, f.Backwards = l.Before, true
		}
		list, err := t.find(f, l.Query)
		if err != nil {
			return err
		}
		leaf = f.leaf(list, l.Limit)
		return nil
	})
	return leaf, requestError("list tickets", err)
}

// leaf makes a leaf of up to one ticket more than it may have, as they were found.
func (f *Filter) leaf(list []Ticket, limit int) Leaf {
	more := len(list) > limit
	list = list[:min(len(list), limit)]
	if f.Backwards {
		slices.Reverse(list)
	}
	leaf := Leaf{Tickets: list, Order: f.Order}
	if len(list) == 0 {
		return leaf
	}
	if f.Backwards && more || !f.Backwards && f.Beyond.Number != 0 {
		leaf.Previous = f.PlaceOf(&list[0])
	}
	if f.Backwards || more {
		leaf.Next = f.PlaceOf(&list[len(list)-1])
	}
	return leaf
}

// asked is the filter of a query by an agent, in the order that it has by itself.
// It is not ok if they may not read anything there.
func (t *turn) asked(agent, query string) (f Filter, ok bool, err error) {
	who, err := t.whoAsks(FromForm, agent)
	if err != nil {
		return Filter{}, false, err
	}
	if f, err = t.policy.query(query, agent, t.now); err != nil {
		return Filter{}, false, err
	}
	w := t.workOn(&Ticket{}, who, &Mail{}, t.now)
	f.Departments, f.Priorities = w.readable(f.Departments), t.policy.Priorities
	if f.Order = ByDue; len(f.Phrases) > 0 {
		f.Order = ByChanged
	}
	return f, len(f.Departments) > 0, nil
}

// NotCounted is the count of a query that is a search, since that would take too
// long for a number beside a name, or that makes no sense any more.
const NotCounted = -1

// Counts counts what some queries find among the tickets that an agent may read,
// each up to most.
func (d *Desk) Counts(ctx context.Context, agent string, queries []string, most int) ([]int, error) {
	counts := make([]int, len(queries))
	err := d.view(ctx, func(t *turn) error {
		var filters []Filter
		var of []int
		for i, query := range queries {
			f, ok, err := t.asked(agent, query)
			if _, refused := err.(*Refusal); refused || len(f.Phrases) > 0 {
				counts[i] = NotCounted
				continue
			}
			if err != nil {
				return err
			}
			if ok {
				f.Limit = most
				filters, of = append(filters, f), append(of, i)
			}
		}
		found, err := t.tx.Count(filters)
		for i, n := range found {
			counts[of[i]] = n
		}
		return err
	})
	return counts, requestError("count tickets", err)
}
