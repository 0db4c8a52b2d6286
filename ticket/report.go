package ticket

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Reports are the part of a Tx that answers what only reports ask.
type Reports interface {
	// LastNotice is the latest notice to an agent on a ticket.
	LastNotice(n Number, agent string) (Notice, error)
	// HeldDrafts counts an agent's mails that wait to be mended or confirmed at an
	// instant. HeldMessages counts messages in which strangers had their say on
	// tickets in these statuses and departments, and which nobody has let in.
	HeldDrafts(agent string, now time.Time) (int, error)
	HeldMessages(s []Status, departments []string) (int, error)
	// Tally counts what happened in a department from one instant up to another,
	// and what stands there at the latter.
	Tally(department string, from, to time.Time) (Tally, error)
}

// A reporting is a mail that recurs, of one agent.
type reporting struct {
	name     string // of the run
	schedule Schedule
	agent    Agent
	// make is what the mail says, of what happened since it was last sent. It is
	// nil if there is nothing to say.
	make func(t *turn, a Agent, last time.Time) (*Notice, error)
}

// Report mails the daily plans and weekly reports that have come due. It may run
// at any time and as often as one likes: that a mail was queued is noted in the
// transaction that queues it. It returns how many it has queued.
func (d *Desk) Report(ctx context.Context) (int, error) {
	queued := 0
	var faults []error // of one agent's mail, which must not hold up the others
	for _, r := range d.Policy().reportings() {
		sent, err := d.report(ctx, r)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", r.name, err))
		}
		if sent {
			queued++
		}
	}
	return queued, errors.Join(faults...)
}

// report sends one mail, if it has come due. What takes long is read before the
// transaction that writes.
func (d *Desk) report(ctx context.Context, r reporting) (sent bool, err error) {
	var n *Notice
	var seen run
	err = d.view(ctx, func(t *turn) error {
		if seen, err = t.lastRun(r.name, r.schedule); err != nil || !seen.due {
			return err
		}
		n, err = r.make(t, r.agent, seen.last)
		return err
	})
	if err != nil || !seen.due && !seen.first {
		return false, err
	}
	err = d.update(ctx, func(t *turn) error {
		sent = false
		now, err := t.lastRun(r.name, r.schedule)
		if err != nil || now != seen {
			return err // another was quicker
		}
		if err := t.noteRun(r.name); err != nil || n == nil {
			return err
		}
		sent = true
		mail := *n // it may run again
		return t.queue(&mail)
	})
	return sent, err
}

// reportings are all mails that recur, by agent.
func (p *Policy) reportings() []reporting {
	var all []reporting
	for _, key := range slices.Sorted(maps.Keys(p.Agents)) {
		agent, ok := p.working(key)
		if !ok {
			continue
		}
		if agent.DailyPlan != nil {
			all = append(all, reporting{"daily-plan:" + key, agent.DailyPlan, agent, (*turn).dailyPlan})
		}
		if p.WeeklyReport != nil {
			all = append(all, reporting{"weekly-report:" + key, p.WeeklyReport, agent, (*turn).weeklyReport})
		}
	}
	return all
}

// reportTo is a report without content. It comes from a department that the agent
// has to do with.
func (t *turn) reportTo(a Agent, kind NoticeKind, department string) *Notice {
	return &Notice{Kind: kind, Answer: TokenNote, Agent: a.Key, Department: department, Automatic: true,
		Recipients: []Recipient{{Address: Address{Name: a.Name, Email: a.Emails[0]}}},
		Facts:      Facts{To: a.Name, At: t.now, Zone: t.policy.ZoneOf(a).String()}}
}
