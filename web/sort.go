package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"deskpost/ticket"
)

// A column is one of a list of tickets. Path is the same list sorted by it, or
// sorted the other way round if it is already; "" if lists are not sorted by it.
type column struct {
	Name   string
	Sorted string // as aria-sort says it: "ascending", "descending"; "" if not by this one
	Path   string
}

// columnOrders are the columns, and by what a list is sorted by them. Up says that
// what comes first then counts as the least, since that is how aria-sort sees it.
var columnOrders = []struct {
	name  string
	order ticket.Order
	up    bool
}{
	{"Ticket", ticket.ByOpened, false}, {"Subject", "", false}, {"Status", "", false}, {"Priority", ticket.ByPriority, false},
	{"Assignee", "", false}, {"Due", ticket.ByDue, true}, {"Changed", ticket.ByChanged, false},
}

// columns are those of a list in some order, which is turned round if sort, as
// the address has it, begins with a minus.
func columns(query string, order ticket.Order, sort string) []column {
	var all []column
	reversed := strings.HasPrefix(sort, "-")
	for _, c := range columnOrders {
		col := column{Name: c.name}
		if c.order != "" {
			next := string(c.order)
			if c.order == order {
				col.Sorted = "descending"
				if c.up != reversed {
					col.Sorted = "ascending"
				}
				if !reversed {
					next = "-" + next
				}
			}
			col.Path = listPath(query, next)
		}
		all = append(all, col)
	}
	return all
}

// listPath is the address of a list.
func listPath(query, sort string) string {
	values := url.Values{"q": {query}}
	if sort != "" {
		values.Set("sort", sort)
	}
	return "/tickets?" + values.Encode()
}

// leafPath is the address of another leaf of a list, "" if there is none.
func leafPath(asked url.Values, query, side string, at ticket.Place) string {
	if at.Number == 0 {
		return ""
	}
	return fmt.Sprintf("%s&%s=%d.%d", listPath(query, asked.Get("sort")), side, at.Key, at.Number)
}

// listing is the leaf of a list that an address names, without its query.
func listing(asked url.Values) (ticket.Listing, error) {
	var l ticket.Listing
	if sort := asked.Get("sort"); sort != "" {
		name, reversed := strings.CutPrefix(sort, "-")
		l.Order, l.Reversed = ticket.Order(name), reversed
		if !l.Order.Known() {
			return l, &ticket.Refusal{Kind: ticket.Invalid, Text: "Lists are sorted by due, priority, changed or opened."}
		}
	}
	var err error
	if l.After, err = place(asked.Get("after")); err != nil {
		return l, err
	}
	l.Before, err = place(asked.Get("before"))
	return l, err
}

// place reads the place of a ticket in a list, as leafPath writes it.
func place(text string) (ticket.Place, error) {
	if text == "" {
		return ticket.Place{}, nil
	}
	key, number, _ := strings.Cut(text, ".")
	k, err := strconv.ParseInt(key, 10, 64)
	n, err2 := strconv.ParseInt(number, 10, 64)
	if err != nil || err2 != nil || n <= 0 {
		return ticket.Place{}, &ticket.Refusal{Kind: ticket.Invalid, Text: "This is no place in a list. Begin at its top."}
	}
	return ticket.Place{Key: k, Number: ticket.Number(n)}, nil
}
