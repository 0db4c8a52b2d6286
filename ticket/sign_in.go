package ticket

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// signInLife is how long a mailed link signs in.
	signInLife = 15 * time.Minute
	// signInEvery is how soon another link is mailed to the same agent.
	signInEvery = time.Minute
)

// Door is the part of a Tx that keeps what agents sign in with.
type Door interface {
	// Redeem notes that the link in a notice was used. It returns false if it was
	// before.
	Redeem(notice int64, at time.Time) (bool, error)
	// Password is that of an agent; without a hash there is none. SetPassword
	// writes it, and one without a hash removes it.
	Password(agent string) (Password, error)
	SetPassword(agent string, p Password, at time.Time) error
}

// A Password is what is kept of one.
type Password struct {
	Hash    string
	Address string // of whoever set it, by key
}

// owner is the address by which what an agent sets up is theirs, and not that of
// somebody else to whom the admin gives their key in the config later: what was
// set up is worth nothing to the one, nor is the key to the other.
func (a Agent) owner() string { return Address{Email: a.Emails[0]}.Key() }

// MailSignIn mails an agent a link that signs them in on the page, once. It says
// nothing about whether there is such an agent: the caller could not tell a
// stranger who asks from the agent. More than one a minute is not mailed.
func (d *Desk) MailSignIn(ctx context.Context, address string) error {
	err := d.update(ctx, func(t *turn) error { return t.mailSignIn(address) })
	if err != nil {
		return fmt.Errorf("mail a link to sign in: %w", err)
	}
	return nil
}

// mailSignIn does the same work whoever asks, so that how long it takes does not
// tell who is an agent.
func (t *turn) mailSignIn(address string) error {
	if t.policy.Page == "" {
		return nil
	}
	agent, real := t.policy.AgentByAddress(Address{Email: address})
	real = real && !agent.Disabled && len(t.policy.reads(agent.Key)) > 0
	if !real {
		agent = Agent{Emails: []string{address}}
	}
	n := t.reportTo(agent, NoticeSignIn, t.postsFrom(agent))
	n.Recipients[0].Address.Email = agent.address(address)
	n.Facts.Until = t.now.Add(signInLife)
	n.Dedupe = fmt.Sprintf("sign-in:%s:%d", agent.Key, t.now.Truncate(signInEvery).Unix())
	return t.queueAlike(n, real)
}

// postsFrom is the department from which an agent is told what is about
// themselves: one that they have to do with.
func (t *turn) postsFrom(agent Agent) string {
	departments := t.policy.reads(agent.Key)
	if len(departments) == 0 {
		departments = slices.Sorted(maps.Keys(t.policy.Departments))
	}
	return departments[0]
}

// errDecoy undoes a mail that nobody gets.
var errDecoy = errors.New("nobody gets this mail")

// queueAlike queues a notice that has a dedupe key, once. Where there is none to
// send, or it was queued before, the same work is done and undone, so that who
// waits for the end of it does not learn which it was. Something is written in any
// case.
func (t *turn) queueAlike(n *Notice, real bool) error {
	if err := t.evenOut(); err != nil {
		return err
	}
	_, err := t.tx.Deduped(n.Dedupe)
	switch {
	case err == nil:
		real = false
		n.Dedupe += ":again"
	case !isAbsent(err):
		return fmt.Errorf("look for an earlier mail: %w", err)
	}
	err = t.tx.Try(func() error {
		if err := t.queue(n); err != nil || real {
			return err
		}
		return errDecoy
	})
	if errors.Is(err, errDecoy) {
		return nil
	}
	return err
}

// address is the one of an agent's addresses that was meant.
func (a Agent) address(asked string) string {
	for _, email := range a.Emails {
		if strings.EqualFold(email, asked) {
			return email
		}
	}
	return a.Emails[0]
}

// SignIn takes the token of a mailed link and returns the agent it signs in, by
// key. The error is a Refusal if the link was used, is too old, or none of ours.
func (d *Desk) SignIn(ctx context.Context, token string) (string, error) {
	var agent string
	err := d.update(ctx, func(t *turn) (err error) {
		agent, err = t.signIn(token)
		return err
	})
	return agent, requestError("sign in by a link", err)
}

func (t *turn) signIn(text string) (string, error) {
	n, err := t.byLink(text, NoticeSignIn)
	if err != nil {
		return "", err
	}
	if agent, ok := t.policy.Agents[n.Agent]; !ok || agent.Disabled {
		return "", errNoLink(NoticeSignIn)
	}
	if err := t.redeem(&n); err != nil {
		return "", err
	}
	return n.Agent, nil
}

// Password is the hash of an agent's password, "" if there is none.
func (d *Desk) Password(ctx context.Context, agent string) (hash string, err error) {
	err = d.view(ctx, func(t *turn) error {
		p, err := t.tx.Password(agent)
		if t.policy.Agents[agent].owns(Address{Email: p.Address}) {
			hash = p.Hash
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read a password: %w", err)
	}
	return hash, nil
}

// SetPassword writes the hash of an agent's password for them; "" removes it. It
// ends all sessions of the agent.
func (d *Desk) SetPassword(ctx context.Context, agent, hash string) error {
	err := d.update(ctx, func(t *turn) error { return t.setPassword(agent, hash, "") })
	return requestError("write a password", err)
}

// ChangePassword does so as the agent wants it, at a session that goes on. It tells
// the agent, since it may not have been they.
func (d *Desk) ChangePassword(ctx context.Context, agent, hash, session string) error {
	err := d.update(ctx, func(t *turn) error {
		if err := t.setPassword(agent, hash, session); err != nil {
			return err
		}
		return t.tellAccount(t.policy.Agents[agent], AccountPassword)
	})
	return requestError("change a password", err)
}

func (t *turn) setPassword(agent, hash, keep string) error {
	a, ok := t.policy.Agents[agent]
	if !ok {
		return refuse(NotFound, "there is no agent %s", agent)
	}
	if err := t.tx.SetPassword(agent, Password{hash, a.owner()}, t.now); err != nil {
		return err
	}
	_, err := t.tx.EndSessions(agent, keep)
	return err
}
