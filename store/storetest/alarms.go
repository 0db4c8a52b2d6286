package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var alarmTests = map[string]func(*testing.T, ticket.Store){
	"mails about deadlines that wait are found":               waitingAlarms,
	"an update holds the mails about deadlines that it reads": waitingAlarmsHeld,
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

// waitingAlarmsHeld puts one off by several updates at once, each by what it has read.
func waitingAlarmsHeld(t *testing.T, s ticket.Store) {
	const workers, rounds = 8, 10
	later := noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		n := queued(1, ticket.NoticeEscalation, "jane@example.com")
		n.DueAt, n.Waits = later, ticket.WaitsForWork
		return errors.Join(newTicket(tx, 1001), queue(tx, n))
	})
	atOnce(t, workers, func(int) error {
		for range rounds {
			err := s.Update(context.Background(), func(tx ticket.Tx) error {
				found, err := tx.WaitingAlarms(noon())
				if err := errors.Join(err, same("waiting", len(found), 1)); err != nil {
					return err
				}
				found[0].DueAt = found[0].DueAt.Add(time.Second)
				return tx.SaveDelivery(found[0])
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		n, err := tx.Notice(1)
		return errors.Join(err, same("due", n.DueAt, later.Add(workers*rounds*time.Second)))
	})
}
