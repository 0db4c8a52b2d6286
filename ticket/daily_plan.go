package ticket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// How many tickets a list of the daily plan spells out; the rest are counted. A
// plan is for one day.
const (
	planMine   = 50
	planOthers = 20
	planAll    = 1000 // tickets that are read to be counted
)

const planAnswers = "This mail belongs to no ticket. To act on one, write to the address that stands with it: #show on the first line for all of it, #take, #resolve or any other command."

// dailyPlan is what an agent has to do today: their tickets, those of agents whom
// they stand in for, those that nobody has, what comes back today, and what is
// held. It is nil if there is nothing, or if they are away or do not want it.
func (t *turn) dailyPlan(a Agent, _ time.Time) (*Notice, error) {
	state, err := t.state(a.Key)
	departments := t.policy.reads(a.Key)
	if err != nil || state.Away(t.now) || !state.wants(NoticeDailyPlan) || len(departments) == 0 {
		return nil, err
	}
	n := t.reportTo(a, NoticeDailyPlan, departments[0])
	n.Facts.Answers = planAnswers
	mine := Filter{Assignee: a.Key, Statuses: []Status{New, Open}, Departments: departments}
	lists := []planned{{"Yours", mine, planMine}}
	absent, err := t.standsInFor(a.Key)
	if err != nil {
		return nil, err
	}
	for _, s := range absent {
		theirs := mine
		theirs.Assignee = s.Agent
		lists = append(lists, planned{fmt.Sprintf("%s's, who is %s: you stand in", t.policy.agentName(s.Agent), t.absence(s)), theirs, planOthers})
	}
	nobodys := mine
	nobodys.Assignee = "-"
	lists = append(lists, planned{"Nobody's", nobodys, planOthers})
	for _, list := range lists {
		list.filter.Awake, list.filter.Order = t.now, ByDue
		if err := t.addList(n, a, list); err != nil {
			return nil, err
		}
	}
	if err := t.addReturning(n, a, departments); err != nil {
		return nil, err
	}
	if err := t.addHeld(n, a, departments); err != nil {
		return nil, err
	}
	if len(n.Facts.Lists) == 0 && len(n.Facts.Remarks) == 0 {
		return nil, nil
	}
	return n, nil
}

// reads are the departments whose tickets an agent may read, sorted.
func (p *Policy) reads(agent string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Departments)), func(d string) bool { return !p.May(agent, MayRead, d) })
}

// standsInFor are the agents who are away and whose tickets an agent hears of.
func (t *turn) standsInFor(agent string) ([]AgentState, error) {
	var all []AgentState
	for _, key := range slices.Sorted(maps.Keys(t.policy.Agents)) {
		s, err := t.state(key)
		if err != nil {
			return nil, err
		}
		if !s.Away(t.now) || !t.policy.enabled(key) {
			continue
		}
		next, met := s, []string{key}
		for next.Away(t.now) && next.Deputy != "" && !slices.Contains(met, next.Deputy) {
			met = append(met, next.Deputy)
			if next, err = t.state(next.Deputy); err != nil {
				return nil, err
			}
		}
		if next.Agent == agent {
			all = append(all, s)
		}
	}
	return all, nil
}

// A planned is a list of the daily plan that is yet to be read.
type planned struct {
	title  string
	filter Filter
	most   int
}

// addList adds a list, unless it is empty.
func (t *turn) addList(n *Notice, a Agent, list planned) error {
	list.filter.Limit = planAll
	tickets, err := t.tx.Find(list.filter)
	if err != nil {
		return fmt.Errorf("find the tickets of a plan: %w", err)
	}
	return t.addTickets(n, a, list.title, tickets, list.most, t.whenDue)
}

