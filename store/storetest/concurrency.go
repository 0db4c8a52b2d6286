package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"deskpost/ticket"
)

var concurrencyTests = map[string]func(*testing.T, ticket.Store){
	"eight who take one mail wait for the first":         waitForFirst,
	"of those who wait for one that is undone, one wins": waitForUndone,
	"copies without a key are counted one by one":        unkeyedAtOnce,
	"eight who count get every number once":              countAtOnce,
	"eight who queue one notice queue it once":           queueAtOnce,
	"what is read to be written back is held":            readModifyWrite,
}

// atOnce runs f as often at once and demands that it succeeds.
func atOnce(t *testing.T, times int, f func(i int) error) {
	t.Helper()
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() {
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// overtaken takes a mail in a transaction that stays open until others have
// begun to take it too, half of them under another number, and ends with the
// given error. It returns how often each sight was seen by the others, and
// demands that they name the one fresh receipt.
func overtaken(t *testing.T, s ticket.Store, end error) map[ticket.Sight]int {
	t.Helper()
	const others = 8
	begun, taken := make(chan struct{}, others), make(chan struct{})
	var fresh int64
	var group sync.WaitGroup
	group.Go(func() {
		err := s.Update(context.Background(), func(tx ticket.Tx) error {
			r := mail("box", 1, 1, "hello")
			if err := take(tx, ticket.Fresh, r); err != nil {
				return err
			}
			if end == nil {
				fresh = r.ID
			}
			close(taken)
			for range others {
				<-begun
			}
			time.Sleep(50 * time.Millisecond) // let them run into the receipt
			return end
		})
		if !errors.Is(err, end) {
			t.Error(err)
		}
	})
	<-taken
	var mu sync.Mutex
	seen, named := map[ticket.Sight]int{}, map[int64]bool{}
	atOnce(t, others, func(i int) error {
		begun <- struct{}{}
		var sight ticket.Sight
		var id int64
		err := s.Update(context.Background(), func(tx ticket.Tx) (err error) {
			r := mail("box", 1, uint32(1+i%2), "hello")
			if sight, id, err = tx.Receive(r); sight == ticket.Fresh {
				id = r.ID
			}
			if err == nil && sight != ticket.Again {
				err = tx.Conclude(r.ID, ticket.Conclusion{Outcome: ticket.Opened}, ticket.Mail{})
			}
			return err
		})
		mu.Lock()
		defer mu.Unlock()
		seen[sight]++
		if sight != ticket.Again || i%2 == 0 && fresh != 0 {
			named[id] = true
		}
		return err
	})
	group.Wait()
	if len(named) != 1 || fresh != 0 && !named[fresh] {
		t.Errorf("the earlier receipts are %v, the fresh one is %d", named, fresh)
	}
	return seen
}

func waitForFirst(t *testing.T, s ticket.Store) {
	seen := overtaken(t, s, nil)
	// UID 2 is Another once; who comes after it finds its own row.
	want := map[ticket.Sight]int{ticket.Again: 7, ticket.Another: 1}
	if err := same("sights", seen, want); err != nil {
		t.Error(err)
	}
}

func waitForUndone(t *testing.T, s ticket.Store) {
	seen := overtaken(t, s, errUndo)
	want := map[ticket.Sight]int{ticket.Fresh: 1, ticket.Again: 6, ticket.Another: 1}
	if err := same("sights", seen, want); err != nil {
		t.Error(err)
	}
}

func unkeyedAtOnce(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return take(tx, ticket.Fresh, unkeyed("box", 1, 1, "alarm"), unkeyed("box", 1, 2, "alarm"), unkeyed("box", 1, 3, "alarm"))
	})
	var mu sync.Mutex
	seen := map[ticket.Sight]int{}
	atOnce(t, 8, func(i int) error { // the box is renumbered
		var sight ticket.Sight
		err := s.Update(context.Background(), func(tx ticket.Tx) (err error) {
			sight, _, err = tx.Receive(unkeyed("box", 2, uint32(i+1), "alarm"))
			return err
		})
		mu.Lock()
		defer mu.Unlock()
		seen[sight]++
		return err
	})
	if err := same("sights", seen, map[ticket.Sight]int{ticket.Another: 3, ticket.Fresh: 5}); err != nil {
		t.Error(err)
	}
}

func countAtOnce(t *testing.T, s ticket.Store) {
	const workers, rounds = 8, 20
	var mu sync.Mutex
	var got []int64
	atOnce(t, workers, func(i int) error {
		for round := range rounds {
			var n int64
			err := s.Update(context.Background(), func(tx ticket.Tx) (err error) {
				undone := tx.Try(func() error { _, err := tx.Next("ticket", 1001); return errors.Join(err, errUndo) })
				if !errors.Is(undone, errUndo) {
					return undone
				}
				if n, err = tx.Next("ticket", 1001); err == nil && round%5 == i%5 {
					return errUndo // the number is free again
				}
				return err
			})
			if errors.Is(err, errUndo) {
				continue
			}
			if err != nil {
				return err
			}
			mu.Lock()
			got = append(got, n)
			mu.Unlock()
		}
		return nil
	})
	slices.Sort(got)
	for i, n := range got {
		if n != int64(1001+i) {
			t.Fatalf("the %d numbers given are %v", len(got), got)
		}
	}
	if len(got) != workers*rounds*4/5 {
		t.Errorf("%d numbers were given", len(got))
	}
}

func queueAtOnce(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error { return newTicket(tx, 1001) })
	var mu sync.Mutex
	var written []int64
	atOnce(t, 8, func(i int) error {
		var wrote bool
		err := s.Update(context.Background(), func(tx ticket.Tx) error {
			n := queued(int64(i+1), ticket.NoticeAck, "ann@example.com")
			n.Dedupe = "ack/1001"
			var err error
			if wrote, err = tx.Queue(n); err != nil || wrote {
				return err
			}
			first, err := tx.Deduped("ack/1001") // whoever lost can read the one that won
			if err == nil && len(first.Recipients) != 1 {
				err = fmt.Errorf("the first notice has %d recipients", len(first.Recipients))
			}
			return err
		})
		if wrote {
			mu.Lock()
			written = append(written, int64(i+1))
			mu.Unlock()
		}
		return err
	})
	if len(written) != 1 {
		t.Errorf("notices %v were written", written)
	}
}

func readModifyWrite(t *testing.T, s ticket.Store) {
	const workers, rounds = 8, 10
	update(t, s, func(tx ticket.Tx) error {
		return try(func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, queued(1, ticket.NoticeAck, "ann@example.com")) },
			func() error { return tx.SaveContact(ticket.Contact{Address: "ann@example.com", AnsweredAt: noon()}) })
	})
	atOnce(t, workers, func(int) error {
		for range rounds {
			err := s.Update(context.Background(), func(tx ticket.Tx) error {
				n, err := tx.Notice(1)
				if err != nil {
					return err
				}
				n.Attempts++
				c, err := tx.Contact("ann@example.com")
				if err != nil {
					return err
				}
				c.AnsweredAt = c.AnsweredAt.Add(time.Second)
				return errors.Join(tx.SaveDelivery(n), tx.SaveContact(c))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		n, err1 := tx.Notice(1)
		c, err2 := tx.Contact("ann@example.com")
		return errors.Join(err1, err2, same("attempts", n.Attempts, workers*rounds),
			same("answered", c.AnsweredAt, noon().Add(workers*rounds*time.Second)))
	})
}
