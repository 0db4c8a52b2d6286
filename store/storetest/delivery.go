package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"deskpost/ticket"
)

var deliveryTests = map[string]func(*testing.T, ticket.Store){
	"claim serves replies first, then the oldest": claimOrder,
	"a claimed notice is nobody else's":           claimLease,
	"leases of a dead sender end at once":         endLeases,
	"what waits for too long is brought forward":  bringForward,
	"leases of a node are its own":                endLeasesOfNode,
	"a notice in doubt waits for the sweep":       claimDoubt,
	"eight senders claim 400 notices once each":   eightSenders,
	"what an attempt changed is kept":             saveDelivery,
	"the next due instant is the earliest":        nextDue,
}

// claimed demands which notices a claim gets.
func claimed(tx ticket.Tx, now, doubt time.Time, limit int, want ...int64) error {
	notices, err := tx.Claim("", now, now.Add(15*time.Minute), doubt, limit)
	var got []int64
	for _, n := range notices {
		got = append(got, n.ID)
		if !n.LeasedUntil.Equal(now.Add(15 * time.Minute)) {
			return errors.New("a claimed notice has another lease")
		}
	}
	return errors.Join(err, same("claimed at "+now.Format("15:04:05"), got, want))
}

func claimOrder(t *testing.T, s ticket.Store) {
	notDue := queued(1, ticket.NoticeReply, "ann@example.com")
	notDue.DueAt = noon().Add(time.Second)
	settled := queued(2, ticket.NoticeReply, "ann@example.com")
	settled.SettledAt = noon()
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), queue(tx, notDue, settled, queued(5, ticket.NoticeAck), queued(3, ticket.NoticeNew),
			queued(9, ticket.NoticeReply, "ann@example.com"), queued(8, ticket.NoticeReply), queued(4, ticket.NoticeAck)))
	})
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return claimed(tx, noon().Add(-time.Second), noon(), 10) },
			func() error { return claimed(tx, noon(), noon(), 3, 8, 9, 3) },
			func() error { return claimed(tx, noon(), noon(), 10, 4, 5) },
			func() error { return claimed(tx, noon(), noon(), 10) },
			func() error { return claimed(tx, noon().Add(time.Second), noon(), 10, 1) },
			func() error {
				n, err := tx.Notice(9)
				return errors.Join(err, same("attempts booked", n.Attempts, 1), same("recipients", len(n.Recipients), 1),
					same("sent again", n.AgainAt, time.Time{}))
			},
		)
	})
}

func claimLease(t *testing.T, s ticket.Store) {
	ends := noon().Add(15 * time.Minute)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, queued(1, ticket.NoticeAck, "ann@example.com")) },
			func() error { return claimed(tx, noon(), noon(), 10, 1) },
			// While the lease runs it is nobody else's, whatever sweeps there were.
			func() error { return claimed(tx, ends.Add(-time.Second), ends.Add(time.Hour), 10) },
			// It ran out unsettled: only a sweep that began after its end frees it.
			func() error { return claimed(tx, ends.Add(time.Hour), time.Time{}, 10) },
			func() error { return claimed(tx, ends.Add(time.Hour), ends.Add(-time.Minute), 10) },
			func() error { return claimed(tx, ends.Add(time.Hour), ends, 10) },
			func() error { return claimed(tx, ends.Add(time.Hour), ends.Add(time.Second), 10, 1) },
			func() error {
				n, err := tx.Notice(1)
				return errors.Join(err, same("attempts", n.Attempts, 2), same("sent again", n.AgainAt, ends.Add(time.Hour)))
			},
		)
	})
}

