package ticket

import (
	"fmt"
	"time"
)

// An ActorKind says in which capacity somebody acted.
type ActorKind string

// The kinds of actors.
const (
	ByDesk     ActorKind = "desk" // the program itself: a rule, a timer
	ByAgent    ActorKind = "agent"
	ByCustomer ActorKind = "customer"
	ByOperator ActorKind = "operator" // whoever may run the program's commands
)

// An Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	Name string    `json:"name,omitempty"` // agent key, or the customer's address
}

// theDesk is the actor of what the program does by itself.
var theDesk = Actor{Kind: ByDesk}

// An EventKind says what happened to a ticket.
type EventKind string

// The kinds of events.
const (
	TicketOpened        EventKind = "opened"
	MessageAdded        EventKind = "message"
	ReplyAdded          EventKind = "reply" // after is AutomaticReply if it is no agent's answer
	NoteAdded           EventKind = "note"
	MachineAdded        EventKind = "machine-message"
	MessageHeld         EventKind = "message-held"
	MessageAllowed      EventKind = "message-allowed" // Entry was held; After is the Machine that wrote it, "" if a person did
	MessageDenied       EventKind = "message-denied"  // the same
	StatusChanged       EventKind = "status"          // Before and After are States
	PriorityChanged     EventKind = "priority"
	AssigneeChanged     EventKind = "assignee"
	TeamChanged         EventKind = "team"
	DepartmentChanged   EventKind = "department"
	PlanChanged         EventKind = "plan"
	WatchChanged        EventKind = "watch" // before and after are "AGENT=MODE"
	TagsChanged         EventKind = "tags"
	FieldChanged        EventKind = "field"     // before and after are "KEY=VALUE", without a value where there is none
	TimeSpent           EventKind = "time"      // before and after are the sums, as time.ParseDuration reads them
	FollowUpChanged     EventKind = "follow-up" // Before and After are instants (RFC 3339, UTC), "" is none
	DueChanged          EventKind = "due"       // the same
	SnoozeChanged       EventKind = "snooze"    // the same
	SubjectChanged      EventKind = "subject"
	RequesterChanged    EventKind = "requester" // Before and After are address keys
	RequesterReminded   EventKind = "reminded"
	TicketRated         EventKind = "rated" // Before and After are of BestRating, "" is not yet; Detail is the customer's remark
	TermsChanged        EventKind = "terms" // Before and After are Terms
	StepReached         EventKind = "step"
	BreachRevoked       EventKind = "breach-revoked"
	ReplyUndelivered    EventKind = "reply-undelivered" // Entry is the reply
	ParticipantsChanged EventKind = "participants"
	CommandsRun         EventKind = "commands"
	CommandsHeld        EventKind = "commands-held"
	BounceReported      EventKind = "bounce"
	DeliveryFailed      EventKind = "undeliverable"
	DeliveryDelayed     EventKind = "delayed"
	WebhookFailed       EventKind = "webhook-failed" // After is the key of a webhook that was not told
	NoticeReleased      EventKind = "notice-released"
	NoticeDropped       EventKind = "notice-dropped"
	Unacknowledged      EventKind = "not-acknowledged"
	MailQuarantined     EventKind = "quarantined"
	DeedUndone          EventKind = "undone"
	QuarantineEnded     EventKind = "quarantine-ended"
	LinkFound           EventKind = "link"
	LinkAdded           EventKind = "linked"      // After is Link.Seen
	LinkRemoved         EventKind = "unlinked"    // Before is
	EntrySplit          EventKind = "split"       // After is the number of the ticket that Entry became
	SplitFrom           EventKind = "split-from"  // After is the number of the ticket it came from, Before "answered" if it had an answer there
	TicketMerged        EventKind = "merged-into" // After is the number of the ticket it goes on in
	TicketAbsorbed      EventKind = "merged-from" // After is the number of the ticket that was merged, Before its Wait
)

// AutomaticReply is what a ReplyAdded event has for After where nobody answered:
// the desk ran a macro, or an agent sent nothing but the text of automatic ones.
// Such a reply stops no clock, and the ticket is still unanswered.
const AutomaticReply = "automatic"

// addsEntry reports whether an event of this kind came with a new entry.
func (k EventKind) addsEntry() bool {
	switch k {
	case TicketOpened, MessageAdded, ReplyAdded, NoteAdded, MachineAdded, MessageHeld:
		return true
	}
	return false
}

// An Event is a line of a ticket's diary: what changed, who did it, and which
// mail caused it. Events are only ever added.
type Event struct {
	ID      int64
	Ticket  Number
	At      time.Time // when the desk took note of it
	Since   time.Time // when it happened, if that was earlier: a mail reaches the mailbox before it is taken
	Kind    EventKind
	Actor   Actor
	Before  string
	After   string
	Detail  string // a sentence where before and after do not say it all
	Entry   int64
	Receipt int64 // the mail that caused it
}

// Happened is when the event happened, as far as service levels are concerned.
func (e *Event) Happened() time.Time {
	if e.Since.IsZero() {
		return e.At
	}
	return e.Since
}

// link is the event that a ticket may belong to n.
func (n Number) link(ticket Number) *Event {
	if n == 0 {
		return nil
	}
	return &Event{Ticket: ticket, Kind: LinkFound, Actor: theDesk, After: fmt.Sprint(n),
		Detail: fmt.Sprintf("may belong to ticket %d", n)}
}
