package store

import "deskpost/ticket"

// Watchers implements ticket.Watchers.
func (t *tx) Watchers(n ticket.Number) ([]ticket.Watcher, error) {
	return rows(t, func(s scan) (w ticket.Watcher, err error) {
		return w, s(&w.Ticket, &w.Agent, &w.Mode, instant{&w.Since})
	}, `SELECT ticket, agent, mode, since FROM watchers WHERE ticket = $1 ORDER BY agent`, int64(n))
}

// Watch implements ticket.Watchers.
func (t *tx) Watch(w ticket.Watcher) error {
	if w.Mode == ticket.Unwatched {
		_, err := t.exec(`DELETE FROM watchers WHERE ticket = $1 AND agent = $2`, int64(w.Ticket), w.Agent)
		return err
	}
	_, err := t.exec(`
		INSERT INTO watchers (ticket, agent, mode, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (ticket, agent) DO UPDATE SET mode = excluded.mode, since = excluded.since`,
		int64(w.Ticket), w.Agent, string(w.Mode), ms(w.Since))
	return err
}
