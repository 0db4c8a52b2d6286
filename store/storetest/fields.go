package storetest

import (
	"errors"
	"fmt"
	"testing"

	"deskpost/ticket"
)

var fieldTests = map[string]func(*testing.T, ticket.Store){
	"tickets are found by their fields": findByField,
}

func findByField(t *testing.T, s ticket.Store) {
	save := func(n ticket.Number, fields map[string]string, tags ...string) {
		update(t, s, func(tx ticket.Tx) error {
			return tx.Save(&ticket.Ticket{Number: n, Department: "support", UpdatedAt: noon(), Fields: fields, Tags: tags})
		})
	}
	found := func(want []ticket.Number, fields map[string]string) {
		t.Helper()
		view(t, s, func(tx ticket.Tx) error {
			list, err := tx.Find(ticket.Filter{Fields: fields})
			var got []ticket.Number
			for _, k := range list {
				got = append(got, k.Number)
			}
			if err := errors.Join(err, same(fmt.Sprintf("fields %v", fields), got, want)); err != nil {
				t.Error(err)
			}
			return nil
		})
	}
	save(1, map[string]string{"customer-no": "17", "contract": "Größe 1"})
	save(2, map[string]string{"customer-no": "17", "contract": "gold"}, "17")
	save(3, map[string]string{"customer-no": "18"}, "gold")
	save(4, nil)
	found([]ticket.Number{2, 1}, map[string]string{"customer-no": "17"})
	found([]ticket.Number{2}, map[string]string{"customer-no": "17", "contract": "GOLD"})
	found([]ticket.Number{1}, map[string]string{"contract": "GRÖßE 1"})
	found(nil, map[string]string{"customer-no": "%"})
	found(nil, map[string]string{"contract": "17"})

	// What a ticket has no more is not found, and what did not change still is.
	save(2, map[string]string{"customer-no": "18", "contract": "gold"}, "17")
	save(3, nil, "gold")
	found([]ticket.Number{1}, map[string]string{"customer-no": "17"})
	found([]ticket.Number{2}, map[string]string{"customer-no": "18"})
	found([]ticket.Number{2}, map[string]string{"contract": "gold"})
}
