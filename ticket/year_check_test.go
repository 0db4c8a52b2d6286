package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla/minutetest"
	"deskpost/ticket/sla/yeartest"
)

// check compares what the desk has done with what was due.
func (y *year) check() {
	for n := ticket.FirstNumber; ; n++ {
		c, err := y.desk.Show(context.Background(), n)
		if _, none := errors.AsType[*ticket.Refusal](err); none {
			return
		}
		if err != nil {
			y.t.Fatal(err)
		}
		var fired []ticket.Fired
		err = y.db.View(context.Background(), func(tx ticket.Tx) (err error) {
			fired, err = tx.FiredOn(n)
			return err
		})
		if err != nil {
			y.t.Fatal(err)
		}
		y.steps += len(fired)
		l := y.life(c)
		want := minutetest.Due(l, y.looks, y.looks[len(y.looks)-1])
		if wrong := compare(fired, want); len(wrong) > 0 {
			y.t.Fatalf("ticket %d:\n%s\n%s\n%s", n, y.looked(fired), strings.Join(tell(c.Events), "\n"), strings.Join(wrong, "\n"))
		}
		if wrong := traces(c, fired); len(wrong) > 0 {
			y.t.Fatalf("ticket %d:\n%s\n%s\n%s", n, y.looked(fired), strings.Join(tell(c.Events), "\n"), strings.Join(wrong, "\n"))
		}
	}
}

// looked tells when the desk looked around the steps of a ticket.
func (y *year) looked(fired []ticket.Fired) string {
	var at []string
	for _, f := range fired {
		at = append(at, fmt.Sprintf("%s %d %s#%d of %s due %s done %s %s", f.Metric, f.Cycle, f.Step, f.Occurrence, f.Plan,
			f.Due.Format("01-02 15:04:05"), f.At.Format("01-02 15:04"), f.Skipped))
	}
	return strings.Join(at, "\n")
}

func tell(events []ticket.Event) []string {
	var lines []string
	for _, e := range events {
		happened := e.Happened()
		lines = append(lines, fmt.Sprintf("%s (%s) %s %q %q", happened.Format("01-02 15:04:05"), e.At.Format("01-02 15:04"), e.Kind, e.Before, e.After))
	}
	return lines
}

