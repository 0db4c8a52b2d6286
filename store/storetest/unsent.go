package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var unsentTests = map[string]func(*testing.T, ticket.Store){
	"what is unsent is kept, changed, dropped and forgotten": unsent,
}

func unsent(t *testing.T, s ticket.Store) {
	mine := ticket.Unsent{Ticket: 1001, Agent: "jane", Kind: ticket.Reply, Text: "Dear Ann 🙂", Commands: "#take", At: noon(), Files: []ticket.File{
		{Name: "a.pdf", Type: "application/pdf", Size: 5, Sum: ticket.Sum{1}, Raw: ticket.Sum{1}}, {Name: "b.txt", Type: "text/plain", Size: 7}}}
	theirs := ticket.Unsent{Ticket: 1001, Agent: "john", Kind: ticket.Note, Text: "hm", At: noon().Add(time.Hour), Files: []ticket.File{{Name: "c", Size: 1}}}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), tx.KeepUnsent(&mine), tx.KeepUnsent(&theirs))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Unsent(1001, "jane")
		_, none := tx.Unsent(1001, "joan")
		return errors.Join(err, same("what is unsent", got, mine), absent("another's", none))
	})
	changed := mine
	changed.Text, changed.At = "Dear Ann,", noon().Add(time.Minute)
	changed.Files = []ticket.File{mine.Files[1], {Name: "d", Size: 2}}
	update(t, s, func(tx ticket.Tx) error { return tx.KeepUnsent(&changed) })
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Unsent(1001, "jane")
		other, err2 := tx.Unsent(1001, "john")
		return errors.Join(err, err2, same("changed", got, changed), same("the file that stays", got.Files[0].ID, mine.Files[1].ID), same("another's", other, theirs))
	})
	update(t, s, func(tx ticket.Tx) error {
		none, err := tx.ForgetUnsent(noon())
		one, err2 := tx.ForgetUnsent(noon().Add(time.Hour))
		_, gone := tx.Unsent(1001, "jane")
		return errors.Join(err, err2, same("forgotten too early", none, 0), same("forgotten", one, 1), absent("the old one", gone))
	})
	update(t, s, func(tx ticket.Tx) error {
		err := errors.Join(tx.DropUnsent(1001, "john"), tx.DropUnsent(1001, "john"))
		_, gone := tx.Unsent(1001, "john")
		return errors.Join(err, absent("the dropped one", gone))
	})
}
