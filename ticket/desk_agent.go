package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// fromAgent takes a mail that answers what was sent to an agent. The token says
// which agent may speak; the sender must be that agent, still here, still
// allowed, and not forged (commands.md b.2, level 1).
func (t *turn) fromAgent(r *Receipt, m *Mail, found match) (Conclusion, error) {
	tk, err := t.tx.Ticket(found.ticket)
	if err != nil {
		return Conclusion{}, fmt.Errorf("read ticket %d: %w", found.ticket, err)
	}
	agent := t.policy.Agents[found.notice.Agent]
	if why := t.whyNotAgent(agent, found.notice, m); why != "" {
		return t.quarantine(tk, m, found.notice, why)
	}
	t.because("it comes from %s and carries the token made for them", agent.Name)
	w := t.workOn(tk, agent, m, t.received(r))
	w.asked = found.notice.Ticket
	if err := w.read(found); err != nil {
		return Conclusion{}, err
	}
	return w.carryOut()
}

// workOn is the work on a copy of a ticket that an agent wants done.
func (t *turn) workOn(tk *Ticket, agent Agent, m *Mail, received time.Time) *work {
	w := &work{turn: t, agent: agent, ticket: *tk, before: *tk, mail: m, received: received}
	w.ticket.Tags = slices.Clone(tk.Tags)
	t.doer = agent.Key
	return w
}

// answerToDigest tells an agent who answered a digest that it belongs to no
// ticket, so that nothing they wrote is taken for done.
func (t *turn) answerToDigest(m *Mail, n *Notice) (Conclusion, error) {
	if done, err := t.unsubscribes(m, n); done || err != nil {
		return Conclusion{Outcome: Commanded}, err
	}
	t.because("it answers a digest, which belongs to no ticket")
	agent := t.policy.Agents[n.Agent]
	if m.Machine != Human {
		return Conclusion{Outcome: MachineMail}, nil
	}
	if why := t.whyNotAgent(agent, n, m); why != "" {
		return Conclusion{Outcome: Quarantined}, t.setAside(0, n.Department, m, fmt.Sprintf("it answers a digest to %s, but %s", t.policy.agentName(n.Agent), why))
	}
	err := t.tellAgent(agent.Key, &Ticket{Department: n.Department}, NoticeHeld, nil, func(out *Notice) {
		out.InReplyTo = m.MessageID
		out.Facts = Facts{To: agent.Name, Text: m.NewText,
			Verdict: "NOTHING was done: a digest belongs to no ticket. Answer a mail of the ticket itself."}
	})
	return Conclusion{Outcome: CommandHeld}, err
}

// whyNotAgent is the first reason not to believe that the mail comes from the
// agent its token was made for, "" if there is none.
func (t *turn) whyNotAgent(agent Agent, n *Notice, m *Mail) string {
	switch {
	case agent.Key == "":
		return "the agent it was made for has left"
	case agent.Disabled:
		return "the agent it was made for is disabled"
	case !agent.owns(m.From):
		return fmt.Sprintf("the mail came from %s", addressOrNobody(m.From))
	case m.Authenticity == Forged:
		return "the sender address is forged"
	case t.now.Sub(n.QueuedAt) > t.policy.TokenLife:
		return fmt.Sprintf("it is older than %g days: answer a newer mail of the ticket", t.policy.TokenLife.Hours()/24)
	}
	return ""
}

// quarantine keeps a mail that misuses an agent's token out of the thread and
// tells the real agent, or who stands in for one that has left.
func (t *turn) quarantine(tk *Ticket, m *Mail, n *Notice, why string) (Conclusion, error) {
	t.because("quarantined: it uses the answering address of %s, but %s", t.policy.agentName(n.Agent), why)
	told := []string{n.Agent}
	if a, ok := t.policy.Agents[n.Agent]; !ok || a.Disabled {
		told = t.leads(tk.Department)
	}
	if sender, ok := t.policy.AgentByAddress(m.From); ok && !sender.Disabled && !slices.Contains(told, sender.Key) {
		told = append(slices.Clone(told), sender.Key) // who answered a colleague's mail must hear that it did nothing
	}
	t.because("told at most once a day: %s", strings.Join(told, ", "))
	for _, key := range told {
		err := t.tellAgent(key, tk, NoticeMisused, nil, func(out *Notice) {
			out.Facts.Actor = t.policy.agentName(n.Agent)
			out.Facts.Author = addressOrNobody(m.From)
			out.Facts.Text = m.NewText
			out.Facts.Verdict = why
			if !t.policy.Agents[key].owns(m.From) { // who wrote it must hear of it each time; others once a day
				out.Dedupe = fmt.Sprintf("misused:%s:%d:%s", key, n.ID, t.now.Format(time.DateOnly))
			}
		})
		if err != nil {
			return Conclusion{}, err
		}
	}
	e := &Event{Ticket: tk.Number, Kind: MailQuarantined, Actor: customer(m),
		Detail: fmt.Sprintf("the answering address of %s was used, but %s", t.policy.agentName(n.Agent), why)}
	if err := t.setAside(tk.Number, tk.Department, m, e.Detail); err != nil {
		return Conclusion{}, err
	}
	return Conclusion{Outcome: Quarantined, Ticket: tk.Number}, t.record(e)
}
