package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/mail"
	"testing"
	"time"

	"deskpost/mailer"
	"deskpost/mailer/mailertest"
	"deskpost/store/storetest"
	"deskpost/templates"
	"deskpost/ticket"
)

// drainSize is how many mails wait in TestQueueDrains: -drain 10000 is the row.
var drainSize = flag.Int("drain", 400, "mails that wait in TestQueueDrains")

// TestQueueDrains lets a relay come back to a queue: all mail leaves once, agents'
// replies first, that of each ticket in its order, over two connections (F40).
func TestQueueDrains(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	queueMail(t, db, *drainSize)
	sink := mailertest.Start(t, mailertest.Temper{Say: map[mailertest.Stage]string{mailertest.Connect: "421 4.3.2 down"}})
	relay := &mailer.Relay{Addr: sink.Addr(), TLS: mailer.Insecure, Hello: "desk.example"}
	t.Cleanup(func() { _ = relay.Close() })
	desk := &ticket.Desk{Store: db, Now: time.Now}
	desk.SetPolicy(&ticket.Policy{Zone: time.UTC, Agents: map[string]ticket.Agent{"jane": {Key: "jane"}},
		Retries: ticket.Retries{GiveUp: 5 * 24 * time.Hour}})
	sender := &mailer.Sender{Desk: desk, Relay: relay, Now: time.Now}
	words, err := templates.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	sender.SetTemplates(words)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- sender.Run(ctx) }()
	for sink.Connections() == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	before := sink.Connections()
	sink.Set(mailertest.Temper{}) // it is back, and found to be so some seconds later
	for len(sink.Mails()) < *drainSize && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	checkDrained(t, sink.Mails())
	if made := sink.Connections() - before; made > mailer.DefaultConnections {
		t.Errorf("%d connections", made)
	}
}

// ticketsWaiting is over how many tickets the mail of queueMail goes.
const ticketsWaiting = 50

// queueMail queues mail: notices on all tickets, and at the end of each ticket's
// a reply of an agent.
func queueMail(t *testing.T, db ticket.Store, size int) {
	t.Helper()
	err := db.Update(t.Context(), func(tx ticket.Tx) error {
		for i := range ticketsWaiting {
			n := ticket.Number(1001 + i)
			err := tx.Save(&ticket.Ticket{Number: n, Subject: "Waiting", Status: ticket.New, Priority: "normal", Department: "support",
				Requester: ticket.Address{Email: "karen@customer.example"}, OpenedAt: time.Now(), UpdatedAt: time.Now()})
			if err != nil {
				return err
			}
		}
		for i := range size {
			n := &ticket.Notice{ID: int64(i + 1), Ticket: ticket.Number(1001 + i%ticketsWaiting), Kind: ticket.NoticeNew, Agent: "jane",
				Recipients: []ticket.Recipient{{Address: ticket.Address{Email: "jane@private.example"}}},
				From:       ticket.Address{Email: "support@bank.example"}, MessageID: fmt.Sprintf("n%d@bank.example", i+1),
				ReplyTo: "support+r@bank.example", ReturnPath: "support+b@bank.example",
				QueuedAt: time.Now(), DueAt: time.Now(), Facts: ticket.Facts{Number: ticket.Number(1001 + i%ticketsWaiting), Subject: "Waiting", Text: "text"}}
			if i >= size-ticketsWaiting {
				n.Kind, n.Agent = ticket.NoticeReply, ""
				n.Recipients[0].Address.Email = "karen@customer.example"
			}
			if _, err := tx.Queue(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkDrained demands each mail once, in the right order.
func checkDrained(t *testing.T, mails []mailertest.Mail) {
	t.Helper()
	seen := make(map[int]bool)
	last := make(map[int]int) // by ticket, of the notices
	notices, replies := 0, 0
	for _, m := range mails {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		var id int
		if _, err := fmt.Sscanf(parsed.Header.Get("Message-Id"), "<n%d@bank.example>", &id); err != nil {
			t.Fatal(err)
		}
		if seen[id] {
			t.Errorf("mail %d twice", id)
		}
		seen[id] = true
		if id > *drainSize-ticketsWaiting {
			replies++
			// What leaves beside the last reply may arrive before it.
			if notices > mailer.DefaultConnections-1 {
				t.Errorf("reply %d after %d notices", id, notices)
			}
			continue
		}
		notices++
		if ticket := id % ticketsWaiting; id < last[ticket] {
			t.Errorf("mail %d of a ticket after its mail %d", id, last[ticket])
		} else {
			last[ticket] = id
		}
	}
	if len(seen) != *drainSize || replies != ticketsWaiting {
		t.Errorf("%d mails and %d replies, want %d and %d", len(seen), replies, *drainSize, ticketsWaiting)
	}
}
