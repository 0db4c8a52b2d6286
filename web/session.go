package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"deskpost/ticket"
)

// sessionLife is how long somebody stays signed in. There is no shorter time for
// who does nothing: it would write to the store at each look at a page, which must
// work when the store can only be read.
const sessionLife = 7 * 24 * time.Hour

// What a session holds.
const (
	keyAgent = "agent"
	keyProof = "proof" // the hash of the password when it began: another one ends it
	keyFlash = "flash"
)

func (s *Server) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store = s.Sessions
	m.Lifetime = sessionLife
	m.Cookie.Name, m.Cookie.Path = "deskpost", "/"
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Secure = true, http.SameSiteLaxMode, strings.HasPrefix(s.URL, "https://")
	if m.Cookie.Secure {
		m.Cookie.Name = "__Host-deskpost" // not to be set by a neighbour's host (RFC 6265bis section 4.1.3)
	}
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		s.Log.Error("a session could not be read or written", "error", err)
		http.Error(w, "The desk cannot be reached at the moment. Try again in a minute.", http.StatusServiceUnavailable)
	}
	return m
}

// An agentHandler answers a request of an agent who is signed in.
type agentHandler func(*http.Request, ticket.Agent) (answer, error)

// asAgent lets nobody in who is not signed in, or may not be here any more, and
// sends them to the form that does. What they sent is not lost on the way back of
// their browser.
func (s *Server) asAgent(h agentHandler) handler {
	return func(r *http.Request) (answer, error) {
		agent, err := s.agent(r)
		if err != nil {
			return answer{}, err
		}
		if agent.Key == "" {
			if r.Method != http.MethodGet {
				return goTo("/sign-in"), nil
			}
			return goTo("/sign-in?to=" + url.QueryEscape(r.URL.RequestURI())), nil
		}
		return h(r, agent)
	}
}

// agent is who is signed in; without a key nobody is.
func (s *Server) agent(r *http.Request) (ticket.Agent, error) {
	key := s.sessions.GetString(r.Context(), keyAgent)
	agent, ok := s.Desk.Policy().Agents[key]
	if !ok || agent.Disabled {
		return ticket.Agent{}, nil
	}
	hash, err := s.Desk.Password(r.Context(), key)
	if err != nil {
		return ticket.Agent{}, err
	}
	if s.sessions.GetString(r.Context(), keyProof) != proof(hash) {
		return ticket.Agent{}, nil
	}
	return agent, nil
}

// begin signs an agent in. The session gets another token, so that one that
// somebody else has put into the browser is worth nothing.
func (s *Server) begin(r *http.Request, agent string) error {
	hash, err := s.Desk.Password(r.Context(), agent)
	if err != nil {
		return err
	}
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), keyAgent, agent)
	s.sessions.Put(r.Context(), keyProof, proof(hash))
	s.Log.Info("signed in", "agent", agent)
	return nil
}
