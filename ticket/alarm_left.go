package ticket

import (
	"fmt"
	"strings"
)

// passAlarms tells of the tickets in a mail about deadlines whose reader has left:
// a breach must reach somebody. The mails wait for the next tick, which makes one
// of those for the same person.
func (t *turn) passAlarms(n *Notice, why string) error {
	gathers := t.gathers
	t.gathers = true
	defer func() { t.gathers = gathers }()
	for _, f := range n.alarms() {
		if err := t.passAlarm(n, f, why); err != nil {
			return fmt.Errorf("tell another of the deadlines of ticket %d: %w", f.Number, err)
		}
	}
	return nil
}

// alarms are what a mail about deadlines says, ticket by ticket.
func (n *Notice) alarms() []Facts {
	if n.Kind == NoticeEscalation {
		return []Facts{n.Facts}
	}
	var all []Facts
	for _, list := range n.Facts.Lists {
		for _, line := range list.Tickets {
			all = append(all, Facts{Number: line.Number, Verdict: line.When, Revoked: !line.Late, Remarks: n.Facts.Remarks})
		}
	}
	return all
}

// passAlarm tells the leads of one ticket, or those who stand in for them.
func (t *turn) passAlarm(n *Notice, f Facts, why string) error {
	tk, err := t.tx.Ticket(f.Number)
	if isAbsent(err) {
		return nil // it was removed, and its deadlines with it
	}
	if err != nil {
		return err
	}
	left := t.policy.agentName(n.Agent) + ", who is not at work here any more"
	var told []string
	for _, key := range t.leadsOf(tk) {
		list, err := t.addressees(key, tk.Department)
		if err != nil {
			return err
		}
		for _, to := range list {
			if to.whom != "" {
				to.whom += "; "
			}
			to.whom += left
			err := t.tellOne(to, tk, NoticeEscalation, nil, func(m *Notice) {
				m.Facts.Verdict, m.Facts.Items, m.Facts.Remarks = f.Verdict, f.Items, f.Remarks
				m.Facts.Revoked = f.Revoked
				m.Dedupe = fmt.Sprintf("left:%d:%d:%s", n.ID, tk.Number, m.Agent)
			})
			if err != nil {
				return err
			}
			told = append(told, to.agent.Name)
		}
	}
	instead := "nobody is left to be told instead"
	if len(told) > 0 {
		instead = "told " + strings.Join(told, ", ") + " instead"
	}
	return t.record(&Event{Ticket: tk.Number, Kind: DeliveryFailed, Actor: theDesk, After: n.Recipients[0].Address.Email,
		Detail: fmt.Sprintf("%s to %s: %s; %s", n.Kind, n.Recipients[0].Address.Email, why, instead)})
}
