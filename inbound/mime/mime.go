// Package mime reads real-world mail: it never gives up, and says what was
// wrong.
//
// Read takes any bytes and returns what a help desk needs of them. Broken
// headers, missing boundaries, wrong charsets and damaged encodings cost only
// what is damaged; each fault is named in Message.Problems. All strings that
// come out are valid UTF-8 without NUL. Time is linear in the size of the mail
// and memory is bounded by Limits, however large the attachments are.
package mime

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// Message is what one mail says.
type Message struct {
	Header  Header
	Subject string

	// From is who wrote it, by the first From field. FromCount is the number
	// of From fields: with more than one the sender proves nothing (RFC 7489
	// §6.6.1).
	From            []Address
	FromCount       int
	Sender, ReplyTo []Address
	To, Cc          []Address
	MessageID       string    // without brackets, "" if there is none
	InReplyTo       []string  // without brackets
	References      []string  // without brackets, at most 100: the first and the last ones
	Date            time.Time // zero if absent or unreadable

	// Text is the whole readable text. HTML is the decoded HTML body as the
	// sender made it, dangerous to show as it is. TextFromHTML tells that the
	// mail has no plain text and Text was drawn from HTML.
	Text         string
	HTML         string
	TextFromHTML bool

	Attachments []Attachment
	Report      *Report // nil unless the mail holds a machine's report
	Embedded    Header  // header of the first mail inside this one, nil if none

	// Digest is a SHA-256 over Message-ID, From, Date, Subject,
	// X-Deskpost-Notice and the encoded body. Two arrivals of one mail have the
	// same digest whatever trace fields they gathered on the way.
	Digest [sha256.Size]byte

	// Problems says in words what was wrong with the mail.
	Problems []string

	// Err is the error of the source, if it failed before its end. The mail is
	// then not the whole mail.
	Err error
}

// Attachment describes a part that is not the text of the mail. Its bytes are
// read with Part.
type Attachment struct {
	Part        string // "1.2", for Part
	Name        string // fit to show and to save under, "" if the sender gave none
	Type        string // lower case, as declared
	Disposition string // "inline", "attachment" or ""
	ContentID   string // without brackets
	Size        int64  // decoded, in bytes
	SHA256      [sha256.Size]byte
	Inline      bool // shown within the text: an image of the HTML body
}

// Read reads a mail. It never fails and never panics; a failing source is told
// in Message.Err. Attachments are hashed and measured while they stream by.
func Read(r io.Reader, lim Limits) *Message {
	p := &problems{}
	w := newWalker(r, lim, p)
	m := &Message{Header: w.begin()}
	m.readFields(lim, p)

	digest := sha256.New()
	writeIdentity(digest, m.Header)
	w.lines.tee = digest

	c := collector{message: m, limits: lim, problems: p}
	for l := w.next(); l != nil; l = w.next() {
		c.take(l, w.decoded(l))
	}
	for _, _, ok := w.lines.next(); ok; _, _, ok = w.lines.next() {
		// Past a limit the rest still counts for the digest.
	}
	c.finish()

	digest.Sum(m.Digest[:0])
	m.Err = w.lines.err
	m.Problems = p.list
	return m
}

// readFields draws the plain fields from the header.
func (m *Message) readFields(lim Limits, p *problems) {
	h := m.Header
	first := func(name string) []string { return h.All(name)[:min(1, h.Count(name))] }
	m.Subject = h.Get("Subject")
	m.FromCount = h.Count("From")
	m.From = addresses(first("From"), lim.Addresses, p)
	m.Sender = addresses(first("Sender"), lim.Addresses, p)
	m.ReplyTo = addresses(first("Reply-To"), lim.Addresses, p)
	m.To = addresses(h.All("To"), lim.Addresses, p)
	m.Cc = addresses(h.All("Cc"), lim.Addresses, p)
	m.MessageID = messageID(h.Raw("Message-Id"))
	m.InReplyTo = messageIDs(h.Raw("In-Reply-To"))
	m.References = messageIDs(h.Raw("References"))
	m.Date = parseDate(h.Raw("Date"))
	if m.FromCount > 1 {
		p.add("more than one From field")
	}
	if m.Date.IsZero() && h.Has("Date") {
		p.add("unreadable Date")
	}
}

// writeIdentity hashes the fields that make a mail itself, each with its name
// so that values cannot slip from one to the other.
func writeIdentity(digest hash.Hash, h Header) {
	for _, name := range []string{"Message-Id", "From", "Date", "Subject", "X-Deskpost-Notice"} {
		fmt.Fprintf(digest, "%s %q\n", name, h.Raw(name))
	}
}

// ErrNoPart is returned by Part for a path that the mail does not have.
var ErrNoPart = errors.New("no such part")

// Part returns the decoded bytes of the part with that path, as Attachment.Part
// states it. They are read from r as the caller reads them.
func Part(r io.Reader, path string, lim Limits) (io.Reader, error) {
	w := newWalker(r, lim, &problems{})
	w.begin()
	for l := w.next(); l != nil; l = w.next() {
		if l.path == path {
			return w.decoded(l), nil
		}
	}
	if w.lines.err != nil {
		return nil, fmt.Errorf("read part %s: %w", path, w.lines.err)
	}
	return nil, fmt.Errorf("part %q: %w", path, ErrNoPart)
}
