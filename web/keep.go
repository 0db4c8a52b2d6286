package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"deskpost/ticket"
)

// A viewsPage is where agents rename, order and remove their lists.
type viewsPage struct {
	frame
	Problem string
	Mine    []ticket.View
}

func (s *Server) myViews(r *http.Request, agent ticket.Agent) (answer, error) {
	return s.viewsPage(r, agent, nil, nil)
}

// keepView keeps the query of a list under a name.
func (s *Server) keepView(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	v := ticket.View{Name: r.PostForm.Get("name"), Query: r.PostForm.Get("q")}
	if err := s.Desk.KeepView(r.Context(), agent.Key, v); err != nil {
		return s.viewsPage(r, agent, nil, err)
	}
	return goTo(view{Query: v.Query}.Path()), nil
}

// arrangeViews takes the form with all lists of an agent: each has a name, a query
// and a place, and is left out if it is to be removed.
func (s *Server) arrangeViews(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	type placed struct {
		ticket.View
		place int
	}
	var all []placed
	for i := range len(r.PostForm["name"]) {
		at := func(field string) string {
			values := r.PostForm[field]
			if i < len(values) {
				return values[i]
			}
			return ""
		}
		place, err := strconv.Atoi(at("place"))
		if err != nil {
			place = i + 1
		}
		if !slices.Contains(r.PostForm["remove"], strconv.Itoa(i)) {
			all = append(all, placed{ticket.View{Name: at("name"), Query: at("query")}, place})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	views := make([]ticket.View, len(all))
	for i := range all {
		views[i] = all[i].View
	}
	if err := s.Desk.ArrangeViews(r.Context(), agent.Key, views); err != nil {
		return s.viewsPage(r, agent, views, err)
	}
	s.flash(r, "Your lists are as you want them.")
	return goTo("/views"), nil
}

// viewsPage shows the lists of an agent, or what they have written of them and why
// it was refused.
func (s *Server) viewsPage(r *http.Request, agent ticket.Agent, written []ticket.View, err error) (answer, error) {
	p, status := viewsPage{Mine: written}, http.StatusOK
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		p.Problem, status = no.Sentence(), http.StatusUnprocessableEntity
	} else if err != nil {
		return answer{}, err
	}
	if written == nil {
		if p.Mine, err = s.Desk.Views(r.Context(), agent.Key); err != nil {
			return answer{}, err
		}
	}
	p.frame, err = s.frame(r, agent, "Your lists", "")
	return answer{status: status, page: "views", data: p}, err
}
