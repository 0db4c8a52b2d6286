package ticket

import (
	"context"
	"time"
)

// A Store keeps a desk. Its one implementation is package store; the suite in
// store/storetest pins every promise written here.
type Store interface {
	// Update runs f in one transaction: all of it is kept, or nothing. Update
	// returns nil only after the commit is durable. f may be run again if the
	// engine asks for it, so it must do nothing but call its Tx.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f on one consistent picture of the store. Its Tx refuses writes.
	View(ctx context.Context, f func(Tx) error) error
}

// A Tx is one transaction. Methods that look up one thing answer ErrNotFound
// when there is none.
type Tx interface {
	// Try runs f so that its writes are undone if it returns an error or
	// panics, and those of the rest of the transaction are not. It returns that
	// error; a panic becomes an error.
	Try(f func() error) error
	// Next counts up the named counter, from first, and returns its new value.
	// A value is used once, except when the transaction is undone.
	Next(counter string, first int64) (int64, error)

	Receipts
	Tickets
	Watchers
	Views
	Live
	States
	Timers
	Rota
	Agents
	Requests
	Unsents
	Door
	Factors
	Sessions
	APITokens
	Portal
	Readers
	Timetable
	Reports
	Alarms
	Outbox
	Quarantine
	Clocks
	Links
	Webhooks
}

// Receipts are the part of a Tx that remembers which mails were taken.
type Receipts interface {
	// Receive writes the receipt and the blob that travels with it, and gives
	// the receipt its ID. Where the mail was seen before it returns Again or
	// Another with the ID of the earlier receipt, and for Another the new
	// receipt is written too. A keyed receipt is Another if any concluded or
	// running receipt has its digest. One without a key is Another only if an
	// earlier epoch of the same source holds more receipts with its digest and
	// Received than the new epoch already does (decisions.md 4).
	Receive(r *Receipt) (Sight, int64, error)
	// Conclude writes the outcome of a receipt of this transaction, with what
	// lists show of the mail.
	Conclude(receipt int64, c Conclusion, m Mail) error
	// Taken reads receipts back: one by ID, or all of a ticket in the order
	// they were taken.
	Taken(receipt int64) (Taken, error)
	TakenOn(n Number) ([]Taken, error)
	// TakenUID reads the receipt of a UID; epoch 0 is the newest that has it.
	TakenUID(source string, epoch, uid uint32) (Taken, error)
	// Mark is the highest UID below which every UID has a row: a receipt or a
	// failure. 0 if there is none.
	Mark(source string, epoch uint32) (uint32, error)
	// LastEpoch is the numbering of a source that was met last; 0 if none.
	LastEpoch(source string) (uint32, error)
	// Missing returns those of the UIDs that have neither receipt nor failure.
	Missing(source string, epoch uint32, uids []uint32) ([]uint32, error)
	// BeginReading notes since when a source is read, and reports whether an
	// earlier reader has not ended in order. EndReading ends it in order.
	BeginReading(source string, at time.Time) (unended bool, err error)
	EndReading(source string) error
	// SkipBefore writes before-baseline receipts for mails that lay in the
	// mailbox before the desk first looked.
	SkipBefore(source string, epoch uint32, uids []uint32, received []time.Time, at time.Time) error
	// Baseline is the instant before which mail of a source is left alone, set
	// once by SetBaseline.
	Baseline(source string) (time.Time, error)
	SetBaseline(source string, at time.Time) error
	// AfterPending lists receipts of which the mail server was not told yet,
	// oldest first; AfterDone notes that it was.
	AfterPending(source string, epoch uint32, limit int) ([]Taken, error)
	AfterDone(source string, epoch uint32, uids []uint32, at time.Time) error
	// Fail books a failed try; ClearFailure forgets it. Failures lists a
	// source's, by UID.
	Fail(f Failure) error
	ClearFailure(source string, epoch, uid uint32) error
	Failures(source string, epoch uint32) ([]Failure, error)
	// Swept notes that a pass over a source which began at the given instant
	// reached its end. LastSweep is the beginning noted last, zero if none.
	// ForgetSweep makes it zero: it was noted by a clock that was wrong.
	Swept(source string, began time.Time) error
	LastSweep(source string) (time.Time, error)
	ForgetSweep(source string) error
	// LostSince is the instant since which mail of a source may have been taken
	// and moved away by a desk that is lost, so that this one does not know it;
	// zero if there is none. FoundLost notes that it was looked for.
	LostSince(source string) (time.Time, error)
	FoundLost(source string) error
	// RestoredAt is when the desk was last restored from a backup, zero if never.
	RestoredAt() (time.Time, error)
	// Outcomes counts receipts by outcome.
	Outcomes() (map[Outcome]int, error)
}

