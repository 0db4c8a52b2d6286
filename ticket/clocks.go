package ticket

import (
	"fmt"
	"time"

	"deskpost/ticket/sla"
)

// A Clock is what the store keeps of a clock: a copy of what follows from the
// ticket's diary, so that it can be searched for and reported on.
type Clock struct {
	Ticket   Number
	Metric   sla.Metric
	Cycle    int // from 1
	Terms    Terms
	Budget   time.Duration // of working time
	Consumed time.Duration // the same, of a clock that does not run
	State    sla.State
	Started  time.Time
	Ended    time.Time
	Deadline time.Time // zero while there is none, as in a pause
	Breached time.Time // when it passed its deadline; zero if it has not
}

// open reports whether the clock still waits for its end.
func (c *Clock) open() bool { return c.State == sla.Running || c.State == sla.Paused }

// A Fired is a step of a plan that was done, or left out, for a ticket: it never
// is again.
type Fired struct {
	Ticket     Number
	Metric     sla.Metric
	Cycle      int
	Plan       string // key
	Step       string // key
	Occurrence int
	Due        time.Time // when the clock reached it
	At         time.Time // when the desk saw that
	Skipped    SkipReason
	Told       []string // the agents who were told
	RevokedAt  time.Time
}

// A SkipReason says why nobody was told of a step.
type SkipReason string

// The reasons to skip a step.
const (
	SkippedByChange   SkipReason = "by-change"  // a change of terms had left no time for it
	SkippedSuperseded SkipReason = "superseded" // the deadline it warns of had passed before the desk could tell
	SkippedExpired    SkipReason = "expired"    // it was too old to be of use
	SkippedOver       SkipReason = "over"       // the ticket was answered or done before the desk could tell
)

// Clocks are the part of a Tx that keeps what follows from service levels.
type Clocks interface {
	// KeepEdition writes what a plan or calendar said; Edition reads it.
	KeepEdition(e Edition) error
	Edition(kind EditionKind, key, revision string) (Edition, error)
	// SaveClocks replaces the clocks of a ticket; ClocksOf reads them in the
	// order of metric and cycle.
	SaveClocks(n Number, clocks []Clock) error
	ClocksOf(n Number) ([]Clock, error)
	// Outdated lists up to limit tickets above after that have open clocks of a
	// plan or calendar in other revisions than these, by number.
	Outdated(current []Terms, after Number, limit int) ([]Number, error)
	// Fire writes that a step was done. It returns false, and writes nothing, if
	// it was done before. Revoke notes that the deadline was met after all.
	Fire(f Fired) (bool, error)
	Revoke(f Fired, at time.Time) error
	FiredOn(n Number) ([]Fired, error)
}

// reckon computes the clocks of a ticket from its diary, keeps what is searched
// for, and sets when something is to be done by time. fresh are the events of a
// ticket that is being opened, whose diary need not be read; else nil.
func (t *turn) reckon(tk *Ticket, fresh []Event, since time.Time) error {
	tk.NextAt, tk.Deadline = tk.nextTimer(t.policy), time.Time{}
	b, err := t.book(tk, fresh, since)
	if err != nil || b == nil {
		return err
	}
	if err := t.saveClocks(tk, b); err != nil {
		return err
	}
	fired, err := t.tx.FiredOn(tk.Number)
	if err != nil {
		return fmt.Errorf("read the steps of ticket %d: %w", tk.Number, err)
	}
	if err := t.revoke(tk, b, fired); err != nil {
		return err
	}
	next, err := unfired(b, fired)
	if err != nil {
		return fmt.Errorf("compute the steps of ticket %d: %w", tk.Number, err)
	}
	if len(next) > 0 {
		tk.NextAt = earlier(tk.NextAt, next[0].At)
	}
	return nil
}

// book replays the diary, after it has written there which terms hold now. It
// is nil where there never were any.
func (t *turn) book(tk *Ticket, fresh []Event, since time.Time) (*sla.Book, error) {
	diary := fresh
	if diary == nil {
		var err error
		if diary, err = t.tx.Events(tk.Number); err != nil {
			return nil, fmt.Errorf("read the diary of ticket %d: %w", tk.Number, err)
		}
	}
	c, err := t.chronicle(diary)
	if err != nil {
		return nil, err
	}
	if err := t.noteTerms(tk, c, since); err != nil {
		return nil, err
	}
	if c.history.Terms.Plan == nil {
		return nil, nil
	}
	b, err := sla.Replay(c.history)
	if err != nil {
		return nil, fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
	}
	return b, nil
}

