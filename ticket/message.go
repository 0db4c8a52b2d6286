package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// addMessage puts a mail from outside into a thread.
func (t *turn) addMessage(tk *Ticket, r *Receipt, m *Mail, held bool) (*Entry, error) {
	e := &Entry{
		Ticket: tk.Number, Kind: Message, By: customer(m), From: m.From, At: t.received(r),
		Text: m.NewText, Quoted: joined(m.Signature, m.Quoted), MessageID: m.MessageID, Receipt: t.receipt, Files: m.Files, HTML: m.HTML,
		Machine: m.Machine, Held: held, Authenticity: m.Authenticity, Remarks: m.Problems,
	}
	e.Remarks = append(slices.Clone(e.Remarks), t.aboutSender(m)...)
	if cc := t.outsidersIn(tk, m.Cc); len(cc) > 0 {
		e.Remarks = append(e.Remarks, "Cc: "+strings.Join(cc, ", ")+"; to let them take part: #cc "+strings.Join(cc, " "))
	}
	if err := t.tx.AddEntry(e); err != nil {
		return nil, fmt.Errorf("add message to ticket %d: %w", tk.Number, err)
	}
	if held {
		return e, nil
	}
	ids := append([]string{m.MessageID}, m.References...)
	if err := t.tx.Know(tk.Number, append(ids, m.InReplyTo...)); err != nil {
		return nil, fmt.Errorf("remember message ids of ticket %d: %w", tk.Number, err)
	}
	return e, nil
}

// aboutSender are remarks on who wrote a mail from outside.
func (t *turn) aboutSender(m *Mail) []string {
	if m.TakenBy.Kind != "" {
		return []string{"taken down by " + t.policy.actorName(m.TakenBy)}
	}
	if _, ok := t.policy.AgentByAddress(m.From); !ok {
		return nil
	}
	if m.Authenticity == Proven {
		return []string{"written by an agent, but not as an answer to a mail of the desk: read as a customer's mail"}
	}
	return []string{"claims to come from an agent, without proof: read as a customer's mail"}
}

// maxCcShown bounds the addresses that a remark names.
const maxCcShown = 10

// outsidersIn lists the addresses that are neither ours nor the requester's.
func (t *turn) outsidersIn(tk *Ticket, cc []Address) []string {
	var list []string
	for _, a := range cc {
		if !t.policy.Own(a.Email) && a.Key() != tk.Requester.Key() && validAddress(a.Email) && len(list) < maxCcShown {
			list = append(list, a.Key())
		}
	}
	return list
}

// joined puts two texts below each other, with an empty line between them.
func joined(above, below string) string {
	return strings.TrimSpace(strings.TrimSpace(above) + "\n\n" + strings.TrimSpace(below))
}

// received is when a mail reached the mailbox, never later than now.
func (t *turn) received(r *Receipt) time.Time {
	if r.Received.IsZero() || r.Received.After(t.now) {
		return t.now
	}
	return r.Received.UTC().Truncate(time.Millisecond)
}

// customer is the actor behind a message from outside: its sender, or who took
// it down.
func customer(m *Mail) Actor {
	if m.TakenBy.Kind != "" {
		return m.TakenBy
	}
	return Actor{Kind: ByCustomer, Name: m.From.Key()}
}

// vouched reports whether somebody we believe says that the message is from its
// sender.
func (m *Mail) vouched() bool { return m.Authenticity == Proven || m.TakenBy.Kind != "" }

func addressOrNobody(a Address) string {
	if a.Email == "" {
		return "a sender without address"
	}
	return a.Key()
}
