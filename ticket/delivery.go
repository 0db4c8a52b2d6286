package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxDoubt is how often a mail is sent again from doubt where no echo can prove
// that it went out: a relay that loses each answer would else deliver it every
// hour for days.
const maxDoubt = 3

// waited is how long a notice has waited to be delivered, but for what it waited
// on purpose.
func (n *Notice) waited(now time.Time) time.Duration {
	if n.Facts.Dated.After(n.QueuedAt) {
		return now.Sub(n.Facts.Dated)
	}
	return now.Sub(n.QueuedAt)
}

// apply writes results into a notice and returns the recipients that failed for
// good.
func (t *turn) apply(n *Notice, results []Result) []Recipient {
	var failed []Recipient
	echoed := !n.EchoedAt.IsZero() // the copy of this attempt came by before its end was known
	n.EchoedAt = time.Time{}
	n.DueAt = t.now.Add(t.policy.Retries.After(n.Attempts))
	overdue := t.policy.Retries.Exhausted(n.Attempts, n.waited(t.now))
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
	n.LeasedUntil, n.LeasedBy = time.Time{}, ""
	if n.InDoubt {
		n.LeasedUntil = t.now // the doubt counts from here
	}
	n.settleIfDone(t.now)
	if echoed && !n.SettledAt.IsZero() {
		n.EchoedAt = t.now
	}
	return failed
}

// runs reports whether an attempt of a node is the last that was begun, and not
// settled yet.
func (n *Notice) runs(node string, attempt int) bool {
	return n.LeasedBy == node && n.Attempts == attempt
}

// reached takes what an attempt still has to say after its time: whom the relay
// took the mail for. Another attempt may run, and is not disturbed.
func (n *Notice) reached(now time.Time, results []Result) {
	running := !n.InDoubt && !n.LeasedUntil.IsZero()
	for _, result := range results {
		i := slices.IndexFunc(n.Recipients, func(r Recipient) bool { return strings.EqualFold(r.Address.Email, result.Recipient) })
		if result.Verdict != Sent || i < 0 || !n.Recipients[i].SentAt.IsZero() {
			continue
		}
		r := &n.Recipients[i]
		r.SentAt, r.FailedAt, r.InDoubt, r.Answer = now, time.Time{}, false, result.Answer
	}
	n.InDoubt = slices.ContainsFunc(n.Recipients, func(r Recipient) bool { return r.InDoubt })
	if !n.InDoubt && !running {
		n.LeasedUntil = time.Time{}
	}
	if n.SettledAt.IsZero() {
		n.settleIfDone(now)
	}
}

// echoed takes the proof that the relay took a mail for at least one recipient.
// It ends the doubt about those whose answer was lost. While the attempt still
// runs it is only noted, for Settle to weigh.
func (n *Notice) echoed(now time.Time) {
	if n.Held() {
		n.echoedWhileHeld(now)
		return
	}
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

// echoedWhileHeld settles a notice that was held because nobody could know
// whether it had been sent: it was, by the desk that is lost. Who of several
// recipients the relay took it for is not known, and nobody is left to ask.
func (n *Notice) echoedWhileHeld(now time.Time) {
	for i := range n.Recipients {
		if r := &n.Recipients[i]; r.Outstanding() {
			r.SentAt, r.InDoubt = now, false
		}
	}
	n.EchoedAt, n.HeldAt, n.HeldWhy = now, time.Time{}, ""
	n.settleIfDone(now)
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

// giveUp gives up every recipient that is not served: nobody gets the mail any
// more.
func (n *Notice) giveUp(now time.Time, why string) {
	for i := range n.Recipients {
		if r := &n.Recipients[i]; r.Outstanding() {
			r.FailedAt, r.InDoubt, r.Answer = now, false, why
		}
	}
	n.settleIfDone(now)
}

// settleIfDone ends a notice that has no recipient left to serve.
func (n *Notice) settleIfDone(now time.Time) {
	if !slices.ContainsFunc(n.Recipients, Recipient.Outstanding) {
		n.SettledAt, n.InDoubt, n.LeasedUntil = now, false, time.Time{}
	}
}
