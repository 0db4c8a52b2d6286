package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/alexedwards/scs/v2"

	"deskpost/ticket"
)

// What a session of the browser holds. It leads to one of the desk's, which can be
// listed and ended elsewhere. There is no shorter time for who does nothing: pages
// must work when the store can only be read.
const (
	keySession = "session" // ID of the desk's
	keyFlash   = "flash"
)

func (s *Server) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store = s.Sessions
	m.Lifetime = ticket.SessionLife
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
// their browser. Who has to set up a second factor does that before anything else.
func (s *Server) asAgent(h agentHandler) handler {
	return s.asAnyAgent(func(r *http.Request, p ticket.SignedIn) (answer, error) {
		if p.SetUp {
			return goTo(factorPath), nil
		}
		return h(r, p.Agent)
	})
}

// asAnyAgent is asAgent for what is there also before the second factor is.
func (s *Server) asAnyAgent(h func(*http.Request, ticket.SignedIn) (answer, error)) handler {
	return func(r *http.Request) (answer, error) {
		p, err := s.signedInBy(r)
		if err != nil {
			return answer{}, err
		}
		if p.Agent.Key == "" {
			if r.Method != http.MethodGet {
				return goTo("/sign-in"), nil
			}
			return goTo("/sign-in?to=" + url.QueryEscape(r.URL.RequestURI())), nil
		}
		if p.Stale {
			if err := s.Desk.SawSession(r.Context(), p.Session.ID); err != nil {
				s.Log.Warn("it could not be noted when a session was used", "error", err) // the page can be read all the same
			}
		}
		return h(r, p)
	}
}

// signedInBy is who is signed in; without a key nobody is.
func (s *Server) signedInBy(r *http.Request) (ticket.SignedIn, error) {
	id := s.session(r)
	if id == "" {
		return ticket.SignedIn{}, nil
	}
	return s.Desk.SignedInBy(r.Context(), id)
}

// session is the ID of the desk's session, "" if there is none.
func (s *Server) session(r *http.Request) string {
	return s.sessions.GetString(r.Context(), keySession)
}

// begin signs an agent in. The session gets another token, so that one that
// somebody else has put into the browser is worth nothing.
func (s *Server) begin(r *http.Request, agent string, way ticket.SignInWay) error {
	if err := s.renew(r); err != nil {
		return err
	}
	id := rand.Text()
	if err := s.Desk.BeginSession(r.Context(), ticket.Session{ID: id, Agent: agent, Way: way, Browser: browserName(r.UserAgent())}); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), keySession, id)
	s.Log.Info("signed in", "agent", agent, "by", way)
	return nil
}

// renew gives the session another token, and forgets where a sign-in was left off.
func (s *Server) renew(r *http.Request) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	for _, key := range []string{keyHalf} {
		s.sessions.Remove(r.Context(), key)
	}
	return nil
}
