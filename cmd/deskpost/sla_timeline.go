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

// A journal is what happened in a simulation, and how the clocks stood after
// each event.
type journal struct{ entries []journalEntry }

type journalEntry struct {
	at     time.Time
	what   string
	terms  sla.Terms
	clocks []*sla.Clock
}

func (j *journal) note(at time.Time, what string, terms sla.Terms, b *sla.Book) {
	j.entries = append(j.entries, journalEntry{at, what, terms, b.Clocks()})
}

// calendars are those in force at some time between two instants.
func (j *journal) calendars(from, to time.Time) []*calendar.Calendar {
	var all []*calendar.Calendar
	for i, e := range j.entries {
		next := i+1 < len(j.entries) && !j.entries[i+1].at.After(from)
		if !next && (i == 0 || e.at.Before(to)) {
			all = append(all, e.terms.Calendar)
		}
	}
	return slices.Compact(all)
}

func (j *journal) last() time.Time { return j.entries[len(j.entries)-1].at }

// A row is one line of a day: an event, a deadline or a step.
type row struct {
	at   time.Time
	text string
}

// timeline writes the ticket's days, and what came of each promise.
func (s *simulation) timeline() (string, error) {
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	s.writeHead(&b)
	zone := s.journal.entries[0].terms.Calendar.Zone()
	end := rows[len(rows)-1].at
	day, last := calendar.DateOf(rows[0].at.In(zone)), calendar.DateOf(end.In(zone))
	quiet := 0
	for n := 0; day.Compare(last) <= 0 && n < maxTimeline; day, n = day.AddDays(1), n+1 {
		from, _ := calendar.At(zone, day, 0)
		to, _ := calendar.At(zone, day.AddDays(1), 0)
		today := rowsBetween(rows, from, to)
		if used := s.usedOn(from, minTime(to, end)); len(today) > 0 || used != "" {
			writeQuiet(&b, day, &quiet)
			s.writeDay(&b, day, from, to, today, used)
			continue
		}
		cals := s.journal.calendars(from, to)
		if shifted := shift(zone, from, to); shifted != "" || holidayNames(cals[0].Day(day)) != "" {
			writeQuiet(&b, day, &quiet)
			fmt.Fprintf(&b, "\n%s  %s%s\n", dayName(day), hours(cals, day), shifted)
			continue
		}
		quiet++
	}
	fmt.Fprintf(&b, "\nResult at %s\n", stamp(s.journal.last(), zone))
	err = s.writeResult(&b)
	return b.String(), err
}

func (s *simulation) writeHead(b *strings.Builder) {
	terms := s.journal.entries[0].terms
	fmt.Fprintf(b, "Plan      %s (%s), priority %s\n", terms.Plan.Key, terms.Plan.Name, terms.Priority)
	fmt.Fprintf(b, "Calendar  %s, times in %s\n", terms.Calendar.Key(), terms.Calendar.Zone())
	var promises []string
	for _, m := range sla.Metrics {
		if budget := terms.Plan.Targets[terms.Priority].Budget(m); budget > 0 {
			promises = append(promises, fmt.Sprintf("%s %s", m, span(budget)))
		}
	}
	fmt.Fprintf(b, "Promises  %s\n", cmp.Or(strings.Join(promises, ", "), "none for this priority"))
}

