package store

import (
	"strings"

	"deskpost/ticket"
)

// StatesInUse implements ticket.States.
func (t *tx) StatesInUse(s []ticket.Status) ([]ticket.State, error) {
	var w where
	w.conditions = []string{"substatus <> ''"}
	w.in("status", words(s))
	return rows(t, func(s scan) (k ticket.State, err error) { return k, s(&k.Status, &k.Substatus) },
		`SELECT DISTINCT status, substatus FROM tickets`+w.text()+` ORDER BY status, substatus`, w.args...)
}

// states demands one of the statuses or one of the substatuses, if there are
// any. That a substatus is not empty lets the engine use its index.
func (w *where) states(statuses []ticket.Status, substatuses []string) {
	if len(substatuses) == 0 {
		w.in("status", words(statuses))
		return
	}
	either := where{args: w.args}
	either.in("status", words(statuses))
	either.in("substatus <> '' AND substatus", substatuses)
	w.args = either.args
	w.conditions = append(w.conditions, "("+strings.Join(either.conditions, " OR ")+")")
}
