package ticket

import (
	"slices"
	"time"
)

// A NoticeKind says what a mail of ours is about; templates are named after it.
type NoticeKind string

// The kinds of notices.
const (
	NoticeAck           NoticeKind = "ack"           // to the requester: we have your mail
	NoticeReply         NoticeKind = "reply"         // to the participants: an agent's reply
	NoticeResolved      NoticeKind = "resolved"      // to the participants: resolved without words
	NoticeReceipt       NoticeKind = "receipt"       // to a participant: we have your further mail
	NoticeMoved         NoticeKind = "moved"         // to the requester: another department has the ticket
	NoticeReminder      NoticeKind = "reminder"      // to the requester: we wait for your answer
	NoticeUnanswered    NoticeKind = "unanswered"    // to the requester: we waited in vain, and call it resolved
	NoticeClosing       NoticeKind = "closing"       // to the requester: the ticket will be closed
	NoticeNew           NoticeKind = "new"           // to agents: a new ticket
	NoticeMessage       NoticeKind = "message"       // to agents: a participant wrote
	NoticeAssigned      NoticeKind = "assigned"      // to the assignee, or to the members of the team
	NoticeTransferred   NoticeKind = "transferred"   // to the new department
	NoticeNote          NoticeKind = "note"          // to the assignee, and whom it mentions
	NoticeReplied       NoticeKind = "replied"       // to agents: a colleague answered the customer, or resolved the ticket
	NoticeStuck         NoticeKind = "stuck"         // to agents: a colleague's mail was held
	NoticeMerged        NoticeKind = "merged"        // to agents: another ticket goes on in this one
	NoticeGuest         NoticeKind = "guest"         // to agents: a stranger's mail is held
	NoticeMisused       NoticeKind = "misused"       // to the agent: your answering address came from somebody else
	NoticeUndeliverable NoticeKind = "undeliverable" // to agents: a mail did not arrive
	NoticeDelayed       NoticeKind = "delayed"       // to agents: a mail still waits
	NoticeTranscript    NoticeKind = "transcript"    // to the agent: what the commands did
	NoticeHeld          NoticeKind = "held"          // to the agent: nothing was done
	NoticeFollowUp      NoticeKind = "follow-up"     // to the assignee: a pending ticket is due
	NoticeEscalation    NoticeKind = "escalation"    // to agents: a deadline comes or has passed
	NoticeEscalations   NoticeKind = "escalations"   // to agents: deadlines of several tickets
	NoticeLate          NoticeKind = "late"          // to the requester: we are late
	NoticeDigest        NoticeKind = "digest"        // to an agent: many notices in one
	NoticeDailyPlan     NoticeKind = "daily-plan"    // to an agent: what there is to do today
	NoticeWeeklyReport  NoticeKind = "weekly-report" // to a lead: what has happened
	NoticeSignIn        NoticeKind = "sign-in"       // to an agent: a link to the page
	NoticeAccount       NoticeKind = "account"       // to an agent: how they sign in was changed, or tried
	NoticeConfirm       NoticeKind = "confirm"       // to whoever is named in a form: a link that opens the ticket
	NoticeVisit         NoticeKind = "visit"         // to a customer: a link to their tickets
)

// NoticeKinds lists every kind of notice.
var NoticeKinds = []NoticeKind{NoticeAck, NoticeReply, NoticeResolved, NoticeReceipt, NoticeMoved, NoticeReminder, NoticeUnanswered, NoticeClosing, NoticeNew, NoticeMessage, NoticeAssigned,
	NoticeTransferred, NoticeNote, NoticeReplied, NoticeStuck, NoticeMerged, NoticeGuest, NoticeMisused, NoticeUndeliverable, NoticeDelayed, NoticeTranscript,
	NoticeHeld, NoticeFollowUp, NoticeEscalation, NoticeEscalations, NoticeLate, NoticeDigest,
	NoticeDailyPlan, NoticeWeeklyReport, NoticeSignIn, NoticeAccount, NoticeConfirm, NoticeVisit}

// SignsIn reports whether notices of this kind carry a link that lets in whoever
// follows it first.
func (k NoticeKind) SignsIn() bool {
	return k == NoticeSignIn || k == NoticeConfirm || k == NoticeVisit
}

