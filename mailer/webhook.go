package mailer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// A WebhookDesk keeps what other programs are to be told; *ticket.Desk does. All
// methods are safe to repeat.
type WebhookDesk interface {
	// ClaimDelivery leases the delivery of a webhook whose turn it is and books an
	// attempt. Where there is none, due says when there may be one.
	ClaimDelivery(ctx context.Context, webhook string, lease time.Duration) (found bool, d ticket.Delivery, due time.Time, err error)
	// SettleDelivery records how an attempt ended and decides on the next one.
	SettleDelivery(ctx context.Context, id int64, attempt int, a ticket.WebhookAnswer) (ticket.WebhookVerdict, error)
}

// webhookLease is longer than the longest attempt and than the pauses in which
// its end is written down, by what the clocks of two nodes may be apart.
const webhookLease = webhookWithin + settleGrace + leaseMargin

// Webhooks tell other programs what happens to tickets: one after the other to
// each of them, in the order in which it happened, and to all at the same time.
// So one that is slow or dead holds up neither the others nor mail. Its fields
// are set before Run; Wake and SetEndpoints may be called from any goroutine.
type Webhooks struct {
	Desk WebhookDesk
	Now  func() time.Time
	Log  *slog.Logger

	endpoints atomic.Pointer[map[string]*Endpoint]
	once      sync.Once
	wake      chan struct{}
	store     outage
}

// SetEndpoints says which webhooks there are, by key.
func (w *Webhooks) SetEndpoints(all map[string]*Endpoint) {
	if before := w.endpoints.Swap(&all); before != nil {
		for _, e := range *before {
			e.close()
		}
	}
	w.Wake()
}

// Wake has Run look for work now. It never blocks.
func (w *Webhooks) Wake() {
	select {
	case w.bell() <- struct{}{}:
	default: // it rings already
	}
}

func (w *Webhooks) bell() chan struct{} {
	w.once.Do(func() { w.wake = make(chan struct{}, 1) })
	return w.wake
}

// A teller tells one webhook.
type teller struct {
	wake chan struct{}
	stop context.CancelFunc
}

// Run tells the webhooks until ctx is cancelled, and finishes what is in hand. It
// returns nil.
func (w *Webhooks) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	tellers := map[string]teller{}
	for {
		endpoints := w.all()
		for key, t := range tellers {
			if endpoints[key] == nil {
				t.stop()
				delete(tellers, key)
			}
		}
		for key := range endpoints {
			t, ok := tellers[key]
			if !ok {
				own, stop := context.WithCancel(ctx)
				defer stop()
				t = teller{wake: make(chan struct{}, 1), stop: stop}
				tellers[key] = t
				all.Go(func() { w.tell(own, key, t.wake) })
			}
			select {
			case t.wake <- struct{}{}:
			default:
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.bell():
		}
	}
}

func (w *Webhooks) all() map[string]*Endpoint {
	if all := w.endpoints.Load(); all != nil {
		return *all
	}
	return nil
}

// tell works for one webhook until ctx is cancelled.
func (w *Webhooks) tell(ctx context.Context, key string, bell <-chan struct{}) {
	for ctx.Err() == nil {
		due, err := w.Next(ctx, key)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			wait(ctx, w.store.pause(), nil)
		case due.IsZero():
			wait(ctx, pollEvery, bell)
		default:
			wait(ctx, min(max(due.Sub(w.Now()), 0), pollEvery), bell)
		}
	}
}

// Next tells a webhook the one thing whose turn it is. It returns when to look
// again: zero if nothing waits, now if something was told. The error is a fault
// of the store, which is logged already.
func (w *Webhooks) Next(ctx context.Context, key string) (due time.Time, err error) {
	found, d, due, err := w.Desk.ClaimDelivery(ctx, key, webhookLease)
	w.noteStore(ctx, err)
	if err != nil || !found {
		return due, err
	}
	answer := ticket.WebhookAnswer{Text: "there is no webhook of this name any more"}
	if e := w.all()[key]; e != nil {
		attempt, cancel := outlive(ctx, webhookWithin, webhookWithin)
		answer = e.Post(attempt, w.Now(), d.Message, d.Body)
		cancel()
	}
	if err := failpoint.Here("webhook.answered"); err != nil {
		return time.Time{}, err
	}
	return w.Now(), w.settle(ctx, d, answer)
}

// settle writes down how an attempt went. It is not stopped by ctx: else what
// was told would be told again.
func (w *Webhooks) settle(ctx context.Context, d ticket.Delivery, a ticket.WebhookAnswer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleGrace)
	defer cancel()
	verdict, err := w.Desk.SettleDelivery(ctx, d.ID, d.Attempts, a)
	for _, pause := range settleWaits {
		if err == nil || ctx.Err() != nil {
			break
		}
		wait(ctx, pause, nil)
		verdict, err = w.Desk.SettleDelivery(ctx, d.ID, d.Attempts, a)
	}
	w.noteStore(ctx, err)
	if err != nil {
		return err
	}
	log := w.log().With("webhook", d.Webhook, "delivery", d.ID, "message", d.Message, "ticket", d.Ticket, "attempt", d.Attempts,
		"code", a.Code, "answer", a.Text)
	switch verdict {
	case ticket.WebhookTaken:
		log.Info("webhook told")
	case ticket.WebhookPaused:
		log.Error("webhook paused: the receiver says that it is gone; resume it with `deskpost webhook resume`")
	case ticket.WebhookGivenUp:
		log.Error("webhook not told: it was tried for too long; `deskpost webhook retry` tries again")
	case ticket.WebhookLater:
		log.Warn("webhook not told yet")
	}
	return nil
}

// noteStore keeps track of the store and logs when its state changes.
func (w *Webhooks) noteStore(ctx context.Context, err error) {
	kind := ""
	switch {
	case err != nil && ctx.Err() != nil:
		return // the call ended because we stop
	case err != nil:
		kind = "fault"
	}
	if !w.store.note(kind) {
		return
	}
	if err != nil {
		w.log().Error("what webhooks are to be told cannot be read or written", "err", err)
	} else {
		w.log().Info("what webhooks are to be told can be read again")
	}
}

func (w *Webhooks) log() *slog.Logger {
	if w.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.Log
}
