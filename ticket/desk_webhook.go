package ticket

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// webhookPatience is how often a delivery is tried before those behind it may
	// pass: a receiver that chokes on one must still hear of the others.
	webhookPatience = 4
	// maxRetryAfter bounds how long a receiver may put an attempt off.
	maxRetryAfter = 24 * time.Hour
	// maxAnswer bounds what is kept of an answer, in bytes.
	maxAnswer = 300
	// expireGrace is how much longer than it is tried a delivery is kept that had no
	// turn, so that whatever waits after a stop is tried before it is given up.
	expireGrace = time.Hour

	keepDelivered = 7 * 24 * time.Hour
	keepEnded     = 30 * 24 * time.Hour
	forgetAtOnce  = 500 // deliveries in one transaction
)

// A WebhookAnswer is how an attempt to deliver something ended.
type WebhookAnswer struct {
	Code       int    // of HTTP; 0 if there was no answer
	Text       string // what the receiver said, or why it was not reached
	RetryAfter time.Duration
}

// A WebhookVerdict is what the desk makes of an answer.
type WebhookVerdict string

// The verdicts.
const (
	WebhookTaken   WebhookVerdict = "taken"
	WebhookLater   WebhookVerdict = "later"
	WebhookGivenUp WebhookVerdict = "given-up"
	WebhookPaused  WebhookVerdict = "paused"
	WebhookStale   WebhookVerdict = "stale" // another attempt runs, or somebody has decided meanwhile
)

// ClaimDelivery leases the delivery of a webhook whose turn it is to this node's
// sender and books an attempt. Where there is none now, found is false and due
// says when there may be one; zero if nothing waits.
func (d *Desk) ClaimDelivery(ctx context.Context, webhook string, lease time.Duration) (found bool, del Delivery, due time.Time, err error) {
	look := func(t *turn) error {
		found, due = false, time.Time{}
		state, err := t.tx.WebhookState(webhook)
		if err != nil || !state.PausedAt.IsZero() {
			return err
		}
		del, err = t.tx.NextDelivery(webhook, webhookPatience)
		if isAbsent(err) {
			return nil
		}
		found, due = err == nil && !del.DueAt.After(t.now), del.DueAt
		return err
	}
	if err = d.view(ctx, look); err == nil && found {
		err = d.update(ctx, func(t *turn) error {
			if err := look(t); err != nil || !found {
				return err
			}
			del.Attempts++
			del.TriedAt, del.LeasedBy = t.now, d.Node
			del.LeasedUntil = t.now.Add(lease)
			del.DueAt = del.LeasedUntil
			return t.tx.KeepDelivery(del)
		})
	}
	if err != nil {
		return false, Delivery{}, time.Time{}, fmt.Errorf("claim what the webhook %s is to be told: %w", webhook, err)
	}
	return found, del, due, nil
}

