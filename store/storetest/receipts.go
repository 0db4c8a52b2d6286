package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/ticket"
)

var receiptTests = map[string]func(*testing.T, ticket.Store){
	"the same UID is seen again":                             seenAgain,
	"the same digest is another":                             seenAnother,
	"a mail of an undone savepoint is fresh":                 undoneIsFresh,
	"eight pollers of one mailbox: fresh for one each":       eightPollers,
	"mails without a key are not duplicates":                 unkeyedFresh,
	"after a renumbering mails without a key are a multiset": unkeyedMultiset,
	"receipts are read back":                                 readBack,
	"a receipt needs its raw mail":                           rawNeeded,
	"a receipt that nobody has is not found":                 receiptAbsent,
	"outcomes are counted":                                   outcomes,
	"what the mail server was not told is pending":           pendingAfter,
}

func seenAgain(t *testing.T, s ticket.Store) {
	first := mail("box", 1, 7, "hello")
	update(t, s, func(tx ticket.Tx) error { return take(tx, ticket.Fresh, first) })
	update(t, s, func(tx ticket.Tx) error {
		// Even with other content: a UID names one immutable mail.
		sight, id, err := tx.Receive(mail("box", 1, 7, "something else"))
		return errors.Join(err, same("sight", sight, ticket.Again), same("earlier receipt", id, first.ID))
	})
	update(t, s, func(tx ticket.Tx) error {
		return take(tx, ticket.Fresh, mail("box", 1, 8, "b"), mail("box", 2, 7, "c"), mail("other", 1, 7, "d"))
	})
}

func seenAnother(t *testing.T, s ticket.Store) {
	first := mail("box", 1, 7, "hello")
	update(t, s, func(tx ticket.Tx) error {
		// The first one is not concluded yet: it runs in this transaction.
		sight, _, err := tx.Receive(first)
		if err != nil || sight != ticket.Fresh {
			return fmt.Errorf("first: sight %d, %w", sight, err)
		}
		sight, id, err := tx.Receive(mail("alias", 1, 3, "hello"))
		return errors.Join(err, same("sight", sight, ticket.Another), same("earlier receipt", id, first.ID))
	})
	third := mail("box", 2, 1, "hello")
	update(t, s, func(tx ticket.Tx) error {
		sight, id, err := tx.Receive(third)
		return errors.Join(err, same("sight", sight, ticket.Another), same("earlier receipt", id, first.ID))
	})
	if third.ID == 0 || third.ID == first.ID {
		t.Errorf("the second sight has receipt %d", third.ID)
	}
	update(t, s, func(tx ticket.Tx) error { // its own row makes it Again
		sight, id, err := tx.Receive(mail("box", 2, 1, "hello"))
		return errors.Join(err, same("sight", sight, ticket.Again), same("earlier receipt", id, third.ID))
	})
}

func undoneIsFresh(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		err := tx.Try(func() error { return errors.Join(take(tx, ticket.Fresh, mail("box", 1, 1, "hello")), errUndo) })
		if !errors.Is(err, errUndo) {
			return err
		}
		return take(tx, ticket.Fresh, mail("box", 1, 1, "hello"))
	})
}

