package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// bounce takes a delivery report. It never opens or reopens a ticket and is
// never answered. Since anybody can write one (RFC 3464 section 4.1), it counts
// only if it came to the return path of one of our mails or carries that mail's
// signed Message-ID.
func (t *turn) bounce(in *Receipt, m *Mail) (Conclusion, error) {
	n, err := t.bounced(m)
	if err != nil {
		return Conclusion{}, err
	}
	if n == nil {
		t.because("a delivery report about no mail of ours")
		return Conclusion{Outcome: Bounced}, nil
	}
	t.because("a delivery report about our notice %d", n.ID)
	for _, b := range m.Bounces {
		r, ok := n.recipientOf(b)
		if !ok {
			t.because("it names %q, whom we did not write to", b.Recipient)
			continue
		}
		if err := t.applyBounce(n, r, b, t.received(in)); err != nil {
			return Conclusion{}, err
		}
	}
	return Conclusion{Outcome: Bounced, Ticket: n.Ticket, Entry: n.Entry}, t.tx.SaveDelivery(*n)
}

// bounced finds the notice that a delivery report is about, nil if none.
func (t *turn) bounced(m *Mail) (*Notice, error) {
	var tokens []Token
	for _, recipient := range m.Recipients {
		if token, ok := t.policy.tokenIn(recipient); ok {
			tokens = append(tokens, token)
		}
	}
	for _, id := range slices.Concat(m.BouncedIDs, answered(m)) {
		if token, ok := tokenInID(id); ok {
			tokens = append(tokens, token)
		}
	}
	for _, token := range tokens {
		n, err := t.verified(token)
		if err != nil || n != nil {
			return n, err
		}
	}
	return nil, nil
}

// recipientOf is the recipient of the notice that a bounce speaks of. A report
// without a name can only mean the single recipient there was.
func (n *Notice) recipientOf(b Bounce) (*Recipient, bool) {
	for i := range n.Recipients {
		if strings.EqualFold(n.Recipients[i].Address.Email, b.Recipient) {
			return &n.Recipients[i], true
		}
	}
	// Relays rewrite recipients, by aliases and forwarding; with one recipient
	// there is no doubt.
	if len(n.Recipients) == 1 {
		return &n.Recipients[0], true
	}
	return nil, false
}

// applyBounce takes what a delivery report, which came at an instant, says of one
// recipient.
func (t *turn) applyBounce(n *Notice, r *Recipient, b Bounce, at time.Time) error {
	r.Answer = cmp.Or(b.Diagnostic, "no reason given")
	if !strings.Contains(r.Answer, b.Status) {
		r.Answer += " " + b.Status
	}
	if b.Delayed {
		t.because("mail to %s is delayed", r.Address.Email)
		return t.reportDelivery(n, *r, DeliveryDelayed, NoticeDelayed)
	}
	t.because("mail to %s did not arrive: %s", r.Address.Email, r.Answer)
	if r.FailedAt.IsZero() {
		r.FailedAt = t.now
	}
	n.settleIfDone(t.now)
	if b.Permanent {
		return t.undeliverable(n, *r, BounceReported, at)
	}
	if err := t.reportDelivery(n, *r, BounceReported, NoticeUndeliverable); err != nil {
		return fmt.Errorf("report bounce: %w", err)
	}
	return nil
}
