package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/sla"
)

// address finds out who is to be told of a step: roles, agents, addresses, or
// the customer, separated by commas. Where that is nobody, it is the lead or the
// admins.
func (t *turn) address(a *alarm, tk *Ticket, whom string) error {
	for who := range strings.SplitSeq(whom, ",") {
		who = strings.TrimSpace(who)
		switch {
		case who == "customer":
			a.customer = true
		case strings.Contains(who, "@"):
			a.addresses = append(a.addresses, Address{Email: who})
		default:
			agents, err := t.role(tk, who)
			if err != nil {
				return err
			}
			a.agents = append(a.agents, agents...)
		}
	}
	a.agents = slices.DeleteFunc(a.agents, func(key string) bool { return !t.policy.enabled(key) })
	if len(a.agents) == 0 && len(a.addresses) == 0 && !a.customer {
		a.agents = t.leadsOf(tk)
	}
	slices.Sort(a.agents)
	a.agents = slices.Compact(a.agents)
	return nil
}

// addProgram has a webhook told of a step, if there still is one of that name.
func (t *turn) addProgram(a *alarm, key string) {
	if _, ok := t.policy.Webhooks[key]; !ok {
		a.results = append(a.results, fmt.Sprintf("there is no webhook %q", key))
		return
	}
	a.webhooks = append(a.webhooks, key)
}

// role is who has a role towards a ticket, or the agent of that key.
func (t *turn) role(tk *Ticket, who string) ([]string, error) {
	switch who {
	case "assignee":
		return []string{tk.Assignee}, nil
	case "team":
		return t.policy.Crew(tk.Team, tk.Department), nil
	case "members":
		return t.members(tk), nil
	case "watchers":
		return t.watchers(tk)
	case "lead":
		return t.leadsOf(tk), nil
	case "manager":
		return t.manager(tk), nil
	case "admins":
		return t.policy.Admins, nil
	}
	return []string{who}, nil
}

// manager is the lead of the nearest department above that has one who is
// another than the ticket's lead; without one it is the lead, then the admins.
func (t *turn) manager(tk *Ticket) []string {
	leads := t.leadsOf(tk)
	for _, dept := range t.policy.Lineage(tk.Department) {
		lead := t.policy.Departments[dept].Lead
		if dept != tk.Department && t.policy.enabled(lead) && !slices.Contains(leads, lead) {
			return []string{lead}
		}
	}
	return leads
}

// enabled reports whether an agent is there and may act.
func (p *Policy) enabled(key string) bool {
	a, ok := p.Agents[key]
	return ok && !a.Disabled
}

// sound mails the alarms of one ticket: each person gets one mail, whatever the
// number of steps. Who got the ticket by a step and is not told of it otherwise
// hears that they have it.
func (t *turn) sound(before, tk *Ticket, alarms []alarm) error {
	var agents []string
	var others []Address
	customer := false
	for _, a := range alarms {
		agents = append(agents, a.agents...)
		others = append(others, a.addresses...)
		customer = customer || a.customer
	}
	receivers, err := t.receivers(tk, alarms)
	if err != nil {
		return err
	}
	for _, r := range receivers {
		if err := t.alarmAgent(r, tk); err != nil {
			return err
		}
	}
	slices.SortFunc(others, func(a, b Address) int { return strings.Compare(a.Key(), b.Key()) })
	for _, to := range slices.CompactFunc(others, func(a, b Address) bool { return a.Key() == b.Key() }) {
		mine := slices.DeleteFunc(slices.Clone(alarms), func(a alarm) bool {
			return !slices.ContainsFunc(a.addresses, func(one Address) bool { return one.Key() == to.Key() })
		})
		if err := t.alarmAddress(to, tk, mine); err != nil {
			return err
		}
	}
	if customer {
		if err := t.apologise(tk, alarms); err != nil {
			return err
		}
	}
	return t.passedOn(before, tk, agents)
}

