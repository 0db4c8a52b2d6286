package store

import (
	"strings"
	"time"

	"deskpost/ticket"
)

// TakesPartIn implements ticket.Portal.
func (t *tx) TakesPartIn(address string, limit int) ([]ticket.Ticket, error) {
	return rows(t, func(s scan) (k ticket.Ticket, err error) { return k, s(ticketFields(&k)...) },
		`SELECT `+ticketColumns+` FROM tickets WHERE number IN (SELECT ticket FROM participants WHERE key = $1)
		ORDER BY updated_at DESC, number DESC LIMIT $2`, strings.ToLower(address), limit)
}

// AddOpening implements ticket.Portal.
func (t *tx) AddOpening(notice int64, o ticket.Opening, at time.Time) error {
	return t.must(`INSERT INTO openings (notice, says, at) VALUES ($1, $2, $3)`, notice, jsonOf(o), ms(at))
}

// Opening implements ticket.Portal.
func (t *tx) Opening(notice int64) (ticket.Opening, error) {
	var o ticket.Opening
	return o, t.one(t.held(`SELECT says FROM openings WHERE notice = $1`), args{notice}, jsonTo[ticket.Opening]{&o})
}

// DropOpening implements ticket.Portal.
func (t *tx) DropOpening(notice int64) error {
	_, err := t.exec(`DELETE FROM openings WHERE notice = $1`, notice)
	return err
}

// CountOpenings implements ticket.Portal.
func (t *tx) CountOpenings() (n int, err error) {
	return n, t.one(`SELECT COUNT(*) FROM openings`, nil, &n)
}

// ForgetOpenings implements ticket.Portal.
func (t *tx) ForgetOpenings(before time.Time) (int, error) {
	n, err := t.exec(`DELETE FROM openings WHERE at < $1`, ms(before))
	return int(n), err
}
