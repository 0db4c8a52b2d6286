package api

import (
	"cmp"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// A ticketBody is a ticket with what its page shows beside the thread.
type ticketBody struct {
	ticket.Snapshot
	Participants []participantBody `json:"participants"`
	Clocks       []clockBody       `json:"clocks"`
	Links        []string          `json:"links"`        // sentences
	LatestEntry  int64             `json:"latest_entry"` // 0 if there is none
}

// A participantBody is somebody who gets what is answered.
type participantBody struct {
	Name  string                 `json:"name,omitempty"`
	Email string                 `json:"email"`
	Role  ticket.ParticipantRole `json:"role"`
	Since time.Time              `json:"since,omitzero"` // zero is from the beginning
}

// A clockBody is a clock of a service level.
type clockBody struct {
	Metric     sla.Metric `json:"metric"`
	Cycle      int        `json:"cycle"`
	State      sla.State  `json:"state"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    time.Time  `json:"ended_at,omitzero"`
	Deadline   time.Time  `json:"deadline,omitzero"` // there is none in a pause
	BreachedAt time.Time  `json:"breached_at,omitzero"`
}

func ticketOf(p *ticket.Policy, sheet *ticket.Sheet) ticketBody {
	b := ticketBody{Snapshot: p.Snapshot(&sheet.Ticket), Participants: []participantBody{}, Clocks: []clockBody{}, Links: append([]string{}, sheet.Links...), LatestEntry: sheet.Latest}
	for _, one := range sheet.Participants {
		b.Participants = append(b.Participants, participantBody{one.Address.Name, one.Address.Email, one.Role, one.Since})
	}
	for _, k := range sheet.Clocks {
		b.Clocks = append(b.Clocks, clockBody{k.Metric, k.Cycle, k.State, k.Started, k.Ended, k.Deadline, k.Breached})
	}
	return b
}

// A threadBody is a page of a thread.
type threadBody struct {
	Ticket ticket.Number `json:"ticket"` // the one in which it goes on, if it was merged
	Items  []itemBody    `json:"items"`
}

// An itemBody is an entry of a thread or an event of the diary.
type itemBody struct {
	ID     int64         `json:"id"`
	Ticket ticket.Number `json:"ticket"` // of a merged ticket, perhaps
	At     time.Time     `json:"at"`
	By     string        `json:"by"`   // name
	Kind   string        `json:"kind"` // "message", "reply", "note", or what happened
	Text   string        `json:"text"` // of the entry, or a sentence that says what happened
	Entry  *entryBody    `json:"entry,omitempty"`
}

// An entryBody is what an entry has beside its text.
type entryBody struct {
	ID           int64          `json:"id"`
	From         ticket.Address `json:"from"`
	Quoted       string         `json:"quoted,omitempty"`
	MessageID    string         `json:"message_id,omitempty"`
	Authenticity string         `json:"authenticity"` // of the sender: "pass", "fail" or "none"
	Machine      ticket.Machine `json:"machine,omitempty"`
	Held         bool           `json:"held"` // from somebody who takes no part: for agents only
	Remarks      []string       `json:"remarks"`
	Files        []fileBody     `json:"files"`
	Delivery     []deliveryBody `json:"delivery"`
}

// A fileBody is an attachment.
type fileBody struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"` // as its sender claimed
	Size int64  `json:"size"`
}

// A deliveryBody says how far a reply has come, for one who gets it.
type deliveryBody struct {
	Email    string    `json:"email"`
	SentAt   time.Time `json:"sent_at,omitzero"`
	FailedAt time.Time `json:"failed_at,omitzero"`
	Answer   string    `json:"answer,omitempty"` // of the mail server
}

func itemOf(i *ticket.Item) itemBody {
	b := itemBody{ID: i.ID, Ticket: i.Ticket, At: i.At, By: i.Actor, Kind: string(i.Event), Text: i.Text}
	e := i.Entry
	if e == nil {
		return b
	}
	b.Kind, b.Text = string(e.Kind), e.Text
	b.Entry = &entryBody{ID: e.ID, From: e.From, Quoted: e.Quoted, MessageID: e.MessageID, Authenticity: cmp.Or(string(e.Authenticity), "none"), Machine: e.Machine, Held: e.Held,
		Remarks: append([]string{}, i.Remarks...), Files: []fileBody{}, Delivery: []deliveryBody{}}
	for _, f := range e.Files {
		b.Entry.Files = append(b.Entry.Files, fileBody{f.ID, f.Name, f.Type, f.Size})
	}
	for _, to := range i.Delivery {
		b.Entry.Delivery = append(b.Entry.Delivery, deliveryBody{to.Address.Email, to.SentAt, to.FailedAt, to.Answer})
	}
	return b
}
