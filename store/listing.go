package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskpost/ticket"
)

// defaultLimit is how many tickets a Filter without a limit finds.
const defaultLimit = 50

// Find implements ticket.Tickets.
func (t *tx) Find(f ticket.Filter) ([]ticket.Ticket, error) {
	query, a := findQuery(t.dialect.search, f)
	return rows(t, func(s scan) (k ticket.Ticket, err error) { return k, s(ticketFields(&k)...) }, query, a...)
}

// Count implements ticket.Tickets.
func (t *tx) Count(filters []ticket.Filter) ([]int, error) {
	if len(filters) == 0 {
		return nil, nil
	}
	query, a := countQuery(t.dialect.search, filters)
	return rows(t, func(s scan) (n int, err error) { return n, s(new(int), &n) }, query, a...)
}

func findQuery(s searcher, f ticket.Filter) (string, args) {
	var w where
	w.filter(s, f)
	order := w.order(f)
	if f.Order == "" {
		return `SELECT ` + ticketColumns + ` FROM tickets` + w.text() + " ORDER BY " + order + w.limit(f), w.args
	}
	// Of a long list that is sorted only some are shown. Which they are an index may
	// say alone, and only these are then read.
	return `SELECT ` + ticketColumns + ` FROM tickets WHERE number IN (SELECT number FROM tickets` + w.text() + " ORDER BY " + order + w.limit(f) +
		") ORDER BY " + order, w.args
}

// countQuery counts what each of some filters finds, in their order.
func countQuery(s searcher, filters []ticket.Filter) (string, args) {
	var all args
	var parts []string
	for i, f := range filters {
		w := where{args: all}
		w.filter(s, f)
		parts = append(parts, fmt.Sprintf("SELECT %d AS place, COUNT(*) FROM (SELECT number FROM tickets%s%s) AS found", i, w.text(), w.limit(f)))
		all = w.args
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY place", all
}

// limit bounds how many rows a query gives.
func (w *where) limit(f ticket.Filter) string {
	limit := f.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	w.args = append(w.args, limit)
	return fmt.Sprintf(" LIMIT $%d", len(w.args))
}

// filter demands all that a filter does.
func (w *where) filter(s searcher, f ticket.Filter) {
	w.states(f.Statuses, f.Substatuses)
	w.in("department", words(f.Departments))
	switch f.Assignee {
	case "":
	case "-":
		w.add("assignee = $", "")
	default:
		w.add("assignee = $", f.Assignee)
	}
	if len(f.Teams) > 0 {
		w.in("team", f.Teams)
		w.conditions = append(w.conditions, "team <> ''") // as the index says
	}
	w.equal("priority", f.Priority)
	w.equal("plan", f.Plan)
	w.equal("requester_key", strings.ToLower(f.Requester))
	if f.Tag != "" {
		w.add("number IN (SELECT ticket FROM ticket_tags WHERE tag = $)", f.Tag)
	}
	for _, field := range slices.Sorted(maps.Keys(f.Fields)) {
		w.field(field, fieldValue(f.Fields[field]))
	}
	for _, phrase := range f.Phrases {
		w.says(s, phrase)
	}
	if !f.Awake.IsZero() {
		w.add("(snoozed IS NULL OR snoozed <= $)", f.Awake.UnixMilli())
	}
	if f.Held {
		w.conditions = append(w.conditions, "number IN (SELECT ticket FROM entries WHERE audience = 'held')")
	}
	if !f.Asleep.IsZero() {
		w.add("snoozed > $", f.Asleep.UnixMilli())
	}
	if !f.NextBy.IsZero() {
		w.add("next_at <= $", f.NextBy.UnixMilli())
		if !f.Behind.At.IsZero() {
			w.behind(f.Behind)
		}
	}
	if f.StarsTo > 0 {
		w.add("rated_at IS NOT NULL AND stars >= $", max(1, f.StarsFrom))
		w.add("stars <= $", f.StarsTo)
	}
	if !f.DueBy.IsZero() {
		w.add("deadline <= $", f.DueBy.UnixMilli())
	}
}

// order is that of the tickets a filter finds. It demands that they are beyond the
// place that the filter names.
func (w *where) order(f ticket.Filter) string {
	if !f.NextBy.IsZero() {
		return "next_at, number"
	}
	key, down := w.key(f)
	switch {
	case f.Order == "" && !f.DueBy.IsZero():
		return "deadline, number"
	case f.Order == "":
		return "updated_at DESC, number DESC"
	}
	direction, beyond := "ASC", ">"
	if down != f.Backwards {
		direction, beyond = "DESC", "<"
	}
	if f.Beyond.Number != 0 {
		w.args = append(w.args, f.Beyond.Key, int64(f.Beyond.Number))
		w.conditions = append(w.conditions, fmt.Sprintf("(%s, number) %s ($%d, $%d)", key, beyond, len(w.args)-1, len(w.args)))
	}
	return fmt.Sprintf("%s %s, number %s", key, direction, direction)
}

// key is the number by which a filter's order sorts a ticket, as Filter.PlaceOf
// gives it, and whether the greatest comes first.
func (w *where) key(f ticket.Filter) (expression string, down bool) {
	switch f.Order {
	case ticket.ByDue:
		if f.Reversed {
			return "COALESCE(deadline, 0)", true
		}
		return "COALESCE(deadline, 9223372036854775807)", false
	case ticket.ByPriority:
		if len(f.Priorities) == 0 {
			return "0 * number", !f.Reversed // all the same, and not taken for the number of a column
		}
		ranks := "CASE priority"
		for i, name := range f.Priorities {
			w.args = append(w.args, name)
			ranks += fmt.Sprintf(" WHEN $%d THEN %d", len(w.args), i+1)
		}
		return ranks + " ELSE 0 END", !f.Reversed
	case ticket.ByOpened:
		return "number", !f.Reversed
	}
	return "updated_at", !f.Reversed
}
