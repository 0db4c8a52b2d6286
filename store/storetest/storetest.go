// Package storetest is the suite that every ticket.Store has to pass: each
// promise written in ticket/store.go is a test here.
package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"deskpost/ticket"
)

// Run checks the stores that open makes against every promise of ticket.Store.
// Each test gets an empty store of its own.
func Run(t *testing.T, open func(testing.TB) ticket.Store) {
	for _, group := range []map[string]func(*testing.T, ticket.Store){
		transactionTests, receiptTests, sourceTests, ticketTests, threadTests, outboxTests, deliveryTests, concurrencyTests,
		agentTests, timetableTests, reportTests, alarmTests, listingTests, viewTests, liveTests,
		clockTests,
		rotaTests,
		requestTests,
		doorTests,
		apiTokenTests,
		portalTests,
		unsentTests,
		quarantineTests,
		webhookTests,
		readerTests,
		stateTests,
		timerTests,
		fieldTests,
		watcherTests,
		linkTests,
		searchTests,
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	}
}

// noon is the instant from which the tests count.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// update runs f in a transaction that has to be kept.
func update(t testing.TB, s ticket.Store, f func(ticket.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs f on a picture that has to be readable.
func view(t testing.TB, s ticket.Store, f func(ticket.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// same demands that two values are equal.
func same(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: got %+v, want %+v", what, got, want)
	}
	return nil
}

// absent demands that an error says there is no such thing.
func absent(what string, err error) error {
	if !errors.Is(err, ticket.ErrNotFound) {
		return fmt.Errorf("%s: got error %v, want ErrNotFound", what, err)
	}
	return nil
}

// try runs steps until one fails.
func try(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// errUndo makes a transaction undo what it did.
var errUndo = errors.New("undo this")

// newTicket saves a ticket with a requester.
func newTicket(tx ticket.Tx, n ticket.Number) error {
	return tx.Save(&ticket.Ticket{
		Number: n, Subject: "Printer on fire", Status: ticket.New, Priority: "normal", Department: "support",
		Requester: ticket.Address{Name: "Ann", Email: "Ann@example.com"}, OpenedAt: noon(), UpdatedAt: noon(),
	})
}

// mail is the receipt of a mail with a Message-ID and this content.
func mail(source string, epoch, uid uint32, content string) *ticket.Receipt {
	raw := []byte("Subject: " + content + "\r\n\r\n" + content + "\r\n")
	return &ticket.Receipt{
		Source: source, Epoch: epoch, UID: uid, Digest: sha256.Sum256([]byte(content)), Keyed: true, Received: noon(),
		Raw: ticket.Blob{Sum: sha256.Sum256(raw), Size: int64(len(raw)), Inline: raw}, At: noon(),
	}
}

// unkeyed is the receipt of a mail without a Message-ID.
func unkeyed(source string, epoch, uid uint32, content string) *ticket.Receipt {
	r := mail(source, epoch, uid, content)
	r.Keyed = false
	return r
}

// take receives and concludes mails and demands what the store makes of them.
func take(tx ticket.Tx, want ticket.Sight, receipts ...*ticket.Receipt) error {
	for _, r := range receipts {
		got, _, err := tx.Receive(r)
		if err != nil {
			return fmt.Errorf("receive UID %d: %w", r.UID, err)
		}
		if got != want {
			return fmt.Errorf("receive %s epoch %d UID %d: got sight %d, want %d", r.Source, r.Epoch, r.UID, got, want)
		}
		if got == ticket.Again {
			continue
		}
		if err := tx.Conclude(r.ID, ticket.Conclusion{Outcome: ticket.Opened}, ticket.Mail{}); err != nil {
			return fmt.Errorf("conclude UID %d: %w", r.UID, err)
		}
	}
	return nil
}
