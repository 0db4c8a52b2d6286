package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"deskpost/ticket"
)

var webhookTests = map[string]func(*testing.T, ticket.Store){
	"deliveries are read back and found":           deliveriesKept,
	"the oldest delivery goes first, for a while":  deliveryTurns,
	"deliveries are hastened and their leases end": deliveriesHastened,
	"ended deliveries are forgotten":               deliveriesForgotten,
	"the state of a webhook is kept":               webhookStates,
}

// delivery is one that waits for a webhook since noon.
func delivery(id int64, webhook string) ticket.Delivery {
	return ticket.Delivery{ID: id, Webhook: webhook, Ticket: 1001, Kind: ticket.StatusChanged, Message: fmt.Sprintf("msg_%d", id),
		Body: `{"a":"ü"}`, QueuedAt: noon(), DueAt: noon()}
}

// addDeliveries writes a ticket and deliveries on it.
func addDeliveries(t *testing.T, s ticket.Store, all ...ticket.Delivery) {
	update(t, s, func(tx ticket.Tx) error {
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		for _, d := range all {
			if err := tx.AddDelivery(&d); err != nil {
				return err
			}
		}
		return nil
	})
}

func deliveriesKept(t *testing.T, s ticket.Store) {
	full := ticket.Delivery{ID: 3, Webhook: "chat", Ticket: 1001, Kind: ticket.TicketOpened, Message: "msg_x", Body: "{}", QueuedAt: noon(),
		DueAt: noon().Add(time.Minute), Attempts: 2, TriedAt: noon().Add(time.Second), LeasedUntil: noon().Add(time.Minute), LeasedBy: "a",
		Answer: "503 no"}
	addDeliveries(t, s, delivery(1, "chat"), delivery(2, "crm"), full)
	ended := full
	ended.SettledAt, ended.End, ended.LeasedUntil, ended.LeasedBy, ended.Attempts = noon().Add(time.Hour), ticket.GivenUp, time.Time{}, "", 3
	ended.QueuedAt, ended.DueAt, ended.TriedAt, ended.Answer = noon().Add(-time.Hour), noon().Add(time.Hour), noon().Add(time.Hour), "500"
	update(t, s, func(tx ticket.Tx) error {
		got, err := tx.Delivery(3)
		_, err2 := tx.Delivery(4)
		return errors.Join(err, same("delivery", got, full), absent("another", err2), tx.KeepDelivery(ended), absent("keep another", tx.KeepDelivery(delivery(4, "x"))))
	})
	for _, c := range []struct {
		filter ticket.DeliveryFilter
		want   []int64
	}{
		{ticket.DeliveryFilter{}, []int64{1, 2, 3}},
		{ticket.DeliveryFilter{Newest: true, Limit: 2}, []int64{3, 2}},
		{ticket.DeliveryFilter{Webhook: "chat"}, []int64{1, 3}},
		{ticket.DeliveryFilter{Webhook: "chat", Waiting: true}, []int64{1}},
		{ticket.DeliveryFilter{Tried: true}, []int64{3}},
		{ticket.DeliveryFilter{End: ticket.GivenUp}, []int64{3}},
		{ticket.DeliveryFilter{Before: noon()}, []int64{3}},
		{ticket.DeliveryFilter{After: 1}, []int64{2, 3}},
	} {
		view(t, s, func(tx ticket.Tx) error {
			list, err := tx.Deliveries(c.filter)
			n, err2 := tx.CountDeliveries(c.filter)
			var got []int64
			for _, d := range list {
				got = append(got, d.ID)
			}
			if c.filter.Limit == 0 {
				err2 = errors.Join(err2, same("count", n, len(c.want)))
			}
			return errors.Join(err, err2, same(fmt.Sprintf("%+v", c.filter), got, c.want))
		})
	}
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Delivery(3)
		known, err2 := tx.WebhooksKnown()
		return errors.Join(err, err2, same("ended", got, ended), same("waited for", known, []string{"chat", "crm"}))
	})
}

