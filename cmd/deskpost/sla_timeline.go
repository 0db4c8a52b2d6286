package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// maxTimeline bounds how many days are printed.
const maxTimeline = 3660

// An slaTimeline is what is printed of a ticket's clocks: its days, and what came of
// each promise.
type slaTimeline struct {
	*journal
	now    time.Time // what is later lies ahead
	real   bool      // steps before now that are to be done should have been
	head   string
	result string

	foretold bool // the days that are written have come to what lies ahead
	quiet    int  // days before the one at hand on which nothing was counted
}

// A row is one line of a day, and those that belong to it: an event, a deadline or
// a step.
type row struct {
	at   time.Time
	rank rowRank
	text string
	more []string
}

// A rowRank orders what is at one instant.
type rowRank int

const (
	eventRow rowRank = iota
	deadlineRow
	stepRow
)

// timelineAt closes a journal as of an instant: all that is noted in it later lies
// ahead.
func timelineAt(j *journal, now time.Time) (*slaTimeline, error) {
	l := &slaTimeline{journal: j, now: now, head: headOf(j)}
	var err error
	l.result, err = resultOf(j, now)
	return l, err
}

// headOf says by what a ticket is counted.
func headOf(j *journal) string {
	is, was := j.terms(), j.first().terms
	plan, cal := termsName(is), is.Calendar.Key()
	if was := termsName(was); was != plan {
		plan += "; at first " + was
	}
	if was := was.Calendar.Key(); was != cal {
		cal += "; at first " + was
	}
	var promises []string
	for _, m := range sla.Metrics {
		if budget := is.Plan.Targets[is.Priority].Budget(m); budget > 0 {
			promises = append(promises, fmt.Sprintf("%s %s", m, span(budget)))
		}
	}
	return fmt.Sprintf("Plan      %s\nCalendar  %s, times in %s\nPromises  %s\n", plan, cal, j.zone,
		cmp.Or(strings.Join(promises, ", "), "none"+when(is.Plan.Key != "", " for this priority")))
}

func termsName(t sla.Terms) string {
	if t.Plan.Key == "" {
		return "none"
	}
	return fmt.Sprintf("%s (%s), priority %s", t.Plan.Key, t.Plan.Name, t.Priority)
}

// write writes the timeline with the steps that are still to be done.
func (l *slaTimeline) write(steps []sla.Firing) (string, error) {
	rows, err := l.rows(steps)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(l.head)
	l.writeDays(&b, rows)
	fmt.Fprintf(&b, "\nResult at %s\n%s", stamp(l.now, l.zone), l.result)
	return b.String(), nil
}

// writeAll writes the timeline of a simulation, in which nobody has done the steps.
func (l *slaTimeline) writeAll() (string, error) {
	steps, err := l.book.Firings()
	if err != nil {
		return "", fmt.Errorf("work out the steps: %w", err)
	}
	return l.write(steps)
}

// rows are all lines of all days, in order of time.
func (l *slaTimeline) rows(steps []sla.Firing) ([]row, error) {
	var rows []row
	for i := range l.entries {
		r, err := l.row(i)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	for _, c := range l.book.Clocks() {
		deadline, ok, err := c.Deadline()
		if err != nil {
			return nil, fmt.Errorf("work out the deadline of %s: %w", c.Metric, err)
		}
		if ok && c.State != sla.Cancelled {
			rows = append(rows, row{at: deadline, rank: deadlineRow, text: l.nameOf(c) + " deadline" + when(c.ByChange, ", passed by the change")})
		}
	}
	for _, f := range steps {
		rows = append(rows, row{at: f.At, rank: stepRow, text: stepText(f) + when(l.real && !f.At.After(l.now), notYet)})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank)) })
	return rows, nil
}

// notYet is said of what should have been done by now: the desk was down, or waits
// until it has read its mailboxes.
const notYet = " (not done yet)"

func stepText(f sla.Firing) string {
	text := fmt.Sprintf("step %s of %s", f.Step.Key, f.Metric)
	if f.Occurrence > 0 {
		text += fmt.Sprintf(", time %d", f.Occurrence+1)
	}
	return text + ": " + strings.Join(f.Step.Do, " ") + when(f.Skipped, " (skipped: the change had made it late)")
}

