package imapbox

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Kind says what went wrong, as far as the caller's next step depends on it.
type Kind int

// The kinds of Error.
const (
	KindUnreachable Kind = iota + 1 // no connection to the server
	KindTLS                         // no TLS, or a certificate that is not valid
	KindUnavailable                 // the server is there and says "not now"
	KindLogin                       // the login was refused, or may not be sent
	KindFolder                      // the folder does not exist
	KindNumbering                   // the folder's UIDs do not last, so no mail can be told from another
	KindSilent                      // no answer in time
	KindLost                        // the connection ended
	KindProtocol                    // an answer that cannot, or must not, be believed
	KindRefused                     // the server said no; the connection is still good
)

// Broken reports whether the connection is of no further use.
func (k Kind) Broken() bool { return k != KindRefused }

// ErrTooLarge is wrapped by the error for a literal larger than allowed. The
// connection is gone, since what was announced would have to be read first.
var ErrTooLarge = errors.New("the announced literal is too large")

// ErrNoBody is returned by FetchHead when the server has no such mail or sends
// it without a body.
var ErrNoBody = errors.New("the server sent no body")

// Reasons for which this package itself ends a connection.
var (
	errSilent   = errors.New("no answer in time")
	errSlow     = errors.New("the answer stopped or came too slowly")
	errLongLine = errors.New("a response line is too long")
	errDrain    = errors.New("the rest of the answer took too long to discard")
	errClosed   = errors.New("the box was closed")

	errRenumbered = errors.New("the server has renumbered the folder (UIDVALIDITY)")
)

// Error is a fault of the server, the connection or the way both are
// configured, in words for the person who runs the desk.
type Error struct {
	Kind Kind
	Op   string // what was being done, such as "log in to imap.example.org:993"
	Text string // what happened
	Mend string // what to do about it; may be empty
	Err  error  // the cause, if there is one; Error does not print it
}

// Error returns one line: what was being done, what happened, and the mend.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Text
	if e.Mend != "" {
		s += "; " + e.Mend
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, or 0.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return 0
}

// hasCode reports whether err is the server's refusal with this response code.
func hasCode(err error, code imap.ResponseCode) bool {
	no, ok := errors.AsType[*imap.Error](err)
	return ok && no.Code == code
}

// said makes the server's words fit for a log line: they are foreign text.
func said(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if cut := []rune(text); len(cut) > 200 {
		text = string(cut[:200]) + "…"
	}
	if text = strings.TrimSpace(text); text == "" {
		return "(no text)"
	}
	return text
}

// explain turns an error of the library into an Error. The library flattens
// its causes into text, so the reason is taken from where it is still known:
// the wire for time and loss, the guard for what the server said last.
func (b *Box) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	op += " on " + b.cfg.Addr
	if no, ok := errors.AsType[*imap.Error](err); ok {
		return &Error{Kind: KindRefused, Op: op, Text: "the server refused: " + said(no.Text), Err: err}
	}
	cause := b.wire.reason()
	if bye := b.guard.bye(); bye != "" {
		return &Error{Kind: KindLost, Op: op, Text: "the server ended the connection: " + said(bye), Err: err}
	}
	return explainCause(op, cause, err, b.cfg.CommandTimeout)
}

// explainCause names the reason a connection ended: cause as the wire knows
// it, err as the library reports it.
func explainCause(op string, cause, err error, timeout time.Duration) error {
	switch {
	case errors.Is(cause, errSilent), errors.Is(cause, errSlow), errors.Is(cause, errDrain):
		return &Error{Kind: KindSilent, Op: op, Text: fmt.Sprintf("%v (limit %v)", cause, timeout),
			Mend: "see whether the server and the network between are up", Err: cause}
	case errors.Is(cause, errLongLine), errors.Is(cause, ErrTooLarge):
		return &Error{Kind: KindProtocol, Op: op, Text: cause.Error(), Err: cause}
	case errors.Is(cause, errClosed), errors.Is(cause, errRenumbered):
		return &Error{Kind: KindLost, Op: op, Text: cause.Error(), Err: cause}
	case isContext(cause):
		return fmt.Errorf("%s: %w", op, cause)
	case cause != nil:
		return &Error{Kind: KindLost, Op: op, Text: "the connection ended: " + said(cause.Error()), Err: cause}
	default:
		text, _, _ := strings.Cut(err.Error(), "\n") // a caught panic brings its stack
		return &Error{Kind: KindProtocol, Op: op, Text: "the server's answer cannot be understood: " + said(text), Err: err}
	}
}