func deliveryTurns(t *testing.T, s ticket.Store) {
	stubborn := delivery(1, "chat")
	stubborn.Attempts, stubborn.DueAt = 4, noon().Add(time.Hour)
	head, behind, other := delivery(2, "chat"), delivery(3, "chat"), delivery(4, "crm")
	head.Attempts, head.DueAt = 3, noon().Add(time.Minute)
	addDeliveries(t, s, stubborn, head, behind, other)
	next := func(want int64) {
		t.Helper()
		view(t, s, func(tx ticket.Tx) error {
			got, err := tx.NextDelivery("chat", 4)
			_, err2 := tx.NextDelivery("none", 4)
			return errors.Join(err, same("next", got.ID, want), absent("of no webhook", err2))
		})
	}
	keep := func(d ticket.Delivery) {
		t.Helper()
		update(t, s, func(tx ticket.Tx) error { return tx.KeepDelivery(d) })
	}
	next(2) // though 3 is due before it: they go in their order
	stubborn.DueAt = noon()
	keep(stubborn)
	next(1) // what was tried often takes its turn when it is due
	stubborn.DueAt = noon().Add(time.Hour)
	keep(stubborn)
	head.Attempts = 4
	keep(head)
	next(3) // and those behind it pass
}

func deliveriesHastened(t *testing.T, s ticket.Store) {
	late, leased, foreign, other := delivery(1, "chat"), delivery(2, "chat"), delivery(3, "chat"), delivery(4, "crm")
	for _, d := range []*ticket.Delivery{&late, &leased, &foreign, &other} {
		d.DueAt = noon().Add(time.Hour)
	}
	leased.LeasedUntil, leased.LeasedBy, leased.Attempts = leased.DueAt, "a", 1
	foreign.LeasedUntil, foreign.LeasedBy, foreign.Attempts = foreign.DueAt, "b", 1
	addDeliveries(t, s, late, leased, foreign, other)
	due := func(what string, want ...time.Duration) {
		t.Helper()
		view(t, s, func(tx ticket.Tx) error {
			list, err := tx.Deliveries(ticket.DeliveryFilter{})
			var got []time.Duration
			for _, d := range list {
				got = append(got, d.DueAt.Sub(noon()))
			}
			return errors.Join(err, same(what, got, want))
		})
	}
	update(t, s, func(tx ticket.Tx) error { return tx.HastenDeliveries("chat", noon()) })
	due("hastened", 0, time.Hour, time.Hour, time.Hour)
	update(t, s, func(tx ticket.Tx) error { return tx.EndDeliveryLeases("a", noon().Add(time.Minute)) })
	due("leases of a", 0, time.Minute, time.Hour, time.Hour)
	update(t, s, func(tx ticket.Tx) error { return tx.EndDeliveryLeases("", noon().Add(time.Minute)) })
	due("all leases", 0, time.Minute, time.Minute, time.Hour)
}

func deliveriesForgotten(t *testing.T, s ticket.Store) {
	var all []ticket.Delivery
	for id := int64(1); id <= 4; id++ {
		d := delivery(id, "chat")
		d.SettledAt, d.End = noon().Add(time.Duration(id)*time.Minute), ticket.Delivered
		all = append(all, d)
	}
	all[1].End = ticket.Dropped
	all[3].SettledAt, all[3].End = time.Time{}, ""
	addDeliveries(t, s, all...)
	update(t, s, func(tx ticket.Tx) error {
		n, err := tx.ForgetDeliveries([]ticket.DeliveryEnd{ticket.Delivered}, noon().Add(time.Hour), 1)
		n2, err2 := tx.ForgetDeliveries([]ticket.DeliveryEnd{ticket.Delivered}, noon().Add(3*time.Minute), 9)
		left, err3 := tx.Deliveries(ticket.DeliveryFilter{})
		return errors.Join(err, err2, err3, same("the first", n, 1), same("not those of its instant", n2, 0), same("left", len(left), 3))
	})
	update(t, s, func(tx ticket.Tx) error {
		n, err := tx.ForgetDeliveries([]ticket.DeliveryEnd{ticket.Delivered, ticket.Dropped}, noon().Add(time.Hour), 9)
		left, err2 := tx.Deliveries(ticket.DeliveryFilter{})
		return errors.Join(err, err2, same("the rest", n, 2), same("what waits", len(left), 1))
	})
}

func webhookStates(t *testing.T, s ticket.Store) {
	full := ticket.WebhookState{Key: "chat", DeliveredAt: noon(), FailingAt: noon().Add(time.Minute), Failures: 3,
		PausedAt: noon().Add(time.Hour), PausedWhy: "410 Gone"}
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.WebhookState("chat")
		return errors.Join(err, same("of none", got, ticket.WebhookState{Key: "chat"}))
	})
	update(t, s, func(tx ticket.Tx) error {
		got, err := tx.WebhookState("chat")
		return errors.Join(err, same("of none", got, ticket.WebhookState{Key: "chat"}), tx.SaveWebhookState(full))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.WebhookState("chat")
		return errors.Join(err, same("kept", got, full))
	})
}
