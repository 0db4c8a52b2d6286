package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var doorTests = map[string]func(*testing.T, ticket.Store){
	"a link is redeemed once":      redeem,
	"passwords are kept and ended": passwords,
}

func redeem(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), queue(tx, queued(7, ticket.NoticeSignIn)))
	})
	for _, want := range []bool{true, false} {
		update(t, s, func(tx ticket.Tx) error {
			first, err := tx.Redeem(7, noon())
			return errors.Join(err, same("first", first, want))
		})
	}
}

func passwords(t *testing.T, s ticket.Store) {
	for _, want := range []string{"", "one", "two", ""} {
		update(t, s, func(tx ticket.Tx) error {
			err := tx.SetPassword("jane", want, noon().Add(time.Hour))
			return errors.Join(err, tx.SetPassword("john", "his", noon()))
		})
		view(t, s, func(tx ticket.Tx) error {
			hers, err := tx.Password("jane")
			his, err2 := tx.Password("john")
			return errors.Join(err, err2, same("hers", hers, want), same("his", his, "his"))
		})
	}
}
