package ticket

import (
	"fmt"
	"slices"
	"time"

	"deskpost/ticket/sla"
)

// A Clock is what the store keeps of a clock: a copy of what follows from the
// ticket's diary, so that it can be searched for and reported on.
type Clock struct {
	Ticket   Number
	Metric   sla.Metric
	Cycle    int // its name among those of its metric, from 1
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
	// Settings lists by what the clocks of tickets are counted that are not done,
	// each once. Under lists up to limit of those tickets above after that are
	// counted so, by number.
	Settings() ([]Setting, error)
	Under(s Setting, after Number, limit int) ([]Number, error)
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
// is nil where there never were any; then the diary is not even read.
func (t *turn) book(tk *Ticket, fresh []Event, since time.Time) (*sla.Book, error) {
	if tk.Calendar == "" && t.policy.Plans[tk.Plan].Key == "" && tk.Due.IsZero() {
		return nil, nil
	}
	diary := fresh
	if diary == nil {
		var err error
		if diary, err = t.tx.Events(tk.Number); err != nil {
			return nil, fmt.Errorf("read the diary of ticket %d: %w", tk.Number, err)
		}
	}
	diary, err := t.noteTerms(tk, diary, since)
	if err != nil {
		return nil, err
	}
	c, err := t.chronicle(diary)
	if err != nil || c.history.Terms.Plan == nil {
		return nil, err
	}
	b, err := sla.Replay(c.history)
	if err != nil {
		return nil, fmt.Errorf("compute the clocks of ticket %d: %w", tk.Number, err)
	}
	return b, nil
}

// noteTerms writes into the diary that other terms hold since an instant, if
// they do. It returns the diary with what it has written.
func (t *turn) noteTerms(tk *Ticket, diary []Event, since time.Time) ([]Event, error) {
	was, err := latestTerms(diary)
	if err != nil {
		return nil, err
	}
	tk.PlanRevision, tk.Calendar, tk.CalendarRevision = was.PlanRevision, was.Calendar, was.CalendarRevision
	now, others := t.policy.otherTerms(tk, was)
	if !others {
		return diary, nil
	}
	if err := t.keepEditions(now); err != nil {
		return nil, err
	}
	e := &Event{Ticket: tk.Number, Since: since, Kind: TermsChanged, Actor: theDesk, After: now.String()}
	if was != (Terms{}) {
		e.Before, e.Detail = was.String(), t.difference(tk, was, now)
	}
	if err := t.record(e); err != nil {
		return nil, err
	}
	tk.PlanRevision, tk.Calendar, tk.CalendarRevision = now.PlanRevision, now.Calendar, now.CalendarRevision
	return append(slices.Clip(diary), *e), nil
}

// otherTerms are what holds for a ticket by the policy, and whether its diary, which
// noted others last, has to say so.
func (p *Policy) otherTerms(tk *Ticket, was Terms) (Terms, bool) {
	now, none := p.termsAfter(was, tk), was == Terms{}
	switch {
	case now == was, now.Calendar == "":
		return now, false
	case none && now.Plan == "" && tk.Due.IsZero():
		return now, false
	case tk.Status.Standing() != sla.Working && !none:
		return now, false // what is over is not counted anew; if it is opened again, that is noticed then
	}
	return now, true
}

// latestTerms are those that the diary noted last; zero if it never did.
func latestTerms(diary []Event) (Terms, error) {
	for _, e := range slices.Backward(diary) {
		if e.Kind == TermsChanged {
			return parseTerms(e.After)
		}
	}
	return Terms{}, nil
}

// difference says what was edited in the config, "" if it is not that and the
// change of plan, priority or department says it all.
func (t *turn) difference(tk *Ticket, was, now Terms) string {
	switch {
	case now.Plan == "" && t.policy.Plans[tk.Plan].Key != "":
		return fmt.Sprintf("no calendar is set by which the plan %s could count: it promises nothing", tk.Plan)
	case now.Plan == "" && tk.Plan != "":
		return fmt.Sprintf("the plan %s is not in the config any more: it promises nothing", tk.Plan)
	case t.edited && was.Plan == "":
		return fmt.Sprintf("the plan %s is in the config again", now.Plan)
	case t.edited && was.Calendar != now.Calendar:
		return fmt.Sprintf("the config names another calendar, %s instead of %s: open clocks are counted anew", now.Calendar, was.Calendar)
	case was.Plan != now.Plan || was.Priority != now.Priority || was.Calendar != now.Calendar:
		return ""
	case was.PlanRevision != now.PlanRevision && was.CalendarRevision != now.CalendarRevision:
		return fmt.Sprintf("the plan %s and the calendar %s were edited: its open clocks are counted anew", now.Plan, now.Calendar)
	case was.PlanRevision != now.PlanRevision:
		return fmt.Sprintf("the plan %s was edited: its open clocks are counted anew", now.Plan)
	}
	return fmt.Sprintf("the calendar %s, or the rules of its time zone, changed: its open clocks are counted anew", now.Calendar)
}

// saveClocks keeps a copy of the clocks. What has ended is frozen: it stays as
// it was computed when it ended, even if the rules of its time zone have changed.
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
			if k.frozen(now) {
				now = k
			}
		}
		if now.State == sla.Running && !now.Deadline.IsZero() {
			tk.Deadline = earlier(tk.Deadline, now.Deadline)
		}
		clocks = append(clocks, now)
	}
	if slices.Equal(clocks, kept) {
		return nil
	}
	if err := t.tx.SaveClocks(tk.Number, clocks); err != nil {
		return fmt.Errorf("save the clocks of ticket %d: %w", tk.Number, err)
	}
	return nil
}

// frozen reports whether a kept clock has ended just as it is computed to have
// now, but by other rules of its time zone: the edition of a calendar that the
// diary names can not be had again then.
func (c *Clock) frozen(now Clock) bool {
	return c.Metric == now.Metric && c.Cycle == now.Cycle && !c.open() && c.Ended.Equal(now.Ended) &&
		c.Terms.CalendarRevision != now.Terms.CalendarRevision && c.Terms.same(now.Terms)
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
