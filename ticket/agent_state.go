package ticket

import (
	"fmt"
	"strings"
	"time"
)

// An AgentState is what an agent has told the desk of themselves; the rest is in
// the config.
type AgentState struct {
	Agent     string    // key
	AwayFrom  time.Time // since when they are away; zero if they are not
	AwayUntil time.Time // when they are back without saying so; zero if they will say so
	Deputy    string    // key of the agent who hears of their tickets meanwhile; "" is none

	Declined []NoticeKind // recurring mail that they do not want
}

// Away reports whether the agent is away at an instant.
func (s AgentState) Away(now time.Time) bool {
	return !s.AwayFrom.IsZero() && !now.Before(s.AwayFrom) && (s.AwayUntil.IsZero() || now.Before(s.AwayUntil))
}

// Agents are the part of a Tx that knows which agents can be reached.
type Agents interface {
	// AgentStates lists the agents who have told anything, by key.
	AgentStates() ([]AgentState, error)
	// SaveAgentState writes what an agent has told.
	SaveAgentState(s AgentState) error
	// FailedSince reports whether mail to an address, by key, failed for good at
	// an instant or later.
	FailedSince(address string, since time.Time) (bool, error)
}

// unreachableFor is how long an agent whose address has failed for good counts as
// unreachable. Later failures begin it anew.
const unreachableFor = 7 * 24 * time.Hour

// state reads what an agent has told. The states of all are read once a turn.
func (t *turn) state(key string) (AgentState, error) {
	if t.states == nil {
		all, err := t.tx.AgentStates()
		if err != nil {
			return AgentState{}, fmt.Errorf("read who is away: %w", err)
		}
		t.states = make(map[string]AgentState, len(all))
		for _, s := range all {
			t.states[s.Agent] = s
		}
	}
	s := t.states[key]
	s.Agent = key
	return s, nil
}

// away reports whether an agent is away now.
func (t *turn) away(key string) (bool, error) {
	s, err := t.state(key)
	return s.Away(t.now), err
}

// setState writes what an agent has told.
func (t *turn) setState(s AgentState) error {
	if err := t.tx.SaveAgentState(s); err != nil {
		return fmt.Errorf("save the state of %s: %w", s.Agent, err)
	}
	t.states = nil
	return nil
}

// tells notes what the agent tells of themselves; it is written if the rest of the
// mail is done.
func (w *work) tells(me speaker, change func(*AgentState)) error {
	if w.says == nil {
		s, err := w.state(me.Key)
		if err != nil {
			return err
		}
		w.says = &s
	}
	change(w.says)
	return nil
}

// keepState writes what the agent has told of themselves.
func (w *work) keepState() error {
	if w.says == nil {
		return nil
	}
	return w.setState(*w.says)
}

// unreachable reports whether mail to an agent failed for good not long ago.
func (t *turn) unreachable(agent Agent) (bool, error) {
	failed, err := t.tx.FailedSince(strings.ToLower(agent.Emails[0]), t.now.Add(-unreachableFor))
	if err != nil {
		return false, fmt.Errorf("ask whether mail to %s arrives: %w", agent.Key, err)
	}
	return failed, nil
}

// ZoneOf is the zone in which an agent reads times: that of their calendar, else
// the desk's.
func (p *Policy) ZoneOf(agent Agent) *time.Location {
	if c := p.Calendars[agent.Calendar]; c != nil {
		return c.Zone()
	}
	return p.Zone
}