// SettleDelivery records how an attempt ended and decides on the next one.
func (d *Desk) SettleDelivery(ctx context.Context, id int64, attempt int, a WebhookAnswer) (WebhookVerdict, error) {
	var verdict WebhookVerdict
	err := d.update(ctx, func(t *turn) error {
		verdict = WebhookStale
		del, err := t.tx.Delivery(id)
		if isAbsent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		late := del.Attempts != attempt || del.LeasedBy != d.Node // only that it was taken still counts
		if !del.SettledAt.IsZero() || late && !a.taken() {
			return nil
		}
		verdict, err = t.settleDelivery(&del, a)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("note what became of delivery %d: %w", id, err)
	}
	return verdict, nil
}

// taken reports whether the receiver has it.
func (a WebhookAnswer) taken() bool { return a.Code >= 200 && a.Code < 300 }

// gone is the answer of a receiver that wants nothing any more.
const gone = 410

func (t *turn) settleDelivery(del *Delivery, a WebhookAnswer) (WebhookVerdict, error) {
	state, err := t.tx.WebhookState(del.Webhook)
	if err != nil {
		return "", err
	}
	del.LeasedUntil, del.LeasedBy, del.Answer = time.Time{}, "", shortAnswer(a)
	delay := max(t.policy.Retries.After(del.Attempts), min(a.RetryAfter, maxRetryAfter))
	del.DueAt = t.now.Add(delay)
	verdict := WebhookLater
	switch {
	case a.taken():
		verdict = WebhookTaken
		del.SettledAt, del.End = t.now, Delivered
		if !state.FailingAt.IsZero() {
			err = t.tx.HastenDeliveries(del.Webhook, t.now)
		}
		state.DeliveredAt, state.FailingAt, state.Failures = t.now, time.Time{}, 0
	case a.Code == gone:
		verdict = WebhookPaused
		del.DueAt = t.now
		state.PausedAt, state.PausedWhy = t.now, del.Answer
		state.failed(t.now)
	case del.Attempts > 1 && t.now.Sub(del.QueuedAt) >= t.policy.webhookAge(del.Webhook):
		verdict = WebhookGivenUp
		state.failed(t.now)
		err = t.giveUp(del)
	default:
		state.failed(t.now)
	}
	return verdict, errors.Join(err, t.tx.KeepDelivery(*del), t.tx.SaveWebhookState(state))
}

func (s *WebhookState) failed(now time.Time) {
	if s.FailingAt.IsZero() {
		s.FailingAt = now
	}
	s.Failures++
}

func shortAnswer(a WebhookAnswer) string {
	s := a.Text
	if a.Code != 0 {
		s = fmt.Sprint(a.Code, " ", a.Text)
	}
	if len(s) > maxAnswer {
		s = strings.ToValidUTF8(s[:maxAnswer], "") // without half a character at the end, which PostgreSQL does not take
	}
	return s
}

// webhookAge is how long deliveries of a webhook are tried; those of one that has
// left the config as long as mail is.
func (p *Policy) webhookAge(key string) time.Duration {
	if h, ok := p.Webhooks[key]; ok {
		return h.MaxAge
	}
	return p.Retries.GiveUp
}

// giveUp ends a delivery that was tried for too long, and says so in the diary.
func (t *turn) giveUp(del *Delivery) error {
	del.SettledAt, del.End = t.now, GivenUp
	why := del.Answer
	if why == "" {
		why = "its turn did not come"
	}
	return t.record(&Event{Ticket: del.Ticket, Kind: WebhookFailed, Actor: theDesk, After: del.Webhook,
		Detail: fmt.Sprintf("the webhook %s was not told of %s, tried %d times: %s", del.Webhook, del.Kind, del.Attempts, why)})
}

// RecoverDeliveries ends the leases that this node's sender left when the program
// ended. No other of its name may live.
func (d *Desk) RecoverDeliveries(ctx context.Context) error {
	err := d.update(ctx, func(t *turn) error { return t.tx.EndDeliveryLeases(d.Node, t.now) })
	if err != nil {
		return fmt.Errorf("take up what webhooks are to be told: %w", err)
	}
	return nil
}

// TidyDeliveries gives up what waits for longer than it is to be tried, and
// removes what ended long ago: after a week what was delivered, after a month
// what was not. It returns how many it gave up and removed.
func (d *Desk) TidyDeliveries(ctx context.Context) (givenUp, removed int, err error) {
	var keys []string
	if keys, err = look(ctx, d, "look which webhooks wait", Tx.WebhooksKnown); err != nil {
		return 0, 0, err
	}
	for _, key := range keys {
		n, err := d.expire(ctx, key)
		givenUp += n
		if err != nil {
			return givenUp, 0, fmt.Errorf("give up what the webhook %s was to be told: %w", key, err)
		}
	}
	for _, old := range []struct {
		ends []DeliveryEnd
		age  time.Duration
	}{{[]DeliveryEnd{Delivered}, keepDelivered}, {[]DeliveryEnd{GivenUp, Dropped}, keepEnded}} {
		for n := forgetAtOnce; n == forgetAtOnce; removed += n {
			err := d.update(ctx, func(t *turn) (err error) {
				n, err = t.tx.ForgetDeliveries(old.ends, t.now.Add(-old.age), forgetAtOnce)
				return err
			})
			if err != nil {
				return givenUp, removed, fmt.Errorf("forget old deliveries: %w", err)
			}
		}
	}
	return givenUp, removed, nil
}

// expire gives up what waits for a webhook for too long, group by group.
func (d *Desk) expire(ctx context.Context, key string) (count int, err error) {
	for n := forgetAtOnce; n == forgetAtOnce; count += n {
		err := d.update(ctx, func(t *turn) error {
			old, err := t.tx.Deliveries(DeliveryFilter{Webhook: key, Waiting: true, Limit: forgetAtOnce,
				Before: t.now.Add(-t.policy.webhookAge(key) - expireGrace)})
			if err != nil {
				return err
			}
			n = len(old)
			for _, del := range old {
				if del.LeasedUntil.After(t.now) {
					continue // its sender decides
				}
				del.LeasedUntil, del.LeasedBy = time.Time{}, ""
				if err := errors.Join(t.giveUp(&del), t.tx.KeepDelivery(del)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return count, err
		}
	}
	return count, nil
}
