package ticket

import (
	"fmt"
	"strings"
)

// An addressee is somebody who is told, for themselves or for somebody else.
type addressee struct {
	agent Agent
	whom  string // why they are told in place of another; "" if they are not
}

// addressees are those who are told what was meant for an agent, in a matter of
// a department. While an agent is away it is the deputy, and the deputy's where
// that one is away too; where mail to somebody fails, the next one is told as
// well. A chain that ends goes on with the department's lead, then the admins. If
// nobody at all is at work the agent's own mailbox is better than none.
func (t *turn) addressees(key, department string) ([]addressee, error) {
	agent, ok := t.policy.working(key)
	if !ok {
		return nil, nil
	}
	c := chain{turn: t, department: department, met: map[string]bool{}}
	reached, err := c.follow(key)
	if err == nil && !reached {
		reached, err = c.follow(t.policy.Departments[department].Lead)
	}
	if err == nil && !reached {
		err = c.admins()
	}
	if err == nil && len(c.told) == 0 {
		c.told = []addressee{{agent: agent}}
	}
	return c.told, err
}

// working is an agent who can be told anything: who is enabled, and has an address.
// To be given a ticket it is enough to be enabled.
func (p *Policy) working(key string) (Agent, bool) {
	return p.Agents[key], p.enabled(key) && len(p.Agents[key].Emails) > 0
}

// A chain is the search for somebody who can be reached.
type chain struct {
	*turn
	department string
	met        map[string]bool
	told       []addressee
	why        []string // those whom the next one stands in for
}

// follow goes from an agent along the deputies. It reports whether it ended with
// somebody who is at work and can be reached.
func (c *chain) follow(key string) (reached bool, err error) {
	for first := true; ; first = false {
		agent, ok := c.policy.working(key)
		if !ok || c.met[key] || !first && !c.policy.May(key, MayRead, c.department) {
			return false, nil // a deputy learns nothing of tickets they may not read
		}
		state, reached, err := c.try(agent)
		if reached || err != nil {
			return reached, err
		}
		if key = agent.Deputy; state.Away(c.now) {
			key = state.Deputy
		}
	}
}

// try adds an agent, unless they are away. It reports whether that is enough.
func (c *chain) try(agent Agent) (AgentState, bool, error) {
	c.met[agent.Key] = true
	state, err := c.state(agent.Key)
	if err != nil {
		return state, false, err
	}
	if state.Away(c.now) {
		c.why = append(c.why, agent.Name+", who is "+c.absence(state))
		return state, false, nil
	}
	c.told = append(c.told, addressee{agent: agent, whom: strings.Join(c.why, "; ")})
	failed, err := c.unreachable(agent)
	if failed {
		c.why = append(c.why, agent.Name+", to whom mail could not be delivered lately")
	}
	return state, !failed, err
}

// absence says that somebody is away, and how long if that is known.
func (t *turn) absence(s AgentState) string {
	if s.AwayUntil.IsZero() {
		return "away"
	}
	return "away until " + s.AwayUntil.In(t.policy.Zone).Format("Mon 2 Jan 2006, 15:04 MST")
}

// admins adds every admin who was not met before.
func (c *chain) admins() error {
	for _, key := range c.policy.Admins {
		agent, ok := c.policy.working(key)
		if !ok || c.met[key] {
			continue
		}
		if _, _, err := c.try(agent); err != nil {
			return err
		}
	}
	return nil
}

// present leaves out of a group those who are away and have named nobody, as long
// as somebody is left: what concerns a whole department need not go to its lead
// whenever one of them is on leave.
func (t *turn) present(keys []string) ([]string, error) {
	var there []string
	for _, key := range keys {
		state, err := t.state(key)
		if err != nil {
			return nil, err
		}
		if !state.Away(t.now) || state.Deputy != "" {
			there = append(there, key)
		}
	}
	if len(there) == 0 {
		return keys, nil
	}
	return there, nil
}

// standsInFor is the sentence that tells somebody whom a mail was meant for.
func standsInFor(whom string) string {
	return fmt.Sprintf("This is for %s. You stand in.", whom)
}
