package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var stateTests = map[string]func(*testing.T, ticket.Store){
	"states are found":         findStates,
	"states in use are listed": statesInUse,
}

// stateful writes tickets in states that an admin has added.
func stateful(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		for i, state := range []string{"hold/vendor", "open", "hold", "hold/vendor", "closed/duplicate", "pending/papers"} {
			k := ticket.Ticket{Number: ticket.Number(1 + i), UpdatedAt: noon()}
			k.Status, k.Substatus = ticket.ParseState(state).Status, ticket.ParseState(state).Substatus
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
}

func findStates(t *testing.T, s ticket.Store) {
	stateful(t, s)
	view(t, s, func(tx ticket.Tx) error {
		for _, c := range []struct {
			filter ticket.Filter
			want   []ticket.Number
		}{
			{ticket.Filter{Statuses: []ticket.Status{ticket.Hold}}, []ticket.Number{4, 3, 1}},
			{ticket.Filter{Substatuses: []string{"vendor"}}, []ticket.Number{4, 1}},
			{ticket.Filter{Substatuses: []string{"vendor", "papers"}, Statuses: []ticket.Status{ticket.Open}}, []ticket.Number{6, 4, 2, 1}},
			{ticket.Filter{Substatuses: []string{"vendor"}, Statuses: []ticket.Status{ticket.Open}, Limit: 2}, []ticket.Number{4, 2}},
			{ticket.Filter{Substatuses: []string{"lost"}}, nil},
		} {
			found, err := tx.Find(c.filter)
			var got []ticket.Number
			for _, k := range found {
				got = append(got, k.Number)
			}
			if err := errors.Join(err, same("found", got, c.want)); err != nil {
				return err
			}
		}
		return nil
	})
}

func statesInUse(t *testing.T, s ticket.Store) {
	stateful(t, s)
	view(t, s, func(tx ticket.Tx) error {
		working, err1 := tx.StatesInUse([]ticket.Status{ticket.New, ticket.Open, ticket.Pending, ticket.Hold})
		closed, err2 := tx.StatesInUse([]ticket.Status{ticket.Closed})
		return errors.Join(err1, err2,
			same("working", working, []ticket.State{{Status: ticket.Hold, Substatus: "vendor"}, {Status: ticket.Pending, Substatus: "papers"}}),
			same("closed", closed, []ticket.State{{Status: ticket.Closed, Substatus: "duplicate"}}))
	})
}
