package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// A faultyStore fails at every ticket below a number that is to be saved.
type faultyStore struct {
	ticket.Store
	below ticket.Number
}

func (s *faultyStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	return s.Store.Update(ctx, func(tx ticket.Tx) error { return f(faultyTx{tx, s.below}) })
}

type faultyTx struct {
	ticket.Tx
	below ticket.Number
}

func (t faultyTx) Save(k *ticket.Ticket) error {
	if k.Number < t.below {
		return errors.New("it is damaged")
	}
	return t.Tx.Save(k)
}

// TestTickGoesPastFaultyTickets: tickets that can not be changed stand before all
// others, more than Tick reads at once, and more than it fails at before it breaks
// off. Those behind them come back all the same.
func TestTickGoesPastFaultyTickets(t *testing.T) {
	t.Parallel()
	const healthy = 3
	for faulty, ticks := range map[int]int{200: 1, 450: 1, 1300: 2} {
		t.Run(fmt.Sprint(faulty), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			store, first := w.desk.Store, ticket.FirstNumber+ticket.Number(faulty)
			err := store.Update(t.Context(), func(tx ticket.Tx) error {
				var err error
				for n := ticket.FirstNumber; n < first+healthy; n++ {
					at := w.now.Add(time.Duration(n) * time.Millisecond)
					err = errors.Join(err, tx.Save(&ticket.Ticket{Number: n, Status: ticket.Pending, Priority: "Normal", Department: "support",
						OpenedAt: w.now, StatusAt: w.now, UpdatedAt: w.now, FollowUp: at, NextAt: at}))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			w.desk.Store = &faultyStore{store, first}
			w.now = w.now.Add(time.Minute)
			for i := range ticks {
				changed, err := w.desk.Tick(t.Context())
				if err == nil || !strings.Contains(err.Error(), "it is damaged") || !strings.HasSuffix(err.Error(), "more tickets") {
					t.Errorf("tick %d says %v", i+1, err)
				}
				if last := i == ticks-1; last != (changed == healthy) {
					t.Errorf("tick %d of %d: %d came back", i+1, ticks, changed)
				}
			}
			for n := first; n < first+healthy; n++ {
				if got := w.show(n).Ticket.Status; got != ticket.Open {
					t.Errorf("ticket %d is %s", n, got)
				}
			}
			// The next one begins with the first again, which has been mended.
			w.desk.Store = store
			if changed := w.tick(); changed != faulty {
				t.Errorf("%d of %d come back once they are mended", changed, faulty)
			}
		})
	}
}
