package store

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket"
)

const deliveryColumns = `id, webhook, ticket, kind, message, body, queued_at, due_at, attempts, tried_at, leased_until, leased_by,
	answer, settled_at, ending`

func deliveryFields(d *ticket.Delivery) []any {
	return []any{&d.ID, &d.Webhook, &d.Ticket, &d.Kind, &d.Message, &d.Body, instant{&d.QueuedAt}, instant{&d.DueAt}, &d.Attempts,
		instant{&d.TriedAt}, instant{&d.LeasedUntil}, &d.LeasedBy, &d.Answer, instant{&d.SettledAt}, &d.End}
}

func scanDelivery(s scan) (d ticket.Delivery, err error) { return d, s(deliveryFields(&d)...) }

// AddDelivery implements ticket.Webhooks.
func (t *tx) AddDelivery(d *ticket.Delivery) error {
	if d.ID <= 0 {
		return errors.New("add delivery: it has no ID")
	}
	return t.must(`INSERT INTO deliveries (`+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		d.ID, d.Webhook, int64(d.Ticket), string(d.Kind), d.Message, d.Body, ms(d.QueuedAt), ms(d.DueAt), d.Attempts,
		ms(d.TriedAt), ms(d.LeasedUntil), d.LeasedBy, d.Answer, ms(d.SettledAt), string(d.End))
}

// Delivery implements ticket.Webhooks.
func (t *tx) Delivery(id int64) (ticket.Delivery, error) {
	var d ticket.Delivery
	return d, t.one(t.held(`SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`), args{id}, deliveryFields(&d)...)
}

// Deliveries implements ticket.Webhooks.
func (t *tx) Deliveries(f ticket.DeliveryFilter) ([]ticket.Delivery, error) {
	w := deliveriesWhere(f)
	w.args = append(w.args, cmp.Or(f.Limit, 100))
	order := ` ORDER BY id`
	if f.Newest {
		order += ` DESC`
	}
	query := fmt.Sprintf(`SELECT %s FROM deliveries%s%s LIMIT $%d`, deliveryColumns, w.text(), order, len(w.args))
	return rows(t, scanDelivery, query, w.args...)
}

// CountDeliveries implements ticket.Webhooks.
func (t *tx) CountDeliveries(f ticket.DeliveryFilter) (n int, err error) {
	w := deliveriesWhere(f)
	return n, t.one(`SELECT COUNT(*) FROM deliveries`+w.text(), w.args, &n)
}

func deliveriesWhere(f ticket.DeliveryFilter) (w where) {
	w.equal("webhook", f.Webhook)
	w.equal("ending", string(f.End))
	if f.Waiting {
		w.conditions = append(w.conditions, "settled_at IS NULL")
	}
	if f.Tried {
		w.conditions = append(w.conditions, "attempts > 0")
	}
	if !f.Before.IsZero() {
		w.add("queued_at < $", f.Before.UnixMilli())
	}
	if f.After != 0 {
		w.add("id > $", f.After)
	}
	return w
}

// NextDelivery implements ticket.Webhooks.
func (t *tx) NextDelivery(webhook string, patience int) (ticket.Delivery, error) {
	const waiting = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE webhook = $1 AND settled_at IS NULL AND attempts `
	candidates, err := rows(t, scanDelivery, waiting+`< $2 ORDER BY id LIMIT 1`, webhook, patience)
	if err != nil {
		return ticket.Delivery{}, err
	}
	stubborn, err := rows(t, scanDelivery, waiting+`>= $2 ORDER BY due_at, id LIMIT 1`, webhook, patience)
	if err != nil {
		return ticket.Delivery{}, err
	}
	candidates = append(candidates, stubborn...)
	if len(candidates) == 0 {
		return ticket.Delivery{}, ticket.ErrNotFound
	}
	next := candidates[0]
	for _, d := range candidates {
		if d.DueAt.Before(next.DueAt) {
			next = d
		}
	}
	return next, nil
}

// KeepDelivery implements ticket.Webhooks.
func (t *tx) KeepDelivery(d ticket.Delivery) error {
	return t.must(`UPDATE deliveries SET queued_at = $2, due_at = $3, attempts = $4, tried_at = $5, leased_until = $6, leased_by = $7,
		answer = $8, settled_at = $9, ending = $10 WHERE id = $1`,
		d.ID, ms(d.QueuedAt), ms(d.DueAt), d.Attempts, ms(d.TriedAt), ms(d.LeasedUntil), d.LeasedBy, d.Answer, ms(d.SettledAt), string(d.End))
}

// HastenDeliveries implements ticket.Webhooks.
func (t *tx) HastenDeliveries(webhook string, now time.Time) error {
	_, err := t.exec(`UPDATE deliveries SET due_at = $2
		WHERE webhook = $1 AND settled_at IS NULL AND due_at > $2 AND leased_until IS NULL`, webhook, now.UnixMilli())
	return err
}

// EndDeliveryLeases implements ticket.Webhooks.
func (t *tx) EndDeliveryLeases(node string, now time.Time) error {
	_, err := t.exec(`UPDATE deliveries SET due_at = $1, leased_until = NULL
		WHERE settled_at IS NULL AND leased_until IS NOT NULL AND ($2 = '' OR leased_by = $2)`, now.UnixMilli(), node)
	return err
}

// ForgetDeliveries implements ticket.Webhooks.
func (t *tx) ForgetDeliveries(ends []ticket.DeliveryEnd, before time.Time, limit int) (int, error) {
	var removed int64
	for _, end := range ends {
		n, err := t.exec(`DELETE FROM deliveries WHERE id IN
			(SELECT id FROM deliveries WHERE ending = $1 AND settled_at < $2 ORDER BY settled_at LIMIT $3)`,
			string(end), before.UnixMilli(), limit-int(removed))
		if removed += n; err != nil {
			return 0, err
		}
	}
	return int(removed), nil
}

// WebhookState implements ticket.Webhooks.
func (t *tx) WebhookState(key string) (ticket.WebhookState, error) {
	s := ticket.WebhookState{Key: key}
	if t.writes { // so that there is a row to hold
		_, err := t.exec(`INSERT INTO webhook_states (webhook, failures, paused_why) VALUES ($1, 0, '') ON CONFLICT (webhook) DO NOTHING`, key)
		if err != nil {
			return s, err
		}
	}
	err := t.one(t.held(`SELECT delivered_at, failing_at, failures, paused_at, paused_why FROM webhook_states WHERE webhook = $1`), args{key},
		instant{&s.DeliveredAt}, instant{&s.FailingAt}, &s.Failures, instant{&s.PausedAt}, &s.PausedWhy)
	if errors.Is(err, ticket.ErrNotFound) {
		err = nil
	}
	return s, err
}

// SaveWebhookState implements ticket.Webhooks.
func (t *tx) SaveWebhookState(s ticket.WebhookState) error {
	_, err := t.exec(`INSERT INTO webhook_states (webhook, delivered_at, failing_at, failures, paused_at, paused_why)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (webhook) DO UPDATE SET delivered_at = $2, failing_at = $3, failures = $4, paused_at = $5, paused_why = $6`,
		s.Key, ms(s.DeliveredAt), ms(s.FailingAt), s.Failures, ms(s.PausedAt), s.PausedWhy)
	return err
}

// WebhooksKnown implements ticket.Webhooks.
func (t *tx) WebhooksKnown() ([]string, error) {
	return rows(t, scalar[string], `SELECT DISTINCT webhook FROM deliveries WHERE settled_at IS NULL ORDER BY webhook`)
}
