package sla

import "time"

// A Standing is what a status means to clocks.
type Standing int

// The standings.
const (
	Working Standing = iota // new, open, pending, hold
	Done                    // resolved, closed
	Void                    // spam, deleted, merged
)

// A Kind says what happened to a ticket.
type Kind string

// The kinds of events that move clocks.
const (
	Replied        Kind = "reply"       // a public reply by an agent was accepted
	Undelivered    Kind = "undelivered" // the reply Event.Reply reached nobody
	CustomerWrote  Kind = "customer"
	StatusSet      Kind = "status"
	TermsSet       Kind = "terms"    // another plan, priority or department
	CalendarEdited Kind = "calendar" // a new edition of the calendar, from the config
	DueSet         Kind = "due"
	Merged         Kind = "merged" // another ticket was merged into this one
)

// An Event is one line of a ticket's history.
type Event struct {
	At       time.Time
	Kind     Kind
	Own      bool      // the desk did it by itself, after all that was due at that instant
	Turn     int       // of Replied, and of StatusSet that is Done: see Book.turn; 0 is the next one
	Status   string    // of StatusSet
	Standing Standing  // of StatusSet
	Terms    Terms     // of TermsSet; of CalendarEdited the calendar only
	Due      time.Time // of DueSet; zero takes the date away
	Reply    time.Time // of Undelivered: when the reply was accepted

	// Of Merged: since when the clocks of the other ticket counted that had not
	// ended, and since when its customer's latest words wait. Zero is that they
	// do not.
	First   time.Time
	Resolve time.Time
	Wrote   time.Time
}

// A History is what happened to a ticket, in the order of time.
type History struct {
	Received time.Time // when its first mail reached the mailbox
	Status   string    // at that time
	Terms    Terms     // at that time
	Answered bool      // before the ticket was made of it: nobody waits for a first answer
	Events   []Event
}
