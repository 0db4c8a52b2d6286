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
	// Password is the hash of an agent's password, "" if there is none.
	// SetPassword writes it; "" removes it.
	Password(agent string) (string, error)
	SetPassword(agent, hash string, at time.Time) error
}

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

// errDecoy undoes the mail that a stranger does not get.
var errDecoy = errors.New("nobody gets this mail")

// mailSignIn does the same work whoever asks, so that how long it takes does not
// tell who is an agent: for a stranger a mail is queued too, and undone. Something
// is written in any case.
func (t *turn) mailSignIn(address string) error {
	if t.policy.Page == "" || len(t.policy.Departments) == 0 {
		return nil
	}
	agent, departments := Agent{Emails: []string{address}}, slices.Sorted(maps.Keys(t.policy.Departments))
	real := false
	if found, ok := t.policy.AgentByAddress(Address{Email: address}); ok && !found.Disabled {
		if reads := t.policy.reads(found.Key); len(reads) > 0 {
			agent, departments, real = found, reads, true
		}
	}
	n := t.reportTo(agent, NoticeSignIn, departments[0])
	n.Recipients[0].Address.Email = agent.address(address)
	n.Facts.Until = t.now.Add(signInLife)
	n.Dedupe = fmt.Sprintf("sign-in:%s:%d", agent.Key, t.now.Truncate(signInEvery).Unix())
	if err := t.evenOut(); err != nil {
		return err
	}
	_, err := t.tx.Deduped(n.Dedupe)
	switch {
	case err == nil: // they were mailed one within this minute
		real = false
		n.Dedupe += ":again"
	case !isAbsent(err):
		return fmt.Errorf("look for the last link: %w", err)
	}
	err = t.tx.Try(func() error {
		if err := t.queue(n); err != nil {
			return err
		}
		if !real {
			return errDecoy
		}
		return nil
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
		hash, err = t.tx.Password(agent)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read a password: %w", err)
	}
	return hash, nil
}

// SetPassword writes the hash of an agent's password; "" removes it.
func (d *Desk) SetPassword(ctx context.Context, agent, hash string) error {
	err := d.update(ctx, func(t *turn) error { return t.tx.SetPassword(agent, hash, t.now) })
	if err != nil {
		return fmt.Errorf("write a password: %w", err)
	}
	return nil
}