// Tickets are the part of a Tx that keeps tickets and their threads.
type Tickets interface {
	// Ticket reads a ticket and, in an Update, holds it against other writers
	// until the transaction ends.
	Ticket(n Number) (*Ticket, error)
	// Save writes a ticket, new or known.
	Save(t *Ticket) error
	// Find lists tickets, the most recently updated first, or with DueBy or NextBy
	// those first that have waited longest.
	Find(f Filter) ([]Ticket, error)
	// Count counts what each of some filters finds, up to its Limit.
	Count(f []Filter) ([]int, error)

	// InUse lists the departments with tickets in one of the statuses, sorted.
	InUse(s []Status) ([]string, error)

	Participants(n Number) ([]Participant, error)
	AddParticipant(p Participant) error // keeps the first role if already there
	// DropParticipant takes somebody out of a ticket, by address key; nothing
	// happens if nobody has it.
	DropParticipant(n Number, address string) error
	Contact(address string) (Contact, error)
	SaveContact(c Contact) error

	// AddEntry appends to a thread, files included, and gives the entry its ID.
	AddEntry(e *Entry) error
	Entries(n Number) ([]Entry, error)
	Entry(id int64) (Entry, error)
	// Judge ends the holding of an entry: it is for all from then on, or is left
	// out for good.
	Judge(entry int64, allowed bool) error
	// Withdraw keeps a reply that nobody outside has got from them for good.
	Withdraw(entry int64) error
	// Know remembers Message-IDs of a ticket. An ID may be known on several
	// tickets, since anybody can name one. Known finds tickets by Message-IDs,
	// in the order asked, the oldest ticket first, each once.
	Know(n Number, messageIDs []string) error
	Known(messageIDs []string) ([]Number, error)

	Record(e ...Event) error
	Events(n Number) ([]Event, error)

	AddDraft(d *Draft) error // gives the draft its ID
	Draft(id int64) (Draft, error)
	EndDraft(id int64, at time.Time) error
}

// An Outbox is the part of a Tx that keeps the mail the desk owes.
type Outbox interface {
	// Queue writes a notice whose ID came from Next("notice"). It returns false
	// if a notice with its dedupe key is there already.
	Queue(n *Notice) (bool, error)
	// Amend rewrites the facts of a notice that no attempt was made for.
	Amend(id int64, f Facts) error
	// Notice reads one back, Deduped by its key.
	Notice(id int64) (Notice, error)
	Deduped(key string) (Notice, error)
	// Notices lists the notices of a ticket, oldest first.
	Notices(n Number) ([]Notice, error)
	// Waiting lists up to limit notices that are not settled, or only the held
	// ones among them, with an ID above after, by ID.
	Waiting(after int64, held bool, limit int) ([]Notice, error)
	// Claim leases up to limit due notices to the sender of a node until the given
	// instant and books an attempt for each, agents' replies first, then oldest
	// first. A notice whose last lease ran out unsettled, or that is in doubt,
	// is claimed only if its lease ended before the instant doubt, or if it is of a
	// kind that SignsIn, of which no echo comes; and unless its echo was met AgainAt
	// becomes now. One that is held is never claimed.
	Claim(node string, now, until, doubt time.Time, limit int) ([]Notice, error)
	// EndLeases ends every lease of a node that runs at an instant, as if it had
	// run out then, and returns how many there were. With node "" it ends every
	// one's.
	EndLeases(node string, now time.Time) (int, error)
	// BringForward makes every notice due now that is not due before the limit,
	// and lets a doubt that is said to begin after it begin now. What was queued
	// by now and never attempted waits on purpose and goes on to do so.
	BringForward(now, limit time.Time) error
	// SaveDelivery writes what an attempt changed: recipients, attempts, due,
	// lease, doubt, the telling of a delay, echo, hold and settlement.
	SaveDelivery(n Notice) error
	// NextDue is the earliest instant at which Claim may find work; zero if the
	// outbox is empty but for what is held.
	NextDue() (time.Time, error)
	// CountNotices counts queued notices that match.
	CountNotices(f NoticeFilter) (int, error)
}

// A Filter selects tickets. Zero fields select everything.
type Filter struct {
	Statuses    []Status
	Substatuses []string // beside those with one of the statuses
	Departments []string
	Assignee    string // key; "-" is nobody
	Teams       []string
	Priority    string
	Plan        string
	Tag         string
	Fields      map[string]string // values by key, as Field.Normal writes them; case does not count
	Requester   string            // address key
	Phrases     []string          // each said in the subject or the thread, or that of a ticket merged into it: words in this order; case and accents do not count
	StarsFrom   int               // with StarsTo: rated so by its requester
	StarsTo     int               // 0 is rated or not
	DueBy       time.Time         // Ticket.Deadline at or before; the earliest first
	NextBy      time.Time         // Ticket.NextAt at or before: what Tick has to look at
	Behind      Due               // with NextBy: only what waits behind this one
	Awake       time.Time         // not snoozed beyond this instant
	Asleep      time.Time         // snoozed beyond this instant
	Held        bool              // with a message that waits for somebody to take or reject it
	Order       Order             // "" is as Find says
	Priorities  []string          // what ByPriority goes by, the most urgent last
	Reversed    bool              // the order turned round; what has no deadline is last all the same
	Beyond      Place             // only what comes behind this place in Order, which must be given with it
	Backwards   bool              // with Beyond: what comes before it, the nearest first
	Limit       int               // 0 is 50
}

// A Due is a ticket in the order of what is due: by NextAt, then by number.
type Due struct {
	At     time.Time // zero is before all
	Number Number
}

// A NoticeFilter selects notices to count. Zero fields select everything.
type NoticeFilter struct {
	Ticket    Number
	Address   string // address key of a recipient
	Agent     string
	Kinds     []NoticeKind
	Customers bool // only automatic mail to non-agents
	Held      bool // only what waits to be released
	Since     time.Time
}
