package ticket

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A CustomerMessage is what a customer, whose address is proven, writes on a
// ticket otherwise than by mail.
type CustomerMessage struct {
	Key     string // as of a Request
	Address string
	Ticket  Number
	Text    string
	Files   []File // the bytes of each are a blob of its own
	Solved  bool   // the customer has what they need
}

// solvedText is what a customer says who only says that it is solved.
const solvedText = "This is solved."

// WriteFor takes a customer's message as a mail of theirs would be taken: it
// reopens the ticket, or opens another one where that is over for too long, and
// agents are told. The transcript names the ticket that it became part of. The
// error is a Refusal if the ticket is not theirs, or nothing was written.
func (d *Desk) WriteFor(ctx context.Context, c CustomerMessage) (Transcript, error) {
	var done Transcript
	err := d.update(ctx, func(t *turn) (err error) {
		done, err = t.writeFor(c)
		return err
	})
	return done, requestError("take a customer's message", err)
}

func (t *turn) writeFor(c CustomerMessage) (Transcript, error) {
	address := Address{Email: c.Address}
	s, err := t.customerSheet(c.Ticket, address)
	switch {
	case err != nil:
		return Transcript{}, err
	case s == nil:
		return Transcript{}, noTicketOfYours(c.Ticket)
	}
	c.Text = strings.TrimSpace(plain(c.Text))
	if c.Text == "" && c.Solved {
		c.Text = solvedText
	}
	switch {
	case !s.MayWrite:
		return Transcript{}, refuseCustomer(Conflict, "refused.merged", nil, "this ticket goes on in another one: write a mail, or open a new ticket")
	case c.Text == "" && len(c.Files) == 0:
		return Transcript{}, refuseCustomer(Invalid, "refused.nothing", nil, "write something first")
	case utf8.RuneCountInString(c.Text) > maxPortalText:
		return Transcript{}, refuseCustomer(Invalid, "refused.long-text", with("n", maxPortalText), "a message has at most %d characters: shorten it, or write a mail", maxPortalText)
	}
	r, first, err := t.accept(FromForm, address.Key(), c.Key)
	switch {
	case err != nil:
		return Transcript{}, err
	case first != nil:
		return *first, errNothingDone
	}
	p, _, err := t.participant(s.Number, address)
	if err != nil {
		return Transcript{}, err
	}
	m := &Mail{From: p.Address, Subject: s.Subject, NewText: c.Text, Files: c.Files, Authenticity: Proven, Department: s.department}
	conclusion, err := t.fromOutside(&r, m, match{ticket: s.Number, participant: true})
	if err != nil {
		return Transcript{}, err
	}
	if c.Solved && s.MaySolve && conclusion.Ticket == s.Number {
		if err := t.solved(s.Number, m); err != nil {
			return Transcript{}, err
		}
	}
	done := Transcript{Done: true, Ticket: conclusion.Ticket, Entry: conclusion.Entry}
	return done, t.conclude(&r, c.Key, conclusion, m, done)
}

// solved resolves a ticket for its requester, who has said so.
func (t *turn) solved(n Number, m *Mail) error {
	tk, err := t.tx.Ticket(n)
	if err != nil {
		return fmt.Errorf("read ticket %d: %w", n, err)
	}
	t.because("its requester says that it is solved")
	return t.keep(tk, tk.setStatus(Resolved, customer(m), t.now))
}
