package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of what a customer fills in, in characters. Whoever has more to say
// writes a mail.
const (
	maxPortalName    = 100
	maxPortalSubject = 200
	maxPortalText    = 20_000
)

// AskToOpen mails the requester of an opening a link that opens the ticket: what
// anybody writes into a form counts only when the address has confirmed it. The
// department is named as by PortalDepartments. It returns why no mail was sent,
// for the log; who asked must be told the same in any case. The error is a
// Refusal if there is something wrong with what was filled in.
func (d *Desk) AskToOpen(ctx context.Context, o Opening) (why string, err error) {
	err = d.update(ctx, func(t *turn) (err error) {
		why, err = t.askToOpen(o)
		return err
	})
	return why, requestError("keep a ticket until it is confirmed", err)
}

func (t *turn) askToOpen(o Opening) (why string, err error) {
	if o, err = t.portalOpening(o); err != nil {
		return "", err
	}
	if err := t.evenOut(); err != nil {
		return "", err
	}
	if _, err := t.mailOf(o); err != nil {
		if t.policy.Own(o.Requester.Email) {
			return "it is an address of the desk itself", nil
		}
		return "", err
	}
	if _, err := t.tx.ForgetOpenings(t.now.Add(-confirmLife)); err != nil {
		return "", fmt.Errorf("forget openings that were not confirmed: %w", err)
	}
	waiting, bytes, err := t.tx.WaitingOpenings()
	if err != nil {
		return "", fmt.Errorf("count openings that wait: %w", err)
	}
	for _, f := range o.Files {
		bytes += f.Size
	}
	switch {
	case waiting >= maxOpenings:
		return "too many tickets wait to be confirmed", nil
	case bytes > maxWaiting:
		return "the files of tickets that wait to be confirmed are too large", nil
	}
	n := &Notice{Kind: NoticeConfirm, Department: o.Department}
	n.Facts.Language = cmp.Or(Guess(o.Subject+"\n"+o.Text), spokenOf(o.Languages))
	if why, err := t.mailLink(n, o.Requester.Email); why != "" || err != nil {
		return why, err
	}
	if err := t.tx.AddOpening(n.ID, o, t.now); err != nil {
		return "", fmt.Errorf("keep a ticket until it is confirmed: %w", err)
	}
	return "", nil
}

// OpenByLink opens the ticket that waits for a link to be followed, once. The
// address is proven by that. The error is a Refusal if the link was used, is too
// old, or none of ours.
func (d *Desk) OpenByLink(ctx context.Context, link string) (Transcript, Address, error) {
	var done Transcript
	var by Address
	err := d.update(ctx, func(t *turn) error {
		n, err := t.byLink(link, NoticeConfirm)
		if err != nil {
			return err
		}
		if err := t.redeem(&n); err != nil {
			return err
		}
		o, err := t.tx.Opening(n.ID)
		if isAbsent(err) {
			return errNoLink(NoticeConfirm)
		}
		if err != nil {
			return fmt.Errorf("read the ticket that a link opens: %w", err)
		}
		if dept := t.policy.Departments[o.Department]; !t.policy.Portal || !dept.Portal {
			return refuseCustomer(NotAllowed, "refused.not-here", nil, "This can not be sent here any more. Write a mail to us instead.")
		}
		o.Authenticity, by = Proven, o.Requester
		if done, err = t.openFor(o); err != nil {
			return err
		}
		return t.tx.DropOpening(n.ID)
	})
	return done, by, requestError("open a ticket by a link", err)
}

// OpenForCustomer opens a ticket at once for somebody whose address is proven
// already: who is signed in as a customer.
func (d *Desk) OpenForCustomer(ctx context.Context, o Opening) (Transcript, error) {
	var done Transcript
	err := d.update(ctx, func(t *turn) (err error) {
		if o, err = t.portalOpening(o); err != nil {
			return err
		}
		o.Authenticity = Proven
		done, err = t.openFor(o)
		return err
	})
	return done, requestError("open a ticket", err)
}

// portalOpening checks what a customer filled in as far as the form of the page
// is stricter than an Opening, and names the department by its key.
func (t *turn) portalOpening(o Opening) (Opening, error) {
	key, err := t.policy.portalDepartment(o.Department)
	if err != nil {
		return o, err
	}
	o.Origin, o.Agent, o.Authenticity, o.Department = FromForm, "", Unproven, key
	o.Requester.Email = strings.TrimSpace(o.Requester.Email)
	for _, limit := range []struct {
		key, what, text string
		characters      int
	}{{"refused.long-name", "a name", o.Requester.Name, maxPortalName}, {"refused.long-subject", "a subject", o.Subject, maxPortalSubject}, {"refused.long-text", "a message", o.Text, maxPortalText}} {
		if utf8.RuneCountInString(limit.text) > limit.characters {
			return o, refuseCustomer(Invalid, limit.key, with("n", limit.characters), "%s has at most %d characters: shorten it, or write a mail", limit.what, limit.characters)
		}
	}
	if strings.TrimSpace(plain(o.Text)) == "" {
		return o, refuseCustomer(Invalid, "refused.empty", nil, "write what it is about")
	}
	return o, nil
}

// MailVisit mails a customer a link to their tickets, or an agent one that signs
// them in as an agent. It returns why no mail was sent, for the log: who asked
// must be told the same in any case, also whether the address is known.
func (d *Desk) MailVisit(ctx context.Context, address string) (why string, err error) {
	err = d.update(ctx, func(t *turn) error {
		if _, agent := t.policy.AgentByAddress(Address{Email: address}); agent {
			why = "it is an agent's: they get a link for agents"
			return t.mailSignIn(address)
		}
		if err := t.evenOut(); err != nil {
			return err
		}
		why, err = t.mailVisit(address)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("mail a link to a customer's tickets: %w", err)
	}
	return why, nil
}

func (t *turn) mailVisit(address string) (why string, err error) {
	if !t.policy.Portal || !validAddress(address) {
		return "it is no address", nil
	}
	list, err := t.ticketsOf(Address{Email: address})
	if err != nil || len(list) == 0 {
		return "it takes part in no ticket", err
	}
	n := &Notice{Kind: NoticeVisit, Department: list[0].department,
		Dedupe: fmt.Sprintf("visit:%s:%d", Address{Email: address}.Key(), t.now.Truncate(visitEvery).Unix())}
	return t.mailLink(n, address)
}

// Visit takes the token of a mailed link and returns the address that it has
// proven. The error is a Refusal if the link was used, is too old, or none of
// ours.
func (d *Desk) Visit(ctx context.Context, link string) (string, error) {
	var address string
	err := d.update(ctx, func(t *turn) error {
		n, err := t.byLink(link, NoticeVisit)
		if err != nil {
			return err
		}
		if len(n.Recipients) != 1 {
			return errors.New("the notice with the link has not one recipient")
		}
		if err := t.redeem(&n); err != nil {
			return err
		}
		address = n.Recipients[0].Address.Email
		return nil
	})
	return address, requestError("let a customer in by a link", err)
}
