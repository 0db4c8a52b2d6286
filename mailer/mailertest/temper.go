package mailertest

import (
	"slices"
	"strings"
	"time"
)

// A Stage is a point of an SMTP conversation at which the sink can misbehave.
type Stage string

// The stages, by the command of RFC 5321 that is answered where there is one.
const (
	Connect Stage = "connect" // the greeting
	Hello   Stage = "ehlo"
	Upgrade Stage = "starttls"
	Auth    Stage = "auth" // the verdict on the credentials
	From    Stage = "mail"
	To      Stage = "rcpt"
	Data    Stage = "data"  // the 354
	Body    Stage = "body"  // after the first bytes of the body
	Final   Stage = "final" // the answer to the final dot
	Reset   Stage = "rset"
	Noop    Stage = "noop"
	Quit    Stage = "quit"
)

// A Temper is how the sink treats a client. The zero value is a server that
// takes everything.
type Temper struct {
	// Say replaces the answer at a stage. It is sent as it is, with CRLF
	// added; "421 ..." also closes the connection. At Final a text that does
	// not begin with 2 means that the mail is not kept.
	Say map[Stage]string
	// Rcpt replaces the answer for single recipients.
	Rcpt map[string]string
	// Cut closes the connection instead of answering. At Final the mail is
	// kept all the same: the lost 250.
	Cut Stage
	// CutAfter closes the connection right after the answer.
	CutAfter Stage
	// Mute never answers at this stage, and holds the connection open.
	Mute Stage
	// Deaf stops reading at the first byte of the body.
	Deaf bool
	// Drip is the pause between two bytes of every answer.
	Drip time.Duration
	// Extensions are the lines of the EHLO answer. Nil means DefaultExtensions.
	Extensions []string
	// Lenient takes a dot between any line ends (CR, LF or CRLF) as the end of
	// a mail, as servers open to SMTP smuggling do.
	Lenient bool
}

// DefaultExtensions is what the sink offers unless told otherwise. STARTTLS
// is left out on a connection that is protected already.
func DefaultExtensions() []string {
	return []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 52428800", "SMTPUTF8", "DSN", "STARTTLS", "AUTH PLAIN LOGIN"}
}

// Without returns DefaultExtensions less those that begin with one of words.
func Without(words ...string) []string {
	return slices.DeleteFunc(DefaultExtensions(), func(line string) bool {
		word, _, _ := strings.Cut(line, " ")
		return slices.Contains(words, word)
	})
}

// answer is what to say at a stage, good unless told otherwise.
func (t Temper) answer(at Stage, good string) string {
	if s, ok := t.Say[at]; ok {
		return s
	}
	return good
}
