package mailer

import (
	"errors"

	"github.com/emersion/go-smtp"
)

// A FaultKind sorts what can be wrong with a relay by what is to be done.
type FaultKind string

const (
	FaultUnavailable FaultKind = "unavailable" // wait and try again
	FaultTLS         FaultKind = "tls"         // certificate or TLS settings: a person has to mend it
	FaultAuth        FaultKind = "auth"        // sign-in: a person has to mend it
)

// A Fault is wrong with the relay and not with one mail.
type Fault struct {
	Kind     FaultKind
	Text     string // what is wrong and what mends it, for the operator
	Code     int    // the relay's reply code, or 0
	Enhanced string
	Err      error
}

func (f *Fault) Error() string { return f.Text }

// Unwrap returns the error beneath.
func (f *Fault) Unwrap() error { return f.Err }

// newFault writes "relay host:port: text", with the relay's own words if err
// holds any.
func newFault(kind FaultKind, addr string, err error, text string) *Fault {
	f := &Fault{Kind: kind, Err: err, Text: "relay " + addr + ": " + text}
	var said *smtp.SMTPError
	if errors.As(err, &said) {
		f.Code, f.Enhanced = said.Code, enhanced(said.EnhancedCode)
	}
	return f
}

// signInFault is the fault behind the refusal of a command, nil if it is not
// about signing in.
func signInFault(addr string, err error) *Fault {
	var said *smtp.SMTPError
	if !errors.As(err, &said) || !authCode(said) {
		return nil
	}
	return newFault(FaultAuth, addr, err, "it wants a sign-in ("+oneLine(said.Message)+"): set or correct user and password")
}