// compare lists what was done at another time than it was due, or not at all,
// or though it was not due.
func compare(fired []ticket.Fired, want map[minutetest.Name]minutetest.Point) []string {
	var wrong []string
	const form = "01-02 15:04:05.000"
	done := map[minutetest.Name]bool{}
	for _, f := range fired {
		name := minutetest.Name{Metric: string(f.Metric), Cycle: f.Cycle, Plan: f.Plan, Step: f.Step, Occurrence: f.Occurrence}
		p, due := want[name]
		switch {
		case !due:
			wrong = append(wrong, fmt.Sprintf("%+v done for %s was not due", name, f.Due.Format(form)))
		case done[name]:
			wrong = append(wrong, fmt.Sprintf("%+v was done twice", name))
		case !p.At.Equal(f.Due) || p.Skipped != (f.Skipped == ticket.SkippedByChange):
			wrong = append(wrong, fmt.Sprintf("%+v done for %s, %q; was due %s, skipped: %t", name, f.Due.Format(form), f.Skipped, p.At.Format(form), p.Skipped))
		}
		done[name] = true
	}
	for name, p := range want {
		if !done[name] {
			wrong = append(wrong, fmt.Sprintf("%+v was due %s and is missing", name, p.At.Format(form)))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// traces demands of each step what it has left behind: one line in the diary,
// and one mail to each agent who was told of it or of others at the same time.
func traces(c ticket.Case, fired []ticket.Fired) (wrong []string) {
	lines, mails := map[string]int{}, map[string]int{}
	for _, f := range fired {
		lines[fmt.Sprintf("%s %s %s", f.Metric, f.Step, f.Due)]++
		for _, agent := range f.Told {
			mails[fmt.Sprintf("%s %s", agent, f.At)] = 1
		}
	}
	for _, e := range c.Events {
		if e.Kind == ticket.StepReached {
			lines[fmt.Sprintf("%s %s %s", e.Before, e.After, e.Happened())]--
		}
	}
	for _, n := range c.Notices {
		if n.Kind == ticket.NoticeEscalation && !strings.HasPrefix(n.Facts.Verdict, "Correction") {
			mails[fmt.Sprintf("%s %s", n.Agent, n.QueuedAt)]--
		}
	}
	for what, left := range lines {
		if left != 0 {
			wrong = append(wrong, fmt.Sprintf("the diary has %d lines too few of %s", left, what))
		}
	}
	for what, left := range mails {
		if left != 0 {
			wrong = append(wrong, fmt.Sprintf("there are %d mails too few to %s", left, what))
		}
	}
	return wrong
}

// A reader reads the diary of a ticket for the checker: what people did, and
// what the desk did as agreed. Which terms the desk noted for its own use does
// not count.
type reader struct {
	year     *year
	life     minutetest.Life
	status   string
	snoozed  bool
	followUp string // when it comes back
	plan     string
	priority string
	edits    []edit            // that the ticket has not come to yet
	changed  minutetest.Minute // when the status was, last
	latest   minutetest.Terms
	agreed   minutetest.Minute // when the terms were, last
	due      minutetest.Minute // when the date was set, last
	replies  map[int64]minutetest.Minute
	turns    int // that have ended, in the order of the diary
}

// life is what happened to a ticket.
func (y *year) life(c ticket.Case) minutetest.Life {
	first := c.Mails[0].Source
	d := &reader{year: y, status: "new", plan: first, priority: "Normal", edits: y.edits, replies: map[int64]minutetest.Minute{}}
	d.life = minutetest.Life{Received: minuteOf(c.Mails[0].Received), Known: minuteOf(c.Mails[0].At), Status: "new"}
	for len(d.edits) > 0 && d.edits[0].at < minuteOf(c.Mails[0].At) {
		d.edits = d.edits[1:]
	}
	d.life.Terms = d.terms()
	d.latest = d.life.Terms
	d.agreed = d.life.Received
	arrived := map[int64]time.Time{}
	for _, m := range c.Mails {
		arrived[m.ID] = m.Received
	}
	began := 0 // the first event of the mail that is read
	for i := range c.Events {
		e := &c.Events[i]
		if e.Receipt == 0 || e.Receipt != c.Events[began].Receipt {
			began = i
		}
		if at, ok := arrived[e.Receipt]; ok && moves(e.Kind) && !e.Happened().Equal(at) {
			y.t.Errorf("ticket %d: a mail of %s did %s at %s", c.Ticket.Number, at, e.Kind, e.Happened())
		}
		d.pass(minuteOf(e.At))
		d.read(e)
		if last := i == len(c.Events)-1; last || e.Receipt == 0 || c.Events[i+1].Receipt != e.Receipt {
			d.agree(&c.Events[began])
		}
	}
	d.pass(minutesOfYear)
	slices.SortStableFunc(d.life.Events, func(a, b minutetest.Event) int { return int(a.At) - int(b.At) })
	return d.life
}

// moves reports whether clocks depend on events of a kind.
func moves(k ticket.EventKind) bool {
	return slices.Contains([]ticket.EventKind{ticket.TicketOpened, ticket.MessageAdded, ticket.ReplyAdded, ticket.StatusChanged,
		ticket.SnoozeChanged, ticket.DueChanged, ticket.PriorityChanged, ticket.PlanChanged, ticket.DepartmentChanged}, k)
}

func minuteOf(t time.Time) minutetest.Minute { return minutetest.MinuteOf(t) }

// add adds an event of the diary that counts at some minute.
func (d *reader) add(e *ticket.Event, at minutetest.Minute, as minutetest.Event) {
	as.At, as.Known, as.Own = at, minuteOf(e.At), e.Receipt == 0
	d.life.Events = append(d.life.Events, as)
}

// checkTimer demands that the desk did by itself what was agreed on, as of the
// instant that was agreed on.
func (d *reader) checkTimer(e *ticket.Event) {
	happened, agreed := e.Happened(), ""
	switch {
	case e.Actor.Kind != ticket.ByDesk:
		return
	case e.Kind == ticket.StatusChanged:
		agreed = d.followUp
	case e.Kind == ticket.SnoozeChanged:
		agreed = e.Before
	default:
		return
	}
	if happened.Format(time.RFC3339) != agreed {
		d.year.t.Errorf("ticket %d: the desk did %s at %s, and %q was agreed on", e.Ticket, e.Kind, happened, agreed)
	}
}

func (d *reader) read(e *ticket.Event) {
	d.checkTimer(e)
	var happened minutetest.Minute
	if e.Kind != ticket.StepReached { // which may be within a minute
		happened = minuteOf(e.Happened())
	}
	switch e.Kind {
	case ticket.MessageAdded:
		d.add(e, happened, minutetest.Event{Kind: minutetest.Customer})
	case ticket.ReplyAdded:
		d.replies[e.Entry] = happened
		d.turns++
		d.add(e, happened, minutetest.Event{Kind: minutetest.Reply, Turn: d.turns})
	case ticket.ReplyUndelivered:
		d.add(e, happened, minutetest.Event{Kind: minutetest.Undelivered, Reply: d.replies[e.Entry]})
	case ticket.StatusChanged:
		d.status = e.After
		d.snoozed = d.snoozed && d.working()
		d.setStatus(e, happened)
	case ticket.SnoozeChanged:
		d.snoozed = e.After != ""
		d.setStatus(e, happened)
	case ticket.DueChanged:
		due := minutetest.Event{Kind: minutetest.DueSet}
		if e.After != "" {
			at, err := time.Parse(time.RFC3339, e.After)
			if err != nil {
				d.year.t.Fatal(err)
			}
			due.Due = minuteOf(at)
		}
		d.due = max(d.due, happened)
		d.add(e, d.due, due)
	case ticket.FollowUpChanged:
		d.followUp = e.After
	case ticket.PriorityChanged:
		d.priority = e.After
	case ticket.PlanChanged:
		d.plan = e.After
	}
}

// setStatus is a change of status, the last of which stands.
func (d *reader) setStatus(e *ticket.Event, at minutetest.Minute) {
	d.changed = max(d.changed, at)
	status := d.status
	if d.snoozed {
		status += "+snooze"
	}
	as := minutetest.Event{Kind: minutetest.Status, Status: status}
	if e.Kind == ticket.StatusChanged && !d.working() {
		d.turns++
		as.Turn = d.turns
	}
	d.add(e, d.changed, as)
}

func (d *reader) working() bool { return d.status != "resolved" && d.status != "closed" }

// terms are those of the ticket by the config of the time.
func (d *reader) terms() minutetest.Terms {
	p, hours := d.year.plans[d.plan].Checker, d.year.calendars[yeartest.Berlin].Checker
	if p == nil {
		p = noPlan
	} else {
		hours = d.year.calendars[d.year.plans[d.plan].Calendar].Checker
	}
	if reached := len(d.year.edits) - len(d.edits); hours.Key == yeartest.Berlin && reached > 0 {
		hours = d.year.edits[reached-1].hours
	}
	return minutetest.Terms{Plan: p, Priority: d.priority, Hours: hours}
}

// noPlan promises nothing.
var noPlan = &minutetest.Plan{OnReopen: "resume", OnChange: "from_start"}

// agree adds that other terms hold after an event, if they do. On a ticket that
// is over they hold when it is opened again.
func (d *reader) agree(e *ticket.Event) {
	if now := d.terms(); d.working() && now != d.latest {
		d.agreed = max(d.agreed, minuteOf(e.Happened()))
		as := minutetest.Event{Kind: minutetest.Changed, Terms: now}
		if now.Plan == d.latest.Plan && now.Priority == d.latest.Priority {
			as.Kind = minutetest.Edited
		}
		d.latest = now
		d.add(e, d.agreed, as)
	}
}

// pass lets the edits of the config take effect that were made before a minute.
func (d *reader) pass(m minutetest.Minute) {
	for len(d.edits) > 0 && d.edits[0].at < m {
		at := d.edits[0].at
		d.edits = d.edits[1:]
		d.agree(&ticket.Event{At: at.Time()})
	}
}
