package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"deskpost/ticket"
)

// keyHalf is where a session holds who has given a password, or has followed a
// link, and still owes the code of a device. It gives nothing else.
const keyHalf = "half"

// halfLife is how long the code may take.
const halfLife = 10 * time.Minute

// A half is a sign-in that waits for its second factor.
type half struct {
	Agent string
	Owner string // address of the agent as it was
	Way   ticket.SignInWay
	To    string // where to go afterwards
	Until time.Time
}

// enter signs an agent in who has given a password or followed a link, or asks for
// the second factor first.
func (s *Server) enter(r *http.Request, agent string, way ticket.SignInWay, to string) (answer, error) {
	factor, err := s.Desk.SecondFactor(r.Context(), agent)
	if err != nil {
		return answer{}, err
	}
	if !factor.On || way == ticket.ByProvider { // that asks for a second one itself
		return goTo(to), s.begin(r, agent, way)
	}
	if err := s.renew(r); err != nil {
		return answer{}, err
	}
	says, err := json.Marshal(half{agent, s.owner(agent), way, to, s.Now().Add(halfLife)})
	if err != nil {
		return answer{}, fmt.Errorf("keep a sign-in that waits for its code: %w", err)
	}
	s.sessions.Remove(r.Context(), keySession)
	s.sessions.Put(r.Context(), keyHalf, string(says))
	return goTo("/sign-in/code"), nil
}

// half is the sign-in of this session that waits for its code, if there is one.
func (s *Server) half(r *http.Request) (h half, waits bool) {
	says := s.sessions.GetString(r.Context(), keyHalf)
	if says == "" || json.Unmarshal([]byte(says), &h) != nil || s.Now().After(h.Until) || h.Owner != s.owner(h.Agent) {
		return half{}, false
	}
	return h, true
}

// owner is the address that an agent's key belongs to: the config may give the key
// to somebody else while a code is awaited.
func (s *Server) owner(agent string) string {
	if emails := s.Desk.Policy().Agents[agent].Emails; len(emails) > 0 {
		return emails[0]
	}
	return ""
}

// A codePage is the second step of signing in.
type codePage struct {
	frame
	Problem string
}

func (s *Server) askCode(r *http.Request) (answer, error) {
	if _, waits := s.half(r); !waits {
		return goTo("/sign-in"), nil
	}
	return answer{page: "code", data: codePage{frame: frame{Title: "Your code"}}}, nil
}

func (s *Server) takeCode(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	h, waits := s.half(r)
	if !waits {
		return goTo("/sign-in"), nil
	}
	no, err := s.tryCode(r, h.Agent, func() error { return s.Desk.CheckSecondFactor(r.Context(), h.Agent, r.PostForm.Get("code")) })
	if err != nil {
		return answer{}, err
	}
	if no != nil {
		return answer{status: no.status, page: "code", data: codePage{frame: frame{Title: "Your code"}, Problem: no.problem}}, nil
	}
	return goTo(h.To), s.begin(r, h.Agent, h.Way)
}

// A wrong is what there is to say of a code that was not taken.
type wrong struct {
	status  int
	problem string
}

// tryCode checks a code of an agent, with a brake on who guesses.
func (s *Server) tryCode(r *http.Request, agent string, check func() error) (*wrong, error) {
	by := tried{"code of " + agent, triesByName}
	if wait := s.brake.try(s.Now(), by); wait > 0 {
		return &wrong{http.StatusTooManyRequests, fmt.Sprintf("Too many codes were wrong. Try again in %d min.", minutes(wait))}, nil
	}
	err := check()
	if no, ok := refusal(err); ok {
		s.Log.Warn("a code was wrong", "agent", agent, "from", client(r))
		return &wrong{statusOf(no.Kind), no.Sentence()}, nil
	}
	s.brake.forgive(s.Now(), by)
	return nil, err
}
