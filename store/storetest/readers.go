package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var readerTests = map[string]func(*testing.T, ticket.Store){
	"how somebody is written to is kept and found again": readers,
}

func readers(t *testing.T, s ticket.Store) {
	german, french := ticket.Reader{Language: "de", Offset: "+0100"}, ticket.Reader{Language: "fr"}
	join := func(tx ticket.Tx, n ticket.Number, email string, r ticket.Reader) error {
		return tx.AddParticipant(ticket.Participant{Ticket: n, Address: ticket.Address{Email: email}, Role: ticket.RoleRequester, Since: noon(), Reader: r})
	}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return newTicket(tx, 1002) },
			func() error { return newTicket(tx, 1003) },
			func() error { return join(tx, 1002, "ann@example.com", ticket.Reader{}) },
			func() error { return join(tx, 1001, "Ann@example.com", french) },
			func() error { return join(tx, 1003, "ann@example.com", ticket.Reader{Offset: "-0500"}) },
			func() error { return join(tx, 1003, "bob@example.com", ticket.Reader{}) },
			func() error { return tx.SetReader(1003, "nobody@example.com", german) },
		)
	})
	view(t, s, func(tx ticket.Tx) error {
		known, err := tx.ReaderOf("ann@example.com")
		none, err2 := tx.ReaderOf("bob@example.com")
		return errors.Join(err, err2, same("of the only ticket that tells a language", known, french), same("of one who is not known", none, ticket.Reader{}))
	})
	update(t, s, func(tx ticket.Tx) error { return tx.SetReader(1002, "ann@example.com", german) })
	view(t, s, func(tx ticket.Tx) error {
		known, err := tx.ReaderOf("ann@example.com")
		list, err2 := tx.Participants(1002)
		other, err3 := tx.Participants(1003)
		return errors.Join(err, err2, err3, same("of the latest ticket", known, german), same("on the ticket", list[0].Reader, german),
			same("on another", []ticket.Reader{other[0].Reader, other[1].Reader}, []ticket.Reader{{Offset: "-0500"}, {}}))
	})
}
