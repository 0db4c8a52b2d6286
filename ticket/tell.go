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
	if members := t.members(tk); len(members) > 0 {
		return members
	}
	return t.leadsOf(tk)
}

// leadsOf are the leads of a ticket: its team's, else its department's.
func (t *turn) leadsOf(tk *Ticket) []string {
	if lead := t.policy.Teams[tk.Team].Lead; t.policy.enabled(lead) {
		return []string{lead}
	}
	return t.leads(tk.Department)
}

// leads are those who are told when there is nobody else: the department's
// lead, or the admins.
func (t *turn) leads(department string) []string {
	if lead := t.policy.Departments[department].Lead; t.policy.enabled(lead) {
		return []string{lead}
	}
	return slices.DeleteFunc(slices.Clone(t.policy.Admins), func(key string) bool { return !t.policy.enabled(key) })
}

// tellHandlers queues a notice about an entry to each agent who is told of such;
// fill may add facts. An agent who wrote it, as a customer perhaps, knows it
// already.
func (t *turn) tellHandlers(tk *Ticket, kind NoticeKind, e *Entry, fill func(*Notice)) error {
	if e != nil && e.Authenticity == Proven {
		if agent, ok := t.policy.AgentByAddress(e.From); ok {
			t.doer = agent.Key
		}
	}
	if e != nil && e.By.Kind == ByAgent {
		t.doer = e.By.Name
	}
	told, err := t.audience(tk, kind, t.doer)
	if err != nil {
		return err
	}
	for _, key := range told {
		if err := t.tellAgent(key, tk, kind, e, fill); err != nil {
			return err
		}
	}
	return nil
}

// tellAgent queues a notice to one agent, or to those who stand in. fill may add
// facts.
func (t *turn) tellAgent(key string, tk *Ticket, kind NoticeKind, e *Entry, fill func(*Notice)) error {
	if kind.personal() {
		agent, ok := t.policy.working(key)
		if !ok {
			return nil
		}
		return t.tellOne(addressee{agent: agent}, tk, kind, e, fill)
	}
	list, err := t.addressees(key, tk.Department)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.whom != "" && a.agent.Key == t.doer {
			continue // who stands in for somebody did it
		}
		err := t.tellOne(a, tk, kind, e, func(n *Notice) {
			if fill != nil {
				fill(n)
			}
			if n.Dedupe != "" && n.Agent != key {
				n.Dedupe += ":" + n.Agent
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOne queues one notice to one agent.
func (t *turn) tellOne(a addressee, tk *Ticket, kind NoticeKind, e *Entry, fill func(*Notice)) error {
	if full, err := t.merged(a.agent, tk, kind); full || err != nil {
		return err
	}
	n := &Notice{
		Ticket: tk.Number, Kind: kind, Answer: t.answerTo(kind, a.agent, tk), Agent: a.agent.Key, Department: tk.Department,
		Automatic: true, Recipients: []Recipient{{Address: Address{Name: a.agent.Name, Email: a.agent.Emails[0]}}},
		Facts: t.factsFor(a.agent.Key, kind, tk),
	}
	n.Facts.To, n.Facts.Answers = a.agent.Name, answerSentence(n.Answer, kind)
	n.Facts.Zone, n.Facts.Due = t.policy.ZoneOf(a.agent).String(), t.dueWords(tk, t.policy.ZoneOf(a.agent))
	if a.whom != "" {
		n.Facts.For = standsInFor(a.whom)
	}
	if e != nil {
		n.Entry = e.ID
		n.Facts.Author = authorOf(t.policy, e)
		n.Facts.Text, n.Facts.Markdown, n.Facts.At = e.Text, e.Markdown, e.At
		n.Facts.Badge = badge(e)
		n.Facts.Remarks = remarks(e)
		n.Facts.Files = attachable(e.Files)
	}
	if fill != nil {
		fill(n)
	}
	if t.knows(n) {
		return nil
	}
	if kind == NoticeEscalation {
		if err := t.putOff(n, a.agent); err != nil {
			return err
		}
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

// A telling is a notice to an agent, by what it tells and whom.
type telling struct {
	agent   string
	kind    NoticeKind
	ticket  Number
	entry   int64
	address string
	verdict string
}

// knows reports whether an agent hears of the same thing from this turn already,
// where one of the two mails is meant for somebody else: nobody gets two.
func (t *turn) knows(n *Notice) bool {
	kind := n.Kind
	if slices.Contains([]NoticeKind{NoticeTransferred, NoticeNote, NoticeReplied}, kind) {
		kind = NoticeAssigned // one mail of a colleague may be all of them
	}
	thing := telling{n.Agent, kind, n.Ticket, n.Entry, n.Facts.Address, n.Facts.Verdict}
	before, there := t.told[thing]
	if there && (before || n.Facts.For != "") {
		return true
	}
	if t.told == nil {
		t.told = map[telling]bool{}
	}
	t.told[thing] = n.Facts.For != ""
	return false
}

// personal reports whether a notice is of no use to anybody but the agent it is
// meant for: it tells what became of a mail of theirs.
func (k NoticeKind) personal() bool {
	return k == NoticeTranscript || k == NoticeHeld || k == NoticeMisused
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