// addTickets adds a list of tickets of which when says what happens at a time.
func (t *turn) addTickets(n *Notice, a Agent, title string, tickets []Ticket, most int, when func(*Ticket, *time.Location) (string, bool)) error {
	if len(tickets) == 0 {
		return nil
	}
	list := TicketList{Title: title, More: max(0, len(tickets)-most)}
	zone := t.policy.ZoneOf(a)
	for i := range tickets[:min(most, len(tickets))] {
		tk := &tickets[i]
		line := TicketLine{Number: tk.Number, Subject: tk.Subject, Requester: tk.Requester.String(), Priority: tk.Priority, Age: Roughly(t.now.Sub(tk.OpenedAt))}
		line.When, line.Late = when(tk, zone)
		var err error
		if line.ReplyTo, err = t.commandsTo(tk, a); err != nil {
			return err
		}
		list.Tickets = append(list.Tickets, line)
	}
	n.Facts.Lists = append(n.Facts.Lists, list)
	return nil
}

// planTime is how a plan writes instants: without the year and the zone, which
// are the reader's own.
const planTime = "Mon 2 Jan, 15:04"

// whenDue says when a ticket is due, and whether that has passed.
func (t *turn) whenDue(tk *Ticket, zone *time.Location) (string, bool) {
	at := tk.Deadline
	switch {
	case at.IsZero():
		return "", false
	case t.due(at):
		return fmt.Sprintf("overdue by %s, since %s", Roughly(t.now.Sub(at)), at.In(zone).Format(planTime)), true
	}
	return "due " + at.In(zone).Format(planTime), false
}

// addReturning adds the agent's tickets that come back in the next 24 hours: those
// that are snoozed, and those that wait for the customer until then.
func (t *turn) addReturning(n *Notice, a Agent, departments []string) error {
	tickets, err := t.tx.Find(Filter{Assignee: a.Key, Statuses: unfinished, Departments: departments, Limit: planAll})
	if err != nil {
		return fmt.Errorf("find the tickets that come back: %w", err)
	}
	back := func(tk *Ticket) time.Time {
		if tk.Snoozed.After(t.now) {
			return tk.Snoozed
		}
		return tk.FollowUp
	}
	tickets = slices.DeleteFunc(tickets, func(tk Ticket) bool {
		at := back(&tk)
		return !at.After(t.now) || at.After(t.now.Add(24*time.Hour))
	})
	slices.SortStableFunc(tickets, func(x, y Ticket) int {
		return cmp.Or(back(&x).Compare(back(&y)), cmp.Compare(x.Number, y.Number))
	})
	return t.addTickets(n, a, "Back today", tickets, planOthers, func(tk *Ticket, zone *time.Location) (string, bool) {
		return "back " + back(tk).In(zone).Format(planTime), false
	})
}

// addHeld says how much waits for the agent to decide about it.
func (t *turn) addHeld(n *Notice, a Agent, departments []string) error {
	drafts, err := t.tx.HeldDrafts(a.Key, t.now)
	if err != nil {
		return fmt.Errorf("count the held mails of %s: %w", a.Key, err)
	}
	messages, err := t.tx.HeldMessages(unfinished, departments)
	if err != nil {
		return fmt.Errorf("count the held messages: %w", err)
	}
	if drafts > 0 {
		n.Facts.Remarks = append(n.Facts.Remarks, count(drafts, "mail of yours is held until you mend it", "mails of yours are held until you mend them")+": answer the one that told you so")
	}
	if messages > 0 {
		n.Facts.Remarks = append(n.Facts.Remarks, count(messages, "message of a stranger is held", "messages of strangers are held")+" on tickets of your departments")
	}
	return nil
}

// count writes a number with what is counted.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// commandsTo is an address at which an agent's commands for a ticket arrive: that
// of the latest notice they got of it, made to take notes only. It is "" if they
// got none, or one whose answers are not believed much longer.
func (t *turn) commandsTo(tk *Ticket, a Agent) (string, error) {
	n, err := t.tx.LastNotice(tk.Number, a.Key)
	if isAbsent(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for an address of ticket %d: %w", tk.Number, err)
	}
	key, ok := t.keys.byID(n.Key)
	address := t.policy.Departments[tk.Department].Address
	if !ok || t.now.Sub(n.QueuedAt) > t.policy.TokenLife-24*time.Hour {
		return "", nil
	}
	if to := tagged(address, t.policy.Separator, key.mint(TokenNote, n.ID)); to != address.Email {
		return to, nil
	}
	return "", nil
}
