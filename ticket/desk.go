package ticket

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Desk is the help desk: each of its methods is one use case, and each use
// case that changes something is one transaction of the Store. It may be used
// by several goroutines.
type Desk struct {
	Store Store
	Keys  Keys             // the last one signs
	Now   func() time.Time // the clock
	Wake  func()           // rung after a commit that queued mail; must not block; may be nil
	Began time.Time        // when the program did, before it read any mail; zero if that is not known
	Node  string           // this one of several programs that send for the desk; "" if there is one

	policy    atomic.Pointer[Policy]
	ticked    atomic.Pointer[time.Time] // when Tick last ran
	barrier   barrier
	broke     atomic.Pointer[Due] // where it broke off; nil if it did not
	calendars sync.Map            // *calendar.Calendar of former revisions, by "key@revision"
}

// SetPolicy makes p the policy of every use case that begins after it.
func (d *Desk) SetPolicy(p *Policy) { d.policy.Store(p) }

// Policy is the policy in force.
func (d *Desk) Policy() *Policy { return d.policy.Load() }

// An Incoming is a mail together with where it was picked up.
type Incoming struct {
	Receipt Receipt
	Mail    Mail
}

// A Fate is what became of one mail of a group.
type Fate struct {
	Conclusion
	Err error // the mail's own fault: nothing of it was written
}

// ReceiveAll acts on mails in their order, in one transaction with a savepoint
// a mail: each is taken whole or not at all, and one that cannot be taken does
// not hold up the others. An error says that the store could not take any.
func (d *Desk) ReceiveAll(ctx context.Context, mails []Incoming) ([]Fate, error) {
	var fates []Fate
	err := d.update(ctx, func(t *turn) error {
		fates = make([]Fate, len(mails))
		for i, in := range mails {
			mail := t.fresh()
			fates[i].Err = t.tx.Try(func() error {
				c, err := mail.once(in)
				fates[i].Conclusion = c
				return err
			})
			if fates[i].Err == nil {
				t.lines = append(t.lines, mail.lines...)
				t.telltales = append(t.telltales, mail.telltales...)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take %d mails: %w", len(mails), err)
	}
	return fates, nil
}

// Receive acts on one mail.
func (d *Desk) Receive(ctx context.Context, in Incoming) (Conclusion, error) {
	fates, err := d.ReceiveAll(ctx, []Incoming{in})
	if err != nil {
		return Conclusion{}, err
	}
	return fates[0].Conclusion, fates[0].Err
}

// A turn is one use case at work: everything it does shares a transaction, an
// instant and a policy.
type turn struct {
	tx      Tx
	policy  *Policy
	keys    Keys
	now     time.Time
	receipt int64        // the mail that caused it; 0 if none did
	reasons []string     // why what was done was done
	lines   []digestLine // to be written when all else is done
	queued  *int         // notices and deliveries written, by all turns of the transaction
	edited  bool         // it looks at what an edit of the config has changed
	gate                 // what the barrier says, while Tick is at work
	states  map[string]AgentState
	doer    string           // key of the agent who causes all this; "" if none does
	told    map[telling]bool // true if to a deputy

	foresees bool // it is a preview, and keeps what it queues in mind
	foreseen []*Notice

	telltales []telltale // for webhooks, to be written when all else is done

	calendars *sync.Map // of the desk
}

// update runs f in a transaction and wakes the mailer if f queued anything.
func (d *Desk) update(ctx context.Context, f func(*turn) error) error {
	var queued int
	err := d.Store.Update(ctx, func(tx Tx) error {
		queued = 0
		t := d.turn(tx, &queued)
		if err := f(t); err != nil {
			return err
		}
		if err := t.writeDigests(); err != nil {
			return err
		}
		return t.writeDeliveries()
	})
	if err == nil && queued > 0 && d.Wake != nil {
		d.Wake()
	}
	return err
}

// view runs f on one consistent picture.
func (d *Desk) view(ctx context.Context, f func(*turn) error) error {
	return d.Store.View(ctx, func(tx Tx) error { return f(d.turn(tx, new(int))) })
}

// look reads one thing from one consistent picture; doing says what for, in the
// error.
func look[T any](ctx context.Context, d *Desk, doing string, read func(Tx) (T, error)) (T, error) {
	var found T
	err := d.view(ctx, func(t *turn) (err error) {
		found, err = read(t.tx)
		return err
	})
	if err != nil {
		var none T
		return none, fmt.Errorf("%s: %w", doing, err)
	}
	return found, nil
}

func (d *Desk) turn(tx Tx, queued *int) *turn {
	return &turn{tx: tx, policy: d.Policy(), keys: d.Keys, now: d.Now().UTC().Truncate(time.Millisecond), queued: queued,
		calendars: &d.calendars}
}

// fresh is a turn in the same transaction that has no mail and no reasons yet.
func (t *turn) fresh() *turn {
	return &turn{tx: t.tx, policy: t.policy, keys: t.keys, now: t.now, queued: t.queued, calendars: t.calendars}
}

// because notes a step that led to the outcome.
func (t *turn) because(format string, args ...any) {
	t.reasons = append(t.reasons, fmt.Sprintf(format, args...))
}

// keep writes a ticket that has changed with the events that say how, and
// computes what is to be done with it by time. Other terms that follow hold since
// the first of the events.
func (t *turn) keep(tk *Ticket, events ...*Event) error {
	if err := t.record(events...); err != nil {
		return err
	}
	var happened []Event
	for _, e := range events {
		if e != nil {
			happened = append(happened, *e)
		}
	}
	tk.UpdatedAt = t.now
	switch {
	case len(happened) == 0:
		return t.save(tk, nil, time.Time{})
	case happened[0].Kind == TicketOpened: // then they are its whole diary
		return t.save(tk, happened, happened[0].Since)
	}
	return t.save(tk, nil, happened[0].Since)
}

// save writes a ticket with its clocks. Other terms hold since then, if they do.
func (t *turn) save(tk *Ticket, fresh []Event, since time.Time) error {
	if err := t.reckon(tk, fresh, since); err != nil {
		return err
	}
	if err := t.tx.Save(tk); err != nil {
		return fmt.Errorf("save ticket %d: %w", tk.Number, err)
	}
	return nil
}

// record writes events with what all events of a turn share.
func (t *turn) record(events ...*Event) error {
	for _, e := range events {
		if e == nil {
			continue
		}
		e.At, e.Receipt = t.now, t.receipt
		if !e.Since.Before(e.At) {
			e.Since = time.Time{}
		}
		if err := t.tx.Record(*e); err != nil {
			return fmt.Errorf("record %s on ticket %d: %w", e.Kind, e.Ticket, err)
		}
	}
	t.tellPrograms(nil, events...)
	return nil
}
