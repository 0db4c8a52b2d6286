package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"deskpost/ticket"
)

var outboxTests = map[string]func(*testing.T, ticket.Store){
	"a notice is read back":                      noticeReadBack,
	"two notices with one key are one":           dedupe,
	"facts change only before the first attempt": amend,
	"notices are counted by filter":              countNotices,
	"what is held waits to be released":          held,
}

// queued is a notice on ticket 1001, due at noon.
func queued(id int64, kind ticket.NoticeKind, recipients ...string) *ticket.Notice {
	n := &ticket.Notice{ID: id, Ticket: 1001, Kind: kind, Automatic: kind != ticket.NoticeReply,
		QueuedAt: noon(), DueAt: noon(), MessageID: fmt.Sprintf("n%d@example.com", id)}
	for _, r := range recipients {
		n.Recipients = append(n.Recipients, ticket.Recipient{Address: ticket.Address{Email: r}})
	}
	return n
}

// queue writes notices that have to be new.
func queue(tx ticket.Tx, notices ...*ticket.Notice) error {
	for _, n := range notices {
		written, err := tx.Queue(n)
		if err := errors.Join(err, same(fmt.Sprintf("notice %d written", n.ID), written, true)); err != nil {
			return err
		}
	}
	return nil
}

func noticeReadBack(t *testing.T, s ticket.Store) {
	n := ticket.Notice{
		ID: 7, Ticket: 1001, Entry: 3, Kind: ticket.NoticeReply, Answer: ticket.TokenCustomer, Agent: "jane", Department: "support",
		Recipients: []ticket.Recipient{
			{Address: ticket.Address{Name: "Zoë", Email: "Zoe@example.com"}, SentAt: noon(), Answer: "250 ok"},
			{Address: ticket.Address{Email: "ann@example.com"}, Cc: true, FailedAt: noon(), Answer: "550 no"},
		},
		Automatic: true, Dedupe: "reply/3", Draft: 5,
		Facts: ticket.Facts{Number: 1001, Subject: "Grüße 🙂", Remarks: []string{"a"}, At: noon(),
			Files: []ticket.File{{Name: "a", Sum: ticket.Sum{1, 2}}}, Results: []ticket.ResultLine{{Line: "#close", Failed: true}}},
		Key: 2, From: ticket.Address{Name: "Support", Email: "support@example.com"}, MessageID: "m@example.com",
		ReplyTo: "support+t@example.com", ReturnPath: "support+b@example.com", Stamp: "e7.mac", InReplyTo: "x@example.com",
		References: []string{"r@example.com", "x@example.com"}, QueuedAt: noon(), DueAt: noon().Add(time.Second), Attempts: 2,
		LeasedUntil: noon().Add(time.Minute), LeasedBy: "a", InDoubt: true, DelayTold: noon().Add(time.Hour), EchoedAt: noon().Add(3 * time.Second), SettledAt: noon().Add(time.Hour),
		HeldAt: noon().Add(4 * time.Second), HeldWhy: "restored", Waits: ticket.WaitsForWork,
	}
	bare := ticket.Notice{ID: 3}
	later := *queued(9, ticket.NoticeAck, "ann@example.com")
	update(t, s, func(tx ticket.Tx) error { return errors.Join(newTicket(tx, 1001), queue(tx, &later, &n, &bare)) })
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Notice(7)
		if err := errors.Join(err, same("by ID", got, n)); err != nil {
			return err
		}
		got, err = tx.Deduped("reply/3")
		if err := errors.Join(err, same("by key", got, n)); err != nil {
			return err
		}
		got, err = tx.Notice(3)
		if err := errors.Join(err, same("bare", got, bare)); err != nil {
			return err
		}
		all, err := tx.Notices(1001)
		return errors.Join(err, same("of the ticket", all, []ticket.Notice{n, later}))
	})
}

func dedupe(t *testing.T, s ticket.Store) {
	first, second := queued(1, ticket.NoticeAck, "ann@example.com"), queued(2, ticket.NoticeAck, "bob@example.com")
	first.Dedupe, second.Dedupe = "ack/1001", "ack/1001"
	update(t, s, func(tx ticket.Tx) error {
		if err := errors.Join(newTicket(tx, 1001), queue(tx, first)); err != nil {
			return err
		}
		written, err := tx.Queue(second)
		_, gone := tx.Notice(2)
		return errors.Join(err, same("second written", written, false), absent("second", gone),
			queue(tx, queued(3, ticket.NoticeAck), queued(4, ticket.NoticeAck))) // no key: not one
	})
	update(t, s, func(tx ticket.Tx) error { // a notice is never overwritten, and needs an ID
		taken := tx.Try(func() error { _, err := tx.Queue(queued(1, ticket.NoticeAck)); return err })
		none := tx.Try(func() error { _, err := tx.Queue(queued(0, ticket.NoticeAck)); return err })
		if taken == nil || none == nil {
			return fmt.Errorf("a taken ID: %v, no ID: %v", taken, none)
		}
		return nil
	})
}

