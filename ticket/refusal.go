package ticket

import (
	"errors"
	"fmt"
)

// A RefusalKind sorts refusals for programs.
type RefusalKind string

// The kinds of refusals.
const (
	NotFound   RefusalKind = "not-found"
	NotAllowed RefusalKind = "not-allowed"
	Invalid    RefusalKind = "invalid"
	Conflict   RefusalKind = "conflict"
	Outdated   RefusalKind = "outdated" // it was asked for only if nothing has changed, and something has
)

// A Refusal is the desk saying no, in a sentence for the person who asked: what
// was wrong and how to mend it. Every other error is a fault, for the log.
type Refusal struct {
	Kind RefusalKind
	Text string
}

func (r *Refusal) Error() string { return r.Text }

// refuse makes a Refusal from a sentence.
func refuse(kind RefusalKind, format string, args ...any) error {
	return &Refusal{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// ErrNotFound is what a Tx answers when it keeps no such thing.
var ErrNotFound = errors.New("not found")

// isAbsent reports whether an error only says that there is no such thing.
func isAbsent(err error) bool { return errors.Is(err, ErrNotFound) }
