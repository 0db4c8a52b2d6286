package mailer

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"deskpost/ticket"
)

// An Answer is the relay's word on one recipient. Code is 0 and Text our own
// where the relay did not get to speak.
type Answer struct {
	Recipient string         // as given in Envelope
	Verdict   ticket.Verdict // never "" in a Report
	Code      int            // 250, 450, 550 ... (RFC 5321 4.2)
	Enhanced  string         // "5.1.1" (RFC 3463), or ""
	Text      string         // one line of valid UTF-8, at most 512 bytes
}

// open reports whether nothing has been said about the recipient yet. Every
// answer that is given has a text.
func (a Answer) open() bool { return a.Text == "" }

// A Report is how one Submit went.
type Report struct {
	Answers []Answer // one for each of Envelope.To, in its order
	Echo    *Answer  // nil if Envelope.Echo was not offered to the relay
	Fault   *Fault   // not nil: the relay itself is at fault, so the next mail would fare no better
}

// Auth reports whether the relay refused our sign-in: hold everything and
// tell a person, instead of trying for five days and giving up.
func (r Report) Auth() bool { return r.Fault != nil && r.Fault.Kind == FaultAuth }

// fill gives every recipient that is still without an answer this one.
func (r *Report) fill(a Answer) {
	for i := range r.Answers {
		if r.Answers[i].open() {
			a.Recipient = r.Answers[i].Recipient
			r.Answers[i] = a
		}
	}
}

// gone reports whether the connection is lost or about to be: anything that
// is no SMTP reply, and 421 (RFC 5321 3.8).
func gone(err error) bool {
	var said *smtp.SMTPError
	return err != nil && (!errors.As(err, &said) || said.Code == 421)
}

// judge turns an error into an answer. Only a 5xx is a refusal; everything
// unknown is temporary, so that no mail is given up without proof.
func judge(err error) Answer {
	var said *smtp.SMTPError
	if !errors.As(err, &said) {
		return Answer{Verdict: ticket.Later, Text: oneLine(err.Error())}
	}
	a := Answer{Verdict: ticket.Later, Code: said.Code, Enhanced: enhanced(said.EnhancedCode), Text: oneLine(said.Message)}
	// 503 is about the order of commands, and a sign-in that is missing is
	// about us: neither is a word on this mail.
	if said.Code/100 == 5 && said.Code != 503 && !authCode(said) {
		a.Verdict = ticket.Refused
	}
	return a
}

// authCode reports whether a reply is about our sign-in (RFC 4954 6). Some
// servers ask for one with 502 5.7.0.
func authCode(e *smtp.SMTPError) bool {
	switch e.Code {
	case 530, 534, 535, 538:
		return true
	}
	return e.Code == 502 && e.EnhancedCode == smtp.EnhancedCode{5, 7, 0}
}

// taken is the answer for accepted mail; text starts with the enhanced code
// where the server gives one.
func taken(code int, text string) Answer {
	a := Answer{Verdict: ticket.Sent, Code: code}
	var e smtp.EnhancedCode
	first, rest, _ := strings.Cut(text, " ")
	if n, err := fmt.Sscanf(first, "%d.%d.%d", &e[0], &e[1], &e[2]); n == 3 && err == nil {
		a.Enhanced, text = enhanced(e), rest
	}
	a.Text = oneLine(text)
	return a
}

func enhanced(c smtp.EnhancedCode) string {
	if c[0] <= 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
}

// oneLine makes foreign text fit for a log line and a table cell.
func oneLine(s string) string {
	const limit = 512
	s = strings.ToValidUTF8(s[:min(len(s), 4*limit)], "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
	if len(s) > limit {
		s = s[:limit]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	if s == "" {
		return "(no text)"
	}
	return s
}
