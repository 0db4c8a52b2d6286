package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var linkTests = map[string]func(*testing.T, ticket.Store){
	"what was merged into a ticket is found":  mergedInto,
	"links are kept once and found from both": links,
}

func links(t *testing.T, s ticket.Store) {
	blocks, related := ticket.Link{From: 1002, Kind: ticket.Blocks, To: 1001}, ticket.Link{From: 1001, Kind: ticket.RelatedTo, To: 1002}
	update(t, s, func(tx ticket.Tx) error {
		err := errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), newTicket(tx, 1003))
		added, err1 := tx.AddLink(blocks)
		again, err2 := tx.AddLink(blocks)
		_, err3 := tx.AddLink(related)
		_, err4 := tx.AddLink(ticket.Link{From: 1003, Kind: ticket.ChildOf, To: 1002})
		return errors.Join(err, err1, err2, err3, err4, same("added", []bool{added, again}, []bool{true, false}))
	})
	view(t, s, func(tx ticket.Tx) error {
		one, err1 := tx.LinksOf(1001)
		two, err2 := tx.LinksOf(1002)
		none, err3 := tx.LinksOf(1004)
		return errors.Join(err1, err2, err3, same("of 1001", one, []ticket.Link{related, blocks}),
			same("of 1002", two, []ticket.Link{related, blocks, {From: 1003, Kind: ticket.ChildOf, To: 1002}}), same("of 1004", len(none), 0))
	})
	update(t, s, func(tx ticket.Tx) error {
		gone, err1 := tx.DropLink(blocks)
		again, err2 := tx.DropLink(blocks)
		left, err3 := tx.LinksOf(1001)
		return errors.Join(err1, err2, err3, same("dropped", []bool{gone, again}, []bool{true, false}), same("left", left, []ticket.Link{related}))
	})
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
