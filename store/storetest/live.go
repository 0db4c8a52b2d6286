package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var liveTests = map[string]func(*testing.T, ticket.Store){
	"open pages learn what has changed":  changes,
	"who is at work is known for a time": presences,
}

func changes(t *testing.T, s ticket.Store) {
	jane := ticket.Actor{Kind: ticket.ByAgent, Name: "jane"}
	var before ticket.Pulse
	update(t, s, func(tx ticket.Tx) error {
		err := errors.Join(newTicket(tx, 1001), newTicket(tx, 1002))
		var err2 error
		before, err2 = tx.Pulse(noon())
		return errors.Join(err, err2, tx.Record(ticket.Event{Ticket: 1001, At: noon(), Kind: ticket.NoteAdded, Actor: jane},
			ticket.Event{Ticket: 1002, At: noon(), Kind: ticket.TagsChanged, Actor: jane}))
	})
	view(t, s, func(tx ticket.Tx) error {
		now, err1 := tx.Pulse(noon())
		all, err2 := tx.Changes(before.Event, 0, 10)
		first, err3 := tx.Changes(before.Event, 0, 1)
		one, err4 := tx.Changes(before.Event, 1002, 10)
		none, err5 := tx.Changes(now.Event, 0, 10)
		if err := errors.Join(err1, err2, err3, err4, err5, same("changes", len(all), 2), same("bounded", len(first), 1), same("none", len(none), 0)); err != nil {
			return err
		}
		want := ticket.Change{ID: now.Event, Ticket: 1002, Kind: ticket.TagsChanged, Actor: jane, Department: all[1].Department}
		return errors.Join(same("of one ticket", one, []ticket.Change{want}), same("of all", all[1], want), same("before", before.Event < now.Event, true))
	})
}

func presences(t *testing.T, s ticket.Store) {
	jane := ticket.Presence{Ticket: 1001, Agent: "jane", Doing: ticket.Reads, Until: noon().Add(time.Minute)}
	john := ticket.Presence{Ticket: 1001, Agent: "john", Doing: ticket.Reads, Until: noon().Add(time.Hour)}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), tx.SavePresence(john, noon()), tx.SavePresence(jane, noon()))
	})
	john.Doing = ticket.Writes
	update(t, s, func(tx ticket.Tx) error { return tx.SavePresence(john, noon()) })
	view(t, s, func(tx ticket.Tx) error {
		both, err1 := tx.Present(1001, noon())
		later, err2 := tx.Present(1001, jane.Until)
		m, err3 := tx.Pulse(noon())
		return errors.Join(err1, err2, err3, same("both", both, []ticket.Presence{jane, john}), same("later", later, []ticket.Presence{john}),
			same("marked", []int64{m.People, m.Writing}, []int64{2, 1}))
	})
	update(t, s, func(tx ticket.Tx) error {
		return tx.SavePresence(ticket.Presence{Ticket: 1001, Agent: "john"}, noon())
	})
	view(t, s, func(tx ticket.Tx) error {
		left, err := tx.Present(1001, noon())
		return errors.Join(err, same("after one went", left, []ticket.Presence{jane}))
	})
}
