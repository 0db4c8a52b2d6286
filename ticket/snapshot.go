package ticket

import (
	"fmt"
	"time"
)

// A Snapshot is a ticket as other programs read it, in JSON: what lists show of
// it, and nothing that was written in its thread.
type Snapshot struct {
	Number     Number            `json:"number"`
	Subject    string            `json:"subject"`
	Status     Status            `json:"status"`
	Substatus  string            `json:"substatus,omitempty"` // key of an admin's own status
	Priority   string            `json:"priority"`
	Department string            `json:"department"` // key
	Assignee   string            `json:"assignee,omitempty"`
	Team       string            `json:"team,omitempty"`
	Plan       string            `json:"plan,omitempty"`
	Requester  SnapshotPerson    `json:"requester"`
	Tags       []string          `json:"tags"`
	Fields     map[string]string `json:"fields"`
	MergedInto Number            `json:"merged_into,omitempty"`
	Link       string            `json:"link,omitempty"` // on the page

	OpenedAt   time.Time `json:"opened_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	FollowUp   time.Time `json:"follow_up,omitzero"`
	Snoozed    time.Time `json:"snoozed_until,omitzero"`
	Deadline   time.Time `json:"deadline,omitzero"` // the nearest of its clocks that run
}

// A SnapshotPerson is somebody outside the desk.
type SnapshotPerson struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

// A SnapshotEvent is a line of a diary as other programs read it. The sentence
// that agents read beside it is left out, since it may quote a note.
type SnapshotEvent struct {
	Kind    EventKind `json:"kind"`
	At      time.Time `json:"at"`     // when the desk took note of it
	Since   time.Time `json:"since"`  // when it happened
	By      Actor     `json:"by"`     // who did it
	Before  string    `json:"before"` // see docs/webhooks.md for each kind
	After   string    `json:"after"`
	EntryID int64     `json:"entry_id,omitempty"` // the entry of the thread that came with it
}

// Snapshot is a ticket as other programs read it.
func (p *Policy) Snapshot(tk *Ticket) Snapshot {
	s := Snapshot{
		Number: tk.Number, Subject: tk.Subject, Status: tk.Status, Substatus: tk.Substatus, Priority: tk.Priority,
		Department: tk.Department, Assignee: tk.Assignee, Team: tk.Team, Plan: tk.Plan,
		Requester: SnapshotPerson{tk.Requester.Name, tk.Requester.Email}, Tags: tk.Tags, Fields: tk.Fields, MergedInto: tk.MergedInto,
		OpenedAt: tk.OpenedAt, UpdatedAt: tk.UpdatedAt, ResolvedAt: tk.ResolvedAt, ClosedAt: tk.ClosedAt,
		FollowUp: tk.FollowUp, Snoozed: tk.Snoozed, Deadline: tk.Deadline,
	}
	if s.Tags == nil {
		s.Tags = []string{}
	}
	if s.Fields == nil {
		s.Fields = map[string]string{}
	}
	if p.Page != "" {
		s.Link = fmt.Sprintf("%s/tickets/%d", p.Page, tk.Number)
	}
	return s
}

// snapshot is the event as other programs read it.
func (e *Event) snapshot() SnapshotEvent {
	s := SnapshotEvent{Kind: e.Kind, At: e.At, Since: e.Happened(), By: e.Actor, Before: e.Before, After: e.After, EntryID: e.Entry}
	if e.Kind == TicketAbsorbed {
		s.Before = "" // only our clocks can read it
	}
	return s
}
