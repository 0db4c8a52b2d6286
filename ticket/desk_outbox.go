package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Waiting lists up to limit notices that are not settled, or only the held ones
// among them, with an ID above after, by ID.
func (d *Desk) Waiting(ctx context.Context, after int64, held bool, limit int) ([]Notice, error) {
	return look(ctx, d, "list the outbox", func(tx Tx) ([]Notice, error) { return tx.Waiting(after, held, limit) })
}

// Held counts the notices that are held.
func (d *Desk) Held(ctx context.Context) (int, error) {
	return look(ctx, d, "count held notices", func(tx Tx) (int, error) { return tx.CountNotices(NoticeFilter{Held: true}) })
}

// Release ends the hold of a notice: it is due now. It reports whether it did;
// one that is no longer held stays as it is. The error is a Refusal if there is
// no such notice.
func (d *Desk) Release(ctx context.Context, id int64) (bool, error) {
	return d.endHold(ctx, id, "release", func(t *turn, n *Notice) error {
		n.HeldAt, n.HeldWhy, n.DueAt = n.SettledAt, "", t.now
		*t.queued++
		return t.recordHold(n, NoticeReleased, "may be sent now")
	})
}

// Drop gives up a notice that is held: nobody gets it any more, and nobody is
// told but whoever looks at the ticket. The reason may be empty. Else it is as
// Release.
func (d *Desk) Drop(ctx context.Context, id int64, reason string) (bool, error) {
	return d.endHold(ctx, id, "drop", func(t *turn, n *Notice) error {
		for i := range n.Recipients {
			if r := &n.Recipients[i]; r.Outstanding() {
				r.FailedAt, r.InDoubt, r.Answer = t.now, false, cmp.Or(reason, "dropped by the operator")
			}
		}
		n.settleIfDone(t.now)
		return t.recordHold(n, NoticeDropped, cmp.Or(reason, "not to be sent"))
	})
}

// endHold changes a notice, if it is held.
func (d *Desk) endHold(ctx context.Context, id int64, verb string, change func(*turn, *Notice) error) (bool, error) {
	var changed bool
	err := d.update(ctx, func(t *turn) error {
		changed = false
		n, err := t.tx.Notice(id)
		if isAbsent(err) {
			return refuse(NotFound, "there is no notice %d", id)
		}
		if err != nil || !n.Held() {
			return err
		}
		changed = true
		return errors.Join(change(t, &n), t.tx.SaveDelivery(n))
	})
	if err != nil {
		return false, fmt.Errorf("%s notice %d: %w", verb, id, err)
	}
	return changed, nil
}

// recordHold writes into the diary what became of a notice that was held. One
// without a ticket, a digest, has no diary.
func (t *turn) recordHold(n *Notice, kind EventKind, what string) error {
	if n.Ticket == 0 {
		return nil
	}
	var to []string
	for _, r := range n.Recipients {
		to = append(to, r.Address.Email)
	}
	return t.record(&Event{Ticket: n.Ticket, Kind: kind, Actor: Actor{Kind: ByOperator}, Entry: n.Entry,
		Detail: fmt.Sprintf("the %s mail to %s that was held: %s", n.Kind, strings.Join(to, ", "), what)})
}
