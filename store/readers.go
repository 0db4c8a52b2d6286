package store

import "deskpost/ticket"

// SetReader implements ticket.Readers.
func (t *tx) SetReader(n ticket.Number, address string, r ticket.Reader) error {
	_, err := t.exec(`UPDATE participants SET language = $1, utc_offset = $2 WHERE ticket = $3 AND key = $4`, r.Language, r.Offset, int64(n), address)
	return err
}

// ReaderOf implements ticket.Readers.
func (t *tx) ReaderOf(address string) (ticket.Reader, error) {
	list, err := rows(t, func(s scan) (r ticket.Reader, err error) { return r, s(&r.Language, &r.Offset) },
		`SELECT language, utc_offset FROM participants WHERE key = $1 AND language <> '' ORDER BY ticket DESC LIMIT 1`, address)
	if err != nil || len(list) == 0 {
		return ticket.Reader{}, err
	}
	return list[0], nil
}
