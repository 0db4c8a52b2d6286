package ticket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Diary is what the events of a ticket say about it, followed one by one. Its
// zero value is that of a ticket without events.
//
// It knows the status, the instants that belong to it, the assignee, the team,
// the tags, the fields and the watchers from the beginning: a ticket is opened as
// new, for nobody, without tags, fields and watchers.
// Priority, department, plan, subject and requester are known from their first
// change on. That an agent pinned a plan is no event.
type Diary struct {
	values    map[EventKind]string // the latest value of each property that has one
	fields    pairs                // those that are not empty, by key
	watchers  pairs                // what agents want to hear, by key
	links     map[string]bool      // as the ticket sees them
	merged    string               // the number of the ticket it was merged into
	since     time.Time            // when it got its status
	resolved  time.Time
	closed    time.Time
	reminded  time.Time
	reminders int
	stars     string // of the latest rating
	rated     time.Time
	breaks    []string // where events do not follow from those before them
}

// Replay follows a diary from its first event to its last.
func Replay(events []Event) *Diary {
	d := new(Diary)
	for _, e := range events {
		d.Follow(e)
	}
	return d
}

// Follow takes the next event into account.
func (d *Diary) Follow(e Event) {
	switch {
	case e.Kind == TicketOpened && d.values == nil:
		d.values = map[EventKind]string{StatusChanged: string(New), AssigneeChanged: "", TeamChanged: "", TagsChanged: "",
			FollowUpChanged: "", SnoozeChanged: "", DueChanged: "", TimeSpent: spanText(0)}
		d.since = e.Happened()
		return
	case e.Kind == TicketOpened:
		d.breaks = append(d.breaks, "it was opened twice")
		return
	case d.values == nil:
		d.breaks = append(d.breaks, fmt.Sprintf("its diary begins with %q instead of its opening", e.Kind))
		d.values = map[EventKind]string{}
	}
	switch e.Kind {
	case StatusChanged, PriorityChanged, AssigneeChanged, TeamChanged, DepartmentChanged, PlanChanged, TagsChanged,
		FollowUpChanged, SnoozeChanged, DueChanged, SubjectChanged, RequesterChanged, TimeSpent:
		if was, known := d.values[e.Kind]; known && was != e.Before {
			d.breaks = append(d.breaks, fmt.Sprintf("%s went from %q to %q, but was %q", e.Kind, e.Before, e.After, was))
		}
		d.values[e.Kind] = e.After
	case FieldChanged:
		d.pair(&d.fields, "field", e)
	case WatchChanged:
		d.pair(&d.watchers, "watch", e)
	case MessageAdded, MessageAllowed, ReplyAdded:
		if e.After != AutomaticReply {
			d.reminded, d.reminders = time.Time{}, 0
		}
	case RequesterReminded:
		d.reminded, d.reminders = e.Happened(), d.reminders+1
	case TicketRated:
		if d.stars != e.Before {
			d.breaks = append(d.breaks, fmt.Sprintf("its rating went from %q to %q, but was %q", e.Before, e.After, d.stars))
		}
		d.stars, d.rated = e.After, e.Happened()
	case LinkAdded, LinkRemoved:
		d.link(e)
	case TicketMerged:
		if d.merged != "" {
			d.breaks = append(d.breaks, fmt.Sprintf("it was merged into %s, and then into %s", d.merged, e.After))
		}
		d.merged = e.After
	}
	if e.Kind == StatusChanged {
		d.state(ParseState(e.Before).Status, ParseState(e.After).Status, e.Happened())
	}
}

// pairs are values by key, of which none is empty.
type pairs map[string]string

// pair follows the change of one value that has a key.
func (d *Diary) pair(all *pairs, what string, e Event) {
	key, was, _ := strings.Cut(e.Before, "=")
	after, is, ok := strings.Cut(e.After, "=")
	if !ok || after != key {
		d.breaks = append(d.breaks, fmt.Sprintf("the %s %q became the %s %q", what, e.Before, what, e.After))
		return
	}
	if (*all)[key] != was {
		d.breaks = append(d.breaks, fmt.Sprintf("the %s %s went from %q to %q, but was %q", what, key, was, is, (*all)[key]))
	}
	if *all == nil {
		*all = pairs{}
	}
	if (*all)[key] = is; is == "" {
		delete(*all, key)
	}
}