func endLeases(t *testing.T, s ticket.Store) {
	later := noon().Add(time.Minute)
	update(t, s, func(tx ticket.Tx) error {
		waiting := queued(2, ticket.NoticeAck, "ann@example.com")
		waiting.DueAt = noon().Add(time.Hour)
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, queued(1, ticket.NoticeAck, "ann@example.com"), waiting) },
			func() error { return claimed(tx, noon(), noon(), 10, 1) },
			func() error { n, err := tx.EndLeases("", later); return errors.Join(err, same("ended", n, 1)) },
			func() error { n, err := tx.EndLeases("", later); return errors.Join(err, same("ended again", n, 0)) },
			// It ended like one that ran out: in doubt from then on.
			func() error { return claimed(tx, later, later, 10) },
			func() error { return claimed(tx, later, later.Add(time.Second), 10, 1) },
			func() error { return claimed(tx, noon().Add(time.Hour), noon().Add(time.Hour), 1, 1) },
			func() error { return claimed(tx, noon().Add(time.Hour), noon().Add(time.Hour), 10, 2) },
		)
	})
}

func bringForward(t *testing.T, s ticket.Store) {
	year := noon().AddDate(1, 0, 0)
	update(t, s, func(tx ticket.Tx) error {
		ahead, soon := queued(2, ticket.NoticeAck, "ann@example.com"), queued(3, ticket.NoticeAck, "ann@example.com")
		doubt := queued(4, ticket.NoticeAck, "ann@example.com")
		ahead.QueuedAt, ahead.DueAt, soon.DueAt = year, year, noon().Add(time.Minute)
		doubt.InDoubt, doubt.LeasedUntil, doubt.Attempts = true, year, 1
		patient := queued(5, ticket.NoticeAck, "ann@example.com") // it is to wait so long
		patient.DueAt = year
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, ahead, soon, doubt, patient) },
			func() error { return claimed(tx, noon(), noon(), 10) },
			func() error { return tx.BringForward(noon(), noon().Add(time.Hour)) },
			func() error { return claimed(tx, noon(), noon(), 10, 2) },
			func() error { return claimed(tx, noon().Add(time.Second), noon().Add(time.Second), 10, 4) },
			func() error { return claimed(tx, noon().Add(time.Minute), noon(), 10, 3) },
			func() error { return claimed(tx, year.Add(-time.Second), noon(), 10) },
			func() error { return claimed(tx, year, noon(), 10, 5) },
		)
	})
}

func claimDoubt(t *testing.T, s ticket.Store) {
	ends := noon().Add(15 * time.Minute)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error {
				return queue(tx, queued(1, ticket.NoticeAck, "ann@example.com"), queued(2, ticket.NoticeAck))
			},
			func() error { return claimed(tx, noon(), noon(), 10, 1, 2) },
			func() error { // 1 ended in doubt and keeps its lease; 2 was refused for now and is free at its due instant
				n, err := tx.Notice(1)
				n.InDoubt, n.DueAt = true, noon().Add(time.Minute)
				return errors.Join(err, tx.SaveDelivery(n))
			},
			func() error {
				n, err := tx.Notice(2)
				n.LeasedUntil, n.DueAt = time.Time{}, noon().Add(5*time.Minute)
				return errors.Join(err, tx.SaveDelivery(n))
			},
			func() error { return claimed(tx, noon().Add(4*time.Minute), time.Time{}, 10) },
			func() error { return claimed(tx, noon().Add(5*time.Minute), time.Time{}, 10, 2) },
			func() error { return claimed(tx, ends, ends.Add(-time.Second), 10) },
			func() error { return claimed(tx, ends.Add(time.Minute), ends.Add(time.Second), 10, 1) },
		)
	})
}

