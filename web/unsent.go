package web

import (
	"net/http"
	"net/url"
	"strconv"

	"deskpost/ticket"
)

// keepUnsent keeps what is in the form of a ticket, files and all, for its author
// alone. The files that were kept before and are still wanted are named in it.
func (s *Server) keepUnsent(r *http.Request, agent ticket.Agent, n ticket.Number, sent url.Values, files []ticket.File) (ticket.Unsent, error) {
	f := newForm(sent)
	seen, _ := strconv.ParseInt(sent.Get("seen"), 10, 64) // without a number nothing is compared
	return s.Desk.KeepUnsent(r.Context(), ticket.Unsent{Ticket: n, Agent: agent.Key, Kind: ticket.EntryKind(f.Kind),
		Text: f.Text, Commands: f.Commands, Files: files}, keptIn(sent), seen)
}

// keptIn are the files that a form names of those that were kept.
func keptIn(sent url.Values) []int64 {
	var ids []int64
	for _, v := range sent["kept"] {
		if id, err := strconv.ParseInt(v, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// saveDraft keeps the form, asked by its button or by a script, which wants no page.
func (s *Server) saveDraft(r *http.Request, agent ticket.Agent) (answer, error) {
	n, sent, files, err := s.sentOn(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := s.keepUnsent(r, agent, n, sent, files); err != nil {
		return answer{}, err
	}
	if sent.Get("auto") != "" {
		return answer{empty: true}, nil
	}
	s.flash(r, "Your draft is kept. Only you see it.")
	return goTo(pathOf(n)), nil
}

func (s *Server) discardDraft(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	if err := s.Desk.DropUnsent(r.Context(), agent.Key, n); err != nil {
		return answer{}, err
	}
	s.flash(r, "Your draft is gone.")
	return goTo(pathOf(n)), nil
}

// resume puts what an agent has begun into the form.
func (p *ticketPage) resume(u ticket.Unsent) {
	if u.ID == 0 {
		return
	}
	p.Form.Kind, p.Form.Text, p.Form.Commands = string(u.Kind), u.Text, u.Commands
	p.Kept, p.Begun = u.Files, u.At
}
