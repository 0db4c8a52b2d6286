package store

import (
	"deskpost/ticket"
)

// Record implements ticket.Tickets.
func (t *tx) Record(events ...ticket.Event) error {
	for _, e := range events {
		_, err := t.exec(`
			INSERT INTO events (ticket, at, since, kind, actor_kind, actor_name, before, after, detail, entry, receipt)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			int64(e.Ticket), ms(e.At), ms(e.Since), string(e.Kind), string(e.Actor.Kind), e.Actor.Name, e.Before, e.After, e.Detail,
			ref(e.Entry), ref(e.Receipt))
		if err != nil {
			return err
		}
	}
	return nil
}

const eventsQuery = `SELECT id, ticket, at, since, kind, actor_kind, actor_name, before, after, detail, entry, receipt
	FROM events WHERE ticket = $1 ORDER BY id`

// Events implements ticket.Tickets: in the order they were recorded.
func (t *tx) Events(n ticket.Number) ([]ticket.Event, error) {
	return rows(t, func(s scan) (e ticket.Event, err error) {
		return e, s(&e.ID, &e.Ticket, instant{&e.At}, instant{&e.Since}, &e.Kind, &e.Actor.Kind, &e.Actor.Name, &e.Before, &e.After, &e.Detail,
			refTo[int64]{&e.Entry}, refTo[int64]{&e.Receipt})
	}, eventsQuery, int64(n))
}
