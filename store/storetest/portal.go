package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var portalTests = map[string]func(*testing.T, ticket.Store){
	"openings wait, are read back and forgotten": openings,
	"tickets are found by who takes part":        takesPart,
}

func openings(t *testing.T, s ticket.Store) {
	first := ticket.Opening{Origin: ticket.FromForm, Requester: ticket.Address{Name: "Ann", Email: "Ann@example.com"}, Subject: "Fire",
		Text: "The printer.", Department: "support", Fields: []ticket.FieldValue{{Key: "customer-no", Value: "4711"}},
		Files: []ticket.File{{Name: "smoke.png", Type: "image/png", Size: 5, Sum: ticket.Sum{1}, Raw: ticket.Sum{2}}, {Name: "b", Type: "text/plain", Size: 7}}}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, queued(7, ticket.NoticeConfirm)) },
			func() error { return queue(tx, queued(8, ticket.NoticeConfirm)) },
			func() error { return tx.AddOpening(7, first, noon()) },
			func() error {
				return tx.AddOpening(8, ticket.Opening{Subject: "Water", Files: []ticket.File{{Name: "c", Size: 9}}}, noon().Add(time.Hour))
			},
		)
	})
	view(t, s, func(tx ticket.Tx) error {
		n, bytes, err := tx.WaitingOpenings()
		got, err2 := tx.Opening(7)
		_, err3 := tx.Opening(9)
		return errors.Join(err, err2, same("waiting", n, 2), same("bytes", bytes, int64(21)), same("opening", got, first), absent("another", err3))
	})
	update(t, s, func(tx ticket.Tx) error {
		none, err := tx.ForgetOpenings(noon())
		one, err2 := tx.ForgetOpenings(noon().Add(time.Minute))
		_, err3 := tx.Opening(7)
		_, bytes, err4 := tx.WaitingOpenings()
		return errors.Join(err, err2, err4, same("forgotten at its instant", none, 0), same("forgotten later", one, 1), absent("forgotten", err3), same("bytes left", bytes, int64(9)))
	})
	update(t, s, func(tx ticket.Tx) error {
		err := tx.DropOpening(8)
		n, bytes, err2 := tx.WaitingOpenings()
		return errors.Join(err, err2, same("left", n, 0), same("bytes left", bytes, int64(0)), tx.DropOpening(8))
	})
}

func takesPart(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		for n := ticket.Number(1001); n <= 1004; n++ {
			if err := newTicket(tx, n); err != nil {
				return err
			}
		}
		join := func(n ticket.Number, email string) func() error {
			return func() error {
				return tx.AddParticipant(ticket.Participant{Ticket: n, Address: ticket.Address{Email: email}, Role: ticket.RoleRequester, Since: noon()})
			}
		}
		return try(join(1001, "Ann@example.com"), join(1002, "bob@example.com"), join(1003, "ann@example.com"), join(1004, "ann@example.com"))
	})
	for _, c := range []struct {
		address string
		limit   int
		want    []ticket.Number
	}{{"ann@example.com", 5, []ticket.Number{1004, 1003, 1001}}, {"ann@example.com", 2, []ticket.Number{1004, 1003}}, {"eve@example.com", 5, nil}} {
		view(t, s, func(tx ticket.Tx) error {
			list, err := tx.TakesPartIn(c.address, c.limit)
			var got []ticket.Number
			for _, tk := range list {
				got = append(got, tk.Number)
			}
			return errors.Join(err, same(c.address, got, c.want))
		})
	}
}
