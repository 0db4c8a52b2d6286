package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var quarantineTests = map[string]func(*testing.T, ticket.Store){
	"a quarantined mail waits until it is decided, once": quarantine,
}

func quarantine(t *testing.T, s ticket.Store) {
	r, other := mail("box", 1, 1, "hello"), mail("box", 1, 2, "else")
	m := ticket.QuarantinedMail{Ticket: 1001, Department: "support", Why: "its sender is not Jane", At: noon(), Mail: ticket.Mail{
		MessageID: "a@example.com", From: ticket.Address{Name: "Eve", Email: "eve@evil.example"}, Subject: "é", NewText: "#close",
		Files: []ticket.File{{Name: "a.txt", Size: 3, Raw: r.Raw.Sum, Part: "2"}}, Machine: ticket.AutoReplied, Authenticity: ticket.Forged,
		Problems: []string{"odd"}}}
	without := ticket.QuarantinedMail{Department: "sales", At: noon().Add(time.Hour)}
	update(t, s, func(tx ticket.Tx) error {
		if err := errors.Join(newTicket(tx, 1001), take(tx, ticket.Fresh, r), take(tx, ticket.Fresh, other)); err != nil {
			return err
		}
		m.Receipt, without.Receipt = r.ID, other.ID
		return errors.Join(tx.SetAside(m), tx.SetAside(without))
	})
	view(t, s, func(tx ticket.Tx) error {
		both, err := tx.Aside([]string{"sales", "support"}, 10)
		one, err2 := tx.Aside([]string{"support"}, 10)
		first, err3 := tx.Aside([]string{"support", "sales"}, 1)
		read, err4 := tx.AsideAs(m.Receipt)
		count, err5 := tx.CountAside([]string{"sales", "support"})
		sales, err6 := tx.CountAside([]string{"sales"})
		_, none := tx.AsideAs(12345)
		return errors.Join(err, err2, err3, err4, err5, err6, same("count", count, 2), same("in sales", sales, 1), absent("another", none), same("both", both, []ticket.QuarantinedMail{m, without}),
			same("one", one, []ticket.QuarantinedMail{m}), same("first", first, []ticket.QuarantinedMail{m}), same("read", read, m))
	})
	update(t, s, func(tx ticket.Tx) error {
		return tx.EndAside(m.Receipt, true, ticket.Actor{Kind: ticket.ByAgent, Name: "jane"}, noon())
	})
	update(t, s, func(tx ticket.Tx) error {
		left, err := tx.Aside([]string{"sales", "support"}, 10)
		_, read := tx.AsideAs(m.Receipt)
		again := tx.EndAside(m.Receipt, false, ticket.Actor{}, noon())
		return errors.Join(err, absent("decided", read), absent("decide again", again), same("left", left, []ticket.QuarantinedMail{without}))
	})
}
