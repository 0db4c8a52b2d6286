package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// echoGrace is how long before a sweep an attempt must have ended for the
// sweep to be proof that its echo did not come: a minute for the copy to arrive,
// and what clocks differ by, since both instants may be from other ones.
const echoGrace = time.Minute + clocksDiffer

// clocksDiffer is how much later it may be on one node than on another: each
// clock may be off by a minute (store refuses more).
const clocksDiffer = 2 * time.Minute

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
		if claimed, err = t.tx.Claim(d.Node, t.now, t.now.Add(lease), doubt, limit); err != nil {
			return err
		}
		for i := range claimed {
			if err := t.settleUnsent(&claimed[i]); err != nil {
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

// settleUnsent settles a notice that was claimed and is not to be sent: its copy
// came by while nobody was left to settle it, or nobody may read it any more. What
// it says of deadlines is told to others.
func (t *turn) settleUnsent(n *Notice) error {
	if !n.EchoedAt.IsZero() {
		n.echoOfCrash(t.now)
		if n.SettledAt.IsZero() {
			n.AgainAt = t.now
		}
		return t.tx.SaveDelivery(*n)
	}
	agent, ok := t.policy.Agents[n.Agent]
	if n.Agent == "" || ok && !agent.Disabled {
		return nil
	}
	why := "not sent: the agent " + n.Agent + " is not at work here any more"
	for i := range n.Recipients {
		if n.Recipients[i].Outstanding() {
			n.Recipients[i].FailedAt, n.Recipients[i].InDoubt, n.Recipients[i].Answer = t.now, false, why
		}
	}
	n.InDoubt, n.LeasedUntil = false, time.Time{}
	n.settleIfDone(t.now)
	switch {
	case n.Kind == NoticeEscalation || n.Kind == NoticeEscalations:
		if err := t.passAlarms(n, why); err != nil {
			return err
		}
	case n.Ticket != 0:
		e := &Event{Ticket: n.Ticket, Kind: DeliveryFailed, Actor: theDesk, After: n.Recipients[0].Address.Email,
			Entry: n.Entry, Detail: fmt.Sprintf("%s to %s: %s", n.Kind, n.Recipients[0].Address.Email, why)}
		if err := t.record(e); err != nil {
			return err
		}
	}
	return t.tx.SaveDelivery(*n)
}

// Recover takes up what the sender of this node left behind that has died: its
// leases end now, and what it had in hand is in doubt, to be tried again. What was
// put off by a clock that has been set back since is due now. It must run while no
// other sender of that name can be alive, as at the start of a program that holds
// the lock of it. It returns how many notices there were.
func (d *Desk) Recover(ctx context.Context) (int, error) {
	var ended int
	err := d.update(ctx, func(t *turn) (err error) {
		if ended, err = t.tx.EndLeases(d.Node, t.now); err != nil {
			return err
		}
		return t.bringForward()
	})
	if err != nil {
		return 0, fmt.Errorf("take up the outbox: %w", err)
	}
	return ended, nil
}

// doubtEnds is the instant before which an attempt must have ended for its
// notice to be tried again. With an echo, that is when the last sweep began
// that read the whole mailbox without meeting it; without, doubt means to send
// again, for lost is worse than twice (layout.md 5). So it is for links that sign
// in, too: no copy of them is made, and they are not good for long.
func (t *turn) doubtEnds() (time.Time, error) {
	if t.policy.Echo == "" {
		return t.now, nil
	}
	swept, err := t.tx.LastSweep(t.policy.Echo)
	if err != nil {
		return time.Time{}, fmt.Errorf("read last sweep of %s: %w", t.policy.Echo, err)
	}
	switch {
	case swept.After(t.now.Add(clocksDiffer)):
		// The clock was set back since: the next sweep is the proof. Once the clock
		// goes ahead again this one must not pass for it.
		return time.Time{}, t.tx.ForgetSweep(t.policy.Echo)
	case swept.After(t.now):
		return time.Time{}, nil
	}
	return swept.Add(-echoGrace), nil
}

// Settle records how an attempt of this node ended for each recipient, decides on
// the next one, and tells agents of what did not arrive. Of an attempt that
// outlived its lease, so that another has begun, only those it reached count: all
// else is the other's to say.
func (d *Desk) Settle(ctx context.Context, id int64, attempt int, results []Result) error {
	err := d.update(ctx, func(t *turn) error {
		n, err := t.tx.Notice(id)
		if err != nil {
			return err
		}
		if !n.runs(d.Node, attempt) {
			n.reached(t.now, results)
			return t.tx.SaveDelivery(n)
		}
		failed := t.apply(&n, results)
		if err := t.tx.SaveDelivery(n); err != nil {
			return err
		}
		for _, r := range failed {
			if again, err := t.withoutFiles(&n, r); again || err != nil {
				return err
			}
			if err := t.undeliverable(&n, r, DeliveryFailed, t.now); err != nil {
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

// Postpone takes back the booking of an attempt of this node that could not
// begin, such as when the relay refuses our password, and leaves the notice until
// then. It does nothing if another attempt has begun.
func (d *Desk) Postpone(ctx context.Context, id int64, attempt int, until time.Time, why string) error {
	err := d.update(ctx, func(t *turn) error {
		n, err := t.tx.Notice(id)
		if err != nil {
			return err
		}
		if !n.runs(d.Node, attempt) {
			return nil
		}
		n.Attempts--
		n.LeasedUntil, n.LeasedBy, n.DueAt, n.Waits = time.Time{}, "", until.UTC(), WaitsForNothing
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
	return look(ctx, d, "look for the next notice", Tx.NextDue)
}
