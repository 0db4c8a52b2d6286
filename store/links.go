package store

import "deskpost/ticket"

const linksQuery = `SELECT ticket, kind, other FROM links WHERE ticket = $1 OR other = $1 ORDER BY ticket, other, kind`

// AddLink implements ticket.Links.
func (t *tx) AddLink(l ticket.Link) (bool, error) {
	n, err := t.exec(`INSERT INTO links (ticket, kind, other) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		int64(l.From), string(l.Kind), int64(l.To))
	return n > 0, err
}

// DropLink implements ticket.Links.
func (t *tx) DropLink(l ticket.Link) (bool, error) {
	n, err := t.exec(`DELETE FROM links WHERE ticket = $1 AND kind = $2 AND other = $3`, int64(l.From), string(l.Kind), int64(l.To))
	return n > 0, err
}

// LinksOf implements ticket.Links.
func (t *tx) LinksOf(n ticket.Number) ([]ticket.Link, error) {
	return rows(t, scanLink, linksQuery, int64(n))
}

func scanLink(s scan) (l ticket.Link, err error) { return l, s(&l.From, &l.Kind, &l.To) }

const mergedQuery = `SELECT number FROM tickets WHERE merged_into = $1 ORDER BY number`

// MergedInto implements ticket.Links.
func (t *tx) MergedInto(n ticket.Number) ([]ticket.Number, error) {
	return rows(t, scalar[ticket.Number], mergedQuery, int64(n))
}
