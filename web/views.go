package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"deskpost/ticket"
)

// counted is up to how many tickets are counted beside the name of a list.
const counted = 1000

// A view is a list of tickets that has a name.
type view struct {
	Name  string
	Query string // as behind #list
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

// Path is where the list is.
func (v view) Path() string { return "/tickets?q=" + url.PathEscape(v.Query) }

// frame is what stands around a page of an agent who is signed in, with the list
// that is open.
func (s *Server) frame(r *http.Request, agent ticket.Agent, title, query string) (frame, error) {
	policy := s.Desk.Policy()
	f := frame{Title: title, Agent: agent.Name, Admin: policy.IsAdmin(agent.Key), Leads: policy.Leads(agent.Key), Flash: s.sessions.PopString(r.Context(), keyFlash)}
	var err error
	if f.Views, err = s.views(r, agent, query); err != nil {
		return frame{}, err
	}
	f.Aside, err = s.Desk.CountQuarantined(r.Context(), agent.Key)
	return f, err
}

// views are the lists in the bar, counted.
func (s *Server) views(r *http.Request, agent ticket.Agent, query string) ([]view, error) {
	kept, err := s.Desk.Views(r.Context(), agent.Key)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(views)
	for _, v := range kept {
		all = append(all, view{Name: v.Name, Query: v.Query})
	}
	queries := make([]string, len(all))
	for i, v := range all {
		queries[i] = v.Query
	}
	counts, err := s.Desk.Counts(r.Context(), agent.Key, queries, counted)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Count, all[i].Here = countWords(counts[i]), all[i].Query == query
	}
	return all, nil
}

// countWords are what stands beside the name of a list.
func countWords(n int) string {
	switch {
	case n == 0 || n == ticket.NotCounted:
		return ""
	case n >= counted:
		return strconv.Itoa(counted-1) + "+"
	}
	return strconv.Itoa(n)
}

// flash is told on the next page.
func (s *Server) flash(r *http.Request, text string) {
	s.sessions.Put(r.Context(), keyFlash, text)
}
