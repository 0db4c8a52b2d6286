package store

import (
	"time"

	"deskpost/ticket"
)

const pulseQuery = `SELECT (SELECT COALESCE(MAX(id), 0) FROM events), COUNT(*), COALESCE(SUM(CASE WHEN doing = $2 THEN 1 ELSE 0 END), 0)
	FROM presences WHERE until > $1`

// Pulse implements ticket.Live.
func (t *tx) Pulse(now time.Time) (ticket.Pulse, error) {
	var p ticket.Pulse
	return p, t.one(pulseQuery, args{ms(now), string(ticket.Writes)}, &p.Event, &p.People, &p.Writing)
}

const changeColumns = `SELECT e.id, e.ticket, e.kind, e.actor_kind, e.actor_name, k.department
	FROM events AS e JOIN tickets AS k ON k.number = e.ticket WHERE e.id > $1`

// Changes implements ticket.Live.
func (t *tx) Changes(after int64, n ticket.Number, limit int) ([]ticket.Change, error) {
	query, a := changeColumns+` ORDER BY e.id LIMIT $2`, args{after, limit}
	if n != 0 {
		query, a = changeColumns+` AND e.ticket = $2 ORDER BY e.id LIMIT $3`, args{after, int64(n), limit}
	}
	return rows(t, func(s scan) (c ticket.Change, err error) {
		return c, s(&c.ID, &c.Ticket, &c.Kind, &c.Actor.Kind, &c.Actor.Name, &c.Department)
	}, query, a...)
}

// Present implements ticket.Live.
func (t *tx) Present(n ticket.Number, now time.Time) ([]ticket.Presence, error) {
	return rows(t, func(s scan) (p ticket.Presence, err error) {
		return p, s(&p.Ticket, &p.Agent, &p.Doing, instant{&p.Until})
	}, `SELECT ticket, agent, doing, until FROM presences WHERE ticket = $1 AND until > $2 ORDER BY agent`, int64(n), ms(now))
}

// SavePresence implements ticket.Live.
func (t *tx) SavePresence(p ticket.Presence, now time.Time) error {
	if _, err := t.exec(`DELETE FROM presences WHERE until <= $1 OR ticket = $2 AND agent = $3`, ms(now), int64(p.Ticket), p.Agent); err != nil || p.Doing == "" {
		return err
	}
	_, err := t.exec(`
		INSERT INTO presences (ticket, agent, doing, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (ticket, agent) DO UPDATE SET doing = excluded.doing, until = excluded.until`,
		int64(p.Ticket), p.Agent, string(p.Doing), ms(p.Until))
	return err
}
