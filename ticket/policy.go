package ticket

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// A Policy is everything the admin decides: who works where, what they may do,
// and how the desk behaves. It is never changed in place; a reload makes a new
// one.
type Policy struct {
	Zone            *time.Location // in which agents read times
	Language        string         // of mail to customers, and of pages for them, where nothing else says which; see LanguageFor
	Departments     map[string]Department
	Agents          map[string]Agent
	Roles           map[string]Role
	Teams           map[string]Team
	Substatuses     map[string]Substatus
	Plans           map[string]Plan
	Calendars       map[string]*calendar.Calendar
	Calendar        string             // of plans and departments that name none
	Mailboxes       map[string]Mailbox // key: Receipt.Source
	Priorities      []string           // from least to most urgent
	DefaultPriority string
	Admins          []string // agent keys
	Fields          []Field  // in the order in which they are shown
	Canned          map[string]Canned
	Macros          map[string]Macro
	Webhooks        map[string]Webhook

	Page         string        // where agents' browsers find the page, such as https://desk.example.com; "" if there is none
	Portal       bool          // customers may open and follow tickets there
	SecondFactor bool          // agents need a second factor to sign in by a password or a link
	Sweep        time.Duration // between two ticks
	SendDelay    time.Duration // how long an agent's reply waits before it is sent, so that it can be taken back
	CatchupWait  time.Duration // how long after a start, or an outage of a mailbox, steps wait for mail that came before them
	WeeklyReport Schedule      // when leads get reports; nil is never
	Acknowledge  Acknowledge
	ReopenWindow time.Duration // from the later of resolve and close
	Thanks       bool          // a mail that only says thanks does not reopen
	TokenLife    time.Duration // of agents' tokens
	DraftLife    time.Duration // of held commands
	OldMail      time.Duration // older mail gets no acknowledgement
	NearMiss     NearMiss
	Caps         Caps
	Separator    string // between local part and token: "+"
	Echo         string // key of the mailbox that gets a copy of each mail, as proof; "" is none
	Retries      Retries
}

// A Department is a group of agents with an address of its own. Departments form
// trees: agents keep their role in those below. What a department leaves out it
// has from its parent; here that is filled in already.
type Department struct {
	Key          string
	Name         string
	Parent       string  // key of the department above it; "" is none
	Address      Address // customers write to it, and replies come from it
	Signature    string  // below replies
	Lead         string  // agent key; "" is none
	Plan         string  // plan of its new tickets; "" is none
	Calendar     string  // of plans that name none; "" is the policy's
	ReopenClosed bool    // a customer's mail inside the window reopens closed tickets too
	Assign       AssignRule
	TellCustomer []Option
	AfterReply   State // after a public reply

	CloseAfter    time.Duration // resolved tickets are closed when they were quiet for so long; 0 is never
	CloseWarning  time.Duration // how long before that the requester is told; 0 is never
	RemindPending time.Duration // requesters of pending tickets are reminded after this, twice; 0 is never

	PendingRequiresReply bool // a ticket waits for its customer only when an agent has answered

	Language string // of the words around those of people in mail to its customers: a tag of RFC 5646, or AutoLanguage
	Portal   bool   // customers may open tickets in it on the page, where there is a portal
	Rating   bool   // customers may rate its tickets there
}

// An Agent works on tickets.
type Agent struct {
	Key        string
	Name       string
	Emails     []string          // the first is where mail to the agent goes
	Access     map[string]string // department key to role key, or to NoAccess; see Policy.RoleIn
	Disabled   bool
	Calendar   string              // when they work; "" is day and night, in the desk's zone
	Deputy     string              // key of who is told while they are away or cannot be reached; "" is nobody
	DailyPlan  Schedule            // when they get the daily plan; nil is never
	ReplyAs    EntryKind           // what an answer to a customer's message becomes: Reply or Note
	Transcript TranscriptMode      // when command mails are answered
	Notify     map[NoticeKind]Wish // what is not there is WishMine
}

// TranscriptMode says when an agent gets the result of a command mail.
type TranscriptMode string

// The transcript modes. Held commands are always answered.
const (
	TranscriptAlways TranscriptMode = "always"
	TranscriptErrors TranscriptMode = "errors"
)

// A Role is a set of rights.
type Role struct {
	Key    string
	Rights []Right
}

// A Right is what a role lets an agent do in a department.
type Right string

// The rights.
const (
	MayRead     Right = "read"
	MayCreate   Right = "create"
	MayReply    Right = "reply"
	MayNote     Right = "note"
	MayEdit     Right = "edit"
	MayAssign   Right = "assign"
	MayTransfer Right = "transfer"
	MayClose    Right = "close"
	MayMerge    Right = "merge"
	MayLink     Right = "link"
	MayForward  Right = "forward"
	MayBan      Right = "ban"
	MayDelete   Right = "delete"
	MayErase    Right = "erase"
)

// Rights lists every right.
var Rights = []Right{MayRead, MayCreate, MayReply, MayNote, MayEdit, MayAssign, MayTransfer, MayClose,
	MayMerge, MayLink, MayForward, MayBan, MayDelete, MayErase}

