package ticket

import "time"

// An EntryKind says what a thread entry is.
type EntryKind string

// The kinds of thread entries. Events are the diary's, not entries.
const (
	Message EntryKind = "message" // from outside: the requester, a collaborator, a machine
	Reply   EntryKind = "reply"   // from an agent, to the participants
	Note    EntryKind = "note"    // from an agent, for agents only
)

// An Entry is one contribution to a ticket's thread. Entries are only ever
// added.
type Entry struct {
	ID           int64
	Ticket       Number
	Kind         EntryKind
	By           Actor
	From         Address // as the mail had it
	At           time.Time
	Text         string // what was newly written
	Markdown     bool   // the text is Markdown; else it is plain
	Quoted       string // what stood beside it: signature, quotes
	HTML         bool   // its mail has a text in HTML too
	MessageID    string
	Receipt      int64 // 0 if it did not come by mail, or is a copy
	CopyOf       int64 // the entry of another ticket that it is a copy of; 0 if it is none
	Files        []File
	Machine      Machine
	Held         bool // from somebody who is not a participant: for agents only, until allowed
	Denied       bool // it was held, and an agent has left it out for good; or it is a reply that was taken back
	Authenticity Authenticity
	Remarks      []string // what agents should know: limits met, problems of the mail
}

// A Participant takes part in a ticket's conversation: the requester or a
// collaborator. Only participants receive public replies.
type Participant struct {
	Ticket  Number
	Address Address
	Role    ParticipantRole
	Since   time.Time
	Reader  Reader
}

// ParticipantRole tells the requester from the others.
type ParticipantRole string

// The roles of participants.
const (
	RoleRequester    ParticipantRole = "requester"
	RoleCollaborator ParticipantRole = "collaborator"
)

// A Contact is what the desk remembers of an address across tickets.
type Contact struct {
	Address    string    // Address.Key
	AnsweredAt time.Time // an agent has answered this address
	FailedAt   time.Time // mail to it failed for good

	BurstFrom    time.Time // when the hour began in which its new tickets are counted
	BurstTickets int
	Storm        Number // the ticket that takes what comes above the cap in that hour
}

// A Draft is an agent's mail whose commands were held: nothing of it ran, and
// an answer to its transcript can mend it.
type Draft struct {
	ID      int64
	Ticket  Number
	Agent   string
	Kind    EntryKind // what the text would have become
	Text    string
	Files   []File
	Receipt int64
	At      time.Time
	Until   time.Time
	DoneAt  time.Time // when an answer mended it; zero while it is held
}
