package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"deskpost/ticket"
)

// A signInPage is the form that signs in.
type signInPage struct {
	frame
	Email   string
	To      string // where to go afterwards
	Mailed  bool
	Problem string

	Customers bool   // have a page of their own
	Provider  string // name of where agents can sign in too; "" if nowhere
}

// signInForm is the form, empty.
func (s *Server) signInForm(to string) signInPage {
	p := signInPage{frame: frame{Title: "Sign in"}, Customers: s.Desk.Policy().Portal, To: local(to)}
	if s.Provider != nil {
		p.Provider = s.Provider.Name
	}
	return p
}

func (s *Server) askSignIn(r *http.Request) (answer, error) {
	if p, err := s.signedInBy(r); err != nil || p.Agent.Key != "" {
		return goTo("/"), err
	}
	return answer{page: "sign-in", data: s.signInForm(r.URL.Query().Get("to"))}, nil
}

// signIn weighs a password, or mails a link where none was given. Whether there
// is such an agent does not show in the answer.
func (s *Server) signIn(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	p := s.signInForm(r.PostForm.Get("to"))
	p.Email = r.PostForm.Get("email")
	if len(p.Email) > 254 { // RFC 5321 section 4.5.3.1.3, as corrected
		return p.refused(http.StatusUnprocessableEntity, "That is no mail address."), nil
	}
	password := r.PostForm.Get("password")
	if password == "" {
		return s.mailLink(r, p)
	}
	agent, known := s.Desk.Policy().AgentByAddress(ticket.Address{Email: p.Email})
	by := append(byTries(r), byAddress(p.Email))
	if known = known && !agent.Disabled; known {
		by[len(by)-1] = byAgent(agent.Key)
	} else {
		agent = ticket.Agent{}
	}
	hash, err := s.Desk.Password(r.Context(), agent.Key) // a stranger has none, which takes as long to find out
	if err != nil {
		return answer{}, err
	}
	if wait := s.brake.try(s.Now(), by...); wait > 0 {
		if err := s.tellTries(r, agent.Key); err != nil {
			return answer{}, err
		}
		return p.refused(http.StatusTooManyRequests, fmt.Sprintf("Too many tries. Try again in %d min, or have a link mailed to you.", minutes(wait))), nil
	}
	if len(password) > 4*maxPassword {
		password, hash = "", ""
	}
	right, err := matches(r.Context(), password, hash)
	switch {
	case errors.Is(err, errBusy):
		s.brake.forgive(s.Now(), by...)
		return p.refused(http.StatusServiceUnavailable, "Too many people sign in at this moment. Try again in a minute, or have a link mailed to you."), nil
	case err != nil:
		return answer{}, fmt.Errorf("compare a password: %w", err)
	case !right:
		s.Log.Warn("a sign-in failed", "address", p.Email, "from", client(r))
		return p.refused(http.StatusForbidden, "Address and password do not belong together. Without the password you can have a link mailed to you."), nil
	}
	s.brake.forgive(s.Now(), by...)
	return s.enter(r, agent.Key, ticket.ByPassword, p.To)
}

// mailLink mails a link. Nobody is kept from asking by others who ask elsewhere,
// nor by who guesses passwords: an agent gets one a minute at most.
func (s *Server) mailLink(r *http.Request, p signInPage) (answer, error) {
	if from, known := clientOf(r); known {
		if wait := s.hurry(tried{"asks from " + from, asksByHost}); wait > 0 {
			return p.refused(http.StatusTooManyRequests, fmt.Sprintf("Too many links were asked for from where you are. Try again in %d min.", minutes(wait))), nil
		}
	}
	if err := s.Desk.MailSignIn(r.Context(), p.Email); err != nil {
		return answer{}, err
	}
	p.Mailed = true
	return answer{page: "sign-in", data: p}, nil
}

// refused is the form once more, with what was wrong.
func (p signInPage) refused(status int, problem string) answer {
	p.Problem = problem
	return answer{status: status, page: "sign-in", data: p}
}

// askLink shows a button and takes nothing: programs that look at the links in
// mail do so with GET.
func (s *Server) askLink(*http.Request) (answer, error) {
	return answer{page: "link", data: frame{Title: "Sign in"}}, nil
}

func (s *Server) signInByLink(r *http.Request) (answer, error) {
	agent, err := s.Desk.SignIn(r.Context(), r.PathValue("token"))
	if err != nil {
		return answer{}, err
	}
	return s.enter(r, agent, ticket.ByLink, "/")
}

func (s *Server) signOut(r *http.Request) (answer, error) {
	p, err := s.signedInBy(r)
	if err != nil {
		return answer{}, err
	}
	if p.Agent.Key != "" {
		if err := s.Desk.EndSession(r.Context(), p.Agent.Key, p.Session.ID); err != nil {
			return answer{}, err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return answer{}, err
	}
	return goTo("/sign-in"), nil
}

// tellTries lets an agent know that somebody tries passwords with their address. It
// does the same for a stranger, whom nobody is told of.
func (s *Server) tellTries(r *http.Request, agent string) error {
	if s.brake.try(s.Now(), tried{"told of " + agent, 1}) > 0 {
		return nil // the desk was asked to just now
	}
	return s.Desk.TellTries(r.Context(), agent)
}

// minutes is how long somebody has to wait, in whole minutes.
func minutes(wait time.Duration) int { return int((wait + time.Minute - 1) / time.Minute) }

// host is where a request comes from.
func host(r *http.Request) string {
	h, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return h
}
