package ticket

import (
	"strings"
	"time"
)

// A Receipt says where a mail was picked up and what it is, so that the desk
// acts on it once. (Source, Epoch, UID) names one immutable mail for ever (RFC
// 9051 section 2.3.1.1).
type Receipt struct {
	ID       int64  // given by the store
	Source   string // key of the mailbox in the config, or a FolderSource, or an Origin
	Epoch    uint32 // UIDVALIDITY: changes when the source renumbers its mail
	UID      uint32
	Digest   Sum       // of Message-ID, From, Date, Subject, X-Deskpost-Notice and body
	Keyed    bool      // the mail has a Message-ID, so its digest may name a duplicate
	Received time.Time // INTERNALDATE: when the mail reached the mailbox
	Raw      Blob
	At       time.Time // when the desk took it
}

// FolderSource is the source of mail that is found in another folder of a
// mailbox: one that taken mail was moved to.
func FolderSource(mailbox, folder string) string { return mailbox + "/" + folder }

// MailboxOf is the key of the mailbox that a source belongs to.
func MailboxOf(source string) string {
	key, _, _ := strings.Cut(source, "/")
	return key
}

// A Sight says whether a receipt was new to the store.
type Sight int

// What Tx.Receive found.
const (
	Fresh   Sight = iota // never seen
	Again                // this very (source, epoch, UID) has a row already
	Another              // the same mail under another number: recorded, not to be acted on
)

// An Outcome is what became of a mail. Every mail taken has exactly one.
type Outcome string

// The outcomes: a closed list.
const (
	Opened         Outcome = "opened"
	Appended       Outcome = "appended"
	Commanded      Outcome = "commanded"
	CommandHeld    Outcome = "command-held"
	Bounced        Outcome = "bounce"
	MachineMail    Outcome = "machine"
	Echo           Outcome = "echo"
	Loop           Outcome = "loop"
	Duplicate      Outcome = "duplicate"
	GuestHeld      Outcome = "guest-held"
	Quarantined    Outcome = "quarantined"
	Oversize       Outcome = "oversize"
	Unreadable     Outcome = "unreadable"
	BeforeBaseline Outcome = "before-baseline"
)

// Outcomes lists every outcome, in the order reports print them.
var Outcomes = []Outcome{Opened, Appended, Commanded, CommandHeld, Bounced, MachineMail, Echo, Loop,
	Duplicate, GuestHeld, Quarantined, Oversize, Unreadable, BeforeBaseline}

// A Conclusion is the outcome of one mail with the steps that led to it, in
// sentences that "deskpost explain" prints.
type Conclusion struct {
	Outcome Outcome
	Ticket  Number // 0 if none
	Entry   int64  // 0 if none
	Reasons []string
}

// A Failure is a mail that could not be taken yet and will be tried again.
type Failure struct {
	Source string
	Epoch  uint32
	UID    uint32
	Stage  string // "fetch" or "process"
	Tries  int
	Error  string
	At     time.Time
}

// A Taken is a receipt together with its conclusion, as the store keeps it.
type Taken struct {
	Receipt
	Conclusion
	MessageID string
	From      string
	Subject   string
	AfterDone time.Time // when the mail server was told; zero if not yet
}
