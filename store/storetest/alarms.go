package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var alarmTests = map[string]func(*testing.T, ticket.Store){
	"mails about deadlines that wait are found": waitingAlarms,
}

func waitingAlarms(t *testing.T, s ticket.Store) {
	later := noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		var err error
		notice := func(id int64, kind ticket.NoticeKind, due time.Time, change func(*ticket.Notice)) {
			n := queued(id, kind, "jane@example.com")
			n.Agent, n.DueAt, n.Waits = "jane", due, ticket.WaitsForWork
			if change != nil {
				change(n)
			}
			err = errors.Join(err, queue(tx, n))
		}
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		notice(1, ticket.NoticeEscalation, later, nil)
		notice(2, ticket.NoticeEscalation, noon(), nil)
		notice(3, ticket.NoticeEscalations, later.Add(time.Hour), nil)
		notice(4, ticket.NoticeEscalation, later, func(n *ticket.Notice) { n.Waits = "" }) // as one that was tried
		notice(5, ticket.NoticeEscalation, later, func(n *ticket.Notice) { n.Attempts = 1 })
		notice(6, ticket.NoticeEscalation, later, func(n *ticket.Notice) { n.SettledAt = noon() })
		notice(7, ticket.NoticeEscalation, later, func(n *ticket.Notice) { n.HeldAt = noon() })
		return err
	})
	view(t, s, func(tx ticket.Tx) error {
		found, err := tx.WaitingAlarms(noon())
		var ids []int64
		for _, n := range found {
			ids = append(ids, n.ID)
			err = errors.Join(err, same("recipients", len(n.Recipients), 1))
		}
		return errors.Join(err, same("waiting", ids, []int64{1, 3}))
	})
}
