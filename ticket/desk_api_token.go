package ticket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// How long API tokens live, in days.
const (
	APITokenDays    = 90 // if nobody says otherwise
	MaxAPITokenDays = 365
)

const (
	maxAPITokens    = 20 // of an agent that have not ended
	maxAPITokenName = 60 // characters
	useEvery        = time.Minute
	forgetTokens    = 90 * 24 * time.Hour // after they have expired
)

// A TokenWish is an API token that somebody wants.
type TokenWish struct {
	Agent  string // key of whom the program acts for
	Name   string // which program it is for
	Scopes []Scope
	Days   int // how long it lives
}

// MakeAPIToken makes a token and returns its secret, which is kept nowhere. The
// error is a Refusal if the wish is none that can be granted.
func (d *Desk) MakeAPIToken(ctx context.Context, wish TokenWish) (secret string, made APIToken, err error) {
	secret = newSecret()
	err = d.update(ctx, func(t *turn) (err error) {
		made, err = t.makeAPIToken(wish, secret)
		return err
	})
	if err != nil {
		return "", APIToken{}, requestError("make an API token", err)
	}
	return secret, made, nil
}

func (t *turn) makeAPIToken(wish TokenWish, secret string) (APIToken, error) {
	if _, err := t.whoAsks(FromAPI, wish.Agent); err != nil {
		return APIToken{}, err
	}
	k := APIToken{Agent: wish.Agent, Name: strings.Join(strings.Fields(plain(wish.Name)), " "), MadeAt: t.now, ExpiresAt: t.now.Add(time.Duration(wish.Days) * 24 * time.Hour)}
	for _, scope := range Scopes { // each once, in their order
		if slices.Contains(wish.Scopes, scope) {
			k.Scopes = append(k.Scopes, scope)
		}
	}
	unknown := slices.IndexFunc(wish.Scopes, func(s Scope) bool { return !slices.Contains(Scopes, s) })
	switch {
	case k.Name == "":
		return APIToken{}, refuse(Invalid, "give the token a name, such as that of the program it is for")
	case utf8.RuneCountInString(k.Name) > maxAPITokenName:
		return APIToken{}, refuse(Invalid, "the name of a token has at most %d characters", maxAPITokenName)
	case unknown >= 0:
		return APIToken{}, refuse(Invalid, "there is no scope %q: there are %s", wish.Scopes[unknown], scopeWords(Scopes))
	case len(k.Scopes) == 0:
		return APIToken{}, refuse(Invalid, "choose what the token may be used for: %s", scopeWords(Scopes))
	case wish.Days < 1 || wish.Days > MaxAPITokenDays:
		return APIToken{}, refuse(Invalid, "a token lives for 1 to %d days", MaxAPITokenDays)
	}
	if err := t.tx.ForgetAPITokens(t.now.Add(-forgetTokens)); err != nil {
		return APIToken{}, fmt.Errorf("forget old API tokens: %w", err)
	}
	list, err := t.tx.APITokens(wish.Agent)
	if err != nil {
		return APIToken{}, fmt.Errorf("list API tokens: %w", err)
	}
	if list = slices.DeleteFunc(list, func(k APIToken) bool { return k.Ended(t.now) }); len(list) >= maxAPITokens {
		return APIToken{}, refuse(Conflict, "there are %d tokens already: revoke one that is not needed any more", len(list))
	}
	if err := t.tx.AddAPIToken(&k, digest(secret)); err != nil {
		return APIToken{}, fmt.Errorf("write an API token: %w", err)
	}
	return k, nil
}

func scopeWords(list []Scope) string {
	var words []string
	for _, s := range list {
		words = append(words, string(s))
	}
	return strings.Join(words, ", ")
}

// APITokens lists the tokens of an agent, or with "" those of all, by ID. Those
// that ended are among them for some months.
func (d *Desk) APITokens(ctx context.Context, agent string) ([]APIToken, error) {
	return look(ctx, d, "list API tokens", func(tx Tx) ([]APIToken, error) { return tx.APITokens(agent) })
}

// RevokeAPIToken ends a token of an agent, or with "" of whomever: for the
// operator. The error is a Refusal if there is no such token.
func (d *Desk) RevokeAPIToken(ctx context.Context, agent string, id int64) (APIToken, error) {
	var revoked APIToken
	err := d.update(ctx, func(t *turn) error {
		list, err := t.tx.APITokens(agent)
		if err != nil {
			return fmt.Errorf("list API tokens: %w", err)
		}
		at := slices.IndexFunc(list, func(k APIToken) bool { return k.ID == id })
		if at < 0 {
			return refuse(NotFound, "there is no token %d", id)
		}
		if revoked = list[at]; !revoked.RevokedAt.IsZero() {
			return nil
		}
		revoked.RevokedAt = t.now
		return t.tx.RevokeAPIToken(id, t.now)
	})
	return revoked, requestError("revoke an API token", err)
}

// Bearer finds the token of a secret that a program has shown, with the agent it
// acts for. The error is a Refusal if it is worth nothing, now or ever.
func (d *Desk) Bearer(ctx context.Context, secret string) (APIToken, Agent, error) {
	var k APIToken
	var agent Agent
	err := d.view(ctx, func(t *turn) (err error) {
		if !wellFormed(secret) {
			return refuse(NotAllowed, "this is not a token of a desk, or not the whole of one")
		}
		k, err = t.tx.APIToken(digest(secret))
		switch {
		case isAbsent(err):
			return refuse(NotAllowed, "this desk knows no such token")
		case err != nil:
			return fmt.Errorf("look up an API token: %w", err)
		case !k.RevokedAt.IsZero():
			return refuse(NotAllowed, "this token was revoked")
		case k.Ended(t.now):
			return refuse(NotAllowed, "this token has expired: make another one")
		}
		if agent, err = t.whoAsks(FromAPI, k.Agent); err != nil {
			return refuse(NotAllowed, "whom this token acts for may not work here any more")
		}
		return nil
	})
	return k, agent, requestError("find the token of a request", err)
}

// UsedAPIToken notes that a token was used now. It writes at most once a minute.
func (d *Desk) UsedAPIToken(ctx context.Context, k APIToken) error {
	if d.Now().Sub(k.UsedAt) < useEvery {
		return nil
	}
	err := d.update(ctx, func(t *turn) error { return t.tx.UseAPIToken(k.ID, t.now) })
	if err != nil {
		return fmt.Errorf("note that an API token was used: %w", err)
	}
	return nil
}
