package ticket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// echoGrace is how long before a sweep an attempt must have ended for the
// sweep to be proof that its echo did not come.
const echoGrace = time.Minute

// Claim hands up to limit due notices to a sender for the time of the lease. An
// attempt is booked for each before it is handed out, so that a crash can never
// make the desk hammer a mail server.
func (d *Desk) Claim(ctx context.Context, lease time.Duration, limit int) ([]Notice, error) {
	var claimed []Notice
	err := d.update(ctx, func(t *turn) error {
		doubt, err := t.doubtEnds()
		if err != nil {
			return err
		}
		if claimed, err = t.tx.Claim(t.now, t.now.Add(lease), doubt, limit); err != nil {
			return err
		}
		for i := range claimed {
			if claimed[i].EchoedAt.IsZero() {
				continue
			}
			claimed[i].echoOfCrash(t.now)
			if err := t.tx.SaveDelivery(claimed[i]); err != nil {
				return err
			}
		}
		claimed = slices.DeleteFunc(claimed, func(n Notice) bool { return !n.SettledAt.IsZero() })
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	return claimed, nil
}

// Recover takes up what a sender left behind that has died: its leases end now,
// and what it had in hand is in doubt, to be tried again. It must run while no
// other sender can be alive, as at the start of the only program on a database.
// It returns how many notices there were.
func (d *Desk) Recover(ctx context.Context) (int, error) {
	var ended int
	err := d.update(ctx, func(t *turn) (err error) {
		ended, err = t.tx.EndLeases(t.now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take up the outbox: %w", err)
	}
	return ended, nil
}

// doubtEnds is the instant before which an attempt must have ended for its
// notice to be tried again. With an echo, that is when the last sweep began
// that read the whole mailbox without meeting it; without, doubt means to send
// again, for lost is worse than twice (layout.md 5).
func (t *turn) doubtEnds() (time.Time, error) {
	if t.policy.Echo == "" {
		return t.now, nil
	}
	swept, err := t.tx.LastSweep(t.policy.Echo)
	if err != nil {
		return time.Time{}, fmt.Errorf("read last sweep of %s: %w", t.policy.Echo, err)
	}
	return swept.Add(-echoGrace), nil
}

// Settle records how an attempt ended for each recipient, decides on the next
// one, and tells agents of what did not arrive.
func (d *Desk) Settle(ctx context.Context, id int64, results []Result) error {
	err := d.update(ctx, func(t *turn) error {
		n, err := t.tx.Notice(id)
		if err != nil {
			return err
		}
		failed := t.apply(&n, results)
		if err := t.tx.SaveDelivery(n); err != nil {
			return err
		}
		for _, r := range failed {
			if again, err := t.withoutFiles(&n, r); again || err != nil {
				return err
			}
			if err := t.undeliverable(&n, r, DeliveryFailed); err != nil {
				return err
			}
		}
		return t.delayed(&n)
	})
	if err != nil {
		return fmt.Errorf("settle notice %d: %w", id, err)
	}
	return nil
}

// Postpone takes back the booking of an attempt that could not begin, such as
// when the relay refuses our password, and leaves the notice until then.
func (d *Desk) Postpone(ctx context.Context, id int64, until time.Time, why string) error {
	err := d.update(ctx, func(t *turn) error {
		n, err := t.tx.Notice(id)
		if err != nil {
			return err
		}
		n.Attempts--
		n.LeasedUntil, n.DueAt = time.Time{}, until.UTC()
		for i := range n.Recipients {
			if n.Recipients[i].Outstanding() {
				n.Recipients[i].Answer = why
			}
		}
		if err := t.tx.SaveDelivery(n); err != nil {
			return err
		}
		return t.delayed(&n)
	})
	if err != nil {
		return fmt.Errorf("postpone notice %d: %w", id, err)
	}
	return nil
}

// NextDue is when Claim may next find work; zero if the outbox is empty.
func (d *Desk) NextDue(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := d.view(ctx, func(t *turn) (err error) {
		at, err = t.tx.NextDue()
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the next notice: %w", err)
	}
	return at, nil
}

// maxDoubt is how often a mail is sent again from doubt where no echo can prove
// that it went out: a relay that loses each answer would else deliver it every
// hour for days.
const maxDoubt = 3

// apply writes results into a notice and returns the recipients that failed for
// good.
func (t *turn) apply(n *Notice, results []Result) []Recipient {
	var failed []Recipient
	echoed := !n.EchoedAt.IsZero() // the copy of this attempt came by before its end was known
	n.EchoedAt = time.Time{}
	n.DueAt = t.now.Add(t.policy.Retries.After(n.Attempts))
	overdue := t.now.Sub(n.QueuedAt) >= t.policy.Retries.GiveUp
	for _, result := range results {
		i := slices.IndexFunc(n.Recipients, func(r Recipient) bool { return strings.EqualFold(r.Address.Email, result.Recipient) })
		if i < 0 || !n.Recipients[i].Outstanding() {
			continue
		}
		r := &n.Recipients[i]
		r.Answer, r.InDoubt = result.Answer, false
		doubt := result.Verdict == InDoubt
		switch {
		case result.Verdict == Sent, doubt && echoed:
			r.SentAt = t.now
		case doubt && t.policy.Echo == "" && n.Attempts >= maxDoubt:
			r.Answer = "the mail server took it " + fmt.Sprint(n.Attempts) + " times without saying so: it has probably arrived. " + result.Answer
			r.FailedAt = t.now
			failed = append(failed, *r)
		case result.Verdict == Refused, overdue:
			r.FailedAt = t.now
			failed = append(failed, *r)
		case doubt:
			r.InDoubt = true
		}
	}
	n.InDoubt = slices.ContainsFunc(n.Recipients, func(r Recipient) bool { return r.InDoubt })
	n.LeasedUntil = time.Time{}
	if n.InDoubt {
		n.LeasedUntil = t.now // the doubt counts from here
	}
	n.settleIfDone(t.now)
	if echoed && !n.SettledAt.IsZero() {
		n.EchoedAt = t.now
	}
	return failed
}

// echoed takes the proof that the relay took a mail for at least one recipient.
// It ends the doubt about those whose answer was lost. While the attempt still
// runs it is only noted, for Settle to weigh.
func (n *Notice) echoed(now time.Time) {
	running := !n.InDoubt && !n.LeasedUntil.IsZero()
	for i := range n.Recipients {
		if n.Recipients[i].InDoubt {
			n.Recipients[i].InDoubt, n.Recipients[i].SentAt = false, now
		}
	}
	n.InDoubt = false
	if !running {
		n.LeasedUntil = time.Time{}
	}
	n.settleIfDone(now)
	if running || !n.SettledAt.IsZero() {
		n.EchoedAt = now
	}
}

// echoOfCrash settles a notice whose copy came by while nobody was left to
// settle the attempt. With several recipients a copy says nothing about each:
// they are tried again.
func (n *Notice) echoOfCrash(now time.Time) {
	n.EchoedAt = time.Time{}
	if len(n.Recipients) != 1 {
		return
	}
	n.Recipients[0].SentAt, n.EchoedAt = now, now
	n.settleIfDone(now)
}

// settleIfDone ends a notice that has no recipient left to serve.
func (n *Notice) settleIfDone(now time.Time) {
	if !slices.ContainsFunc(n.Recipients, Recipient.Outstanding) {
		n.SettledAt, n.InDoubt, n.LeasedUntil = now, false, time.Time{}
	}
}

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

// undeliverable writes into the diary that a mail did not reach somebody, and
// tells an agent, once for each ticket and recipient.
func (t *turn) undeliverable(n *Notice, r Recipient, kind EventKind) error {
	c, err := t.tx.Contact(r.Address.Key())
	if err != nil && !isAbsent(err) {
		return fmt.Errorf("read contact: %w", err)
	}
	c.Address, c.FailedAt = r.Address.Key(), t.now
	if err := t.tx.SaveContact(c); err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	return t.reportDelivery(n, r, kind, NoticeUndeliverable)
}

// delayed tells an agent of a mail that still waits after a day, once a mail.
func (t *turn) delayed(n *Notice) error {
	waited, tellAt := t.now.Sub(n.QueuedAt), t.policy.Retries.TellAt
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
// arrive. A mail to a customer is its handlers' business; one to an agent is
// the lead's and the other handlers', since the agent can not be reached.
func (t *turn) reportDelivery(n *Notice, r Recipient, event EventKind, kind NoticeKind) error {
	if n.Ticket == 0 {
		return nil // a digest: what it lists is on the tickets
	}
	tk, err := t.tx.Ticket(n.Ticket)
	if err != nil {
		return fmt.Errorf("read ticket %d: %w", n.Ticket, err)
	}
	e := &Event{Ticket: tk.Number, Kind: event, Actor: theDesk, After: r.Address.Email, Entry: n.Entry,
		Detail: fmt.Sprintf("%s to %s: %s", n.Kind, r.Address.Email, r.Answer)}
	if err := t.record(e); err != nil {
		return err
	}
	told, dedupe := t.handlers(tk), fmt.Sprintf("%s:%d:%s", kind, n.Ticket, r.Address.Key())
	if n.Agent != "" {
		told = slices.Concat(t.leads(tk.Department), told)
	}
	slices.Sort(told)
	for _, key := range slices.Compact(told) {
		if key == n.Agent {
			continue
		}
		err := t.tellAgent(key, tk, kind, nil, func(out *Notice) {
			out.Entry = n.Entry
			out.Facts.Address, out.Facts.Answer, out.Facts.Text = r.Address.Email, r.Answer, n.Facts.Text
			out.Dedupe = dedupe + ":" + key
		})
		if err != nil {
			return err
		}
	}
	return nil
}
