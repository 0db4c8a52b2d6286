package ticket

import (
	"fmt"
	"slices"
	"time"
)

// withoutFiles queues a notice to an agent once more without the files it
// carried: many mail servers refuse what a customer's may send, and the agent
// must hear of the ticket all the same.
func (t *turn) withoutFiles(n *Notice, r Recipient) (bool, error) {
	if n.Agent == "" || len(n.Facts.Files) == 0 {
		return false, nil
	}
	again := Notice{Ticket: n.Ticket, Entry: n.Entry, Kind: n.Kind, Answer: n.Answer, Agent: n.Agent, Department: n.Department,
		Automatic: n.Automatic, Draft: n.Draft, Facts: n.Facts, InReplyTo: n.InReplyTo,
		Recipients: []Recipient{{Address: r.Address}}, Dedupe: fmt.Sprintf("without-files:%d", n.ID)}
	again.Facts.Files = nil
	again.Facts.Remarks = append(slices.Clone(n.Facts.Remarks), "the files were left out, since your mail server refused them: "+r.Answer)
	return true, t.queue(&again)
}

// undeliverable writes into the diary that a mail did not reach somebody, of which
// word came at an instant, and tells an agent, once for each ticket and recipient.
func (t *turn) undeliverable(n *Notice, r Recipient, kind EventKind, at time.Time) error {
	c, err := t.tx.Contact(r.Address.Key())
	if err != nil && !isAbsent(err) {
		return fmt.Errorf("read contact: %w", err)
	}
	c.Address, c.FailedAt = r.Address.Key(), t.now
	if err := t.tx.SaveContact(c); err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	if err := t.unanswered(n, r, at); err != nil {
		return err
	}
	return t.reportDelivery(n, r, kind, NoticeUndeliverable)
}

// AnswerTime is how long after a reply its failure takes it back, as far as
// service levels are concerned (sla.md f.4).
const AnswerTime = 24 * time.Hour

// unanswered notes that a public reply did not reach the requester, who so has
// no answer yet: the clocks that it had stopped run on as if it had never been
// written. What counts is when word of it came, and not when the desk read that:
// a report may lie in the mailbox for as long as the desk is down.
func (t *turn) unanswered(n *Notice, r Recipient, at time.Time) error {
	if n.Kind != NoticeReply || r.Cc || n.Entry == 0 || at.Sub(n.QueuedAt) > AnswerTime {
		return nil
	}
	tk, err := t.tx.Ticket(n.Ticket)
	if err != nil {
		return fmt.Errorf("read ticket %d: %w", n.Ticket, err)
	}
	diary, err := t.tx.Events(n.Ticket)
	if err != nil {
		return fmt.Errorf("read the diary of ticket %d: %w", n.Ticket, err)
	}
	if slices.ContainsFunc(diary, func(e Event) bool { return e.Kind == ReplyUndelivered && e.Entry == n.Entry }) {
		return nil
	}
	return t.keep(tk, &Event{Ticket: n.Ticket, Since: at, Kind: ReplyUndelivered, Actor: theDesk, Entry: n.Entry,
		Detail: "response undelivered: the reply did not reach " + r.Address.Email + ", so it does not count as an answer"})
}

// delayed tells an agent of a mail that still waits after a day, once a mail.
func (t *turn) delayed(n *Notice) error {
	waited, tellAt := n.waited(t.now), t.policy.Retries.TellAt
	if !n.SettledAt.IsZero() || !n.DelayTold.IsZero() || tellAt <= 0 || waited < tellAt {
		return nil
	}
	n.DelayTold = t.now
	if err := t.tx.SaveDelivery(*n); err != nil {
		return err
	}
	for _, r := range n.Recipients {
		if !r.Outstanding() {
			continue
		}
		if err := t.reportDelivery(n, r, DeliveryDelayed, NoticeDelayed); err != nil {
			return err
		}
	}
	return nil
}

// reportDelivery writes an event and queues notices about a mail that did not
// arrive. One to an agent is the lead's business in any case, since the agent can
// not be reached.
func (t *turn) reportDelivery(n *Notice, r Recipient, event EventKind, kind NoticeKind) error {
	if n.Ticket == 0 {
		return nil // a digest: what it lists is on the tickets
	}
	tk, err := t.survivor(n.Ticket)
	if err != nil {
		return err
	}
	if tk == nil {
		return fmt.Errorf("read ticket %d: %w", n.Ticket, ErrNotFound)
	}
	e := &Event{Ticket: n.Ticket, Kind: event, Actor: theDesk, After: r.Address.Email, Entry: n.Entry,
		Detail: fmt.Sprintf("%s to %s: %s", n.Kind, r.Address.Email, r.Answer)}
	if err := t.record(e); err != nil {
		return err
	}
	told, err := t.audience(tk, kind, n.Agent)
	if err != nil {
		return err
	}
	dedupe := fmt.Sprintf("%s:%d:%s", kind, n.Ticket, r.Address.Key())
	if n.Agent != "" {
		told = slices.Concat(t.leadsOf(tk), told)
	}
	slices.Sort(told)
	for _, key := range slices.Compact(told) {
		if key == n.Agent {
			continue
		}
		err := t.tellAgent(key, tk, kind, nil, func(out *Notice) {
			if out.Ticket == n.Ticket {
				out.Entry = n.Entry // else it is that of a ticket which was merged
			}
			out.Facts.Address, out.Facts.Answer, out.Facts.Text, out.Facts.Markdown = r.Address.Email, r.Answer, n.Facts.Text, n.Facts.Markdown
			out.Dedupe = dedupe + ":" + key
		})
		if err != nil {
			return err
		}
	}
	return nil
}
