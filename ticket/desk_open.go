package ticket

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Opening is what a ticket is to be made of that is not opened by mail: an
// agent takes down what somebody told on the telephone, or a customer fills in
// a form.
type Opening struct {
	Origin     Origin
	Key        string  // as of a Request
	Agent      string  // key of who takes it down; "" is the operator, or with FromForm the requester
	Requester  Address // who is answered
	Subject    string
	Text       string // the requester's words
	Department string // key or name

	Authenticity Authenticity // what is known of a requester who filled in a form
	Fields       []FieldValue // what such a requester filled in of the fields for customers
	Languages    []string     // tags of RFC 5646 that such a requester's browser accepts, the best first
	Files        []File       `json:"-"` // what the requester sent along; the bytes of each are a blob of its own
}

// Limits of an opening.
const (
	maxSubject = 500     // characters
	maxOpening = 1 << 20 // bytes of its text
)

// Open makes a ticket as a mail of the requester does: it is acknowledged where
// that mail would be, the requester's address counting as verified where an
// agent has taken it down. An agent needs the right to create. The error is a
// Refusal if there is something wrong with the opening.
func (d *Desk) Open(ctx context.Context, o Opening) (Transcript, error) {
	var done Transcript
	err := d.update(ctx, func(t *turn) (err error) {
		done, err = t.openFor(o)
		return err
	})
	return done, requestError("open a ticket", err)
}

func (t *turn) openFor(o Opening) (Transcript, error) {
	m, err := t.mailOf(o)
	if err != nil {
		return Transcript{}, err
	}
	by := o.Agent
	if m.TakenBy.Kind == "" {
		by = m.From.Key()
	}
	r, first, err := t.accept(o.Origin, by, o.Key)
	switch {
	case err != nil:
		return Transcript{}, err
	case first != nil:
		return *first, errNothingDone
	}
	var c Conclusion
	if m.TakenBy.Kind == "" {
		c, err = t.open(&r, m, 0)
	} else {
		c, err = t.newTicket(&r, m, 0) // an agent is not held to what strangers may open in an hour
	}
	if err != nil {
		return Transcript{}, err
	}
	tk, err := t.tx.Ticket(c.Ticket)
	if err != nil {
		return Transcript{}, fmt.Errorf("read ticket %d: %w", c.Ticket, err)
	}
	done := Transcript{Done: true, Ticket: c.Ticket, Entry: c.Entry, State: t.stateLine(tk),
		Verdict: fmt.Sprintf("Ticket %d: opened in %s", c.Ticket, t.policy.PathName(tk.Department))}
	return done, t.conclude(&r, o.Key, c, m, done)
}

// mailOf is an opening as a mail of the requester.
func (t *turn) mailOf(o Opening) (*Mail, error) {
	m := &Mail{From: o.Requester, Subject: cleanSubject(plain(o.Subject)), NewText: strings.TrimSpace(plain(o.Text)),
		Authenticity: o.Authenticity, Files: o.Files, Languages: o.Languages}
	m.From.Name = strings.Join(strings.Fields(plain(m.From.Name)), " ")
	if o.Agent != "" || o.Origin != FromForm {
		agent, err := t.whoAsks(o.Origin, o.Agent)
		if err != nil {
			return nil, err
		}
		m.TakenBy, m.Authenticity = (&work{agent: agent}).actor(), Unproven
	}
	var err error
	if m.Department, err = t.policy.findDepartment(o.Department); err != nil {
		return nil, err
	}
	switch {
	case m.TakenBy.Kind == ByAgent && !t.policy.May(o.Agent, MayCreate, m.Department):
		return nil, refuse(NotAllowed, "%s", t.lacks(o.Agent, MayCreate, m.Department))
	case !validAddress(m.From.Email):
		return nil, refuseCustomer(Invalid, "refused.address", with("value", m.From.Email), "%q is not an address that could be answered", m.From.Email)
	case t.policy.Own(m.From.Email):
		return nil, refuse(Invalid, "%s is the desk's own address: whose ticket is it?", m.From.Email)
	case strings.TrimSpace(o.Subject) == "":
		return nil, refuseCustomer(Invalid, "refused.subject", nil, "the ticket needs a subject")
	case utf8.RuneCountInString(m.Subject) > maxSubject:
		return nil, refuse(Invalid, "a subject has at most %d characters: put the rest into the text", maxSubject)
	case len(m.NewText) > maxOpening:
		return nil, refuse(Invalid, "the text has more than %d bytes: attach it as a file to a mail", maxOpening)
	}
	m.Fields, err = t.policy.filledIn(m.Department, o.Fields)
	return m, err
}
