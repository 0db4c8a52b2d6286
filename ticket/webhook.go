package ticket

import (
	"slices"
	"time"
)

// A Webhook is another program that is told, over HTTP, of what happens to
// tickets. Where it is and how it is signed to is the sender's business.
type Webhook struct {
	Key         string
	Host        string        // of its address, for people to read
	Events      []EventKind   // what it is told of, of WebhookEvents
	Departments []string      // of whose tickets, with those below them; none is all
	MaxAge      time.Duration // how long a delivery is tried
}

// WebhookEvents lists what other programs may be told of: what happened to a
// ticket, but not how the desk goes about its work.
var WebhookEvents = []EventKind{TicketOpened, MessageAdded, ReplyAdded, NoteAdded, MachineAdded, MessageHeld, MessageAllowed, MessageDenied,
	StatusChanged, PriorityChanged, AssigneeChanged, TeamChanged, DepartmentChanged, PlanChanged, TagsChanged, FieldChanged,
	TimeSpent, FollowUpChanged, DueChanged, SnoozeChanged, SubjectChanged, RequesterChanged, ParticipantsChanged,
	StepReached, BreachRevoked, ReplyUndelivered, DeliveryFailed, LinkAdded, LinkRemoved,
	EntrySplit, SplitFrom, TicketMerged, TicketAbsorbed}

// A Delivery is something that a webhook is to be told: a row that is written in
// the transaction of what it tells. Its body never changes.
type Delivery struct {
	ID       int64
	Webhook  string // key
	Ticket   Number
	Kind     EventKind
	Message  string // names it to the receiver, the same at each attempt
	Body     string // JSON
	QueuedAt time.Time
	DueAt    time.Time // when the next attempt may start; while one runs, when its lease ends
	Attempts int       // booked before each attempt starts
	TriedAt  time.Time // when the last of them began

	LeasedUntil time.Time // until then the attempt belongs to one sender
	LeasedBy    string    // the node whose sender that is; "" if there is one
	Answer      string    // what the receiver said last, or why it was not reached
	SettledAt   time.Time
	End         DeliveryEnd
}

// A DeliveryEnd is what became of a delivery in the end.
type DeliveryEnd string

// The ends of deliveries. One that still waits has none.
const (
	Delivered DeliveryEnd = "delivered"
	GivenUp   DeliveryEnd = "given-up" // it was tried for too long
	Dropped   DeliveryEnd = "dropped"  // somebody decided so
)

// A WebhookState is how telling a webhook goes.
type WebhookState struct {
	Key         string
	DeliveredAt time.Time // when it last took something
	FailingAt   time.Time // since when each attempt has failed; zero if the last one did not
	Failures    int       // how many
	PausedAt    time.Time // since when nothing is sent, until somebody resumes it
	PausedWhy   string
}

// Webhooks are the part of a Tx that keeps what other programs are to be told.
type Webhooks interface {
	// AddDelivery writes a delivery whose ID came from Next("delivery").
	AddDelivery(d *Delivery) error
	// Delivery reads one back and, in an Update, holds it.
	Delivery(id int64) (Delivery, error)
	// Deliveries lists those that match, CountDeliveries counts them.
	Deliveries(f DeliveryFilter) ([]Delivery, error)
	CountDeliveries(f DeliveryFilter) (int, error)
	// NextDelivery is the delivery of a webhook whose turn is next: the oldest that
	// waits and was tried less than patience times, or one that was tried more often,
	// whichever is due first. It answers ErrNotFound if nothing waits.
	NextDelivery(webhook string, patience int) (Delivery, error)
	// KeepDelivery writes what an attempt or a decision changed.
	KeepDelivery(d Delivery) error
	// HastenDeliveries makes all due that wait for a webhook and are not leased.
	HastenDeliveries(webhook string, now time.Time) error
	// EndDeliveryLeases ends the leases of a node, as if they had run out; with node
	// "" everyone's.
	EndDeliveryLeases(node string, now time.Time) error
	// ForgetDeliveries removes up to limit deliveries that ended so, before an
	// instant.
	ForgetDeliveries(ends []DeliveryEnd, before time.Time, limit int) (int, error)
	// WebhookState reads how a webhook does, and in an Update holds it; one that
	// nothing is known of has a state with its key only. SaveWebhookState writes it.
	WebhookState(key string) (WebhookState, error)
	SaveWebhookState(s WebhookState) error
	// WebhooksKnown lists the webhooks that deliveries wait for, by key.
	WebhooksKnown() ([]string, error)
}

// A DeliveryFilter selects deliveries, by ID. Zero fields select everything.
type DeliveryFilter struct {
	Webhook string
	Waiting bool        // only what waits
	Tried   bool        // only what was tried
	End     DeliveryEnd // only what ended so
	Before  time.Time   // queued before
	After   int64       // with an ID above
	Newest  bool        // the newest first
	Limit   int         // 0 is 100
}

// wants reports whether a webhook is told of an event on a ticket. A ticket that
// leaves a department is its business too.
func (p *Policy) wants(h Webhook, e *Event, department string) bool {
	if !slices.Contains(h.Events, e.Kind) {
		return false
	}
	return p.within(department, h.Departments) || e.Kind == DepartmentChanged && p.within(e.Before, h.Departments)
}