func amend(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, queued(1, ticket.NoticeDigest, "jane@example.com")) },
			func() error { return tx.Amend(1, ticket.Facts{Items: []string{"one", "two"}}) },
			func() error {
				_, err := tx.Claim("", noon(), noon().Add(time.Minute), noon(), 1)
				return err
			},
			func() error { return absent("an attempted notice", tx.Amend(1, ticket.Facts{})) },
			func() error {
				n, err := tx.Notice(1)
				return errors.Join(err, same("facts", n.Facts, ticket.Facts{Items: []string{"one", "two"}}))
			},
		)
	})
}

func countNotices(t *testing.T, s ticket.Store) {
	at := func(n *ticket.Notice, minutes int) *ticket.Notice {
		n.QueuedAt = noon().Add(time.Duration(minutes) * time.Minute)
		return n
	}
	toAgent := at(queued(5, ticket.NoticeNew, "jane@example.com"), 10)
	toAgent.Agent = "jane"
	elsewhere := at(queued(6, ticket.NoticeAck, "Ann@example.com"), 10)
	elsewhere.Ticket = 1002
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), queue(tx,
			at(queued(1, ticket.NoticeAck, "ann@example.com"), 0),
			at(queued(2, ticket.NoticeResolved, "ann@example.com", "ANN@example.com", "bob@example.com"), 5),
			at(queued(3, ticket.NoticeReply, "ann@example.com"), 6), toAgent, elsewhere))
	})
	since := noon().Add(5 * time.Minute)
	view(t, s, func(tx ticket.Tx) error {
		for i, c := range []struct {
			filter ticket.NoticeFilter
			want   int
		}{
			{ticket.NoticeFilter{}, 5},
			{ticket.NoticeFilter{Since: since}, 4},
			{ticket.NoticeFilter{Ticket: 1001}, 4},
			{ticket.NoticeFilter{Ticket: 1001, Since: since}, 3},
			{ticket.NoticeFilter{Address: "ann@example.com"}, 4},
			{ticket.NoticeFilter{Address: "ann@example.com", Since: since}, 3},
			{ticket.NoticeFilter{Address: "ann@example.com", Since: since, Customers: true}, 2},
			{ticket.NoticeFilter{Address: "ann@example.com", Kinds: []ticket.NoticeKind{ticket.NoticeAck}, Since: since}, 1},
			{ticket.NoticeFilter{Agent: "jane", Since: since}, 1},
			{ticket.NoticeFilter{Agent: "joe"}, 0},
			{ticket.NoticeFilter{Kinds: []ticket.NoticeKind{ticket.NoticeAck, ticket.NoticeNew}}, 3},
			{ticket.NoticeFilter{Customers: true}, 3},
			{ticket.NoticeFilter{Customers: true, Ticket: 1002}, 1},
			{ticket.NoticeFilter{Since: noon().Add(time.Hour)}, 0},
		} {
			got, err := tx.CountNotices(c.filter)
			if err := errors.Join(err, same(fmt.Sprintf("filter %d %+v", i, c.filter), got, c.want)); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
}

// held demands that a notice which is held is listed and counted, and neither
// claimed nor waited for until it is released (F17).
func held(t *testing.T, s ticket.Store) {
	kept, free, done := queued(1, ticket.NoticeReply, "ann@example.com"), queued(2, ticket.NoticeAck, "ann@example.com"), queued(3, ticket.NoticeAck)
	kept.HeldAt, kept.HeldWhy = noon(), "restored"
	free.DueAt = noon().Add(time.Hour)
	done.HeldAt, done.SettledAt = noon(), noon() // dropped
	late := noon().Add(2 * time.Hour)
	ids := func(list []ticket.Notice) (ids []int64) {
		for _, n := range list {
			ids = append(ids, n.ID)
		}
		return ids
	}
	waiting := func(tx ticket.Tx, after int64, held bool, limit int, want ...int64) error {
		list, err := tx.Waiting(after, held, limit)
		return errors.Join(err, same(fmt.Sprintf("waiting after %d, held %t", after, held), ids(list), want))
	}
	claim := func(tx ticket.Tx, want ...int64) error {
		list, err := tx.Claim("a", late, late.Add(time.Minute), late, 10)
		return errors.Join(err, same("claimed", ids(list), want))
	}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return newTicket(tx, 1001) },
			func() error { return queue(tx, kept, free, done) },
			func() error { return waiting(tx, 0, false, 10, 1, 2) },
			func() error { return waiting(tx, 0, false, 1, 1) },
			func() error { return waiting(tx, 1, false, 10, 2) },
			func() error { return waiting(tx, 0, true, 10, 1) },
			func() error { return waiting(tx, 1, true, 10) },
			func() error {
				n, err := tx.CountNotices(ticket.NoticeFilter{Held: true})
				return errors.Join(err, same("count", n, 1))
			},
			func() error {
				due, err := tx.NextDue()
				return errors.Join(err, same("next due", due, free.DueAt))
			},
			func() error { return claim(tx, 2) },
			func() error {
				kept.HeldAt, kept.HeldWhy = time.Time{}, ""
				return tx.SaveDelivery(*kept)
			},
			func() error { return claim(tx, 1) },
		)
	})
}
