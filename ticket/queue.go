package ticket

import (
	"fmt"
	"slices"
)

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
	n.Facts.Link = t.link(n, key)
	if err := t.forReader(n); err != nil {
		return err
	}
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
		if t.foresees {
			t.foreseen = append(t.foreseen, n)
		}
	}
	return nil
}