// link follows the change of one link.
func (d *Diary) link(e Event) {
	if d.links == nil {
		d.links = map[string]bool{}
	}
	switch {
	case e.Kind == LinkAdded && d.links[e.After]:
		d.breaks = append(d.breaks, fmt.Sprintf("it was linked twice: %s", e.After))
	case e.Kind == LinkRemoved && !d.links[e.Before]:
		d.breaks = append(d.breaks, fmt.Sprintf("a link ended that there was not: %s", e.Before))
	}
	delete(d.links, e.Before)
	if e.After != "" {
		d.links[e.After] = true
	}
}

// Links are the links of the ticket as it sees them (Link.Seen), sorted.
func (d *Diary) Links() []string { return slices.Sorted(maps.Keys(d.links)) }

// Watchers says for which agents the ticket has a Watcher, and in which mode.
func (d *Diary) Watchers() map[string]string { return maps.Clone(d.watchers) }

// state keeps what Ticket.setState does beside setting it.
func (d *Diary) state(was, is Status, at time.Time) {
	d.since, d.reminded, d.reminders = at, time.Time{}, 0
	d.values[FollowUpChanged] = ""
	if is.Done() {
		d.values[SnoozeChanged] = ""
	}
	switch {
	case is == was:
	case is == Resolved:
		d.resolved = at
	case is == Closed:
		d.closed = at
	case !is.Done():
		d.resolved, d.closed = time.Time{}, time.Time{}
	}
}

// Against lists, in words, where the diary breaks off from itself and where it
// ends at another state than the ticket's.
func (d *Diary) Against(t *Ticket) []string {
	if d.values == nil {
		return []string{"its diary is empty"}
	}
	differs := slices.Clone(d.breaks)
	for _, p := range []struct {
		kind EventKind
		is   string
	}{
		{StatusChanged, t.State().String()}, {PriorityChanged, t.Priority}, {AssigneeChanged, t.Assignee}, {TeamChanged, t.Team},
		{DepartmentChanged, t.Department}, {PlanChanged, t.Plan}, {TagsChanged, strings.Join(t.Tags, ", ")},
		{FollowUpChanged, instantText(t.FollowUp)}, {SnoozeChanged, instantText(t.Snoozed)}, {DueChanged, instantText(t.Due)},
		{SubjectChanged, t.Subject}, {RequesterChanged, t.Requester.Key()},
		{TimeSpent, spanText(t.Spent)},
	} {
		if says, known := d.values[p.kind]; known && says != p.is {
			differs = append(differs, fmt.Sprintf("%s is %q, its diary says %q", p.kind, p.is, says))
		}
	}
	if says := d.merged; (says != "" || t.MergedInto != 0) && says != fmt.Sprint(t.MergedInto) {
		differs = append(differs, fmt.Sprintf("it goes on in ticket %d, its diary says %q", t.MergedInto, says))
	}
	if !maps.Equal(t.Fields, d.fields) {
		differs = append(differs, fmt.Sprintf("its fields are %v, its diary says %v", t.Fields, d.fields))
	}
	for _, p := range []struct {
		name     string
		is, says time.Time
	}{{"resolved", t.ResolvedAt, d.resolved}, {"closed", t.ClosedAt, d.closed}, {"in its status", t.StatusAt, d.since},
		{"last reminded of", t.RemindedAt, d.reminded}, {"rated", t.RatedAt, d.rated}} {
		if !p.is.Equal(p.says) {
			differs = append(differs, fmt.Sprintf("%s at %s, its diary says %s", p.name, instantOrNever(p.is), instantOrNever(p.says)))
		}
	}
	if says := starsText(t.Stars); says != d.stars {
		differs = append(differs, fmt.Sprintf("its rating is %q, its diary says %q", says, d.stars))
	}
	if t.Reminders != d.reminders {
		differs = append(differs, fmt.Sprintf("reminded of %d times, its diary says %d", t.Reminders, d.reminders))
	}
	return differs
}

func instantOrNever(t time.Time) string { return cmp.Or(instantText(t), "never") }
