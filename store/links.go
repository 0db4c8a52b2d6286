package store

import "deskpost/ticket"

const mergedQuery = `SELECT number FROM tickets WHERE merged_into = $1 ORDER BY number`

// MergedInto implements ticket.Links.
func (t *tx) MergedInto(n ticket.Number) ([]ticket.Number, error) {
	return rows(t, scalar[ticket.Number], mergedQuery, int64(n))
}
