package store

import (
	"context"
	"fmt"
	"io"
	"time"

	"deskpost/ticket"
)

// keyBytes is the length of a signing key: as long as the hash that uses it.
const keyBytes = 32

// Keys reads the signing keys of the desk, the one that signs last. At the
// first start it makes one from rand, which must be a cryptographic source.
func (db *DB) Keys(ctx context.Context, now time.Time, rand io.Reader) (ticket.Keys, error) {
	var keys ticket.Keys
	err := db.view(ctx, func(t *tx) (err error) {
		keys, err = t.keys()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	if len(keys) > 0 {
		return keys, nil
	}
	err = db.update(ctx, func(t *tx) error {
		var err error
		if keys, err = t.keys(); err != nil || len(keys) > 0 {
			return err
		}
		secret := make([]byte, keyBytes)
		if _, err := io.ReadFull(rand, secret); err != nil {
			return fmt.Errorf("draw %d random bytes: %w", keyBytes, err)
		}
		_, err = t.exec(`INSERT INTO keys (id, secret, made_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
			1, secret, ms(now))
		if err != nil {
			return err
		}
		keys, err = t.keys() // another process may have made it meanwhile
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make the first signing key: %w", err)
	}
	return keys, nil
}

// keys reads every key, retired ones too: they go on verifying.
func (t *tx) keys() (ticket.Keys, error) {
	return rows(t, func(s scan) (k ticket.Key, err error) { return k, s(&k.ID, &k.Secret) },
		`SELECT id, secret FROM keys ORDER BY id`)
}
