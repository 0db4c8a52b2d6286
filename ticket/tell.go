package ticket

import (
	"slices"
)

// What an agent is told answering a notice does.
const (
	answerGoesOut   = "Answer this mail and your text goes to the customer. Begin it with #note to leave a note instead."
	answerIsNote    = "Answer this mail and your text becomes a note that only agents see. Begin it with #reply, or #resolve, to write to the customer instead."
	answerNoOne     = "Answers to this mail are notes on the ticket that only agents see."
	attachedBytes   = 7 << 20 // of files that a notice to an agent carries along: 10 MB on the wire, which most servers take
	referencesLimit = 10      // earlier messages named in References, beside the ticket's root
)

// handlers are the agents who look after a ticket: its assignee, as long as
// they may read it, or everybody in its team, or in its department, or its lead,
// or the admins.
func (t *turn) handlers(tk *Ticket) []string {
	if t.policy.May(tk.Assignee, MayRead, tk.Department) {
		return []string{tk.Assignee}
	}
	if crew := t.policy.Crew(tk.Team, tk.Department); len(crew) > 0 {
		return crew
	}
	if members := t.policy.Members(tk.Department); len(members) > 0 {
		return members
	}
	return t.leadsOf(tk)
}

// leadsOf are the leads of a ticket: its team's, else its department's.
func (t *turn) leadsOf(tk *Ticket) []string {
	if a, ok := t.policy.Agents[t.policy.Teams[tk.Team].Lead]; ok && !a.Disabled {
		return []string{a.Key}
	}
	return t.leads(tk.Department)
}

// leads are those who are told when there is nobody else: the department's
// lead, or the admins.
func (t *turn) leads(department string) []string {
	if a, ok := t.policy.Agents[t.policy.Departments[department].Lead]; ok && !a.Disabled {
		return []string{a.Key}
	}
	return slices.DeleteFunc(slices.Clone(t.policy.Admins), func(key string) bool {
		a, ok := t.policy.Agents[key]
		return !ok || a.Disabled
	})
}

// tellHandlers queues a notice about an entry to each of the ticket's handlers;
// fill may add facts. An agent who wrote it as a customer knows it already.
func (t *turn) tellHandlers(tk *Ticket, kind NoticeKind, e *Entry, fill func(*Notice)) error {
	for _, key := range t.handlers(tk) {
		if e != nil && t.policy.Agents[key].owns(e.From) && e.Authenticity == Proven {
			continue
		}
		if err := t.tellAgent(key, tk, kind, e, fill); err != nil {
			return err
		}
	}
	return nil
}

// tellAgent queues one notice to one agent. fill may add facts.
func (t *turn) tellAgent(key string, tk *Ticket, kind NoticeKind, e *Entry, fill func(*Notice)) error {
	agent, ok := t.policy.Agents[key]
	if !ok || agent.Disabled || len(agent.Emails) == 0 {
		return nil
	}
	if full, err := t.merged(agent, tk, kind); full || err != nil {
		return err
	}
	n := &Notice{
		Ticket: tk.Number, Kind: kind, Answer: t.answerTo(kind, agent, tk), Agent: key, Department: tk.Department,
		Automatic: true, Recipients: []Recipient{{Address: Address{Name: agent.Name, Email: agent.Emails[0]}}},
		Facts: t.factsFor(key, kind, tk),
	}
	n.Facts.To, n.Facts.Answers = agent.Name, answerSentence(n.Answer, kind)
	if e != nil {
		n.Entry = e.ID
		n.Facts.Author = authorOf(t.policy, e)
		n.Facts.Text, n.Facts.At = e.Text, e.At
		n.Facts.Badge = badge(e)
		n.Facts.Remarks = remarks(e)
		n.Facts.Files = attachable(e.Files)
	}
	if fill != nil {
		fill(n)
	}
	return t.queue(n)
}

// factsFor are the facts of a ticket for an agent. Who hears only what became of
// their mail, and may not read the ticket, learns nothing of it.
func (t *turn) factsFor(key string, kind NoticeKind, tk *Ticket) Facts {
	aboutMail := kind == NoticeHeld || kind == NoticeMisused
	if aboutMail && !t.policy.May(key, MayRead, tk.Department) && !slices.Contains(t.leads(tk.Department), key) {
		return t.facts(&Ticket{Number: tk.Number, Department: tk.Department})
	}
	f := t.facts(tk)
	f.Yours = key == tk.Assignee
	return f
}

// answerTo decides what an agent's answer to a notice becomes: to what a
// customer wrote a reply, to everything else a note.
func (t *turn) answerTo(kind NoticeKind, agent Agent, tk *Ticket) TokenKind {
	customerWrote := kind == NoticeNew || kind == NoticeMessage
	if customerWrote && agent.ReplyAs != Note && t.policy.May(agent.Key, MayReply, tk.Department) {
		return TokenReply
	}
	return TokenNote
}

func answerSentence(answer TokenKind, kind NoticeKind) string {
	switch {
	case answer == TokenReply:
		return answerGoesOut
	case kind == NoticeGuest || kind == NoticeMisused:
		return answerNoOne
	}
	return answerIsNote
}
