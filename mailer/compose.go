package mailer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/quotedprintable"
	"strconv"
	"strings"
	"time"

	"deskpost/templates"
	"deskpost/ticket"
)

// A FileError says that an attachment could not be read. With Gone its bytes
// will never come back, and trying again is of no use.
type FileError struct {
	Name string
	Gone bool
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("attachment %q: %v", e.Name, e.Err) }

// Unwrap returns the error of the store.
func (e *FileError) Unwrap() error { return e.Err }

// Compose writes a notice as a mail (RFC 5322, RFC 2045): 7bit, every line
// ended by CRLF, body lines of at most 76 characters. The same notice and words
// give the same bytes each time, since boundaries, date and Message-ID all come
// from the notice. Attachments are streamed from open, which answers
// fs.ErrNotExist for bytes that are gone.
//
// The error is that of w, a *FileError, or says what in the notice cannot be
// put into a mail; then trying again is of no use.
func Compose(w io.Writer, n ticket.Notice, r templates.Rendered, open func(ticket.File) (io.ReadCloser, error)) error {
	head, err := header(n, r.Subject)
	if err != nil {
		return fmt.Errorf("compose notice %d: %w", n.ID, err)
	}
	body := textPart("plain", r.Text)
	if r.HTML != "" {
		body = multipart("alternative", boundary(n, "alternative"), body, textPart("html", r.HTML))
	}
	if len(n.Facts.Files) > 0 {
		parts := []part{body}
		for _, f := range n.Facts.Files {
			parts = append(parts, filePart(f, open))
		}
		body = multipart("mixed", boundary(n, "mixed"), parts...)
	}
	head.add("MIME-Version", "1.0")
	if r.Language != "" {
		head.add("Content-Language", r.Language) // of whom it is meant for (RFC 3282 section 2)
	}
	if _, err := io.WriteString(w, head.String()); err != nil {
		return err
	}
	return body.write(w)
}

// Size is the length in bytes of what Compose writes. It reads no attachment.
func Size(n ticket.Notice, r templates.Rendered) (int64, error) {
	var count counter
	err := Compose(&count, n, r, func(f ticket.File) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, f.Size)), nil
	})
	return int64(count), err
}

// A counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// zeros is a file without end. Only the length of a file counts for Size.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// header writes all fields but those of MIME.
func header(n ticket.Notice, subject string) (*fields, error) {
	h := new(fields)
	from := mailbox(n.From)
	if from == nil {
		return nil, fmt.Errorf("%.80q cannot be a sender", n.From.Email)
	}
	to, cc := mailboxes(n.Recipients)
	if len(to) == 0 {
		to = []string{"undisclosed-recipients:;"}
	}
	date := n.QueuedAt
	if !n.Facts.Dated.IsZero() {
		date = n.Facts.Dated // it waited on purpose: else it would stand below what is older
	}
	h.add("Date", date.UTC().Format(time.RFC1123Z))
	h.add("From", from...)
	h.add("To", to...)
	h.add("Cc", cc...)
	if n.ReplyTo != "" {
		answers := mailbox(ticket.Address{Email: n.ReplyTo})
		if answers == nil {
			return nil, fmt.Errorf("%.80q cannot be answered to", n.ReplyTo)
		}
		h.add("Reply-To", answers...)
	}
	h.add("Subject", unstructured(subject)...)
	id := messageIDs(n.MessageID)
	if id == nil {
		return nil, fmt.Errorf("%.80q cannot be a Message-ID", n.MessageID)
	}
	h.add("Message-ID", id...)
	h.add("In-Reply-To", messageIDs(n.InReplyTo)...)
	h.add("References", messageIDs(n.References...)...)
	automatic(h, n)
	if n.Stamp != "" {
		if !oneWord(n.Stamp) {
			return nil, errors.New("the stamp is not one word of ASCII")
		}
		h.add("X-Deskpost-Notice", n.Stamp)
	}
	return h, nil
}

// automatic marks mail that the program wrote, so that no other program answers
// it (RFC 3834 section 5). What an agent wrote carries none of these: many
// systems would drop it.
func automatic(h *fields, n ticket.Notice) {
	if !n.Automatic {
		return
	}
	switch n.Kind {
	case ticket.NoticeAck, ticket.NoticeTranscript, ticket.NoticeHeld:
		h.add("Auto-Submitted", "auto-replied")
	default:
		h.add("Auto-Submitted", "auto-generated")
	}
	h.add("X-Auto-Response-Suppress", "All")
	switch n.Kind {
	case ticket.NoticeDigest, ticket.NoticeEscalations:
		h.add("Precedence", "bulk")
	case ticket.NoticeDailyPlan, ticket.NoticeWeeklyReport:
		h.add("Precedence", "bulk")
		h.add("List-Unsubscribe", unsubscribe(n)...)
	}
}

// unsubscribe is the link by which a mail program ends mail that comes again and
// again (RFC 2369 section 3.2). Without a token in its address nobody could tell
// who wants it no more.
func unsubscribe(n ticket.Notice) []string {
	token, _, _ := strings.Cut(n.MessageID, "@")
	if !oneWord(n.ReplyTo) || !strings.Contains(n.ReplyTo, token) || strings.ContainsAny(n.ReplyTo, "<>?&") {
		return nil
	}
	return []string{"<mailto:" + strings.NewReplacer("%", "%25", "+", "%2B").Replace(n.ReplyTo) + "?subject=unsubscribe>"}
}

