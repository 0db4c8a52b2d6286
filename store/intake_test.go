package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// A runCounter counts how often transactions that write are run, and how many
// of them there are.
type runCounter struct {
	ticket.Store
	runs, updates atomic.Int32
}

func (c *runCounter) Update(ctx context.Context, f func(ticket.Tx) error) error {
	c.updates.Add(1)
	return c.Store.Update(ctx, func(tx ticket.Tx) error { c.runs.Add(1); return f(tx) })
}

// TestIntakeIsOneByOne has two nodes take mail of the same strangers at the same
// time, each from a mailbox of its own, in groups in opposite order. Nobody may
// get a second acknowledgement, and no transaction may have to give way to
// another (F15, F52).
func TestIntakeIsOneByOne(t *testing.T) {
	t.Parallel()
	const strangers, rounds = 5, 12
	url := enginetest.Postgres(t)
	now := time.Now()
	var group sync.WaitGroup
	var counters []*runCounter
	for _, source := range []string{"support", "banking"} {
		counter := &runCounter{Store: storetest.OpenAt(t, url)}
		counters = append(counters, counter)
		desk := &ticket.Desk{Store: counter, Now: func() time.Time { return now }, Node: source,
			Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}}}
		desk.SetPolicy(intakePolicy())
		group.Go(func() {
			uid := uint32(0)
			for range rounds {
				var mails []ticket.Incoming
				for i := range strangers {
					who := i
					if source == "banking" {
						who = strangers - 1 - i
					}
					uid++
					mails = append(mails, incoming(source, uid, fmt.Sprintf("stranger-%d@customer.example", who), now))
				}
				fates, err := desk.ReceiveAll(t.Context(), mails)
				if err != nil {
					t.Error(err)
					return
				}
				for _, fate := range fates {
					if fate.Err != nil {
						t.Error(fate.Err)
					}
				}
			}
		})
	}
	group.Wait()
	for _, c := range counters {
		if c.runs.Load() != c.updates.Load() {
			t.Errorf("%d transactions had to be run %d times", c.updates.Load(), c.runs.Load())
		}
	}
	err := counters[0].View(t.Context(), func(tx ticket.Tx) error {
		for i := range strangers {
			acks, err := tx.CountNotices(ticket.NoticeFilter{Address: fmt.Sprintf("stranger-%d@customer.example", i),
				Kinds: []ticket.NoticeKind{ticket.NoticeAck}})
			if err != nil {
				return err
			}
			if acks != 1 {
				t.Errorf("stranger %d gets %d acknowledgements, want 1", i, acks)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestIntakeAfterAFailedMail demands that mail is taken one by one also behind a
// mail of the same group that failed, and with it the lock it took (F15).
func TestIntakeAfterAFailedMail(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	first, second := storetest.OpenAt(t, url), storetest.OpenAt(t, url)
	receive := func(tx ticket.Tx, source string, uid uint32) error {
		r := incoming(source, uid, "a@customer.example", time.Now()).Receipt
		_, _, err := tx.Receive(&r)
		return err
	}
	taken := make(chan error, 1)
	err := first.Update(t.Context(), func(tx ticket.Tx) error {
		failed := tx.Try(func() error {
			if err := receive(tx, "support", 1); err != nil {
				return err
			}
			return fmt.Errorf("this mail is at fault")
		})
		if failed == nil {
			t.Error("the failure is not told")
		}
		if err := tx.Try(func() error { return receive(tx, "support", 2) }); err != nil {
			return err
		}
		go func() {
			taken <- second.Update(t.Context(), func(tx ticket.Tx) error { return receive(tx, "banking", 1) })
		}()
		select {
		case err := <-taken:
			t.Errorf("other mail was taken at the same time: %v", err)
			taken <- err
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := <-taken; err != nil {
		t.Error(err)
	}
}

func incoming(source string, uid uint32, from string, at time.Time) ticket.Incoming {
	raw := fmt.Appendf(nil, "%s %d", source, uid)
	sum := ticket.Sum(sha256.Sum256(raw))
	return ticket.Incoming{
		Receipt: ticket.Receipt{Source: source, Epoch: 1, UID: uid, Digest: sum, Keyed: true, Received: at,
			Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}},
		Mail: ticket.Mail{From: ticket.Address{Email: from}, Recipients: []string{source + "@bank.example"},
			Subject: "Help", NewText: "text", MessageID: fmt.Sprintf("%s.%d@customer.example", source, uid), Authenticity: ticket.Proven},
	}
}

func intakePolicy() *ticket.Policy {
	mailbox := func(key string) ticket.Mailbox {
		return ticket.Mailbox{Key: key, Address: ticket.Address{Email: key + "@bank.example"}, Department: "support"}
	}
	return &ticket.Policy{
		Zone:            time.UTC,
		Departments:     map[string]ticket.Department{"support": {Key: "support", Name: "Support", Address: ticket.Address{Email: "support@bank.example"}}},
		Mailboxes:       map[string]ticket.Mailbox{"support": mailbox("support"), "banking": mailbox("banking")},
		DefaultPriority: "Normal", Acknowledge: ticket.AckVerified, OldMail: 24 * time.Hour, Separator: "+",
		Caps:    ticket.Caps{AddressHour: 1000, AddressDay: 1000, TicketDay: 1000, SystemHour: 1000, SenderHour: 1000, ReopenHour: 5, AgentBurst: 60},
		Retries: ticket.Retries{Delays: []time.Duration{time.Minute}, TellAt: 24 * time.Hour, GiveUp: 5 * 24 * time.Hour},
	}
}