// ToAgent reports whether notices of this kind go to agents.
func (k NoticeKind) ToAgent() bool {
	return !slices.Contains([]NoticeKind{NoticeAck, NoticeReply, NoticeResolved, NoticeReceipt, NoticeMoved, NoticeLate,
		NoticeReminder, NoticeUnanswered, NoticeClosing, NoticeConfirm, NoticeVisit}, k)
}

// A Notice is a mail that the desk owes somebody: a row of the outbox. All
// that identifies the mail is fixed when it is queued, so that every attempt to
// deliver it sends the same bytes.
type Notice struct {
	ID         int64
	Ticket     Number // 0 if it is about no ticket
	Entry      int64
	Kind       NoticeKind
	Answer     TokenKind // what answering it does: TokenCustomer, TokenReply, TokenNote
	Agent      string    // the agent it goes to; "" if it goes to participants
	Department string    // whose address it comes from
	Recipients []Recipient
	Automatic  bool   // written by the program: carries the headers of RFC 3834
	Dedupe     string // two notices with the same key are one; "" is no key
	Draft      int64  // the held draft that an answer mends
	Facts      Facts

	Key        int // of the signing key
	From       Address
	MessageID  string // without angle brackets
	ReplyTo    string // the department's address with the token
	ReturnPath string // envelope sender
	Stamp      string // X-Deskpost-Notice
	InReplyTo  string
	References []string

	QueuedAt    time.Time
	DueAt       time.Time // when the next attempt may start
	Attempts    int       // booked before each attempt starts
	LeasedUntil time.Time // until then the attempt belongs to one sender
	LeasedBy    string    // the node whose sender that is, or was; "" if there is one or the attempt is settled
	InDoubt     bool      // the last attempt ended in doubt for some recipient
	DelayTold   time.Time // when an agent was told that it still waits
	EchoedAt    time.Time // when a copy came by in our own mailbox, of the attempt that runs or of a settled mail
	AgainAt     time.Time // when it was last sent again though the end of an attempt was unknown: it may have gone out twice
	SettledAt   time.Time // when no recipient was left to serve
	HeldAt      time.Time // since when it waits for somebody to release or drop it; stays if it is dropped
	HeldWhy     string
	Waits       AlarmWait // what mail about deadlines waits for until DueAt
}

// Held reports whether the notice waits for somebody to release or drop it. It
// is not sent by itself.
func (n *Notice) Held() bool { return !n.HeldAt.IsZero() && n.SettledAt.IsZero() }

// A Recipient is one envelope recipient of a notice and how delivery to them
// stands.
type Recipient struct {
	Address  Address
	Cc       bool
	SentAt   time.Time
	FailedAt time.Time
	InDoubt  bool   // the last attempt ended without an answer
	Answer   string // the mail server's last word
}

// Outstanding reports whether the recipient is neither served nor given up.
func (r Recipient) Outstanding() bool { return r.SentAt.IsZero() && r.FailedAt.IsZero() }

// A Verdict says how an attempt to deliver to one recipient ended.
type Verdict string

// The verdicts. Whatever is not understood is Later: a refusal must be proven
// by the server.
const (
	Sent    Verdict = "sent"
	Later   Verdict = "later"
	Refused Verdict = "refused"
	InDoubt Verdict = "in-doubt" // the line was lost between the last byte and the answer
)

// A Result is the verdict for one recipient.
type Result struct {
	Recipient string
	Verdict   Verdict
	Answer    string
}

