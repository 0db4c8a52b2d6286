package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// benchMail is a small mail as most are.
func benchMail() string { return strings.Repeat("The printer is on fire again, please help.\r\n", 60) }

// takeOne does to the store what a new ticket does, and returns its number.
func takeOne(tx ticket.Tx, body string) (int64, error) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	number, err := tx.Next("ticket", int64(ticket.FirstNumber))
	if err != nil {
		return 0, err
	}
	n := ticket.Number(number)
	raw := []byte(fmt.Sprintf("Message-ID: <%d@example.com>\r\n\r\n%s", n, body))
	sum := sha256.Sum256(raw)
	ann := ticket.Address{Name: "Ann", Email: fmt.Sprintf("ann%d@example.com", n%500)}
	r := &ticket.Receipt{Source: "support", Epoch: 1, UID: uint32(n), Digest: sum, Keyed: true, Received: at, At: at,
		Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}
	if sight, _, err := tx.Receive(r); err != nil || sight != ticket.Fresh {
		return 0, fmt.Errorf("receive: sight %d, %w", sight, err)
	}
	e := &ticket.Entry{Ticket: n, Kind: ticket.Message, From: ann, At: at, Text: body, Receipt: r.ID}
	if err := errors.Join(
		tx.Save(&ticket.Ticket{Number: n, Status: ticket.New, Department: "support", Requester: ann, OpenedAt: at, UpdatedAt: at}),
		tx.AddParticipant(ticket.Participant{Ticket: n, Address: ann, Role: ticket.RoleRequester, Since: at}),
		tx.AddEntry(e),
		tx.Know(n, []string{fmt.Sprintf("%d@example.com", n), fmt.Sprintf("%d.parent@example.com", n)}),
		tx.Record(ticket.Event{Ticket: n, At: at, Kind: ticket.TicketOpened}, ticket.Event{Ticket: n, At: at, Kind: ticket.MessageAdded}),
	); err != nil {
		return 0, err
	}
	for i, kind := range []ticket.NoticeKind{ticket.NoticeAck, ticket.NoticeNew} {
		id, err := tx.Next("notice", 1)
		if err != nil {
			return 0, err
		}
		notice := &ticket.Notice{ID: id, Ticket: n, Kind: kind, Automatic: true, Dedupe: fmt.Sprintf("%d/%d", n, i),
			QueuedAt: at, DueAt: at, Facts: ticket.Facts{Text: body}, Recipients: []ticket.Recipient{{Address: ann}}}
		if _, err := tx.Queue(notice); err != nil {
			return 0, err
		}
	}
	return number, tx.Conclude(r.ID, ticket.Conclusion{Outcome: ticket.Opened, Ticket: n, Entry: e.ID}, ticket.Mail{From: ann})
}

// BenchmarkReceiveGroup takes groups of 100 small mails, each in a savepoint.
func BenchmarkReceiveGroup(b *testing.B) {
	const group = 100
	db := openEngine(b)
	body := benchMail()
	b.ResetTimer()
	for b.Loop() {
		err := db.Update(context.Background(), func(tx ticket.Tx) error {
			for range group {
				if err := tx.Try(func() error { _, err := takeOne(tx, body); return err }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*group)/b.Elapsed().Seconds(), "mails/s")
}
