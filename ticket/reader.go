package ticket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Reader is how one who takes part in a ticket is to be written to, as far as
// their mail tells.
type Reader struct {
	Language string // tag of RFC 5646; "" is not known

	// Offset is that of their clock from UTC, such as "-0500", where it was not that
	// of the desk when they wrote; "" is that of the desk, or not known. A Date
	// field has no more (RFC 5322 section 3.3): which zone it is, and when its clock
	// changes, nobody can tell.
	Offset string
}

// Readers is the part of a Tx that keeps how people are to be written to.
type Readers interface {
	// SetReader keeps it for one who takes part in a ticket, by address key;
	// nothing happens if nobody has it.
	SetReader(n Number, address string, r Reader) error
	// ReaderOf is what the latest ticket in which an address, by its key, takes part
	// and whose language is known tells of it; zero if there is none.
	ReaderOf(address string) (Reader, error)
}

// learn notes from a message, and what of its text is its writer's, how they are to
// be written to. What they write in counts, if that is beyond doubt. So
// the language stays as it is until somebody changes theirs: a short mail, or one
// that is full of what a program says, changes nothing. What their mail program
// says (RFC 3282) counts only where nothing else is known: it is set up once, often
// by somebody else, and in English.
func (t *turn) learn(n Number, was Reader, m *Mail, text string, received time.Time) error {
	if m.Machine != Human || m.TakenBy.Kind != "" || m.From.Email == "" {
		return nil
	}
	is := was
	switch sure := Guess(text); {
	case sure != "":
		is.Language = sure
	case was.Language == "":
		known, err := t.tx.ReaderOf(m.From.Key())
		if err != nil {
			return fmt.Errorf("ask what language an address was written to in: %w", err)
		}
		if is.Language = known.Language; is.Language == "" {
			is.Language = spokenOf(m.Languages)
		}
	}
	if m.Offset != "" {
		is.Offset = m.Offset
		if received.In(t.policy.Zone).Format("-0700") == m.Offset {
			is.Offset = ""
		}
	}
	if is == was {
		return nil
	}
	if err := t.tx.SetReader(n, m.From.Key(), is); err != nil {
		return fmt.Errorf("note how to write to a participant of ticket %d: %w", n, err)
	}
	return nil
}

// spokenOf is the first of some tags that is a language of ours, whatever its
// region (RFC 4647 section 3.4), "" if none is.
func spokenOf(tags []string) string {
	for _, tag := range tags {
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(languages, primary) {
			return primary
		}
	}
	return ""
}

// forReader says in which language a notice to customers is to be worded, and by
// which clock. A mail to several is for the first of them, the requester.
func (t *turn) forReader(n *Notice) error {
	if n.Kind.ToAgent() || len(n.Recipients) == 0 {
		return nil
	}
	key := n.Recipients[0].Address.Key()
	var r Reader
	if n.Ticket != 0 {
		p, _, err := t.participant(n.Ticket, n.Recipients[0].Address)
		if err != nil {
			return err
		}
		r = p.Reader
	}
	if r.Language == "" {
		known, err := t.tx.ReaderOf(key)
		if err != nil {
			return fmt.Errorf("ask what language an address was written to in: %w", err)
		}
		r.Language = known.Language
	}
	if n.Facts.Language != "" {
		r.Language = n.Facts.Language // they have just said so
	}
	n.Facts.Language, n.Facts.Offset = t.policy.LanguageFor(n.Department, r.Language), r.Offset
	return nil
}

// ReaderOf is how somebody whose address is proven is to be written to, as far as
// their mail tells.
func (d *Desk) ReaderOf(ctx context.Context, address string) (Reader, error) {
	var r Reader
	err := d.view(ctx, func(t *turn) (err error) {
		r, err = t.tx.ReaderOf(Address{Email: address}.Key())
		return err
	})
	if err != nil {
		return Reader{}, fmt.Errorf("ask how to write to a customer: %w", err)
	}
	return r, nil
}