// Facts are what the wording of a notice may use, frozen when it is queued.
// Every value is plain text that may come from strangers.
type Facts struct {
	Number         Number `json:"number,omitempty"`
	Subject        string `json:"subject,omitempty"`
	Department     string `json:"department,omitempty"` // name, with those above it
	Signature      string `json:"signature,omitempty"`
	To             string `json:"to,omitempty"`     // name of the reader
	For            string `json:"for,omitempty"`    // the sentence that says for whom the reader stands in
	Actor          string `json:"actor,omitempty"`  // who caused it, by name
	Author         string `json:"author,omitempty"` // of the text, as "Name <address>" for agents
	Text           string `json:"text,omitempty"`
	Markdown       bool   `json:"markdown,omitempty"` // the text is Markdown
	Badge          string `json:"badge,omitempty"`    // what is known of the sender
	Answers        string `json:"answers,omitempty"`  // the sentence that says what answering does
	Reference      string `json:"reference,omitempty"`
	Resolved       bool   `json:"resolved,omitempty"` // the reply also resolves the ticket
	Reopened       string `json:"reopened,omitempty"` // the status that a customer's mail has ended
	Public         bool   `json:"public,omitempty"`   // the text went to the customer
	Latest         string `json:"latest,omitempty"`   // what a participant wrote last, where Text is a colleague's
	LatestBy       string `json:"latest_by,omitempty"`
	LatestMarkdown bool   `json:"latest_markdown,omitempty"`
	Yours          bool   `json:"yours,omitempty"` // the ticket is assigned to the reader
	Other          string `json:"other,omitempty"` // number and subject of the ticket that was merged into this one
	Team           string `json:"team,omitempty"`  // name; the ticket was given to this team of the reader, not to the reader

	Status    string      `json:"status,omitempty"`
	Priority  string      `json:"priority,omitempty"`
	Assignee  string      `json:"assignee,omitempty"` // names of agent and team
	Plan      string      `json:"plan,omitempty"`     // name
	Due       string      `json:"due,omitempty"`      // the nearest deadline in words, to agents only: "due Mon 14:30"
	Requester string      `json:"requester,omitempty"`
	Tags      string      `json:"tags,omitempty"`
	Fields    []FieldLine `json:"fields,omitempty"`

	Remarks []string     `json:"remarks,omitempty"`
	Results []ResultLine `json:"results,omitempty"` // of a transcript
	Report  []string     `json:"report,omitempty"`  // answers to #show, #list and #help, line by line
	Revoked bool         `json:"revoked,omitempty"` // it corrects what was told of a deadline: that is not passed
	Verdict string       `json:"verdict,omitempty"` // first line of a transcript
	Items   []string     `json:"items,omitempty"`   // of a digest
	Lists   []TicketList `json:"lists,omitempty"`   // of a daily plan
	More    int          `json:"more,omitempty"`    // how many lines a digest has beyond Items
	Address string       `json:"address,omitempty"` // which recipient a mail did not reach
	Answer  string       `json:"answer,omitempty"`  // what the mail server said
	Link    string       `json:"link,omitempty"`    // to the page
	Account AccountNews  `json:"account,omitempty"` // what happened to how the reader signs in
	Files   []File       `json:"files,omitempty"`   // sent along
	Zone    string       `json:"zone,omitempty"`    // of the times in the text
	At      time.Time    `json:"at,omitzero"`
	Until   time.Time    `json:"until,omitzero"` // when the ticket will be closed
	Dated   time.Time    `json:"dated,omitzero"` // the date of the mail, if it waits longer than it takes to send it

	Language string `json:"language,omitempty"` // of the words around those of people, by its tag of RFC 5646; "" is English
	Offset   string `json:"offset,omitempty"`   // of the reader's clock from UTC, where it is another than that of Zone
}

// A TicketList is some tickets under a heading.
type TicketList struct {
	Title   string       `json:"title"`
	Tickets []TicketLine `json:"tickets,omitempty"`
	More    int          `json:"more,omitempty"` // how many there are beyond Tickets
}

// A TicketLine is a ticket in a list.
type TicketLine struct {
	Number    Number `json:"number"`
	Subject   string `json:"subject"`
	Requester string `json:"requester,omitempty"`
	Priority  string `json:"priority,omitempty"`
	Age       string `json:"age,omitempty"`      // "3 days"
	When      string `json:"when,omitempty"`     // "due Mon 23 Nov, 14:00"; "" if by no time
	Late      bool   `json:"late,omitempty"`     // the time has passed
	ReplyTo   string `json:"reply_to,omitempty"` // takes commands for the ticket; "" if there is none
}

// A ResultLine is one command of a transcript with what came of it.
type ResultLine struct {
	Line   string `json:"line"`
	Result string `json:"result"`
	Failed bool   `json:"failed,omitempty"`
}
