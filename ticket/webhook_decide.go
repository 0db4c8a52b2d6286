package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Deliveries lists deliveries that match.
func (d *Desk) Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error) {
	return look(ctx, d, "list deliveries", func(tx Tx) ([]Delivery, error) { return tx.Deliveries(f) })
}

// Delivery reads one delivery. The error is a Refusal if there is none.
func (d *Desk) Delivery(ctx context.Context, id int64) (Delivery, error) {
	del, err := look(ctx, d, fmt.Sprintf("read delivery %d", id), func(tx Tx) (Delivery, error) { return tx.Delivery(id) })
	if isAbsent(err) {
		return del, refuse(NotFound, "there is no delivery %d", id)
	}
	return del, err
}

// RetryDelivery has a delivery tried now, also one that was given up or dropped.
// It reports whether it does; one that was delivered stays so. The error is a
// Refusal if there is none, or the agent who wants it is no admin; "" is the
// operator.
func (d *Desk) RetryDelivery(ctx context.Context, agent string, id int64) (bool, error) {
	return d.decideDelivery(ctx, agent, id, func(t *turn, del *Delivery) bool {
		if del.End == Delivered {
			return false
		}
		if !del.SettledAt.IsZero() {
			del.QueuedAt = t.now // it is tried as long as a new one
		}
		del.SettledAt, del.End, del.DueAt = time.Time{}, "", t.now
		*t.queued++
		return true
	})
}

// DropDelivery gives up a delivery that waits. Else it is as RetryDelivery.
func (d *Desk) DropDelivery(ctx context.Context, agent string, id int64) (bool, error) {
	return d.decideDelivery(ctx, agent, id, func(t *turn, del *Delivery) bool {
		if !del.SettledAt.IsZero() {
			return false
		}
		del.SettledAt, del.End = t.now, Dropped
		return true
	})
}

// decideDelivery changes a delivery, unless an attempt runs.
func (d *Desk) decideDelivery(ctx context.Context, agent string, id int64, change func(*turn, *Delivery) bool) (bool, error) {
	var changed bool
	err := d.update(ctx, func(t *turn) error {
		changed = false
		if err := t.adminOrOperator(agent); err != nil {
			return err
		}
		del, err := t.tx.Delivery(id)
		if isAbsent(err) {
			return refuse(NotFound, "there is no delivery %d", id)
		}
		if err != nil {
			return err
		}
		if del.SettledAt.IsZero() && del.LeasedUntil.After(t.now) {
			return refuse(Conflict, "delivery %d is being sent right now: look again in a minute", id)
		}
		if changed = change(t, &del); !changed {
			return nil
		}
		del.LeasedUntil, del.LeasedBy = time.Time{}, ""
		return t.tx.KeepDelivery(del)
	})
	if err != nil {
		return false, requestError(fmt.Sprintf("decide about delivery %d", id), err)
	}
	return changed, nil
}

// ResumeWebhook ends the pause of a webhook, and has all that waits for it tried
// now. The error is as for RetryDelivery.
func (d *Desk) ResumeWebhook(ctx context.Context, agent, key string) error {
	err := d.update(ctx, func(t *turn) error {
		if err := t.adminOrOperator(agent); err != nil {
			return err
		}
		state, err := t.tx.WebhookState(key)
		if err != nil {
			return err
		}
		known, err := t.tx.WebhooksKnown()
		if err != nil {
			return err
		}
		if _, ok := t.policy.Webhooks[key]; !ok && !slices.Contains(known, key) {
			return refuse(NotFound, "there is no webhook %q", key)
		}
		state.PausedAt, state.PausedWhy = time.Time{}, ""
		*t.queued++
		return errors.Join(t.tx.SaveWebhookState(state), t.tx.HastenDeliveries(key, t.now))
	})
	return requestError("resume the webhook "+key, err)
}

// adminOrOperator refuses agents who are no admins.
func (t *turn) adminOrOperator(agent string) error {
	if agent == "" {
		return nil
	}
	return t.onlyAdmins(agent)
}
