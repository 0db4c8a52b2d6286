package ticket

import (
	"context"
	"fmt"
	"time"
)

// SessionLife is how long an agent stays signed in on the page.
const SessionLife = 7 * 24 * time.Hour

// A SignInWay says how somebody signed in.
type SignInWay string

// The ways to sign in.
const (
	ByPassword SignInWay = "password"
	ByLink     SignInWay = "link"
	ByProvider SignInWay = "provider" // an OpenID Connect provider, which asks for a second factor itself if it wants one
)

// A Session is one browser in which an agent is signed in.
type Session struct {
	ID      string // not what the browser has
	Agent   string // key
	Address string // whose key it was then; see Agent.owner
	Way     SignInWay
	Browser string // what it calls itself, in words
	BeganAt time.Time
	SeenAt  time.Time // the last look at a page, give or take seenEvery
}

// Sessions are the part of a Tx that keeps where agents are signed in.
type Sessions interface {
	// Session reads one, Sessions all of an agent, those first that were seen last.
	Session(id string) (Session, error)
	Sessions(agent string) ([]Session, error)
	AddSession(s Session) error
	// SawSession notes that it was used, unless it was used later.
	SawSession(id string, at time.Time) error
	// EndSession ends one of an agent. EndSessions ends all of an agent but one and
	// returns how many. ForgetSessions removes those that began until an instant.
	EndSession(agent, id string) error
	EndSessions(agent, but string) (int, error)
	ForgetSessions(before time.Time) error
}

// seenEvery is how long a session may be used without a note of it: not each look
// at a page writes to the store.
const seenEvery = 10 * time.Minute

// BeginSession signs an agent in. The caller draws the ID, which nobody must be
// able to guess, and has made sure of who it is.
func (d *Desk) BeginSession(ctx context.Context, s Session) error {
	err := d.update(ctx, func(t *turn) error {
		agent, ok := t.policy.Agents[s.Agent]
		if !ok || agent.Disabled {
			return refuse(NotAllowed, "you can not sign in any more")
		}
		s.Address, s.BeganAt, s.SeenAt = agent.owner(), t.now, t.now
		if err := t.tx.ForgetSessions(t.now.Add(-SessionLife)); err != nil {
			return err
		}
		return t.tx.AddSession(s)
	})
	return requestError("begin a session", err)
}

// A SignedIn is an agent at a browser.
type SignedIn struct {
	Agent   Agent
	Session Session
	SetUp   bool // a second factor is required of them, and has to be set up before anything else
	Stale   bool // the session was not noted as used for a while: see SawSession
}

// SignedInBy is who is signed in by a session; without a key nobody is, any more.
func (d *Desk) SignedInBy(ctx context.Context, session string) (SignedIn, error) {
	var p SignedIn
	err := d.view(ctx, func(t *turn) error {
		p = SignedIn{}
		s, err := t.tx.Session(session)
		if isAbsent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		agent, ok := t.policy.Agents[s.Agent]
		if !ok || agent.Disabled || !agent.owns(Address{Email: s.Address}) || !t.now.Before(s.BeganAt.Add(SessionLife)) {
			return nil
		}
		p = SignedIn{Agent: agent, Session: s, Stale: t.now.Sub(s.SeenAt) >= seenEvery}
		if t.policy.SecondFactor && s.Way != ByProvider {
			_, on, err := t.factor(agent)
			p.SetUp = !on
			return err
		}
		return nil
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("look who is signed in: %w", err)
	}
	return p, nil
}

// SawSession notes that a session is used.
func (d *Desk) SawSession(ctx context.Context, session string) error {
	err := d.update(ctx, func(t *turn) error { return t.tx.SawSession(session, t.now) })
	if err != nil {
		return fmt.Errorf("note that a session is used: %w", err)
	}
	return nil
}

// SessionsOf lists where an agent is signed in, the latest first.
func (d *Desk) SessionsOf(ctx context.Context, agent string) ([]Session, error) {
	return look(ctx, d, "list the sessions of "+agent, func(tx Tx) ([]Session, error) {
		all, err := tx.Sessions(agent)
		var live []Session
		for _, s := range all {
			if d.Policy().Agents[agent].owns(Address{Email: s.Address}) && d.Now().Before(s.BeganAt.Add(SessionLife)) {
				live = append(live, s)
			}
		}
		return live, err
	})
}

// EndSession signs an agent out of one browser, EndOtherSessions out of all but
// one.
func (d *Desk) EndSession(ctx context.Context, agent, session string) error {
	err := d.update(ctx, func(t *turn) error { return t.tx.EndSession(agent, session) })
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// EndOtherSessions signs an agent out everywhere but in one browser.
func (d *Desk) EndOtherSessions(ctx context.Context, agent, keep string) (ended int, err error) {
	err = d.update(ctx, func(t *turn) error {
		ended, err = t.tx.EndSessions(agent, keep)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end the other sessions: %w", err)
	}
	return ended, nil
}
