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
	if err := t.must(`INSERT INTO openings (notice, says, at) VALUES ($1, $2, $3)`, notice, jsonOf(o), ms(at)); err != nil {
		return err
	}
	return t.addFiles("opening", notice, o.Files)
}

// Opening implements ticket.Portal.
func (t *tx) Opening(notice int64) (ticket.Opening, error) {
	var o ticket.Opening
	err := t.one(t.held(`SELECT says FROM openings WHERE notice = $1`), args{notice}, jsonTo[ticket.Opening]{&o})
	if err != nil {
		return ticket.Opening{}, err
	}
	o.Files, err = t.files("opening", notice)
	return o, err
}

// DropOpening implements ticket.Portal.
func (t *tx) DropOpening(notice int64) error {
	if _, err := t.exec(`DELETE FROM files WHERE opening = $1`, notice); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM openings WHERE notice = $1`, notice)
	return err
}

// WaitingOpenings implements ticket.Portal.
func (t *tx) WaitingOpenings() (n int, bytes int64, err error) {
	if err := t.one(`SELECT COUNT(*) FROM openings`, nil, &n); err != nil {
		return 0, 0, err
	}
	return n, bytes, t.one(`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files WHERE opening IS NOT NULL`, nil, &bytes)
}

// ForgetOpenings implements ticket.Portal. The bytes of their files are collected
// as those of any upload that came to nothing.
func (t *tx) ForgetOpenings(before time.Time) (int, error) {
	if _, err := t.exec(`DELETE FROM files WHERE opening IN (SELECT notice FROM openings WHERE at < $1)`, ms(before)); err != nil {
		return 0, err
	}
	n, err := t.exec(`DELETE FROM openings WHERE at < $1`, ms(before))
	return int(n), err
}
