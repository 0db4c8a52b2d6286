package web

import (
	"net/http"

	"deskpost/ticket"
)

// A mePage is an agent's own account: a section for each thing that can be set, in
// templates/web/parts/me-NAME.html.
type mePage struct {
	frame
	Email    string
	Password passwordSection
	Factor   factorSection
	Sessions []sessionRow
	Tokens   tokensSection
}

// Elsewhere reports whether the agent is signed in at another browser too.
func (p mePage) Elsewhere() bool { return len(p.Sessions) > 1 }

// me shows the account.
func (s *Server) me(r *http.Request, agent ticket.Agent) (answer, error) {
	return s.mePage(r, agent, http.StatusOK, func(*mePage) {})
}

// refusedMe is the account once more, with what was wrong: say writes it into the
// section that it is about.
func (s *Server) refusedMe(r *http.Request, agent ticket.Agent, say func(*mePage)) (answer, error) {
	return s.mePage(r, agent, http.StatusUnprocessableEntity, say)
}

func (s *Server) mePage(r *http.Request, agent ticket.Agent, status int, say func(*mePage)) (answer, error) {
	f, err := s.frame(r, agent, "Your account", "")
	if err != nil {
		return answer{}, err
	}
	p := mePage{frame: f, Email: agent.Emails[0]}
	if p.Password, err = s.passwordSection(r, agent); err != nil {
		return answer{}, err
	}
	if p.Factor, err = s.factorSection(r, agent); err != nil {
		return answer{}, err
	}
	if p.Sessions, err = s.sessionRows(r, agent); err != nil {
		return answer{}, err
	}
	if p.Tokens, err = s.tokensSection(r, agent); err != nil {
		return answer{}, err
	}
	say(&p)
	return answer{status: status, page: "me", data: p}, nil
}
