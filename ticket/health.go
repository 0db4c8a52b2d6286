package ticket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// How much of what is wrong is listed; the rest is counted.
const (
	healthNotices  = 50
	healthFailures = 20
)

// Health is how the desk does, for an admin.
type Health struct {
	At        time.Time
	Mailboxes []MailboxHealth // by key
	Waits     bool            // what depends on mail waits until the mailboxes are read
	Waiting   int             // notices that are not settled, as far as they are counted, held ones included
	Longest   time.Time       // since when the first of them that was tried waits; zero if none was
	Trying    []Notice        // that were tried and not yet sent, the oldest first
	Held      []Notice        // that wait to be released or dropped, the oldest first
	HeldMore  int             // how many more
	Webhooks  []WebhookHealth // by key
	Outcomes  map[Outcome]int // what became of mails
	Restored  time.Time       // zero if the desk never was
	Ending    []EndingToken   // of agents who are there, what ends first
}

// EndsSoon is how long before its end something is to be renewed.
const EndsSoon = 21 * 24 * time.Hour

// An EndingToken is one of a program that ends soon.
type EndingToken struct {
	APIToken
	Owner string // name
}

// MailboxHealth is how the reading of a mailbox does.
type MailboxHealth struct {
	Mailbox
	Read     time.Time // when it was last read to its end; zero is never
	Late     bool      // it was not read for longer than it may take
	Failures []Failure // mails that could not be taken yet
	More     int       // how many more
}

// IsAdmin reports whether an agent is one of the admins, and there.
func (p *Policy) IsAdmin(agent string) bool {
	return slices.Contains(p.Admins, agent) && p.enabled(agent)
}

// Health reads how the desk does. The error is a Refusal if the agent is no
// admin.
func (d *Desk) Health(ctx context.Context, agent string) (Health, error) {
	h := Health{Waits: d.Waits()}
	err := d.view(ctx, func(t *turn) error {
		if err := t.onlyAdmins(agent); err != nil {
			return err
		}
		h.At = t.now
		var err error
		if h.Outcomes, err = t.tx.Outcomes(); err != nil {
			return err
		}
		if h.Restored, err = t.tx.RestoredAt(); err != nil {
			return err
		}
		h.Mailboxes = nil
		for _, key := range slices.Sorted(maps.Keys(t.policy.Mailboxes)) {
			m, err := t.mailboxHealth(t.policy.Mailboxes[key])
			if err != nil {
				return err
			}
			h.Mailboxes = append(h.Mailboxes, m)
		}
		if h.Ending, err = t.endingTokens(); err != nil {
			return err
		}
		if h.Webhooks, err = t.webhookHealth(); err != nil {
			return err
		}
		return t.outboxHealth(&h)
	})
	return h, requestError("look how the desk does", err)
}

// Ping reports whether the desk can be read.
func (d *Desk) Ping(ctx context.Context) error {
	_, err := look(ctx, d, "read the desk", Tx.RestoredAt)
	return err
}

// onlyAdmins refuses agents who are none, as if there were nothing.
func (t *turn) onlyAdmins(agent string) error {
	if !t.policy.IsAdmin(agent) {
		return refuse(NotFound, "there is no such page")
	}
	return nil
}

func (t *turn) mailboxHealth(m Mailbox) (MailboxHealth, error) {
	h := MailboxHealth{Mailbox: m}
	var err error
	if h.Read, err = t.tx.LastSweep(m.Key); err != nil {
		return h, fmt.Errorf("ask when %s was read: %w", m.Key, err)
	}
	h.Late = t.now.Sub(h.Read) > m.unreadAfter()
	epoch, err := t.tx.LastEpoch(m.Key)
	if err != nil {
		return h, fmt.Errorf("ask how the mails of %s are numbered: %w", m.Key, err)
	}
	if h.Failures, err = t.tx.Failures(m.Key, epoch); err != nil {
		return h, fmt.Errorf("read which mails of %s failed: %w", m.Key, err)
	}
	if more := len(h.Failures) - healthFailures; more > 0 {
		h.Failures, h.More = h.Failures[:healthFailures], more
	}
	return h, nil
}

func (t *turn) endingTokens() ([]EndingToken, error) {
	tokens, err := t.tx.APITokens("")
	if err != nil {
		return nil, fmt.Errorf("list API tokens: %w", err)
	}
	var ending []EndingToken
	for _, k := range tokens {
		if !k.Ended(t.now) && t.policy.enabled(k.Agent) && k.ExpiresAt.Sub(t.now) < EndsSoon {
			ending = append(ending, EndingToken{k, t.policy.agentName(k.Agent)})
		}
	}
	slices.SortStableFunc(ending, func(a, b EndingToken) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	return ending, nil
}

func (t *turn) outboxHealth(h *Health) error {
	h.Waiting, h.Trying = 0, nil
	const group = 200
	for after := int64(0); ; {
		list, err := t.tx.Waiting(after, false, group)
		if err != nil {
			return fmt.Errorf("list the outbox: %w", err)
		}
		for _, n := range list {
			after = n.ID
			h.Waiting++
			if n.Attempts > 0 && !n.Held() && len(h.Trying) < healthNotices {
				h.Trying = append(h.Trying, n)
			}
		}
		if len(list) < group || h.Waiting >= 10*group {
			break
		}
	}
	h.Longest = time.Time{}
	for _, n := range h.Trying {
		h.Longest = earlier(h.Longest, n.QueuedAt)
	}
	held, err := t.tx.CountNotices(NoticeFilter{Held: true})
	if err != nil {
		return fmt.Errorf("count held notices: %w", err)
	}
	if h.Held, err = t.tx.Waiting(0, true, healthNotices); err != nil {
		return fmt.Errorf("list held notices: %w", err)
	}
	h.HeldMore = held - len(h.Held)
	return nil
}
