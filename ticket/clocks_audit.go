package ticket

import (
	"fmt"
	"sync"
	"time"

	"deskpost/ticket/sla"
)

// ClocksAgainst lists, in words, where the clocks that are kept of a ticket, and
// what it keeps of them itself, differ from what follows from its diary. It needs
// no config: what plans and calendars said is kept beside the diaries. Clocks
// that ended before the rules of their time zone changed are not compared.
func ClocksAgainst(tx Tx, tk *Ticket, diary []Event, now time.Time) ([]string, error) {
	t := &turn{tx: tx, policy: &Policy{}, now: now, calendars: new(sync.Map)}
	kept, err := tx.ClocksOf(tk.Number)
	if err != nil {
		return nil, fmt.Errorf("read the clocks of ticket %d: %w", tk.Number, err)
	}
	terms, err := latestTerms(diary)
	if err != nil {
		return nil, err
	}
	var wrong []string
	if tk.PlanRevision != terms.PlanRevision || tk.Calendar != terms.Calendar || tk.CalendarRevision != terms.CalendarRevision {
		wrong = append(wrong, fmt.Sprintf("it is counted by %q, its diary says by %q",
			[]string{tk.PlanRevision, tk.Calendar, tk.CalendarRevision}, []string{terms.PlanRevision, terms.Calendar, terms.CalendarRevision}))
	}
	c, err := t.chronicle(diary)
	if err != nil {
		return nil, err
	}
	var clocks []Clock
	if c.history.Terms.Plan != nil {
		b, err := sla.Replay(c.history)
		if err != nil {
			return nil, fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
		}
		for _, c := range b.Clocks() {
			k, err := t.clock(tk, c)
			if err != nil {
				return nil, fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
			}
			clocks = append(clocks, k)
		}
	}
	return append(wrong, compareClocks(tk, kept, clocks)...), nil
}

// compareClocks compares what is kept with what was computed now.
func compareClocks(tk *Ticket, kept, clocks []Clock) (wrong []string) {
	type key struct {
		metric sla.Metric
		cycle  int
	}
	left := map[key]Clock{}
	for _, k := range kept {
		left[key{k.Metric, k.Cycle}] = k
	}
	var deadline time.Time
	certain := true
	for _, c := range clocks {
		at := key{c.Metric, c.Cycle}
		k, there := left[at]
		delete(left, at)
		if c.State == sla.Running && !c.Deadline.IsZero() {
			deadline = earlier(deadline, c.Deadline)
		}
		switch {
		case !there:
			wrong = append(wrong, fmt.Sprintf("its clock %s %d is not kept", c.Metric, c.Cycle))
			continue
		case k.Terms.CalendarRevision != c.Terms.CalendarRevision:
			certain = certain && !c.open() // the rules of the zone have changed
			continue
		case c.open() && k.Breached.IsZero():
			c.Breached = time.Time{} // it has passed since
		}
		if k != c {
			wrong = append(wrong, fmt.Sprintf("its clock %s %d is kept as %+v, its diary says %+v", c.Metric, c.Cycle, k, c))
		}
	}
	for at := range left {
		wrong = append(wrong, fmt.Sprintf("its diary knows nothing of its clock %s %d", at.metric, at.cycle))
	}
	if certain && !tk.Deadline.Equal(deadline) {
		wrong = append(wrong, fmt.Sprintf("its deadline is %s, its diary says %s", instantOrNever(tk.Deadline), instantOrNever(deadline)))
	}
	return wrong
}
