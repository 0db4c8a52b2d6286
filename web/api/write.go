package api

import (
	"fmt"
	"net/http"
	"strings"

	"deskpost/ticket"
)

// An openBody is a ticket to be opened for somebody.
type openBody struct {
	Department string         `json:"department"` // key or name
	Requester  ticket.Address `json:"requester"`
	Subject    string         `json:"subject"`
	Text       string         `json:"text"` // in the requester's words
}

// open opens a ticket that the token's agent takes down for a requester.
func (s *Server) open(c *call) (reply, error) {
	var in openBody
	if err := readBody(c, &in); err != nil {
		return reply{}, err
	}
	key, err := key(c, "open")
	if err != nil {
		return reply{}, err
	}
	done, err := s.Desk.Open(c.Context(), ticket.Opening{Origin: ticket.FromAPI, Key: key, Agent: c.agent.Key, Requester: in.Requester,
		Subject: in.Subject, Text: in.Text, Department: in.Department})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: done, header: map[string]string{"Location": fmt.Sprintf("%s/tickets/%d", Prefix, done.Ticket)}}, nil
}

// A commandBody is what is to be done on a ticket: commands, a text, or both.
type commandBody struct {
	Commands []string         `json:"commands"` // such as "#assign john"
	Text     string           `json:"text"`
	Kind     ticket.EntryKind `json:"kind"` // what the text becomes: "reply" or "note"; "" is a note
	Confirm  bool             `json:"confirm"`
	Seen     int64            `json:"seen"` // ID of the last entry that was read
}

// command does all that a body says on a ticket, or nothing.
func (s *Server) command(c *call) (reply, error) {
	n, err := number(c)
	if err != nil {
		return reply{}, err
	}
	var in commandBody
	if err := readBody(c, &in); err != nil {
		return reply{}, err
	}
	key, err := key(c, "do")
	if err != nil {
		return reply{}, err
	}
	version, err := ifMatch(c.Request)
	if err != nil {
		return reply{}, err
	}
	text, err := in.request()
	if err != nil {
		return reply{}, err
	}
	done, err := s.Desk.Do(c.Context(), ticket.Request{Origin: ticket.FromAPI, Key: key, Agent: c.agent.Key, Ticket: n, Text: text, Kind: in.Kind,
		Sure: in.Confirm, Seen: in.Seen, Version: version})
	if err != nil {
		return reply{}, err
	}
	if !done.Done {
		return reply{}, &problem{status: http.StatusUnprocessableEntity, code: "not-done", detail: "Nothing was done: the transcript says why.", transcript: &done}
	}
	return reply{body: done}, nil
}

// request is the body as the mail that it stands for: commands, each on a line, then
// the text.
func (in *commandBody) request() (string, error) {
	for _, line := range in.Commands {
		if !strings.HasPrefix(line, "#") || strings.ContainsAny(line, "\r\n") {
			return "", invalid("%q is no command: each is one line that begins with #, such as #take.", line)
		}
	}
	return strings.TrimSpace(strings.Join(in.Commands, "\n") + "\n\n" + in.Text), nil
}
