package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/sla"
)

// maxSteps bounds how many steps one ticket fires in one transaction. A step may
// raise the priority, and that brings the next deadline nearer.
const maxSteps = 1000

// steps fires what the clocks of a ticket have reached, the earliest first, each
// once for ever: that it fired is written in the transaction that does what it
// wants. What is to be told is told at the end, in one mail a person.
func (t *turn) steps(tk *Ticket) error {
	var alarms []alarm
	before := *tk
	for range maxSteps {
		b, err := t.book(tk, nil, time.Time{})
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		fired, err := t.tx.FiredOn(tk.Number)
		if err != nil {
			return fmt.Errorf("read the steps of ticket %d: %w", tk.Number, err)
		}
		next, err := unfired(b, fired)
		if err != nil {
			return fmt.Errorf("compute the steps of ticket %d: %w", tk.Number, err)
		}
		if len(next) == 0 || next[0].At.After(t.now) {
			break
		}
		a, err := t.fire(tk, next[0])
		if err != nil {
			return fmt.Errorf("do the step %s of the plan %s: %w", next[0].Step.Key, next[0].Plan, err)
		}
		alarms = append(alarms, a)
	}
	if err := t.save(tk, nil, time.Time{}); err != nil {
		return err
	}
	return t.sound(&before, tk, alarms)
}

// An alarm is a step that was done, and who is to hear of it.
type alarm struct {
	firing    sla.Firing
	agents    []string
	addresses []Address // of people who are no agents
	customer  bool
	webhooks  []string // keys
	results   []string // what the step changed
}

// fire does a step: its changes, dated at the instant at which the clock reached
// it, and the row that says so.
func (t *turn) fire(tk *Ticket, f sla.Firing) (alarm, error) {
	a := alarm{firing: f}
	skipped := t.whySkip(tk, f)
	c := change{turn: t, ticket: tk, step: f.Step.Key, at: f.At, late: skipped != ""}
	for _, action := range f.Step.Do {
		verb, object, _ := strings.Cut(action, ":")
		switch {
		case skipped == SkippedByChange:
		case verb == "mail" && skipped == "":
			if err := t.address(&a, tk, object); err != nil {
				return alarm{}, err
			}
		case verb == "webhook" && skipped == "":
			t.addProgram(&a, object)
		case verb != "mail" && verb != "webhook" && !tk.Status.Done():
			result, err := c.act(verb, object)
			if err != nil {
				return alarm{}, err
			}
			a.results = append(a.results, result)
		}
	}
	e := &Event{Ticket: tk.Number, Since: f.At, Kind: StepReached, Actor: theDesk, Before: string(f.Metric), After: f.Step.Key,
		Detail: t.tellStep(f, a, skipped)}
	if err := t.record(append([]*Event{e}, c.events...)...); err != nil {
		return alarm{}, err
	}
	t.tellPrograms(a.webhooks, e)
	first, err := t.tx.Fire(Fired{Ticket: tk.Number, Metric: f.Metric, Cycle: f.Cycle, Plan: f.Plan, Step: f.Step.Key,
		Occurrence: f.Occurrence, Due: f.At, At: t.now, Skipped: skipped, Told: a.agents})
	if err != nil {
		return alarm{}, err
	}
	if !first {
		return alarm{}, errors.New("it was done meanwhile") // undoes the events above
	}
	if len(c.events) > 0 {
		tk.UpdatedAt = t.now
	}
	return a, t.save(tk, nil, f.At)
}

// whySkip is why nobody is told of a step, "" if somebody is (sla.md f.5, f.8).
// Its changes are made all the same, except after a change of terms that left no
// time for it: a desk that was awake would have made them.
func (t *turn) whySkip(tk *Ticket, f sla.Firing) SkipReason {
	before := f.Step.At.Before()
	switch {
	case f.Skipped:
		return SkippedByChange
	case before && !f.Deadline.IsZero() && !f.Deadline.After(t.now) && (f.Ended.IsZero() || f.Ended.After(f.Deadline)):
		return SkippedSuperseded
	case before && !f.Ended.IsZero():
		return SkippedOver
	case f.Step.Expires > 0 && t.now.Sub(f.At) > f.Step.Expires:
		return SkippedExpired
	}
	return ""
}