// A part is one entity of a mail (RFC 2045): header and body.
type part struct {
	fields
	body func(io.Writer) error
}

func (p part) write(w io.Writer) error {
	if _, err := io.WriteString(w, p.fields.String()+"\r\n"); err != nil {
		return err
	}
	return p.body(w)
}

// textPart is quoted-printable, which leaves no line too long and no bare CR or
// LF behind, whatever the text holds.
func textPart(subtype, s string) part {
	p := part{body: func(w io.Writer) error {
		q := quotedprintable.NewWriter(w)
		if _, err := io.WriteString(q, lineEnds.Replace(s)); err != nil {
			return err
		}
		if err := q.Close(); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\r\n")
		return err
	}}
	p.add("Content-Type", "text/"+subtype+";", "charset=utf-8")
	p.add("Content-Transfer-Encoding", "quoted-printable")
	return p
}

// lineEnds leaves no CR: the standard library's writer loses the line end of a
// CR and a LF with one non-ASCII character between them.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func multipart(subtype, boundary string, parts ...part) part {
	p := part{body: func(w io.Writer) error {
		for _, inner := range parts {
			if _, err := io.WriteString(w, "--"+boundary+"\r\n"); err != nil {
				return err
			}
			if err := inner.write(w); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "--"+boundary+"--\r\n")
		return err
	}}
	p.add("Content-Type", "multipart/"+subtype+";", `boundary="`+boundary+`"`)
	return p
}

// boundary is the same for each attempt. It cannot stand in a body: "=_" is
// found in neither quoted-printable nor base64 (RFC 2045 section 6.7).
func boundary(n ticket.Notice, purpose string) string {
	sum := sha256.Sum256([]byte(strconv.FormatInt(n.ID, 10) + "|" + n.Stamp + "|" + purpose))
	return "=_" + hex.EncodeToString(sum[:16])
}

// filePart is an attachment. It is never shown inline, whatever its sender
// wished.
func filePart(f ticket.File, open func(ticket.File) (io.ReadCloser, error)) part {
	name := fileName(f.Name)
	p := part{body: func(w io.Writer) error {
		if err := copyFile(w, f, open); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\r\n")
		return err
	}}
	p.add("Content-Type", mediaType(f.Type))
	p.add("Content-Transfer-Encoding", "base64")
	p.add("Content-Disposition", append([]string{"attachment;"}, parameter("filename", name)...)...)
	return p
}

// copyFile streams a file as base64. A file of another length than expected is
// refused: it is not what the notice promised, and its size was announced.
func copyFile(w io.Writer, f ticket.File, open func(ticket.File) (io.ReadCloser, error)) (err error) {
	source, err := open(f)
	if err != nil {
		return &FileError{Name: f.Name, Gone: errors.Is(err, fs.ErrNotExist), Err: err}
	}
	defer func() {
		if cerr := source.Close(); cerr != nil && err == nil {
			err = &FileError{Name: f.Name, Err: cerr}
		}
	}()
	tracked := &tracker{r: io.LimitReader(source, f.Size+1)}
	lines := base64.NewEncoder(base64.StdEncoding, &wrapper{w: w})
	_, err = io.Copy(lines, tracked)
	if tracked.err != nil {
		return &FileError{Name: f.Name, Gone: errors.Is(tracked.err, fs.ErrNotExist), Err: tracked.err}
	}
	if err != nil {
		return err
	}
	if tracked.n != f.Size {
		return &FileError{Name: f.Name, Gone: true, Err: fmt.Errorf("the store has another length than the %d bytes it should", f.Size)}
	}
	return lines.Close()
}

// A tracker counts what is read and keeps the fault of the source apart from
// that of the destination.
type tracker struct {
	r   io.Reader
	n   int64
	err error
}

func (t *tracker) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// A wrapper breaks its input into lines of 76 characters.
type wrapper struct {
	w      io.Writer
	column int
	buf    []byte
}

func (l *wrapper) Write(p []byte) (int, error) {
	const width = 76
	l.buf = l.buf[:0]
	for rest := p; len(rest) > 0; {
		if l.column == width {
			l.buf = append(l.buf, '\r', '\n')
			l.column = 0
		}
		n := min(width-l.column, len(rest))
		l.buf = append(l.buf, rest[:n]...)
		l.column += n
		rest = rest[n:]
	}
	if _, err := l.w.Write(l.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// mediaType is the type of an attachment without parameters. Composite types
// may not be sent as base64 (RFC 2045 section 6.4), and a claim that cannot be
// read is none.
func mediaType(claimed string) string {
	const unknown = "application/octet-stream"
	t, _, err := mime.ParseMediaType(claimed)
	main, sub, ok := strings.Cut(t, "/")
	if err != nil || !ok || sub == "" || len(t) > 60 || !oneWord(t) || main == "multipart" || main == "message" {
		return unknown
	}
	return t
}
