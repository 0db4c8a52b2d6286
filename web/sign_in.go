package web

import (
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

	Customers bool // have a page of their own
}

func (s *Server) askSignIn(r *http.Request) (answer, error) {
	if agent, err := s.agent(r); err != nil || agent.Key != "" {
		return goTo("/"), err
	}
	return answer{page: "sign-in", data: signInPage{frame: frame{Title: "Sign in"}, Customers: s.Desk.Policy().Portal, To: local(r.URL.Query().Get("to"))}}, nil
}

// signIn weighs a password, or mails a link where none was given. Whether there
// is such an agent shows neither in the answer nor in how long it takes.
func (s *Server) signIn(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	p := signInPage{frame: frame{Title: "Sign in"}, Customers: s.Desk.Policy().Portal, Email: r.PostForm.Get("email"), To: local(r.PostForm.Get("to"))}
	if len(p.Email) > 254 { // RFC 5321 section 4.5.3.1.3, as corrected
		p.Problem = "That is no mail address."
		return answer{status: http.StatusUnprocessableEntity, page: "sign-in", data: p}, nil
	}
	password, from := r.PostForm.Get("password"), byHost(host(r))
	if password == "" {
		return s.mailLink(r, p, from)
	}
	by := byAddress(p.Email)
	if wait := s.brake.wait(s.Now(), by, from); wait > 0 {
		return tooOften(p, wait), nil
	}
	agent, known := s.Desk.Policy().AgentByAddress(ticket.Address{Email: p.Email})
	hash := ""
	if known && !agent.Disabled {
		var err error
		if hash, err = s.Desk.Password(r.Context(), agent.Key); err != nil {
			return answer{}, err
		}
	}
	if len(password) > 4*maxPassword {
		password, hash = "", ""
	}
	right, err := matches(r.Context(), password, hash)
	if err != nil {
		return answer{}, fmt.Errorf("compare a password: %w", err)
	}
	if !right {
		s.brake.fail(s.Now(), by, from)
		s.Log.Warn("a sign-in failed", "address", p.Email, "from", host(r))
		p.Problem = "Address and password do not belong together. Without the password you can have a link mailed to you."
		return answer{status: http.StatusForbidden, page: "sign-in", data: p}, nil
	}
	if err := s.begin(r, agent.Key); err != nil {
		return answer{}, err
	}
	return goTo(p.To), nil
}

// mailLink mails a link. Asking for one counts as a try of the host, or one host
// could have everybody mailed; the address may always ask, also when somebody has
// guessed too many passwords for it.
func (s *Server) mailLink(r *http.Request, p signInPage, from tried) (answer, error) {
	if wait := s.brake.wait(s.Now(), from); wait > 0 {
		return tooOften(p, wait), nil
	}
	s.brake.fail(s.Now(), from)
	if err := s.Desk.MailSignIn(r.Context(), p.Email); err != nil {
		return answer{}, err
	}
	p.Mailed = true
	return answer{page: "sign-in", data: p}, nil
}

func tooOften(p signInPage, wait time.Duration) answer {
	p.Problem = fmt.Sprintf("Too many tries. Try again in %d min.", int((wait+time.Minute-1)/time.Minute))
	return answer{status: http.StatusTooManyRequests, page: "sign-in", data: p}
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
	if err := s.begin(r, agent); err != nil {
		return answer{}, err
	}
	return goTo("/"), nil
}

func (s *Server) signOut(r *http.Request) (answer, error) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return answer{}, err
	}
	return goTo("/sign-in"), nil
}

// host is where a request comes from.
func host(r *http.Request) string {
	h, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return h
}
