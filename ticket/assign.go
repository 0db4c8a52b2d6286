package ticket

import (
	"cmp"
	"fmt"
	"slices"
)

// available reports whether work can be given to an agent now.
func (t *turn) available(key string) (bool, error) {
	away, err := t.away(key)
	return t.policy.enabled(key) && !away, err
}

// assignByRule gives a ticket that nobody has, no team either, to the agent whom
// the rule of its department chooses. It returns the event, nil if there is no
// rule, or nobody to choose.
func (t *turn) assignByRule(tk *Ticket) (*Event, error) {
	rule := t.policy.Departments[tk.Department].Assign
	candidates, err := t.candidates(tk)
	if err != nil {
		return nil, err
	}
	if tk.Assignee != "" || tk.Team != "" || rule == AssignNone || rule == "" || len(candidates) == 0 {
		return nil, nil
	}
	// Counting first holds the department: of two tickets at once the second one
	// sees who got the first.
	turn, err := t.tx.Next("rota:"+tk.Department, 1)
	if err != nil {
		return nil, fmt.Errorf("count what %s gives out: %w", tk.Department, err)
	}
	key, err := t.choose(rule, tk.Department, candidates)
	if err != nil {
		return nil, err
	}
	if err := t.tx.TakeTurn(tk.Department, key, turn); err != nil {
		return nil, fmt.Errorf("note whose turn it was in %s: %w", tk.Department, err)
	}
	tk.Assignee = key
	t.because("assigned to %s by the rule %s of %s", t.policy.agentName(key), rule, t.policy.PathName(tk.Department))
	return &Event{Ticket: tk.Number, Kind: AssigneeChanged, Actor: theDesk, After: key, Detail: string(rule)}, nil
}

// candidates are the agents who can be given a ticket by a rule: who may answer
// it and is there, and did not ask for it.
func (t *turn) candidates(tk *Ticket) ([]string, error) {
	var all []string
	for _, key := range t.policy.Members(tk.Department) {
		there, err := t.available(key)
		if err != nil {
			return nil, err
		}
		if there && t.policy.May(key, MayReply, tk.Department) && !t.policy.Agents[key].owns(tk.Requester) {
			all = append(all, key)
		}
	}
	return all, nil
}

// choose applies a rule to candidates, of which there is one at least.
func (t *turn) choose(rule AssignRule, department string, candidates []string) (string, error) {
	turns, err := t.tx.Turns(department)
	if err != nil {
		return "", fmt.Errorf("ask whose turn it is in %s: %w", department, err)
	}
	load := map[string]int{}
	if rule == AssignLeastBusy {
		if load, err = t.tx.Workload(candidates, unfinished); err != nil {
			return "", fmt.Errorf("count the tickets of agents: %w", err)
		}
	}
	return slices.MinFunc(candidates, func(a, b string) int {
		return cmp.Or(cmp.Compare(load[a], load[b]), cmp.Compare(turns[a], turns[b]), cmp.Compare(a, b))
	}), nil
}
