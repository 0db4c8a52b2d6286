package ticket

import (
	"strings"
)

// doAssign gives the ticket to an agent, to a team, or to nobody. A mail may do
// so for an agent and for a team, each once.
func doAssign(w *work, args string) (string, error) {
	word := strings.ToLower(args)
	if team, ok := strings.CutPrefix(word, "team:"); ok {
		return w.toTeam(strings.TrimSpace(team))
	}
	if err := w.claim("assignee", "assign"); err != nil {
		return "", err
	}
	switch word {
	case "":
		return "", refuse(Invalid, "whom? Write #assign NAME, #assign team:NAME, #assign me or #assign none")
	case "none", "nobody":
		if err := w.claim("team", "assign"); err != nil {
			return "", err
		}
		return w.toNobody(), nil
	case "me", "myself":
		if w.byOperator() {
			return "", refuse(Invalid, "you are no agent: write #assign NAME")
		}
		return w.toAgent(w.agent.Key)
	}
	key, err := w.policy.findAgent(args)
	if err != nil {
		return "", err
	}
	return w.toAgent(key)
}

// toAgent gives the ticket to an agent, who must be able to read it where it is
// now. Its team stays.
func (w *work) toAgent(key string) (string, error) {
	if !w.policy.May(key, MayRead, w.ticket.Department) {
		return "", refuse(NotAllowed, "%s has no access to %s", w.policy.agentName(key), w.policy.PathName(w.ticket.Department))
	}
	result := w.set(AssigneeChanged, &w.ticket.Assignee, key, w.agentOrNobody)
	away, err := w.notThere(key)
	switch {
	case away != "" || err != nil:
		result += away
	case key != w.agent.Key && key != w.before.Assignee:
		result += " (mailed)"
	}
	return result, err
}

// toTeam gives the ticket to a team. Who it is assigned to keeps it; else its
// members are told.
func (w *work) toTeam(word string) (string, error) {
	if err := w.claim("team", "assign team:"+word); err != nil {
		return "", err
	}
	switch word {
	case "":
		return "", refuse(Invalid, "which team? Write #assign team:NAME or #assign team:none")
	case "none":
		return w.set(TeamChanged, &w.ticket.Team, "", w.teamOrNone), nil
	}
	key, err := w.policy.findTeam(word)
	if err != nil {
		return "", err
	}
	if len(w.policy.Crew(key, w.ticket.Department)) == 0 {
		return "", refuse(NotAllowed, "the team %s does not work on tickets of %s", w.policy.teamName(key), w.policy.PathName(w.ticket.Department))
	}
	return w.set(TeamChanged, &w.ticket.Team, key, w.teamOrNone), nil
}

// toNobody takes the ticket from its assignee and its team.
func (w *work) toNobody() string {
	result := w.set(AssigneeChanged, &w.ticket.Assignee, "", w.agentOrNobody)
	if w.ticket.Team != "" {
		result += "; " + w.set(TeamChanged, &w.ticket.Team, "", w.teamOrNone)
	}
	return result
}

// leaveBehind says who has lost the ticket by a transfer, and keeps the events.
// An assign in the same mail comes later and finds somebody who has access.
func (w *work) leaveBehind(lost []*Event) string {
	var s string
	for _, e := range lost {
		w.change(e)
		if e.Kind == TeamChanged {
			s += "; the team " + w.policy.teamName(e.Before) + " does not work there: with no team"
		} else {
			s += "; " + w.policy.agentName(e.Before) + " has no access there: assigned to nobody"
		}
	}
	return s
}

// giveToSomebody lets the rule of the department to which the ticket has moved
// choose who gets it, if nobody has it and the mail does not say who should.
func (w *work) giveToSomebody() error {
	_, said := w.used["assignee"]
	if said || w.ticket.Department == w.before.Department || w.ticket.Status.Done() {
		return nil
	}
	given, err := w.assignByRule(&w.ticket)
	w.change(given)
	w.chosen = given != nil
	return err
}

func (w *work) agentOrNobody(key string) string {
	if key == "" {
		return "nobody"
	}
	return w.policy.agentName(key)
}

func (w *work) teamOrNone(key string) string {
	if key == "" {
		return "no team"
	}
	return "team " + w.policy.teamName(key)
}
