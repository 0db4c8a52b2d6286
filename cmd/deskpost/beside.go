package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"deskpost/store"
	"deskpost/ticket"
)

// ringWithin is how long a command waits for the daemon to hear that there is
// mail.
const ringWithin = 2 * time.Second

// beside opens the desk for a command that changes something, whether the daemon
// runs or not. If it queued mail the daemon is told; without that it looks by
// itself within half a minute.
func beside(ctx context.Context, s *settings, do func(*ticket.Desk) error) error {
	db, err := openDatabase(ctx, s, store.WithExisting())
	if err != nil {
		return err
	}
	queued := false
	desk := &ticket.Desk{Store: db, Now: time.Now, Wake: func() { queued = true }}
	desk.SetPolicy(s.Policy)
	if desk.Keys, err = db.Keys(ctx, time.Now(), rand.Reader); err == nil {
		err = do(desk)
	}
	err = errors.Join(err, db.Close())
	if queued {
		ctx, cancel := context.WithTimeout(ctx, ringWithin)
		defer cancel()
		_, _ = order(ctx, s.Control, orderSend) // it may not run, or on another machine
	}
	return err
}