func endLeasesOfNode(t *testing.T, s ticket.Store) {
	by := func(tx ticket.Tx, id int64, want string) error {
		n, err := tx.Notice(id)
		return errors.Join(err, same("leased by", n.LeasedBy, want))
	}
	claimBy := func(tx ticket.Tx, node string, want int64) error {
		got, err := tx.Claim(node, noon(), noon().Add(15*time.Minute), noon(), 1)
		if err == nil && (len(got) != 1 || got[0].ID != want) {
			err = fmt.Errorf("node %s claimed %+v, want %d", node, got, want)
		}
		return errors.Join(err, by(tx, want, node))
	}
	later := noon().Add(time.Minute)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error {
				return queue(tx, queued(1, ticket.NoticeAck), queued(2, ticket.NoticeAck), queued(3, ticket.NoticeAck))
			},
			func() error { return claimBy(tx, "a", 1) },
			func() error { return claimBy(tx, "b", 2) },
			func() error { return claimBy(tx, "b", 3) },
			func() error { n, err := tx.EndLeases("b", later); return errors.Join(err, same("of b", n, 2)) },
			func() error { return claimed(tx, later.Add(time.Second), later.Add(time.Second), 10, 2, 3) },
			func() error { n, err := tx.EndLeases("b", later); return errors.Join(err, same("of b, again", n, 0)) },
			func() error { n, err := tx.EndLeases("", later); return errors.Join(err, same("of all", n, 3)) },
		)
	})
}

func eightSenders(t *testing.T, s ticket.Store) {
	const senders, notices = 8, 400
	update(t, s, func(tx ticket.Tx) error {
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		for id := range int64(notices) {
			if err := queue(tx, queued(id+1, ticket.NoticeAck, "ann@example.com")); err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	times := map[int64]int{}
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				var got []ticket.Notice
				err := s.Update(context.Background(), func(tx ticket.Tx) (err error) {
					got, err = tx.Claim("", noon(), noon().Add(time.Minute), noon(), 7)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if err != nil || len(got) == 0 {
					return
				}
				mu.Lock()
				for _, n := range got {
					times[n.ID]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for id := range int64(notices) {
		if times[id+1] != 1 {
			t.Errorf("notice %d was claimed %d times", id+1, times[id+1])
		}
	}
}

func saveDelivery(t *testing.T, s ticket.Store) {
	n := *queued(1, ticket.NoticeReply, "ann@example.com", "bob@example.com")
	update(t, s, func(tx ticket.Tx) error { return errors.Join(newTicket(tx, 1001), queue(tx, &n)) })
	n.DueAt, n.LeasedUntil, n.InDoubt = noon().Add(time.Minute), noon().Add(time.Hour), true
	n.Attempts, n.DelayTold, n.AgainAt = 3, noon().Add(4*time.Minute), noon().Add(5*time.Minute)
	n.EchoedAt, n.SettledAt = noon().Add(2*time.Minute), noon().Add(3*time.Minute)
	n.Recipients[0].SentAt, n.Recipients[0].Answer = noon(), "250 ok"
	n.Recipients[1].FailedAt, n.Recipients[1].Answer = noon(), "550 no"
	update(t, s, func(tx ticket.Tx) error { return tx.SaveDelivery(n) })
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Notice(1)
		return errors.Join(err, same("notice", got, n))
	})
}

func nextDue(t *testing.T, s ticket.Store) {
	next := func(tx ticket.Tx, want time.Time) error {
		at, err := tx.NextDue()
		return errors.Join(err, same("next due", at, want))
	}
	later := queued(2, ticket.NoticeAck, "ann@example.com")
	later.DueAt = noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return next(tx, time.Time{}) },
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, later) },
			func() error { return next(tx, noon().Add(time.Hour)) },
			func() error { return queue(tx, queued(1, ticket.NoticeAck)) },
			func() error { return next(tx, noon()) },
			func() error { return claimed(tx, noon(), noon(), 10, 1) },
			func() error { return next(tx, noon().Add(15*time.Minute)) }, // the end of its lease
			func() error {
				n, err := tx.Notice(1)
				n.SettledAt = noon()
				return errors.Join(err, tx.SaveDelivery(n))
			},
			func() error { return next(tx, noon().Add(time.Hour)) },
			func() error { later.SettledAt = noon(); return tx.SaveDelivery(*later) },
			func() error { return next(tx, time.Time{}) },
		)
	})
}
