package ticket

import (
	"slices"
	"time"
)

// A Number names a ticket to people: it is what stands in "[#1234]". Numbers
// rise by one from FirstNumber and are never used twice.
type Number int64

// FirstNumber is the number of a desk's first ticket.
const FirstNumber Number = 1001

// A Ticket is one conversation with a requester and what the desk knows of it.
// All instants are UTC with millisecond precision; a zero instant means never.
type Ticket struct {
	Number     Number
	Subject    string // as the first mail had it, without reply prefixes and tags
	Status     Status
	Substatus  string // key in Policy.Substatuses of an admin's own status within Status; "" is Status itself
	Priority   string // one of Policy.Priorities
	Department string // key in Policy.Departments
	Assignee   string // key in Policy.Agents; "" is nobody
	Team       string // key in Policy.Teams; "" is none
	Plan       string // key in Policy.Plans; "" is none
	PlanPinned bool   // set by an agent: transfers do not choose again
	Requester  Address
	Tags       []string          // sorted, lower case
	Fields     map[string]string // by key of a custom field; none is empty
	FollowUp   time.Time         // when a pending ticket comes back
	Snoozed    time.Time         // until then nobody needs to see it; done tickets are not
	Due        time.Time         // set by an agent, in place of the plan's deadline
	Spent      time.Duration     // what agents say they worked on it
	MergedInto Number

	// These are when it happened, which is when a mail reached the mailbox, not
	// when the desk took it.
	OpenedAt   time.Time
	SpokenAt   time.Time // when a participant or an agent last wrote to the other
	StatusAt   time.Time // when it got its status; of a new ticket OpenedAt
	ResolvedAt time.Time
	ClosedAt   time.Time
	UpdatedAt  time.Time // when the desk last changed it
	RemindedAt time.Time // when the requester was last reminded
	Reminders  int       // how often, since StatusAt and SpokenAt
	Stars      int       // how its requester rated it, of BestRating; 0 is not at all
	RatedAt    time.Time

	// Computed from all of the above and the clocks of the plan whenever the
	// ticket is kept, so that they can be searched for.
	Deadline time.Time // the nearest of its clocks that run
	NextAt   time.Time // when Tick has something to do; zero is never

	// By what its clocks are counted, as its diary noted it last; "" if it never
	// had any.
	PlanRevision     string
	Calendar         string // key
	CalendarRevision string
}

// A Status says where a ticket stands. See the state diagram in the package
// documentation.
type Status string

// The statuses.
const (
	New      Status = "new"      // no agent has answered yet
	Open     Status = "open"     // work for the desk
	Pending  Status = "pending"  // waiting for the requester
	Hold     Status = "hold"     // waiting for a third party
	Resolved Status = "resolved" // answered; the requester may still reopen it
	Closed   Status = "closed"   // over
	Spam     Status = "spam"     // unwanted; later mail is kept silently
	Deleted  Status = "deleted"  // gone; later mail opens a new ticket
	Merged   Status = "merged"   // continued in MergedInto
)

// statuses lists every status in the order of a ticket's life.
var statuses = []Status{New, Open, Pending, Hold, Resolved, Closed, Spam, Deleted, Merged}

// Statuses lists every status in the order of a ticket's life.
func Statuses() []Status { return slices.Clone(statuses) }

// Done reports whether the desk has no work left on a ticket in this status.
func (s Status) Done() bool {
	return slices.Contains([]Status{Resolved, Closed, Spam, Deleted, Merged}, s)
}

// Known reports whether there is such a status.
func (s Status) Known() bool { return slices.Contains(statuses, s) }

// setStatus moves the ticket to s; see setState.
func (t *Ticket) setStatus(s Status, by Actor, at time.Time) *Event {
	return t.setState(State{Status: s}, by, at)
}

// setState moves the ticket to s, which happened at the given instant, and keeps
// true what belongs to its state. It returns the event, or nil where nothing
// changed. Diary.state does the same.
func (t *Ticket) setState(s State, by Actor, at time.Time) *Event {
	was := t.State()
	if was == s {
		return nil
	}
	t.Status, t.Substatus, t.StatusAt = s.Status, s.Substatus, at
	t.FollowUp, t.RemindedAt, t.Reminders = time.Time{}, time.Time{}, 0
	if s.Status.Done() {
		t.Snoozed = time.Time{}
	}
	switch {
	case s.Status == was.Status:
	case s.Status == Resolved:
		t.ResolvedAt = at
	case s.Status == Closed:
		t.ClosedAt = at
	case !s.Status.Done():
		t.ResolvedAt, t.ClosedAt = time.Time{}, time.Time{}
	}
	return &Event{Ticket: t.Number, Since: at, Kind: StatusChanged, Actor: by, Before: was.String(), After: s.String()}
}

// spoken notes that a participant or an agent wrote to the other. Who was to be
// reminded begins to wait anew.
func (t *Ticket) spoken(at time.Time) {
	if at.After(t.SpokenAt) {
		t.SpokenAt = at
	}
	t.RemindedAt, t.Reminders = time.Time{}, 0
}

// endedAt is the later of resolve and close, from which the reopen window
// counts.
func (t *Ticket) endedAt() time.Time {
	if t.ClosedAt.After(t.ResolvedAt) {
		return t.ClosedAt
	}
	return t.ResolvedAt
}
