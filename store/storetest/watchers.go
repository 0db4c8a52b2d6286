package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var watcherTests = map[string]func(*testing.T, ticket.Store){
	"watchers are kept by ticket, changed and forgotten": watchers,
}

func watchers(t *testing.T, s ticket.Store) {
	joe := ticket.Watcher{Ticket: 1001, Agent: "joe", Mode: ticket.Watching, Since: noon()}
	jane := ticket.Watcher{Ticket: 1001, Agent: "jane", Mode: ticket.Watching, Since: noon()}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), tx.Watch(joe), tx.Watch(jane),
			tx.Watch(ticket.Watcher{Ticket: 1002, Agent: "max", Mode: ticket.Muted}),
			tx.Watch(ticket.Watcher{Ticket: 1002, Agent: "nobody"}))
	})
	jane.Mode, jane.Since = ticket.Muted, noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error { return tx.Watch(jane) })
	view(t, s, func(tx ticket.Tx) error {
		got, err1 := tx.Watchers(1001)
		other, err2 := tx.Watchers(1002)
		return errors.Join(err1, err2, same("watchers", got, []ticket.Watcher{jane, joe}),
			same("of the other", other, []ticket.Watcher{{Ticket: 1002, Agent: "max", Mode: ticket.Muted}}))
	})
	update(t, s, func(tx ticket.Tx) error {
		return tx.Watch(ticket.Watcher{Ticket: 1001, Agent: "jane", Mode: ticket.Unwatched})
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Watchers(1001)
		return errors.Join(err, same("without jane", got, []ticket.Watcher{joe}))
	})
}
