package store

import (
	"errors"
	"time"

	"deskpost/ticket"
)

// Redeem implements ticket.Door.
func (t *tx) Redeem(notice int64, at time.Time) (bool, error) {
	written, err := t.exec(`INSERT INTO redeemed (notice, at) VALUES ($1, $2) ON CONFLICT (notice) DO NOTHING`, notice, ms(at))
	return written > 0, err
}

// Password implements ticket.Door.
func (t *tx) Password(agent string) (string, error) {
	var hash string
	err := t.one(`SELECT hash FROM passwords WHERE agent = $1`, args{agent}, &hash)
	if errors.Is(err, ticket.ErrNotFound) {
		return "", nil
	}
	return hash, err
}

// SetPassword implements ticket.Door.
func (t *tx) SetPassword(agent, hash string, at time.Time) error {
	if hash == "" {
		_, err := t.exec(`DELETE FROM passwords WHERE agent = $1`, agent)
		return err
	}
	_, err := t.exec(`
		INSERT INTO passwords (agent, hash, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (agent) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`, agent, hash, ms(at))
	return err
}