// A Plan is an SLA plan that a ticket may be under.
type Plan = sla.Plan

// CalendarOf is the calendar of tickets of a department under a plan, both by
// key: the plan's, else the department's, else the desk's. It is nil if none
// is set.
func (p *Policy) CalendarOf(plan, department string) *calendar.Calendar {
	return p.Calendars[cmp.Or(p.Plans[plan].Calendar, p.Departments[department].Calendar, p.Calendar)]
}

// A Mailbox is a source of mail.
type Mailbox struct {
	Key        string
	Address    Address
	Department string        // where its new tickets go
	Poll       time.Duration // the longest time between two looks at it; zero is five minutes
}

// Acknowledge says whose first mail is answered with a receipt.
type Acknowledge string

// The modes of acknowledgement.
const (
	AckVerified Acknowledge = "verified" // aligned pass, or an address that an agent has answered
	AckAlways   Acknowledge = "always"
	AckNever    Acknowledge = "never"
)

// NearMiss says what happens to a known verb outside the command block.
type NearMiss string

// What to do with near misses. NearMissHold holds for "#note" and its aliases
// only, since there a slip would publish a private remark; others warn.
const (
	NearMissHold NearMiss = "hold"
	NearMissWarn NearMiss = "warn"
	NearMissOff  NearMiss = "off"
)

// Caps bound the automatic mail that non-agents get, and what a flood of mail
// may set in motion. Public replies by agents never count, and no mail is lost
// to a cap.
type Caps struct {
	AddressHour int // automatic mails to one address in an hour
	AddressDay  int
	TicketDay   int // automatic mails on one ticket in 24 h
	SystemHour  int // automatic mails of the whole desk in an hour
	SenderHour  int // new tickets of one sender in an hour; more mails go to one ticket
	ReopenHour  int // reopenings of one ticket by mail in an hour
	AgentBurst  int // notices to one agent in 10 minutes; more merge into a digest
}

// Retries say when a mail that could not be delivered is tried again.
type Retries struct {
	Delays []time.Duration // after the first, second, ... attempt; the last one repeats
	TellAt time.Duration   // after which an agent is told that it still waits
	GiveUp time.Duration   // after which it counts as undeliverable; see Exhausted
}

// After is the delay before the attempt that follows the given number of
// attempts.
func (r Retries) After(attempts int) time.Duration {
	if len(r.Delays) == 0 {
		return time.Hour
	}
	return r.Delays[min(max(attempts, 1), len(r.Delays))-1]
}

// Exhausted reports whether a mail that was tried so often, and waits for so
// long, is given up. The time alone is not enough: it also passes while the
// relay is down, the machine sleeps, or the clock is set.
func (r Retries) Exhausted(attempts int, waited time.Duration) bool {
	return waited >= r.GiveUp && attempts > len(r.Delays)
}

// AgentByAddress finds the agent who owns an address, disabled ones included.
func (p *Policy) AgentByAddress(a Address) (Agent, bool) {
	for _, key := range slices.Sorted(maps.Keys(p.Agents)) {
		agent := p.Agents[key]
		if slices.ContainsFunc(agent.Emails, func(e string) bool { return strings.EqualFold(e, a.Email) }) {
			return agent, true
		}
	}
	return Agent{}, false
}

// Members lists the agents who can read tickets of a department and are not
// disabled, by key.
func (p *Policy) Members(department string) []string {
	var members []string
	for _, key := range slices.Sorted(maps.Keys(p.Agents)) {
		if p.May(key, MayRead, department) {
			members = append(members, key)
		}
	}
	return members
}

// Own reports whether an address is one of the desk's: of a department or a
// mailbox, bare or with a token. Another word behind the separator may be
// anybody's: support-berlin@example.com.
func (p *Policy) Own(email string) bool {
	bare := strings.ToLower(email)
	local, domain, ok := strings.Cut(bare, "@")
	if !ok {
		return false
	}
	if at := strings.LastIndex(local, p.Separator); p.Separator != "" && at > 0 {
		if _, ok := parseToken(local[at+len(p.Separator):]); ok {
			bare = local[:at] + "@" + domain
		}
	}
	for _, d := range p.Departments {
		if d.Address.Key() == bare {
			return true
		}
	}
	for _, m := range p.Mailboxes {
		if m.Address.Key() == bare {
			return true
		}
	}
	return false
}

// agentName is the name people know an agent by, or the key of an agent who
// has left.
func (p *Policy) agentName(key string) string {
	if a, ok := p.Agents[key]; ok {
		return a.Name
	}
	return key
}

// actorName is how an actor is named to agents.
func (p *Policy) actorName(a Actor) string {
	switch a.Kind {
	case ByAgent:
		return p.agentName(a.Name)
	case ByCustomer:
		return a.Name
	case ByOperator:
		return "the operator"
	}
	return "deskpost"
}

// owns reports whether an address is one of the agent's.
func (a Agent) owns(address Address) bool {
	return slices.ContainsFunc(a.Emails, func(e string) bool { return strings.EqualFold(e, address.Email) })
}