func eightPollers(t *testing.T, s ticket.Store) {
	const pollers, mails = 8, 20
	var fresh [mails]atomic.Int32
	var group sync.WaitGroup
	for p := range uint32(pollers) {
		group.Go(func() {
			for i := range uint32(mails) {
				err := s.Update(context.Background(), func(tx ticket.Tx) error {
					// Half of them see the mail under another number.
					r := mail(fmt.Sprintf("box%d", p%2), 1, i+1, fmt.Sprintf("mail %d", i))
					sight, _, err := tx.Receive(r)
					if err == nil && sight == ticket.Fresh {
						fresh[i].Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for i := range fresh {
		if n := fresh[i].Load(); n != 1 {
			t.Errorf("mail %d was fresh %d times", i, n)
		}
	}
}

func unkeyedFresh(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return take(tx, ticket.Fresh, unkeyed("box", 1, 1, "alarm"), unkeyed("box", 1, 2, "alarm"), unkeyed("alias", 1, 1, "alarm"))
	})
	update(t, s, func(tx ticket.Tx) error { // a mail with a key does not meet those without
		return take(tx, ticket.Fresh, mail("box", 1, 3, "alarm"))
	})
}

func unkeyedMultiset(t *testing.T, s ticket.Store) {
	first, second := unkeyed("box", 1, 1, "alarm"), unkeyed("box", 1, 2, "alarm")
	later := unkeyed("box", 1, 3, "alarm")
	later.Received = noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error { return take(tx, ticket.Fresh, first, second, later) })

	// The box is renumbered. Both old ones come back, then a new one like them.
	another := func(r *ticket.Receipt, want int64) {
		t.Helper()
		update(t, s, func(tx ticket.Tx) error {
			sight, id, err := tx.Receive(r)
			return errors.Join(err, same("sight", sight, ticket.Another), same("earlier receipt", id, want))
		})
	}
	another(unkeyed("box", 2, 1, "alarm"), first.ID)
	another(unkeyed("box", 2, 2, "alarm"), second.ID)
	update(t, s, func(tx ticket.Tx) error {
		other := unkeyed("box", 2, 4, "alarm")
		other.Received = noon().Add(2 * time.Hour)
		return take(tx, ticket.Fresh, unkeyed("box", 2, 3, "alarm"), other, unkeyed("alias", 2, 1, "alarm"))
	})
	single := unkeyed("box", 1, 9, "single")
	update(t, s, func(tx ticket.Tx) error { return take(tx, ticket.Fresh, single) })
	another(unkeyed("box", 2, 9, "single"), single.ID)
	another(unkeyed("box", 3, 9, "single"), single.ID) // of two epochs that hold as many, the one met first

	// Renumbered again: three of them lay in the box.
	for uid := range uint32(3) {
		update(t, s, func(tx ticket.Tx) error { return take(tx, ticket.Another, unkeyed("box", 3, uid+1, "alarm")) })
	}
	update(t, s, func(tx ticket.Tx) error { return take(tx, ticket.Fresh, unkeyed("box", 3, 4, "alarm")) })
}

func readBack(t *testing.T, s ticket.Store) {
	r := mail("box", 1, 7, "hello")
	r.Received = noon().Add(-time.Minute + 7*time.Millisecond)
	c := ticket.Conclusion{Outcome: ticket.Appended, Ticket: 1001, Reasons: []string{"by the token", "„naïve“ 🙂"}}
	m := ticket.Mail{MessageID: "a@example.com", From: ticket.Address{Name: "Ann", Email: "Ann@example.com"}, Subject: "hello"}
	var second *ticket.Receipt
	update(t, s, func(tx ticket.Tx) error {
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		if _, _, err := tx.Receive(r); err != nil {
			return err
		}
		e := &ticket.Entry{Ticket: 1001, Kind: ticket.Message, Receipt: r.ID}
		if err := tx.AddEntry(e); err != nil {
			return err
		}
		c.Entry = e.ID
		if err := tx.Conclude(r.ID, c, m); err != nil {
			return err
		}
		second = unkeyed("box", 1, 8, "more")
		_, _, err := tx.Receive(second)
		return errors.Join(err, tx.Conclude(second.ID, c, m))
	})
	view(t, s, func(tx ticket.Tx) error {
		want := ticket.Taken{Receipt: *r, Conclusion: c, MessageID: m.MessageID, From: m.From.Email, Subject: m.Subject}
		want.Raw.Inline = nil
		got, err := tx.Taken(r.ID)
		if err := errors.Join(err, same("by ID", got, want)); err != nil {
			return err
		}
		got, err = tx.TakenUID("box", 1, 7)
		if err := errors.Join(err, same("by UID", got, want)); err != nil {
			return err
		}
		got, err = tx.TakenUID("box", 0, 7)
		if err := errors.Join(err, same("by UID in the newest epoch", got, want)); err != nil {
			return err
		}
		all, err := tx.TakenOn(1001)
		if err != nil || len(all) != 2 {
			return fmt.Errorf("on the ticket: %d receipts, %v", len(all), err)
		}
		return errors.Join(same("first on the ticket", all[0], want), same("second on the ticket", all[1].ID, second.ID),
			same("has a key", all[1].Keyed, false))
	})
}

func rawNeeded(t *testing.T, s ticket.Store) {
	for name, change := range map[string]func(*ticket.Receipt){
		"a raw mail that is not in the store": func(r *ticket.Receipt) { r.Raw.Inline = nil },
		"bytes of another sum":                func(r *ticket.Receipt) { r.Raw.Sum[0]++ },
		"bytes of another size":               func(r *ticket.Receipt) { r.Raw.Size++ },
	} {
		r := mail("box", 1, 1, "hello")
		change(r)
		err := s.Update(context.Background(), func(tx ticket.Tx) error { _, _, err := tx.Receive(r); return err })
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	update(t, s, func(tx ticket.Tx) error {
		if err := take(tx, ticket.Fresh, mail("box", 1, 1, "hello")); err != nil {
			return err
		}
		r := mail("box", 1, 2, "hello") // its bytes are there now
		r.Raw.Inline = nil
		return take(tx, ticket.Another, r)
	})
}

func receiptAbsent(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		_, byID := tx.Taken(99)
		_, byUID := tx.TakenUID("box", 1, 1)
		on, err := tx.TakenOn(1001)
		return errors.Join(absent("Taken", byID), absent("TakenUID", byUID), err, same("TakenOn", len(on), 0),
			absent("Conclude", tx.Conclude(99, ticket.Conclusion{Outcome: ticket.Opened}, ticket.Mail{})))
	})
}

func outcomes(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		for i, o := range []ticket.Outcome{ticket.Opened, ticket.Loop, ticket.Opened} {
			r := mail("box", 1, uint32(i+1), fmt.Sprint("mail ", i))
			if _, _, err := tx.Receive(r); err != nil {
				return err
			}
			if err := tx.Conclude(r.ID, ticket.Conclusion{Outcome: o}, ticket.Mail{}); err != nil {
				return err
			}
		}
		return tx.SkipBefore("box", 1, []uint32{9}, []time.Time{noon()}, noon())
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Outcomes()
		return errors.Join(err, same("outcomes", got,
			map[ticket.Outcome]int{ticket.Opened: 2, ticket.Loop: 1, ticket.BeforeBaseline: 1}))
	})
}

func pendingAfter(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(
			take(tx, ticket.Fresh, mail("box", 1, 5, "a"), mail("box", 1, 3, "b"), mail("box", 1, 4, "c"),
				mail("box", 2, 1, "d"), mail("other", 1, 1, "e")),
			tx.SkipBefore("box", 1, []uint32{1}, []time.Time{noon()}, noon()))
	})
	pending := func(tx ticket.Tx, limit int, want ...uint32) error {
		list, err := tx.AfterPending("box", 1, limit)
		var got []uint32
		for _, k := range list {
			got = append(got, k.UID)
		}
		return errors.Join(err, same("pending", got, want))
	}
	view(t, s, func(tx ticket.Tx) error { return errors.Join(pending(tx, 10, 5, 3, 4), pending(tx, 2, 5, 3)) })
	update(t, s, func(tx ticket.Tx) error { return tx.AfterDone("box", 1, []uint32{5, 4}, noon().Add(time.Second)) })
	view(t, s, func(tx ticket.Tx) error {
		k, err := tx.TakenUID("box", 1, 5)
		return errors.Join(err, same("told at", k.AfterDone, noon().Add(time.Second)), pending(tx, 10, 3))
	})
}
