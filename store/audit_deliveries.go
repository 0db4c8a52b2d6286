package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"deskpost/ticket"
)

// deliveries holds what webhooks are to be told to its own columns and to the
// ticket that it tells of.
func (a *auditor) deliveries() error {
	for last := int64(0); ; {
		page, err := (a.tx).Deliveries(ticket.DeliveryFilter{After: last, Limit: noticePage})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, d := range page {
			last = d.ID
			for _, wrong := range contradictionsOf(&d) {
				a.found(deliveryUntrue, fmt.Sprintf("delivery %d (%s to %s, ticket %d)", d.ID, d.Kind, d.Webhook, d.Ticket), wrong)
			}
		}
	}
}

// contradictionsOf lists where a delivery is not what the desk makes of them.
func contradictionsOf(d *ticket.Delivery) []string {
	var says struct {
		ID   string
		Data struct {
			Ticket struct{ Number ticket.Number }
		}
	}
	ends := []ticket.DeliveryEnd{ticket.Delivered, ticket.GivenUp, ticket.Dropped}
	var wrong []string
	for _, c := range []struct {
		is    bool
		wrong string
	}{
		{json.Unmarshal([]byte(d.Body), &says) != nil, "its body is not JSON"},
		{says.ID != d.Message || says.Data.Ticket.Number != d.Ticket, "its body is that of another"},
		{d.End == "" && !d.SettledAt.IsZero(), "it has ended, and it is not said how"},
		{d.End != "" && d.SettledAt.IsZero(), "it is " + string(d.End) + ", and it is not said when"},
		{d.End != "" && !slices.Contains(ends, d.End), fmt.Sprintf("it ended as %q, which is none of the list", d.End)},
		{!d.SettledAt.IsZero() && !d.LeasedUntil.IsZero(), "it has ended, but is leased to a sender"},
		{d.Attempts < 0 || d.Attempts == 0 && (d.End == ticket.Delivered || !d.LeasedUntil.IsZero()), fmt.Sprintf("%d attempts were made", d.Attempts)},
		{!slices.Contains(ticket.WebhookEvents, d.Kind), "its kind is none of the list"},
	} {
		if c.is {
			wrong = append(wrong, c.wrong)
		}
	}
	return wrong
}
