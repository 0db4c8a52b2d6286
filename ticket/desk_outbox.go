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
// no such notice, or the agent who wants it is no admin; "" is the operator.
func (d *Desk) Release(ctx context.Context, agent string, id int64) (bool, error) {
	return d.endHold(ctx, agent, id, "release", func(t *turn, n *Notice) error {
		n.HeldAt, n.HeldWhy, n.DueAt = n.SettledAt, "", t.now
		*t.queued++
		return t.recordHold(n, decider(agent), NoticeReleased, "may be sent now")
	})
}

// Drop gives up a notice that is held: nobody gets it any more, and nobody is
// told but whoever looks at the ticket. The reason may be empty. Else it is as
// Release.
func (d *Desk) Drop(ctx context.Context, agent string, id int64, reason string) (bool, error) {
	return d.endHold(ctx, agent, id, "drop", func(t *turn, n *Notice) error {
		n.giveUp(t.now, cmp.Or(reason, "dropped by "+t.policy.actorName(decider(agent))))
		return t.recordHold(n, decider(agent), NoticeDropped, cmp.Or(reason, "not to be sent"))
	})
}

// decider is who decides about what is held.
func decider(agent string) Actor {
	if agent == "" {
		return Actor{Kind: ByOperator}
	}
	return Actor{Kind: ByAgent, Name: agent}
}

// endHold changes a notice, if it is held.
func (d *Desk) endHold(ctx context.Context, agent string, id int64, verb string, change func(*turn, *Notice) error) (bool, error) {
	var changed bool
	err := d.update(ctx, func(t *turn) error {
		changed = false
		if agent != "" {
			if err := t.onlyAdmins(agent); err != nil {
				return err
			}
		}
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
		return false, requestError(fmt.Sprintf("%s notice %d", verb, id), err)
	}
	return changed, nil
}

// recordHold writes into the diary what became of a notice that was held. One
// without a ticket, a digest, has no diary.
func (t *turn) recordHold(n *Notice, by Actor, kind EventKind, what string) error {
	if n.Ticket == 0 {
		return nil
	}
	var to []string
	for _, r := range n.Recipients {
		to = append(to, r.Address.Email)
	}
	return t.record(&Event{Ticket: n.Ticket, Kind: kind, Actor: by, Entry: n.Entry,
		Detail: fmt.Sprintf("the %s mail to %s that was held: %s", n.Kind, strings.Join(to, ", "), what)})
}
