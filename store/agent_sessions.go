package store

import (
	"time"

	"deskpost/ticket"
)

const sessionColumns = `id, agent, address, way, browser, began_at, seen_at`

func sessionFields(s *ticket.Session) []any {
	return []any{&s.ID, &s.Agent, &s.Address, &s.Way, &s.Browser, instant{&s.BeganAt}, instant{&s.SeenAt}}
}

// Session implements ticket.Sessions.
func (t *tx) Session(id string) (s ticket.Session, err error) {
	return s, t.one(`SELECT `+sessionColumns+` FROM agent_sessions WHERE id = $1`, args{id}, sessionFields(&s)...)
}

// Sessions implements ticket.Sessions.
func (t *tx) Sessions(agent string) ([]ticket.Session, error) {
	return rows(t, func(s scan) (got ticket.Session, err error) { return got, s(sessionFields(&got)...) },
		`SELECT `+sessionColumns+` FROM agent_sessions WHERE agent = $1 ORDER BY seen_at DESC, id`, agent)
}

// AddSession implements ticket.Sessions.
func (t *tx) AddSession(s ticket.Session) error {
	_, err := t.exec(`INSERT INTO agent_sessions (`+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, s.Agent, s.Address, string(s.Way), s.Browser, ms(s.BeganAt), ms(s.SeenAt))
	return err
}

// SawSession implements ticket.Sessions.
func (t *tx) SawSession(id string, at time.Time) error {
	_, err := t.exec(`UPDATE agent_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, ms(at))
	return err
}

// EndSession implements ticket.Sessions.
func (t *tx) EndSession(agent, id string) error {
	_, err := t.exec(`DELETE FROM agent_sessions WHERE agent = $1 AND id = $2`, agent, id)
	return err
}

// EndSessions implements ticket.Sessions.
func (t *tx) EndSessions(agent, but string) (int, error) {
	ended, err := t.exec(`DELETE FROM agent_sessions WHERE agent = $1 AND id <> $2`, agent, but)
	return int(ended), err
}

// ForgetSessions implements ticket.Sessions.
func (t *tx) ForgetSessions(before time.Time) error {
	_, err := t.exec(`DELETE FROM agent_sessions WHERE began_at <= $1`, ms(before))
	return err
}