// writeDays writes each day on which something happened or was counted, from the
// first to the last.
func (l *slaTimeline) writeDays(b *strings.Builder, rows []row) {
	from, end := l.reach(rows)
	day, last := calendar.DateOf(from.In(l.zone)), calendar.DateOf(end.In(l.zone))
	for n := 0; day.Compare(last) <= 0 && n < maxTimeline; day, n = day.AddDays(1), n+1 {
		from, _ := calendar.At(l.zone, day, 0)
		to, _ := calendar.At(l.zone, day.AddDays(1), 0)
		today, used := rowsBetween(rows, from, to), l.countedOn(from, minTime(to, end))
		cals := l.calendars(from, to)
		shifted := shift(l.zone, from, to)
		if len(today) == 0 && used == "" && shifted == "" && holidayNames(cals[0].Day(day)) == "" {
			l.quiet++
			continue
		}
		l.writeQuiet(b, day)
		fmt.Fprintf(b, "\n%s  %s%s\n", dayName(day), hours(cals, day), shifted)
		l.writeRows(b, today)
		if used != "" {
			fmt.Fprintf(b, "  counted       %s\n", used)
		}
	}
	l.writeQuiet(b, day)
}

// reach is the first and the last instant that there is something to say of.
func (l *slaTimeline) reach(rows []row) (from, to time.Time) {
	from, to = rows[0].at, rows[len(rows)-1].at
	for _, c := range l.book.Clocks() {
		from = minTime(from, c.Started)
		if open := c.State == sla.Running || c.State == sla.Paused; open && l.now.After(to) {
			to = l.now
		}
	}
	return from, to
}

func rowsBetween(rows []row, from, to time.Time) []row {
	var some []row
	for _, r := range rows {
		if !r.at.Before(from) && r.at.Before(to) {
			some = append(some, r)
		}
	}
	return some
}

// countedOn is what each clock counted in a stretch of time, or "".
func (l *slaTimeline) countedOn(from, to time.Time) string {
	var all []string
	for _, c := range l.book.Clocks() {
		if used, total := l.counted(c, from, to); used > 0 {
			all = append(all, fmt.Sprintf("%s %s (%s of %s)", l.nameOf(c), span(used), span(total), span(c.Budget)))
		}
	}
	return strings.Join(all, ", ")
}

// counted is what a clock counted in a stretch of time, and all that it had
// counted at its end. What it carried over from other terms it counted by those.
func (l *slaTimeline) counted(c *sla.Clock, from, to time.Time) (used, total time.Duration) {
	if !c.CountFrom.After(from) {
		return c.Consumed(to) - c.Consumed(from), c.Consumed(to)
	}
	if to.After(c.CountFrom) {
		total = c.Consumed(to)
		used = total - c.Carried
	}
	was := l.formerly(c)
	if c.Carried == 0 || was == nil {
		return used, total
	}
	before, sum := l.counted(was, from, minTime(to, c.CountFrom))
	return used + before, max(total, sum)
}

// formerly is a clock as it was under the terms from which it carries on, or nil.
func (l *slaTimeline) formerly(c *sla.Clock) *sla.Clock {
	for _, e := range slices.Backward(l.entries) {
		if was := sameClock(e.clocks, c); was != nil && e.at.Before(c.CountFrom) {
			return was
		}
	}
	return nil
}

func (l *slaTimeline) writeRows(b *strings.Builder, rows []row) {
	for _, r := range rows {
		if r.at.After(l.now) && !l.foretold {
			b.WriteString("  -- what follows if nothing else happens --\n")
			l.foretold = true
		}
		fmt.Fprintf(b, "  %s  %s\n", r.at.In(l.zone).Format("15:04 -07:00"), r.text)
		for _, line := range r.more {
			fmt.Fprintf(b, "                  %s\n", line)
		}
	}
}

// writeQuiet stands for days before the next one on which nothing happened and
// nothing was counted.
func (l *slaTimeline) writeQuiet(b *strings.Builder, next calendar.Date) {
	switch l.quiet {
	case 0:
	case 1:
		fmt.Fprintf(b, "\n%s  nothing counted\n", dayName(next.AddDays(-1)))
	default: // weekends, nights and pauses
		fmt.Fprintf(b, "\n%s to %s  nothing counted\n", dayName(next.AddDays(-l.quiet)), dayName(next.AddDays(-1)))
	}
	l.quiet = 0
}
