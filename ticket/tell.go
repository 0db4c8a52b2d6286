package ticket

import (
	"fmt"
	"slices"
	"strings"
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
// they may read it, or everybody in its department, or its lead, or the admins.
func (t *turn) handlers(tk *Ticket) []string {
	if t.policy.May(tk.Assignee, MayRead, tk.Department) {
		return []string{tk.Assignee}
	}
	if members := t.policy.Members(tk.Department); len(members) > 0 {
		return members
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
		Facts: t.facts(tk),
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

// attachable are the files that a notice carries along, so that an agent who
// only has a mail program can open them, pasted screenshots included: as many
// as a mail can hold. The remarks name every one.
func attachable(files []File) []File {
	var out []File
	room := int64(attachedBytes)
	for _, f := range files {
		if f.Size <= room {
			out = append(out, f)
			room -= f.Size
		}
	}
	return out
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

// facts are what every notice about a ticket may say of it.
func (t *turn) facts(tk *Ticket) Facts {
	dept := t.policy.Departments[tk.Department]
	f := Facts{
		Number: tk.Number, Subject: tk.Subject, Department: dept.Name, Signature: dept.Signature,
		Status: string(tk.Status), Priority: tk.Priority, Plan: t.policy.Plans[tk.Plan].Name,
		Requester: tk.Requester.String(), Tags: strings.Join(tk.Tags, ", "),
		Reference: t.keys.signing().reference(tk.Number), Zone: t.policy.Zone.String(), At: t.now,
	}
	if tk.Assignee != "" {
		f.Assignee = t.policy.agentName(tk.Assignee)
	}
	return f
}

// queue mints what identifies the mail and writes it to the outbox.
func (t *turn) queue(n *Notice) error {
	id, err := t.tx.Next("notice", 1)
	if err != nil {
		return fmt.Errorf("number a notice: %w", err)
	}
	key, dept := t.keys.signing(), t.policy.Departments[n.Department]
	token := key.mint(n.Answer, id)
	n.ID, n.Key = id, key.ID
	if n.From.Email == "" {
		n.From = Address{Name: dept.Name, Email: dept.Address.Email}
	}
	n.MessageID = token + "@" + dept.Address.Domain()
	n.ReplyTo = tagged(dept.Address, t.policy.Separator, token)
	n.ReturnPath = tagged(dept.Address, t.policy.Separator, key.mint(TokenReturn, id))
	n.Stamp = key.mint(TokenEcho, id)
	if n.Ticket != 0 {
		n.References = append([]string{rootID(n.Ticket, dept.Address.Domain())}, n.References...)
	}
	if n.InReplyTo != "" && !slices.Contains(n.References, n.InReplyTo) {
		n.References = append(n.References, n.InReplyTo)
	}
	n.QueuedAt = t.now
	if n.DueAt.IsZero() {
		n.DueAt = t.now
	}
	written, err := t.tx.Queue(n)
	if err != nil {
		return fmt.Errorf("queue %s notice: %w", n.Kind, err)
	}
	if written {
		*t.queued++
	}
	return nil
}

// owns reports whether an address is one of the agent's.
func (a Agent) owns(address Address) bool {
	return slices.ContainsFunc(a.Emails, func(e string) bool { return strings.EqualFold(e, address.Email) })
}

// authorOf names the author of an entry to agents.
func authorOf(p *Policy, e *Entry) string {
	if e.By.Kind == ByAgent {
		return p.agentName(e.By.Name)
	}
	switch {
	case e.From.Email == "":
		return "unknown sender"
	case e.From.Name == "":
		return e.From.Email
	}
	return fmt.Sprintf("%s <%s>", e.From.Name, e.From.Email)
}

// badge says what is known of the sender of an entry.
func badge(e *Entry) string {
	if e.Kind != Message {
		return ""
	}
	switch e.Authenticity {
	case Proven:
		return "verified sender"
	case Forged:
		return "FORGED sender: do not believe the address"
	}
	return "unverified sender"
}

// remarks are what an agent should know of an entry beside its text.
func remarks(e *Entry) []string {
	var lines []string
	sent := attachable(e.Files)
	for _, f := range e.Files {
		line := fmt.Sprintf("attached: %s (%s)", f.Name, byteCount(f.Size))
		if !slices.Contains(sent, f) {
			line += ", too large to be sent along"
		}
		lines = append(lines, line)
	}
	if e.Machine != Human {
		lines = append(lines, "written by a program ("+string(e.Machine)+")")
	}
	return append(lines, e.Remarks...)
}

// byteCount writes a size the way people do, in units of 1024 bytes.
func byteCount(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