// tellStep says in one sentence, for the diary, what became of a step.
func (t *turn) tellStep(f sla.Firing, a alarm, skipped SkipReason) string {
	var s strings.Builder
	fmt.Fprintf(&s, "step %s of the plan %s", f.Step.Key, t.policy.planLabel(f.Plan))
	if f.Step.Repeat > 0 {
		fmt.Fprintf(&s, ", time %d", f.Occurrence+1)
	}
	if late := t.now.Sub(f.At); late >= time.Minute {
		fmt.Fprintf(&s, ", done %s late", late.Truncate(time.Second))
	}
	var parts []string
	switch skipped {
	case SkippedByChange:
		parts = append(parts, "skipped, since a change of the plan had left no time for it")
	case SkippedSuperseded:
		parts = append(parts, "nobody told, since the deadline has passed")
	case SkippedExpired:
		parts = append(parts, "nobody told, since it is too old")
	case SkippedOver:
		parts = append(parts, "nobody told, since that is done")
	}
	parts = append(parts, a.results...)
	var told []string
	for _, key := range a.agents {
		told = append(told, t.policy.agentName(key))
	}
	for _, address := range a.addresses {
		told = append(told, address.Email)
	}
	if a.customer {
		told = append(told, "the customer")
	}
	for _, key := range a.webhooks {
		told = append(told, "the webhook "+key)
	}
	if len(told) > 0 {
		parts = append(parts, "told "+strings.Join(told, ", "))
	}
	if len(parts) > 0 {
		s.WriteString(": " + strings.Join(parts, "; "))
	}
	return s.String()
}

func (p *Policy) planLabel(key string) string {
	if plan, ok := p.Plans[key]; ok {
		return plan.Name
	}
	return key
}

// revoke notes for breaches that fired and turn out to be none, and tells who
// was told of them: an answer that had arrived in time was processed late, or a
// holiday was missing in the calendar (sla.md f.5, f.8). What the steps have
// changed stays.
func (t *turn) revoke(tk *Ticket, b *sla.Book, fired []Fired) error {
	for _, c := range b.Clocks() {
		untrue := slices.DeleteFunc(slices.Clone(fired), func(f Fired) bool { return !saysBreached(c, f) })
		if len(untrue) == 0 {
			continue
		}
		_, late, err := c.BreachedAt(t.now)
		if err != nil {
			return fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
		}
		if late {
			continue
		}
		if err := t.revokeSteps(tk, c, untrue); err != nil {
			return fmt.Errorf("revoke a breach on ticket %d: %w", tk.Number, err)
		}
	}
	return nil
}

// saysBreached reports whether a step that was done says, and nobody took it
// back, that the clock has passed its deadline.
func saysBreached(c *sla.Clock, f Fired) bool {
	if f.Metric != c.Metric || f.Cycle != c.Cycle || f.Plan != c.Terms.Plan.Key || !f.RevokedAt.IsZero() || f.Skipped != "" {
		return false
	}
	return slices.ContainsFunc(c.Terms.Plan.Steps, func(s sla.Step) bool { return s.Key == f.Step && !s.At.Before() })
}

// revokeSteps takes back what the steps of a clock said: one event, and one mail
// for each agent who was told of any of them.
func (t *turn) revokeSteps(tk *Ticket, c *sla.Clock, untrue []Fired) error {
	first := untrue[0]
	was := "met in time after all"
	if c.State == sla.Running || c.State == sla.Paused {
		was = "not passed after all"
	}
	e := &Event{Ticket: tk.Number, Kind: BreachRevoked, Actor: theDesk, Before: string(c.Metric), After: first.Step,
		Detail: fmt.Sprintf("breach revoked: the deadline of %s was %s", MetricLabel(c.Metric), was)}
	if err := t.record(e); err != nil {
		return err
	}
	var told []string
	for _, f := range untrue {
		if err := t.tx.Revoke(f, t.now); err != nil {
			return err
		}
		told = append(told, f.Told...)
	}
	slices.Sort(told)
	for _, key := range slices.Compact(told) {
		err := t.tellAgent(key, tk, NoticeEscalation, nil, func(n *Notice) {
			n.Facts.Verdict = fmt.Sprintf("Correction: the deadline of %s was %s.", MetricLabel(c.Metric), was)
			n.Facts.Revoked = true
			n.Dedupe = "revoked:" + stepKey(tk.Number, first.Metric, first.Cycle, first.Plan, first.Step, first.Occurrence) + ":" + key
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stepKey names one firing of a step for ever.
func stepKey(n Number, m sla.Metric, cycle int, plan, step string, occurrence int) string {
	return fmt.Sprintf("%d:%s:%d:%s:%s:%d", n, m, cycle, plan, step, occurrence)
}

// MetricLabel is what people call a metric.
func MetricLabel(m sla.Metric) string {
	switch m {
	case sla.First:
		return "the first answer"
	case sla.Next:
		return "the next answer"
	case sla.Resolve:
		return "the solution"
	case sla.Keep:
		return "word to the customer"
	case sla.Due:
		return "the due date"
	}
	return string(m)
}
