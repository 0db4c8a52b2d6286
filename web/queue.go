package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"deskpost/ticket"
)

const (
	listed   = 100 // rows of a list
	soon     = 2 * time.Hour
	maxQuery = 500 // bytes
)

// A queuePage is a list of tickets.
type queuePage struct {
	frame
	Heading  string
	Query    string
	Problem  string
	Columns  []column
	Rows     []row
	Previous string // where the list goes on; "" if it does not
	Next     string
	Key      string // of what is done to several: sent twice, it is done once
	Verbs    []string
	Kept     bool // it has a name
	Now      time.Time
	Zone     *time.Location
}

// A row is a ticket in a list.
type row struct {
	Number     ticket.Number
	Subject    string
	Requester  string
	Department string
	Status     string
	Priority   string
	Assignee   string
	Due        string
	Urgency    string // "late", "soon" or "", beside the words
	Changed    time.Time
}

func (s *Server) home(*http.Request, ticket.Agent) (answer, error) {
	return goTo("/tickets?q=mine"), nil
}

func (s *Server) queue(r *http.Request, agent ticket.Agent) (answer, error) {
	asked := r.URL.Query()
	query := asked.Get("q")
	if query == "" {
		query = "mine"
	}
	p := queuePage{Heading: "Tickets", Query: query, Now: s.Now(), Zone: s.Desk.Policy().ZoneOf(agent)}
	a := answer{page: "queue"}
	live, err := s.live(r, agent, 0)
	if err != nil {
		return answer{}, err
	}
	leaf, err := s.browse(r, agent, query)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused:
		p.Problem, a.status = no.Sentence(), http.StatusUnprocessableEntity
	case err != nil:
		return answer{}, err
	}
	if p.frame, err = s.frame(r, agent, p.Heading, query); err != nil {
		return answer{}, err
	}
	p.Live = live
	for _, v := range p.Views {
		if v.Here {
			p.Heading, p.Title, p.Kept = v.Name, v.Name, true
		}
	}
	p.Columns = columns(query, leaf.Order, asked.Get("sort"))
	p.Previous, p.Next = leafPath(asked, query, "before", leaf.Previous), leafPath(asked, query, "after", leaf.Next)
	for _, tk := range leaf.Tickets {
		p.Rows = append(p.Rows, s.row(&tk, p.Now, p.Zone))
	}
	p.Key, p.Verbs = rand.Text(), s.composer().Verbs
	a.data = p
	return a, nil
}

// browse reads the leaf of a list that an address names.
func (s *Server) browse(r *http.Request, agent ticket.Agent, query string) (ticket.Leaf, error) {
	if err := checkQuery(query); err != nil {
		return ticket.Leaf{}, err
	}
	l, err := listing(r.URL.Query())
	if err != nil {
		return ticket.Leaf{}, err
	}
	l.Query, l.Limit = query, listed
	return s.Desk.Browse(r.Context(), agent.Key, l)
}

func checkQuery(query string) error {
	if len(query) > maxQuery {
		return &ticket.Refusal{Kind: ticket.Invalid, Text: "That is too long for a query."}
	}
	return nil
}

func (s *Server) row(tk *ticket.Ticket, now time.Time, zone *time.Location) row {
	p := s.Desk.Policy()
	r := row{Number: tk.Number, Subject: tk.Subject, Requester: tk.Requester.Name, Department: p.PathName(tk.Department), Status: p.StateName(tk.State()),
		Priority: tk.Priority, Assignee: p.AssignedTo(tk), Changed: tk.UpdatedAt}
	if r.Requester == "" {
		r.Requester = tk.Requester.Email
	}
	r.Due, r.Urgency = due(tk.Deadline, now, zone)
	return r
}

// due says when a deadline is, and how urgent that makes it: in words, since not
// everybody sees colours.
func due(deadline, now time.Time, zone *time.Location) (words, urgency string) {
	left := deadline.Sub(now)
	switch {
	case deadline.IsZero():
		return "", ""
	case left < 0:
		return "late by " + ticket.Roughly(-left), "late"
	case left < soon:
		return "in " + ticket.Roughly(left), "soon"
	case left < 6*24*time.Hour:
		return deadline.In(zone).Format("Mon 15:04"), ""
	}
	return deadline.In(zone).Format("2 Jan 2006"), ""
}
