package store

import (
	"time"

	"deskpost/ticket"
)

// AgentStates implements ticket.Agents.
func (t *tx) AgentStates() ([]ticket.AgentState, error) {
	return rows(t, func(s scan) (a ticket.AgentState, err error) {
		return a, s(&a.Agent, instant{&a.AwayFrom}, instant{&a.AwayUntil}, &a.Deputy, jsonTo[[]ticket.NoticeKind]{&a.Declined})
	}, `SELECT agent, away_from, away_until, deputy, declined FROM agent_states ORDER BY agent`)
}

// SaveAgentState implements ticket.Agents.
func (t *tx) SaveAgentState(a ticket.AgentState) error {
	_, err := t.exec(`
		INSERT INTO agent_states (agent, away_from, away_until, deputy, declined) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (agent) DO UPDATE SET away_from = excluded.away_from, away_until = excluded.away_until,
			deputy = excluded.deputy, declined = excluded.declined`,
		a.Agent, ms(a.AwayFrom), ms(a.AwayUntil), a.Deputy, jsonOf(a.Declined))
	return err
}

const failedSinceQuery = `SELECT COUNT(*) FROM contacts WHERE address = $1 AND failed_at >= $2`

// FailedSince implements ticket.Agents. It holds nothing: agents are told many
// things at once, and only what is written back has to be held.
func (t *tx) FailedSince(address string, since time.Time) (bool, error) {
	var failed int
	err := t.one(failedSinceQuery, args{address, since.UnixMilli()}, &failed)
	return failed > 0, err
}
