package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket"
)

// Sessions keeps who is signed in on the page. What it stores of a token is its
// SHA-256, so that nobody can sign in with what a backup holds. It implements the
// store of scs, the session manager (CtxStore).
type Sessions struct {
	db  *DB
	now func() time.Time
}

// Sessions are those of this database, by a clock.
func (db *DB) Sessions(now func() time.Time) *Sessions { return &Sessions{db, now} }

// FindCtx reads the session of a token, unless it has expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) (says []byte, found bool, err error) {
	err = s.db.view(ctx, func(t *tx) error {
		return t.one(`SELECT says FROM sessions WHERE token = $1 AND expires_at > $2`, args{hashed(token), ms(s.now())}, &says)
	})
	switch {
	case errors.Is(err, ticket.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	return says, true, nil
}

// CommitCtx writes the session of a token, and removes those that have expired.
func (s *Sessions) CommitCtx(ctx context.Context, token string, says []byte, expires time.Time) error {
	err := s.db.update(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM sessions WHERE expires_at <= $1`, ms(s.now())); err != nil {
			return err
		}
		_, err := t.exec(`
			INSERT INTO sessions (token, says, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET says = excluded.says, expires_at = excluded.expires_at`, hashed(token), says, ms(expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("write a session: %w", err)
	}
	return nil
}

// DeleteCtx removes the session of a token.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	err := s.db.update(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM sessions WHERE token = $1`, hashed(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a session: %w", err)
	}
	return nil
}

// Find, Commit and Delete are for callers without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for a caller without a context.
func (s *Sessions) Commit(token string, says []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, says, expires)
}

// Delete is DeleteCtx for a caller without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
