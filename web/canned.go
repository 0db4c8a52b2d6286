package web

import (
	"errors"
	"net/http"
	"strings"

	"deskpost/ticket"
)

// insertCanned puts a canned reply behind what is written in the form, which is
// shown again and kept. Nothing is sent.
func (s *Server) insertCanned(r *http.Request, agent ticket.Agent) (answer, error) {
	n, sent, files, err := s.sentOn(r)
	if err != nil {
		return answer{}, err
	}
	words, err := s.Desk.Canned(r.Context(), agent.Key, n, sent.Get("canned"))
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused && no.Kind != ticket.NotFound:
		return s.refused(r, agent, n, sent, files, func(p *ticketPage) { p.Problem = no.Sentence() }, statusOf(no.Kind))
	case err != nil:
		return answer{}, err
	}
	sent.Set("text", strings.TrimLeft(strings.TrimRight(sent.Get("text"), "\r\n\t ")+"\n\n"+words, "\n"))
	if _, err := s.keepUnsent(r, agent, n, sent, files); err != nil {
		return answer{}, err
	}
	return s.again(r, agent, n, newForm(sent), func(*ticketPage) {}, http.StatusOK)
}

// A cannedWords is what a script puts where the cursor is, or why it can not.
type cannedWords struct {
	Text    string `json:"text,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// canned gives a script the wording of a canned reply for a ticket.
func (s *Server) canned(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	words, err := s.Desk.Canned(r.Context(), agent.Key, n, r.PathValue("name"))
	if no, refused := errors.AsType[*ticket.Refusal](err); refused && no.Kind != ticket.NotFound {
		return answer{status: statusOf(no.Kind), json: cannedWords{Problem: no.Sentence()}}, nil
	}
	return answer{json: cannedWords{Text: words}}, err
}
