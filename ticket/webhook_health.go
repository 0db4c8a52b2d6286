package ticket

import (
	"fmt"
	"maps"
	"slices"
)

// healthDeliveries is how many deliveries of a webhook are listed.
const healthDeliveries = 20

// WebhookHealth is how telling a webhook goes.
type WebhookHealth struct {
	WebhookState
	Host        string // of its address; "" if it has left the config
	Waiting     int
	Trying      []Delivery // that were tried and not taken, the oldest first
	TryingMore  int        // how many more
	GivenUp     []Delivery // not older than a month, the newest first
	GivenUpMore int
}

// webhookHealth reads how each webhook does: those of the config, and others that
// something still waits for.
func (t *turn) webhookHealth() ([]WebhookHealth, error) {
	known, err := t.tx.WebhooksKnown()
	if err != nil {
		return nil, fmt.Errorf("list the webhooks: %w", err)
	}
	keys := slices.AppendSeq(known, maps.Keys(t.policy.Webhooks))
	slices.Sort(keys)
	var all []WebhookHealth
	for _, key := range slices.Compact(keys) {
		h := WebhookHealth{Host: t.policy.Webhooks[key].Host}
		if h.WebhookState, err = t.tx.WebhookState(key); err == nil {
			h.Waiting, err = t.tx.CountDeliveries(DeliveryFilter{Webhook: key, Waiting: true})
		}
		if err == nil {
			h.Trying, h.TryingMore, err = t.someDeliveries(DeliveryFilter{Webhook: key, Waiting: true, Tried: true})
		}
		if err == nil {
			h.GivenUp, h.GivenUpMore, err = t.someDeliveries(DeliveryFilter{Webhook: key, End: GivenUp, Newest: true})
		}
		if err != nil {
			return nil, fmt.Errorf("look how the webhook %s does: %w", key, err)
		}
		all = append(all, h)
	}
	return all, nil
}

// someDeliveries lists the first that match, and counts the others.
func (t *turn) someDeliveries(f DeliveryFilter) (some []Delivery, more int, err error) {
	f.Limit = healthDeliveries
	if some, err = t.tx.Deliveries(f); err != nil || len(some) < healthDeliveries {
		return some, 0, err
	}
	more, err = t.tx.CountDeliveries(f)
	return some, more - len(some), err
}