// noteTerms writes into the diary that other terms hold since an instant, if
// they do.
func (t *turn) noteTerms(tk *Ticket, c *chronicle, since time.Time) error {
	now := t.policy.terms(tk)
	none := c.terms == Terms{}
	switch {
	case now == c.terms, now.Calendar == "":
		return nil
	case none && now.Plan == "" && tk.Due.IsZero():
		return nil
	case tk.Status.standing() != sla.Working && !none:
		return nil // what is over is not counted anew; if it is opened again, that is noticed then
	}
	if err := t.keepEditions(now); err != nil {
		return err
	}
	e := &Event{Ticket: tk.Number, Since: since, Kind: TermsChanged, Actor: theDesk, After: now.String()}
	if !none {
		e.Before, e.Detail = c.terms.String(), c.terms.difference(now)
	}
	if err := t.record(e); err != nil {
		return err
	}
	return c.follow(e)
}

// difference says what was edited in the config, "" if it is not that.
func (t Terms) difference(now Terms) string {
	switch {
	case t.Plan != now.Plan || t.Priority != now.Priority || t.Calendar != now.Calendar:
		return ""
	case t.PlanRevision != now.PlanRevision && t.CalendarRevision != now.CalendarRevision:
		return fmt.Sprintf("the plan %s and the calendar %s were edited: its open clocks are counted anew", now.Plan, now.Calendar)
	case t.PlanRevision != now.PlanRevision:
		return fmt.Sprintf("the plan %s was edited: its open clocks are counted anew", now.Plan)
	}
	return fmt.Sprintf("the calendar %s, or the rules of its time zone, changed: its open clocks are counted anew", now.Calendar)
}

// saveClocks keeps a copy of the clocks. What has ended is frozen: it stays as
// it was computed when it ended, even if the rules of a time zone have changed.
func (t *turn) saveClocks(tk *Ticket, b *sla.Book) error {
	kept, err := t.tx.ClocksOf(tk.Number)
	if err != nil {
		return fmt.Errorf("read the clocks of ticket %d: %w", tk.Number, err)
	}
	var clocks []Clock
	for _, c := range b.Clocks() {
		now, err := t.clock(tk, c)
		if err != nil {
			return fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
		}
		for _, k := range kept {
			if k.Metric == now.Metric && k.Cycle == now.Cycle && !k.open() && k.State == now.State && k.Ended.Equal(now.Ended) && k.Terms.same(now.Terms) {
				now = k
			}
		}
		if now.State == sla.Running && !now.Deadline.IsZero() {
			tk.Deadline = earlier(tk.Deadline, now.Deadline)
		}
		clocks = append(clocks, now)
	}
	changed := len(clocks) != len(kept)
	for i := range min(len(clocks), len(kept)) {
		changed = changed || clocks[i] != kept[i]
	}
	if !changed {
		return nil
	}
	if err := t.tx.SaveClocks(tk.Number, clocks); err != nil {
		return fmt.Errorf("save the clocks of ticket %d: %w", tk.Number, err)
	}
	return nil
}

// clock is what the store keeps of a clock.
func (t *turn) clock(tk *Ticket, c *sla.Clock) (Clock, error) {
	k := Clock{Ticket: tk.Number, Metric: c.Metric, Cycle: c.Cycle, Budget: c.Budget, State: c.State, Started: c.Started, Ended: c.Ended}
	k.Terms = Terms{Plan: c.Terms.Plan.Key, PlanRevision: planRevision(c.Terms.Plan), Priority: c.Terms.Priority,
		Calendar: c.Terms.Calendar.Key(), CalendarRevision: c.Terms.Calendar.Revision()}
	if c.State != sla.Running {
		k.Consumed = c.Consumed(t.now).Truncate(time.Millisecond)
	}
	at, ok, err := c.Deadline()
	if err != nil {
		return Clock{}, err
	}
	if ok {
		k.Deadline = at.UTC().Truncate(time.Millisecond)
	}
	at, ok, err = c.BreachedAt(t.now)
	if ok {
		k.Breached = at.UTC().Truncate(time.Millisecond)
	}
	return k, err
}

// unfired are the steps that no clock has fired yet, past ones included, in
// order of time.
func unfired(b *sla.Book, fired []Fired) ([]sla.Firing, error) {
	all, err := b.Firings()
	if err != nil {
		return nil, err
	}
	type key struct {
		metric     sla.Metric
		cycle      int
		plan, step string
		occurrence int
	}
	done := map[key]bool{}
	for _, f := range fired {
		done[key{f.Metric, f.Cycle, f.Plan, f.Step, f.Occurrence}] = true
	}
	var rest []sla.Firing
	for _, f := range all {
		if !done[key{f.Metric, f.Cycle, f.Plan, f.Step.Key, f.Occurrence}] {
			rest = append(rest, f)
		}
	}
	return rest, nil
}

// earlier is the earlier of two instants, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