// passedOn tells those to whom steps have given a ticket, except who is told of
// the steps themselves.
func (t *turn) passedOn(before, tk *Ticket, told []string) error {
	kind, team := NoticeAssigned, ""
	switch {
	case tk.Status.Done():
		return nil
	case tk.Assignee != "" && tk.Assignee != before.Assignee:
	case tk.Assignee == "" && tk.Team != "" && tk.Team != before.Team:
		team = t.policy.teamName(tk.Team)
	case tk.Department != before.Department:
		kind = NoticeTransferred
	default:
		return nil
	}
	for _, key := range t.handlers(tk) {
		if slices.Contains(told, key) || t.handed(key, tk) {
			continue
		}
		err := t.tellAgent(key, tk, kind, nil, func(n *Notice) {
			n.Facts.Actor, n.Facts.Team = t.policy.actorName(theDesk), team
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// handed reports whether an agent was told in this turn that they have a ticket:
// a macro tells so by itself.
func (t *turn) handed(key string, tk *Ticket) bool {
	for thing := range t.told {
		if thing.agent == key && thing.kind == NoticeAssigned && thing.ticket == tk.Number {
			return true
		}
	}
	return false
}

// alarmAgent tells an agent, now if it is to wake them or they are at work, else
// when they work next.
func (t *turn) alarmAgent(r receiver, tk *Ticket) error {
	at, err := t.nextWork(r.agent)
	if err != nil {
		return err
	}
	if r.wakes() {
		at = t.now
	}
	return t.tellOne(r.addressee, tk, NoticeEscalation, nil, func(n *Notice) {
		n.DueAt = at
		if t.gathers && r.wakes() {
			n.Waits = WaitsToWake
		}
		t.describe(n, r.alarms)
		n.Dedupe += ":" + n.Agent
	})
}

// alarmAddress tells somebody who is no agent: a manager, a telephone. What they
// answer is held for agents to see, like any stranger's mail.
func (t *turn) alarmAddress(to Address, tk *Ticket, alarms []alarm) error {
	n := &Notice{Ticket: tk.Number, Kind: NoticeEscalation, Answer: TokenNote, Department: tk.Department, Automatic: true,
		Recipients: []Recipient{{Address: to}}, Facts: t.facts(tk), DueAt: t.now}
	n.Facts.Answers = answerNoOne
	t.describe(n, alarms)
	n.Dedupe += ":" + to.Key()
	if err := t.putOff(n, Agent{}); err != nil {
		return err
	}
	return t.queue(n)
}

// describe fills in what the alarms are about.
func (t *turn) describe(n *Notice, alarms []alarm) {
	latest := alarms[len(alarms)-1].firing
	later := n.DueAt.After(t.now)
	n.Facts.Verdict = t.headline(latest, later)
	n.Dedupe = "step:" + stepKey(n.Ticket, latest.Metric, latest.Cycle, latest.Plan, latest.Step.Key, latest.Occurrence)
	for _, a := range alarms {
		if len(alarms) > 1 {
			n.Facts.Items = append(n.Facts.Items, t.headline(a.firing, later))
		}
		n.Facts.Remarks = append(n.Facts.Remarks, a.results...)
	}
	n.Facts.Remarks = append(n.Facts.Remarks, t.unread...)
}

// headline says how a clock stands at a step. What is read later does not say how
// far off the deadline is.
func (t *turn) headline(f sla.Firing, later bool) string {
	what := MetricLabel(f.Metric)
	what = strings.ToUpper(what[:1]) + what[1:]
	switch {
	case f.Deadline.IsZero():
		return fmt.Sprintf("%s is waited for since %s.", what, t.local(f.At))
	case !f.Ended.IsZero() && !f.Deadline.After(t.now):
		return fmt.Sprintf("%s was due %s and came late, at %s.", what, t.local(f.Deadline), t.local(f.Ended))
	case later:
		return fmt.Sprintf("%s: the deadline is %s.", what, t.local(f.Deadline))
	case f.Deadline.After(t.now):
		return fmt.Sprintf("%s is due %s, in %s.", what, t.local(f.Deadline), Roughly(f.Deadline.Sub(t.now)))
	}
	return fmt.Sprintf("%s was due %s: it is late by %s.", what, t.local(f.Deadline), Roughly(t.now.Sub(f.Deadline)))
}

// Roughly writes a span the way people say it.
func Roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// apologise tells the requester that we are late, where a step wants that. It is
// automatic mail like any other, counts with it, and goes to those only who would
// get an acknowledgement.
func (t *turn) apologise(tk *Ticket, alarms []alarm) error {
	if tk.Requester.Email == "" || tk.Status.Done() {
		return nil
	}
	w := &work{turn: t, ticket: *tk}
	n := &Notice{Ticket: tk.Number, Kind: NoticeLate, Answer: TokenCustomer, Department: tk.Department,
		Recipients: []Recipient{{Address: tk.Requester}}, Automatic: true}
	var err error
	if n.Facts, err = t.customerFacts(tk); err != nil {
		return err
	}
	why, err := w.whyNotApologise(n)
	if err != nil {
		return err
	}
	if why != "" {
		return t.record(&Event{Ticket: tk.Number, Kind: Unacknowledged, Actor: theDesk, Detail: "not told that we are late: " + why})
	}
	if n.InReplyTo, n.References, err = w.conversation(); err != nil {
		return err
	}
	latest := alarms[len(alarms)-1].firing
	n.Dedupe = "late:" + stepKey(n.Ticket, latest.Metric, latest.Cycle, latest.Plan, latest.Step.Key, latest.Occurrence)
	return t.queue(n)
}

// whyNotApologise is the first reason against it, "" if there is none.
func (w *work) whyNotApologise(n *Notice) (string, error) {
	if w.policy.Acknowledge == AckNever {
		return "acknowledgements are switched off", nil
	}
	entries, err := w.tx.Entries(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read thread of ticket %d: %w", w.ticket.Number, err)
	}
	if len(entries) > 0 {
		if ok, err := w.verifiedEnough(w.ticket.Requester, entries[0].Authenticity == Proven || entries[0].By.Kind != ByCustomer); !ok || err != nil {
			return "its sender is not verified", err
		}
	}
	return w.whyNotTellResolved(n)
}
