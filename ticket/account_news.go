package ticket

import (
	"context"
	"fmt"
	"time"
)

// AccountNews is what happened to how an agent signs in, which they are told by
// mail: if it was not they, they have to know.
type AccountNews string

// The news.
const (
	AccountPassword    AccountNews = "password"     // it was set or changed
	AccountFactorOn    AccountNews = "factor-on"    // a second factor is asked for from now on
	AccountFactorOff   AccountNews = "factor-off"   // it is not any more
	AccountFactorReset AccountNews = "factor-reset" // the admin took it away
	AccountNewCodes    AccountNews = "new-codes"    // the recovery codes of before are void
	AccountCodeUsed    AccountNews = "code-used"    // a recovery code signed in
	AccountTries       AccountNews = "tries"        // somebody tries passwords
)

// triesTold is how soon an agent is told again that somebody tries passwords.
const triesTold = 24 * time.Hour

// tellAccount tells an agent what happened to how they sign in. A desk that has no
// page tells nothing: then nobody signs in.
func (t *turn) tellAccount(agent Agent, news AccountNews) error {
	if t.policy.Page == "" || agent.Disabled {
		return nil
	}
	return t.queue(t.accountNotice(agent, news))
}

func (t *turn) accountNotice(agent Agent, news AccountNews) *Notice {
	n := t.reportTo(agent, NoticeAccount, t.postsFrom(agent))
	n.Facts.Account = news
	return n
}

// TellTries tells an agent, once a day, that somebody tries passwords in their
// name. It takes as long where there is no such agent.
func (d *Desk) TellTries(ctx context.Context, agent string) error {
	err := d.update(ctx, func(t *turn) error {
		a, real := t.policy.Agents[agent]
		real = real && !a.Disabled && t.policy.Page != ""
		if !real {
			a = Agent{Emails: []string{"nobody@invalid"}}
		}
		n := t.accountNotice(a, AccountTries)
		n.Dedupe = fmt.Sprintf("tries:%s:%d", a.Key, t.now.Truncate(triesTold).Unix())
		return t.queueAlike(n, real)
	})
	if err != nil {
		return fmt.Errorf("tell an agent of tries to sign in: %w", err)
	}
	return nil
}
