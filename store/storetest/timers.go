package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var timerTests = map[string]func(*testing.T, ticket.Store){
	"tickets that timers overlook are found": unscheduled,
}

func unscheduled(t *testing.T, s ticket.Store) {
	at := func(hours int) time.Time { return noon().Add(time.Duration(hours) * time.Hour) }
	update(t, s, func(tx ticket.Tx) error {
		for i, k := range []ticket.Ticket{
			{StatusAt: at(0), SpokenAt: at(-9)},
			{StatusAt: at(0), SpokenAt: at(-9), NextAt: at(3)},
			{StatusAt: at(0), SpokenAt: at(-9), NextAt: at(4)},
			{StatusAt: at(0), SpokenAt: at(1), NextAt: at(4)},
			{StatusAt: at(0), SpokenAt: at(1), NextAt: at(5)},
			{StatusAt: at(0), NextAt: at(4), Reminders: 1},
			{StatusAt: at(0), Department: "sales"},
			{StatusAt: at(0), Status: ticket.Closed},
		} {
			k.Number = ticket.Number(1 + i)
			if k.Department == "" {
				k.Department = "support"
			}
			if k.Status == "" {
				k.Status = ticket.Resolved
			}
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		all, err1 := tx.Unscheduled(ticket.Resolved, "support", 3*time.Hour, 0, 9)
		some, err2 := tx.Unscheduled(ticket.Resolved, "support", 3*time.Hour, 1, 1)
		none, err3 := tx.Unscheduled(ticket.Resolved, "support", 3*time.Hour, 5, 9)
		return errors.Join(err1, err2, err3, same("all", all, []ticket.Number{1, 3, 5}), same("a page", some, []ticket.Number{3}),
			same("behind", none, []ticket.Number(nil)))
	})
}
