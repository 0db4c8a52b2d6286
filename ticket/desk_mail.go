package ticket

import (
	"fmt"
)

// once is the only place where a mail is acted on. The receipt is written
// first: whoever comes second with the same mail finds it and does nothing.
func (t *turn) once(in Incoming) (Conclusion, error) {
	r, m := in.Receipt, in.Mail
	r.At = t.now
	sight, earlier, err := t.tx.Receive(&r)
	if err != nil {
		return Conclusion{}, fmt.Errorf("write receipt of %s UID %d: %w", r.Source, r.UID, err)
	}
	if sight == Again {
		taken, err := t.tx.Taken(earlier)
		return taken.Conclusion, err
	}
	t.receipt = r.ID
	c, err := t.decide(&r, &m, sight, earlier)
	if err != nil {
		return Conclusion{}, err
	}
	if m.Oversize && c.Outcome != Duplicate {
		c.Outcome = Oversize // whatever else it is, most of it is on the mail server only
	}
	c.Reasons = t.reasons
	if err := t.tx.Conclude(r.ID, c, m); err != nil {
		return Conclusion{}, fmt.Errorf("conclude receipt of %s UID %d: %w", r.Source, r.UID, err)
	}
	if err := t.tx.ClearFailure(r.Source, r.Epoch, r.UID); err != nil {
		return Conclusion{}, fmt.Errorf("clear failure of %s UID %d: %w", r.Source, r.UID, err)
	}
	return c, nil
}

// maxHops is how many mail servers a mail may have passed. RFC 5321 section 6.3
// wants at least 100 to be allowed before a loop is assumed.
const maxHops = 120

// decide takes the steps of decisions.md 3 in their order.
func (t *turn) decide(r *Receipt, m *Mail, sight Sight, earlier int64) (Conclusion, error) {
	var first Taken // of which this is a second sight
	if sight == Another {
		var err error
		if first, err = t.tx.Taken(earlier); err != nil {
			return Conclusion{}, err
		}
	}
	sameCopy := sight == Another && first.Received.Equal(r.Received)
	if c, ok, err := t.echo(m, sameCopy); ok || err != nil {
		return c, err
	}
	if sight == Another {
		t.because("the same mail was taken before, as %s UID %d, outcome %s", first.Source, first.UID, first.Outcome)
		return Conclusion{Outcome: Duplicate, Ticket: first.Ticket, Entry: first.Entry}, nil
	}
	if m.Hops > maxHops {
		t.because("it went through %d mail servers: quarantined as a loop", m.Hops)
		why := fmt.Sprintf("it went through %d mail servers, as a mail in a loop does", m.Hops)
		return Conclusion{Outcome: Quarantined}, t.setAside(0, t.departmentOf(r, m), m, why)
	}
	if own, err := t.ownLoop(m); own || err != nil {
		return Conclusion{Outcome: Loop}, err
	}
	if len(m.Bounces) > 0 {
		return t.bounce(r, m)
	}
	found, err := t.match(m)
	if err != nil {
		return Conclusion{}, err
	}
	switch {
	case found.notice != nil && found.ticket == 0:
		return t.answerToDigest(m, found.notice)
	case m.Machine != Human:
		return t.machine(r, m, found)
	case found.ticket == 0:
		return t.open(r, m, found.maybe)
	case found.agentToken():
		return t.fromAgent(r, m, found)
	}
	return t.fromOutside(r, m, found)
}

// echo settles a notice of ours that came by in our own mailbox; a second sight
// of it is a loop. The header is signed, so nobody else can make one. Whoever
// got the notice can copy it, so the mail must have the notice's Message-ID too:
// else an answer with a stray header would vanish. The same copy under another
// number, after a renumbering or in the folder it was moved to, is no news: it
// proves nothing about an attempt that came after it.
func (t *turn) echo(m *Mail, sameCopy bool) (Conclusion, bool, error) {
	token, ok := parseToken(m.Stamp)
	if !ok || token.Kind != TokenEcho {
		return Conclusion{}, false, nil
	}
	n, err := t.verified(token)
	if err != nil || n == nil || n.MessageID != m.MessageID {
		return Conclusion{}, false, err
	}
	if !n.EchoedAt.IsZero() {
		t.because("a second copy of our own notice %d", n.ID)
		return Conclusion{Outcome: Loop, Ticket: n.Ticket}, true, nil
	}
	if sameCopy {
		return Conclusion{}, false, nil
	}
	t.because("our own notice %d came by: the relay took it", n.ID)
	n.echoed(t.now)
	return Conclusion{Outcome: Echo, Ticket: n.Ticket}, true, t.tx.SaveDelivery(*n)
}

// ownLoop reports whether the mail is one of ours that found its way back
// without its stamp.
func (t *turn) ownLoop(m *Mail) (bool, error) {
	if token, ok := tokenInID(m.MessageID); ok {
		n, err := t.verified(token)
		if err != nil {
			return false, err
		}
		if n != nil {
			t.because("its Message-ID is that of our own notice %d", n.ID)
			return true, nil
		}
	}
	if t.policy.Own(m.From.Email) {
		t.because("it claims to come from our own address %s", m.From.Key())
		return true, nil
	}
	return false, nil
}
