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

	// Key is that of the sentence that says the same to customers in their own
	// language, "" if they never meet it. Values are what the sentence is filled in
	// with: names and values alternate. A value may be a *Refusal or a FieldFact,
	// which are in that language too.
	Key    string
	Values []any
}

func (r *Refusal) Error() string { return r.Text }

// Sentence is the text as a sentence of its own: with a capital, and a full stop.
func (r *Refusal) Sentence() string { return Sentence(r.Text) }

// Sentence begins a text with a capital and ends it with a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	if c := text[0]; 'a' <= c && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	if last := text[len(text)-1]; last != '.' && last != '!' && last != '?' {
		text += "."
	}
	return text
}

// refuse makes a Refusal from a sentence.
func refuse(kind RefusalKind, format string, args ...any) error {
	return &Refusal{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// refuseCustomer makes a Refusal that customers meet. It is worded twice: here for
// agents and programs, and by its key for customers.
func refuseCustomer(kind RefusalKind, key string, values []any, format string, args ...any) error {
	return &Refusal{Kind: kind, Text: fmt.Sprintf(format, args...), Key: key, Values: values}
}

// with are the values of a Refusal: names and values alternate.
func with(values ...any) []any { return values }

// ErrNotFound is what a Tx answers when it keeps no such thing.
var ErrNotFound = errors.New("not found")

// isAbsent reports whether an error only says that there is no such thing.
func isAbsent(err error) bool { return errors.Is(err, ErrNotFound) }
