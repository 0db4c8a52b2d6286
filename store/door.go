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
func (t *tx) Password(agent string) (ticket.Password, error) {
	var p ticket.Password
	err := t.one(`SELECT hash, address FROM passwords WHERE agent = $1`, args{agent}, &p.Hash, &p.Address)
	if errors.Is(err, ticket.ErrNotFound) {
		return ticket.Password{}, nil
	}
	return p, err
}

// SetPassword implements ticket.Door.
func (t *tx) SetPassword(agent string, p ticket.Password, at time.Time) error {
	if p.Hash == "" {
		_, err := t.exec(`DELETE FROM passwords WHERE agent = $1`, agent)
		return err
	}
	_, err := t.exec(`
		INSERT INTO passwords (agent, address, hash, changed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agent) DO UPDATE SET address = excluded.address, hash = excluded.hash, changed_at = excluded.changed_at`,
		agent, p.Address, p.Hash, ms(at))
	return err
}
