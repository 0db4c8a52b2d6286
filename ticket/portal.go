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

// Portal is the part of a Tx that keeps what customers do on the page.
type Portal interface {
	// TakesPartIn lists up to limit tickets in which an address takes part, by
	// address key, those first that were changed last.
	TakesPartIn(address string, limit int) ([]Ticket, error)
	// AddOpening keeps an opening, and its files, that waits for the link in a
	// notice to be followed. Opening reads it back, DropOpening removes it.
	AddOpening(notice int64, o Opening, at time.Time) error
	Opening(notice int64) (Opening, error)
	DropOpening(notice int64) error
	// WaitingOpenings counts those that wait and the bytes of their files,
	// ForgetOpenings removes those that were kept before an instant.
	WaitingOpenings() (openings int, bytes int64, err error)
	ForgetOpenings(before time.Time) (int, error)
}

// Limits of what anybody may have mailed to any address, beside the caps of all
// automatic mail: strangers must not use those up.
const (
	linksHour    = 3       // to one address
	linksShare   = 2       // of the cap of the whole desk they get one part in so many
	maxOpenings  = 1000    // that wait at once
	maxWaiting   = 1 << 30 // bytes of the files that wait with them
	confirmLife  = 24 * time.Hour
	visitEvery   = time.Minute // how soon another link to one's tickets is mailed
	maxMyTickets = 100
)

// PortalDepartments are the departments in which customers can open tickets on
// the page, by the name with those above it, which is all that customers get to
// know of them.
func (p *Policy) PortalDepartments() []string {
	if !p.Portal {
		return nil
	}
	var names []string
	for key, d := range p.Departments {
		if d.Portal {
			names = append(names, p.PathName(key))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// portalDepartment is the key of a department that customers can choose.
func (p *Policy) portalDepartment(name string) (string, error) {
	for _, key := range slices.Sorted(maps.Keys(p.Departments)) {
		if p.Portal && p.Departments[key].Portal && p.PathName(key) == name {
			return key, nil
		}
	}
	return "", refuseCustomer(Invalid, "refused.whom", nil, "choose whom it is for")
}

// PortalFields are the fields that customers fill in for a department, by the name
// of that.
func (p *Policy) PortalFields(name string) []Field {
	key, err := p.portalDepartment(name)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(p.fieldsOf(key), func(f Field) bool { return !f.Customer })
}

// A FieldValue is what somebody filled into a field.
type FieldValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// filledIn brings what a customer filled in into the spelling in which it is
// kept. Fields that customers do not see are refused.
func (p *Policy) filledIn(department string, values []FieldValue) ([]FieldValue, error) {
	var kept []FieldValue
	for _, v := range values {
		f, ok := p.fieldNamed(v.Key)
		if !ok || !f.Customer || !p.within(department, f.Departments) {
			return nil, refuseCustomer(Invalid, "refused.form-changed", nil, "the form has changed: fill it in again")
		}
		if strings.TrimSpace(v.Value) == "" {
			continue
		}
		value, err := f.Normal(plain(v.Value))
		if no, refused := errors.AsType[*Refusal](err); refused {
			return nil, f.refuses(no)
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, FieldValue{f.Key, value})
	}
	return kept, nil
}

// mailLink queues a mail with a link to an address that anybody may have named.
// It holds no word that they chose. It returns why there is none, for the log:
// who asked is told the same in any case.
func (t *turn) mailLink(n *Notice, to string) (why string, err error) {
	address := Address{Email: to}
	n.Answer, n.Automatic, n.Recipients = TokenCustomer, true, []Recipient{{Address: address}}
	n.Facts = Facts{Language: n.Facts.Language, Department: t.policy.Departments[n.Department].Name, Signature: t.policy.Departments[n.Department].Signature,
		Zone: t.policy.Zone.String(), At: t.now, Until: t.now.Add(pageLinks[n.Kind].life)}
	if t.policy.Own(to) {
		return "it is an address of the desk itself", nil
	}
	if why, err := t.capAt(address); why != "" || err != nil {
		return why, err
	}
	links, hour := []NoticeKind{NoticeConfirm, NoticeVisit}, t.now.Add(-time.Hour)
	why, err = t.reached(
		mailCap{NoticeFilter{Address: address.Key(), Kinds: links, Since: hour}, linksHour, "the address got enough links within an hour"},
		mailCap{NoticeFilter{Kinds: links, Since: hour}, max(1, t.policy.Caps.SystemHour/linksShare), "enough links were mailed within an hour"})
	if why != "" || err != nil {
		return why, err
	}
	return "", t.queue(n)
}

// evenOut writes something whoever asks for a link, so that how long the answer
// takes does not tell whether a mail was queued.
func (t *turn) evenOut() error {
	if _, err := t.tx.Next("links-asked", 1); err != nil {
		return fmt.Errorf("count what was asked for: %w", err)
	}
	return nil
}

// ForgetOpenings removes the openings that nobody has confirmed in time. It
// returns how many there were.
func (d *Desk) ForgetOpenings(ctx context.Context) (int, error) {
	forgotten := 0
	err := d.update(ctx, func(t *turn) (err error) {
		forgotten, err = t.tx.ForgetOpenings(t.now.Add(-confirmLife))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget openings that were not confirmed: %w", err)
	}
	return forgotten, nil
}
