package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"deskpost/ticket"
)

const (
	listed   = 100 // rows of a list
	soon     = 2 * time.Hour
	maxQuery = 500 // bytes
)

// A view is a list of tickets that has a name.
type view struct {
	Name  string
	Query string // as it stands in an address
	Count string // how many tickets it has; "" if none
	Here  bool
}

// views are the lists that everybody has.
var views = []view{
	{Name: "Mine", Query: "mine"},
	{Name: "Nobody's", Query: "unassigned"},
	{Name: "Overdue", Query: "overdue"},
	{Name: "All open", Query: "new open"},
	{Name: "Waiting", Query: "pending hold"},
}

// A queuePage is a list of tickets.
type queuePage struct {
	frame
	Heading string
	Query   string
	Problem string
	Rows    []row
	More    bool
	Now     time.Time
	Zone    *time.Location
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
	query := r.URL.Query().Get("q")
	if query == "" {
		query = "mine"
	}
	p := queuePage{Heading: "Tickets", Query: query, Now: s.Now(), Zone: s.Desk.Policy().ZoneOf(agent)}
	for _, v := range views {
		if v.Query == query {
			p.Heading = v.Name
		}
	}
	a := answer{page: "queue"}
	tickets, err := s.find(r, agent, query)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused:
		p.Problem, a.status = sentence(no.Text), http.StatusUnprocessableEntity
	case err != nil:
		return answer{}, err
	}
	if p.frame, err = s.frame(r, agent, p.Heading, query); err != nil {
		return answer{}, err
	}
	p.More = len(tickets) > listed
	for _, tk := range tickets[:min(len(tickets), listed)] {
		p.Rows = append(p.Rows, s.row(&tk, p.Now, p.Zone))
	}
	a.data = p
	return a, nil
}

// find lists one ticket more than is shown.
func (s *Server) find(r *http.Request, agent ticket.Agent, query string) ([]ticket.Ticket, error) {
	if err := checkQuery(query); err != nil {
		return nil, err
	}
	return s.Desk.Find(r.Context(), agent.Key, query, listed+1)
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

// frame is what stands around a page of an agent who is signed in, with the list
// that is open.
func (s *Server) frame(r *http.Request, agent ticket.Agent, title, query string) (frame, error) {
	policy := s.Desk.Policy()
	f := frame{Title: title, Agent: agent.Name, Admin: policy.IsAdmin(agent.Key), Leads: policy.Leads(agent.Key), Flash: s.sessions.PopString(r.Context(), keyFlash)}
	for _, v := range views {
		tickets, err := s.find(r, agent, v.Query)
		if err != nil {
			return frame{}, err
		}
		switch n := len(tickets); {
		case n > listed:
			v.Count = strconv.Itoa(listed) + "+"
		case n > 0:
			v.Count = strconv.Itoa(n)
		}
		v.Here = v.Query == query
		f.Views = append(f.Views, v)
	}
	return f, nil
}

// flash is told on the next page.
func (s *Server) flash(r *http.Request, text string) {
	s.sessions.Put(r.Context(), keyFlash, text)
}
