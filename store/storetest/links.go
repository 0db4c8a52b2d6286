package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var linkTests = map[string]func(*testing.T, ticket.Store){
	"what was merged into a ticket is found": mergedInto,
}

func mergedInto(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		for _, k := range []ticket.Ticket{
			{Number: 1001, Status: ticket.Open}, {Number: 1003, Status: ticket.Merged, MergedInto: 1001},
			{Number: 1002, Status: ticket.Merged, MergedInto: 1001}, {Number: 1004, Status: ticket.Merged, MergedInto: 1002},
		} {
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		two, err1 := tx.MergedInto(1001)
		one, err2 := tx.MergedInto(1002)
		none, err3 := tx.MergedInto(1004)
		return errors.Join(err1, err2, err3, same("into 1001", two, []ticket.Number{1002, 1003}),
			same("into 1002", one, []ticket.Number{1004}), same("into 1004", len(none), 0))
	})
}
