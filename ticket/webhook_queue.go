package ticket

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A telltale is an event that other programs may be told of.
type telltale struct {
	event *Event
	to    []string // webhooks that a step of a plan names, whatever they are told else
}

// A told is the body of a delivery.
type told struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      toldData  `json:"data"`
}

type toldData struct {
	Event  SnapshotEvent `json:"event"`
	Ticket Snapshot      `json:"ticket"`
}

// tellPrograms notes events for the webhooks. The deliveries are written at the
// end of the transaction, when the tickets are as they will be kept.
func (t *turn) tellPrograms(to []string, events ...*Event) {
	if len(t.policy.Webhooks) == 0 {
		return
	}
	for _, e := range events {
		if e != nil && slices.Contains(WebhookEvents, e.Kind) {
			t.telltales = append(t.telltales, telltale{e, to})
		}
	}
}

// writeDeliveries writes what each webhook is to be told of what this
// transaction did, in the order in which that was recorded.
func (t *turn) writeDeliveries() error {
	tickets := map[Number]*Ticket{}
	named := map[*Event][]string{}
	for _, tale := range t.telltales {
		named[tale.event] = append(named[tale.event], tale.to...)
	}
	for _, tale := range t.telltales {
		to, first := named[tale.event]
		if !first {
			continue // a step names webhooks beside those that are told of all steps
		}
		delete(named, tale.event)
		tk, err := t.ticketOnce(tickets, tale.event.Ticket)
		if err != nil {
			return fmt.Errorf("read ticket %d for its webhooks: %w", tale.event.Ticket, err)
		}
		for _, key := range slices.Sorted(maps.Keys(t.policy.Webhooks)) {
			if !slices.Contains(to, key) && !t.policy.wants(t.policy.Webhooks[key], tale.event, tk.Department) {
				continue
			}
			if err := t.deliver(key, tale.event, tk); err != nil {
				return fmt.Errorf("queue what the webhook %s is to be told of ticket %d: %w", key, tk.Number, err)
			}
		}
	}
	return nil
}

func (t *turn) ticketOnce(read map[Number]*Ticket, n Number) (*Ticket, error) {
	if tk, ok := read[n]; ok {
		return tk, nil
	}
	tk, err := t.tx.Ticket(n)
	read[n] = tk
	return tk, err
}

// deliver writes one delivery. It is named after the instant too: a desk that was
// restored from a backup counts some numbers twice, and receivers drop what they
// have met under the same name.
func (t *turn) deliver(webhook string, e *Event, tk *Ticket) error {
	id, err := t.tx.Next("delivery", 1)
	if err != nil {
		return err
	}
	d := &Delivery{ID: id, Webhook: webhook, Ticket: tk.Number, Kind: e.Kind, QueuedAt: t.now, DueAt: t.now,
		Message: fmt.Sprintf("msg_%s_%d", strconv.FormatInt(t.now.UnixMilli(), 36), id)}
	body, err := json.Marshal(told{ID: d.Message, Type: "ticket." + string(e.Kind), Timestamp: e.At,
		Data: toldData{e.snapshot(), t.policy.Snapshot(tk)}})
	if err != nil {
		return fmt.Errorf("write it as JSON: %w", err)
	}
	d.Body = string(body)
	*t.queued++
	return t.tx.AddDelivery(d)
}