// rows are all lines of all days, in order of time.
func (s *simulation) rows() ([]row, error) {
	var rows []row
	for i, e := range s.journal.entries {
		text := e.what
		var before []*sla.Clock
		if i > 0 {
			before = s.journal.entries[i-1].clocks
		}
		for _, c := range e.clocks {
			moved, err := moves(before, c, e.at)
			if err != nil {
				return nil, err
			}
			if moved != "" {
				text += "\n" + moved
			}
		}
		rows = append(rows, row{e.at, text})
	}
	for _, c := range s.book.Clocks() {
		deadline, ok, err := c.Deadline()
		if err != nil {
			return nil, fmt.Errorf("work out the deadline of %s: %w", c.Metric, err)
		}
		if ok && c.State != sla.Cancelled {
			rows = append(rows, row{deadline, fmt.Sprintf("%s deadline%s", clockName(c), note(c))})
		}
	}
	firings, err := s.book.Firings()
	if err != nil {
		return nil, fmt.Errorf("work out the steps: %w", err)
	}
	for _, f := range firings {
		text := fmt.Sprintf("step %s of %s: %s", f.Step.Key, f.Metric, strings.Join(f.Step.Do, " "))
		if f.Occurrence > 0 {
			text = fmt.Sprintf("step %s of %s, time %d: %s", f.Step.Key, f.Metric, f.Occurrence+1, strings.Join(f.Step.Do, " "))
		}
		if f.Skipped {
			text += " (skipped: the change had made it late)"
		}
		rows = append(rows, row{f.At, text})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	return rows, nil
}

func note(c *sla.Clock) string {
	if c.ByChange {
		return ", passed by the change"
	}
	return ""
}

// moves says what an event did to a clock.
func moves(before []*sla.Clock, c *sla.Clock, at time.Time) (string, error) {
	i := slices.IndexFunc(before, func(b *sla.Clock) bool { return b.Metric == c.Metric && b.Cycle == c.Cycle })
	used := c.Consumed(at)
	standing := fmt.Sprintf("%s of %s used", span(used), span(c.Budget))
	deadline, ok, err := c.Deadline()
	if err != nil {
		return "", fmt.Errorf("work out the deadline of %s: %w", c.Metric, err)
	}
	due := ""
	if ok && c.State == sla.Running {
		due = ", due " + stamp(deadline, c.Terms.Calendar.Zone())
	}
	switch {
	case i < 0:
		return fmt.Sprintf("%s starts, %s%s%s", clockName(c), standing, map[bool]string{true: ", paused"}[c.State == sla.Paused], due), nil
	case before[i].State != c.State:
		word := map[sla.State]string{sla.Running: "goes on", sla.Paused: "is paused", sla.Met: "is met", sla.Breached: "is met too late",
			sla.Cancelled: "is cancelled"}[c.State]
		return fmt.Sprintf("%s %s, %s%s", clockName(c), word, standing, due), nil
	case before[i].Terms.Plan != c.Terms.Plan || before[i].Budget != c.Budget:
		return fmt.Sprintf("%s is now under %s, priority %s: %s%s", clockName(c), c.Terms.Plan.Key, c.Terms.Priority, standing, due), nil
	}
	return "", nil
}

func clockName(c *sla.Clock) string {
	if c.Cycle > 1 {
		return fmt.Sprintf("%s (%d)", c.Metric, c.Cycle)
	}
	return string(c.Metric)
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

// usedOn is what each clock counted in a stretch of time, or "".
func (s *simulation) usedOn(from, to time.Time) string {
	var all []string
	for _, c := range s.book.Clocks() {
		used := c.Consumed(to) - c.Consumed(from)
		if c.CountFrom.After(from) {
			used = c.Consumed(to) - c.Consumed(c.CountFrom)
		}
		if used > 0 {
			all = append(all, fmt.Sprintf("%s %s (%s of %s)", clockName(c), span(used), span(c.Consumed(to)), span(c.Budget)))
		}
	}
	return strings.Join(all, ", ")
}

func (s *simulation) writeDay(b *strings.Builder, day calendar.Date, from, to time.Time, rows []row, used string) {
	zone := s.journal.entries[0].terms.Calendar.Zone()
	fmt.Fprintf(b, "\n%s  %s%s\n", dayName(day), hours(s.journal.calendars(from, to), day), shift(zone, from, to))
	for _, r := range rows {
		if r.at.After(s.journal.last()) && !s.foretold {
			b.WriteString("  -- what follows if nothing else happens --\n")
			s.foretold = true
		}
		head, rest, _ := strings.Cut(r.text, "\n")
		fmt.Fprintf(b, "  %s  %s\n", r.at.In(zone).Format("15:04 -07:00"), head)
		for line := range strings.Lines(rest) {
			fmt.Fprintf(b, "                  %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	if used != "" {
		fmt.Fprintf(b, "  counted       %s\n", used)
	}
}

// hours says when a day is open, by each calendar that was in force on it.
func hours(cals []*calendar.Calendar, date calendar.Date) string {
	var all []string
	for _, cal := range cals {
		text := hoursOf(cal.Day(date))
		if len(cals) > 1 {
			text += " (" + cal.Key() + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", then ")
}

func hoursOf(day calendar.Day) string {
	names := holidayNames(day)
	switch {
	case len(day.Open) == 0 && names != "":
		return "closed: " + names
	case len(day.Open) == 0:
		return "closed"
	}
	all := make([]string, len(day.Open))
	for i, o := range day.Open {
		all[i] = o.String()
	}
	text := "open " + strings.Join(all, ", ")
	if names != "" {
		text += " (" + names + ")"
	}
	return text
}

func holidayNames(day calendar.Day) string {
	var names []string
	for _, h := range day.Holidays {
		names = append(names, cmp.Or(h.Name, "holiday "+h.String()))
	}
	return strings.Join(names, ", ")
}

// shift says how clocks are changed on a day.
func shift(zone *time.Location, from, to time.Time) string {
	_, before := from.In(zone).Zone()
	_, after := to.In(zone).Zone()
	switch {
	case after > before:
		return fmt.Sprintf("; clocks go forward by %s", span(time.Duration(after-before)*time.Second))
	case after < before:
		return fmt.Sprintf("; clocks go back by %s", span(time.Duration(before-after)*time.Second))
	}
	return ""
}

// writeQuiet stands for days on which nothing happened and nothing was counted.
func writeQuiet(b *strings.Builder, next calendar.Date, days *int) {
	switch *days {
	case 0:
	case 1:
		fmt.Fprintf(b, "\n%s  nothing counted\n", dayName(next.AddDays(-1)))
	default: // weekends, nights and pauses
		fmt.Fprintf(b, "\n%s to %s  nothing counted\n", dayName(next.AddDays(-*days)), dayName(next.AddDays(-1)))
	}
	*days = 0
}

// writeResult says what came of each promise.
func (s *simulation) writeResult(b *strings.Builder) error {
	zone, now := s.journal.entries[0].terms.Calendar.Zone(), s.journal.last()
	if len(s.book.Clocks()) == 0 {
		b.WriteString("  nothing was promised\n")
	}
	for _, c := range s.book.Clocks() {
		deadline, ok, err := c.Deadline()
		if err != nil {
			return err
		}
		_, late, err := c.BreachedAt(now)
		if err != nil {
			return err
		}
		used := fmt.Sprintf("%s of %s used", span(c.Consumed(now)), span(c.Budget))
		text := ""
		switch {
		case c.State == sla.Met && c.Replaced:
			text = fmt.Sprintf("ended at %s, %s; the due date counts", stamp(c.Ended, zone), used)
		case c.State == sla.Met:
			text = fmt.Sprintf("met at %s, %s", stamp(c.Ended, zone), used)
		case c.State == sla.Breached:
			text = fmt.Sprintf("LATE by %s of working time: due %s, met %s", span(c.Terms.Calendar.Elapsed(deadline, c.Ended)), stamp(deadline, zone), stamp(c.Ended, zone))
		case c.State == sla.Cancelled:
			text = fmt.Sprintf("cancelled at %s, %s", stamp(c.Ended, zone), used)
		case late:
			text = fmt.Sprintf("LATE since %s and not met, %s", stamp(deadline, zone), used)
		case c.Replaced:
			text = fmt.Sprintf("%s, replaced by the due date", used)
		case ok:
			text = fmt.Sprintf("%s, %s, due %s", c.State, used, stamp(deadline, zone))
		default:
			text = fmt.Sprintf("%s, %s", c.State, used)
		}
		if c.ByChange {
			text += " (by the change of terms)"
		}
		fmt.Fprintf(b, "  %-12s%s\n", clockName(c), text)
	}
	return nil
}

func dayName(d calendar.Date) string { return d.Weekday().String()[:3] + " " + d.String() }

func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format("Mon 2006-01-02 15:04") }

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// span writes working time in hours and minutes, as "1h30m".
func span(d time.Duration) string {
	d = d.Round(time.Second)
	text := d.String()
	if d >= time.Minute {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour && strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
