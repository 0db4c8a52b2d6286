package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"deskpost/ticket"
)

var transactionTests = map[string]func(*testing.T, ticket.Store){
	"an update with an error is undone":           undone,
	"an update that panics is undone":             panicUndone,
	"try undoes only its own writes":              tryIsolates,
	"try nests":                                   tryNests,
	"a panic in try becomes an error":             tryPanics,
	"counters begin at first and rise by one":     counters,
	"200 read-modify-writes at once lose nothing": contention,
	"a view refuses writes":                       viewRefuses,
	"a view is one consistent picture":            viewConsistent,
	"a canceled context keeps nothing half":       canceled,
}

func undone(t *testing.T, s ticket.Store) {
	err := s.Update(context.Background(), func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), errUndo)
	})
	if !errors.Is(err, errUndo) {
		t.Fatalf("update: got %v, want the error of f", err)
	}
	view(t, s, func(tx ticket.Tx) error {
		_, err := tx.Ticket(1001)
		return absent("ticket of an undone update", err)
	})
}

func panicUndone(t *testing.T, s ticket.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		s.Update(context.Background(), func(tx ticket.Tx) error {
			if err := newTicket(tx, 1001); err != nil {
				t.Error(err)
			}
			panic("boom")
		})
	}()
	update(t, s, func(tx ticket.Tx) error {
		_, err := tx.Ticket(1001)
		return absent("ticket of a panicked update", err)
	})
}

func tryIsolates(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		if err := tx.Try(func() error { return newTicket(tx, 1001) }); err != nil {
			return err
		}
		err := tx.Try(func() error { return errors.Join(newTicket(tx, 1002), errUndo) })
		if !errors.Is(err, errUndo) {
			return fmt.Errorf("try: got %v, want the error of f", err)
		}
		err = tx.Try(func() error { // an error of the engine, not of f
			return tx.AddEntry(&ticket.Entry{Ticket: 7777, Kind: ticket.Note})
		})
		if err == nil {
			return errors.New("an entry of no ticket was added")
		}
		return tx.Try(func() error { return newTicket(tx, 1003) })
	})
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1003, 1001) })
}

// onlyTickets demands that these tickets are there and no others, in this
// order.
func onlyTickets(tx ticket.Tx, want ...ticket.Number) error {
	found, err := tx.Find(ticket.Filter{})
	if err != nil {
		return err
	}
	var got []ticket.Number
	for _, k := range found {
		got = append(got, k.Number)
	}
	return same("tickets", got, want)
}

func tryNests(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return tx.Try(func() error {
			if err := newTicket(tx, 1001); err != nil {
				return err
			}
			inner := tx.Try(func() error {
				kept := tx.Try(func() error { return newTicket(tx, 1002) })
				return errors.Join(kept, errUndo)
			})
			if !errors.Is(inner, errUndo) {
				return fmt.Errorf("inner try: %v", inner)
			}
			return tx.Try(func() error { return newTicket(tx, 1003) })
		})
	})
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1003, 1001) })
}

func tryPanics(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		err := tx.Try(func() error {
			if err := newTicket(tx, 1001); err != nil {
				return err
			}
			panic("the mail made us stumble")
		})
		if err == nil {
			return errors.New("a panic became no error")
		}
		if text := err.Error(); !strings.Contains(text, "the mail made us stumble") || !strings.Contains(text, "tryPanics") {
			return fmt.Errorf("error of a panic does not say what and where: %s", text)
		}
		if lines := strings.Count(err.Error(), "\n"); lines > 40 {
			return fmt.Errorf("error of a panic has %d lines", lines)
		}
		return newTicket(tx, 1002)
	})
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1002) })
}

func counters(t *testing.T, s ticket.Store) {
	next := func(tx ticket.Tx, counter string, first, want int64) error {
		got, err := tx.Next(counter, first)
		return errors.Join(err, same("next "+counter, got, want))
	}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(next(tx, "ticket", 1001, 1001), next(tx, "ticket", 1001, 1002), next(tx, "notice", 1, 1))
	})
	err := s.Update(context.Background(), func(tx ticket.Tx) error {
		return errors.Join(next(tx, "ticket", 1001, 1003), errUndo)
	})
	if !errors.Is(err, errUndo) || strings.Contains(err.Error(), "next") {
		t.Fatal(err)
	}
	update(t, s, func(tx ticket.Tx) error { return next(tx, "ticket", 1001, 1003) })
}

func contention(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error { return newTicket(tx, 1001) })
	const workers, rounds = 8, 25
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				err := s.Update(context.Background(), func(tx ticket.Tx) error {
					k, err := tx.Ticket(1001)
					if err != nil {
						return err
					}
					k.Subject += "x"
					return tx.Save(k)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	view(t, s, func(tx ticket.Tx) error {
		k, err := tx.Ticket(1001)
		if err != nil {
			return err
		}
		return same("writes that were kept", strings.Count(k.Subject, "x"), workers*rounds)
	})
}

func viewRefuses(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error { return newTicket(tx, 1001) })
	for name, write := range map[string]func(ticket.Tx) error{
		"Save":        func(tx ticket.Tx) error { return newTicket(tx, 1002) },
		"Next":        func(tx ticket.Tx) error { _, err := tx.Next("ticket", 1001); return err },
		"AddEntry":    func(tx ticket.Tx) error { return tx.AddEntry(&ticket.Entry{Ticket: 1001}) },
		"Record":      func(tx ticket.Tx) error { return tx.Record(ticket.Event{Ticket: 1001}) },
		"Receive":     func(tx ticket.Tx) error { _, _, err := tx.Receive(mail("box", 1, 1, "a")); return err },
		"Queue":       func(tx ticket.Tx) error { _, err := tx.Queue(&ticket.Notice{ID: 1}); return err },
		"AddDraft":    func(tx ticket.Tx) error { return tx.AddDraft(&ticket.Draft{}) },
		"SaveContact": func(tx ticket.Tx) error { return tx.SaveContact(ticket.Contact{Address: "a"}) },
		"Fail":        func(tx ticket.Tx) error { return tx.Fail(ticket.Failure{Source: "box"}) },
		"in a Try":    func(tx ticket.Tx) error { return tx.Try(func() error { return newTicket(tx, 1003) }) },
	} {
		if err := s.View(context.Background(), write); err == nil {
			t.Errorf("%s in a view was not refused", name)
		}
	}
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1001) })
}

func viewConsistent(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error { return newTicket(tx, 1001) })
	view(t, s, func(tx ticket.Tx) error {
		if err := onlyTickets(tx, 1001); err != nil {
			return err
		}
		// A writer does not wait for the view, and the view does not see it.
		update(t, s, func(tx ticket.Tx) error { return newTicket(tx, 1002) })
		return onlyTickets(tx, 1001)
	})
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1002, 1001) })
}

func canceled(t *testing.T, s ticket.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx ticket.Tx) error {
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		cancel()
		return newTicket(tx, 1002)
	})
	if err != nil {
		t.Fatalf("a transaction that had begun was not finished: %v", err)
	}
	if err := s.Update(ctx, func(tx ticket.Tx) error { return newTicket(tx, 1003) }); !errors.Is(err, context.Canceled) {
		t.Errorf("an update after the cancel: got %v", err)
	}
	view(t, s, func(tx ticket.Tx) error { return onlyTickets(tx, 1002, 1001) })
}
