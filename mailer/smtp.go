package mailer

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/emersion/go-smtp"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// An Envelope says whose mail it is and who gets it. Addresses are bare
// ("jane@example.com"), without a display name or angle brackets.
type Envelope struct {
	From string   // return path; "" is the null path (RFC 5321 4.5.5)
	To   []string // the people it is for
	Echo string   // own mailbox that gets a copy if anyone in To is accepted; "" for none
	ID   string   // ENVID (RFC 3461 4.4), printable ASCII up to 100 bytes; otherwise left out
}

// Submit hands one mail to the relay. It asks for each recipient by itself,
// so that one bad address does not stop the others, and calls body, at most
// once, to write the mail when at least one recipient of env.To was accepted.
// The body should be 7bit with CRLF line ends; bare CR and LF are sent as
// CRLF, since either of them alone lets a body pass for commands at some
// servers ("SMTP smuggling"). Size is its length in bytes (RFC 1870), 0 if
// unknown.
//
// Cancelling ctx gives up until the final dot is sent. From there on the
// answer is waited for, at most Timeouts.Linger longer. After the deadline of ctx
// nothing is sent, the dot least of all, also where the process was paused and
// learns late that the time is over: the mail may be another sender's by then.
func (r *Relay) Submit(ctx context.Context, env Envelope, size int64, body func(io.Writer) error) Report {
	t := &transaction{relay: r, env: env, size: size, end: time.Now().Add(r.Timeouts.mail())}
	t.report.Answers = make([]Answer, len(env.To))
	for i, to := range env.To {
		t.report.Answers[i].Recipient = to
	}
	if t.address() && t.begin(ctx) {
		t.run(ctx, body)
	}
	t.report.fill(Answer{Verdict: ticket.Later, Text: "not tried"})
	return t.report
}

// A transaction is one mail on its way through one Submit.
type transaction struct {
	relay  *Relay
	env    Envelope
	size   int64
	end    time.Time // no waiting for the network beyond this, but for the final answer
	from   wireAddr
	to     []wireAddr // by index of env.To; unset where the answer is already given
	s      *session
	report Report
}

// address puts the envelope into wire form and reports whether anyone is left
// to send to.
func (t *transaction) address() bool {
	if t.env.From != "" {
		var err error
		if t.from, err = wirePath(t.env.From); err != nil {
			t.report.fill(Answer{Verdict: ticket.Refused, Text: oneLine("return path: " + err.Error())})
			return false
		}
	}
	left := false
	t.to = make([]wireAddr, len(t.env.To))
	for i, to := range t.env.To {
		p, err := wirePath(to)
		if err != nil {
			t.report.Answers[i] = Answer{Recipient: to, Verdict: ticket.Refused, Enhanced: "5.1.3", Text: oneLine(err.Error())}
			continue
		}
		t.to[i], left = p, true
	}
	return left
}

// begin opens the transaction with MAIL. A kept connection may have died
// unnoticed; nothing was sent over it yet, so one new one is tried.
func (t *transaction) begin(ctx context.Context) bool {
	for {
		s, reused, fault := t.relay.take(ctx, t.end)
		if fault != nil {
			if ctx.Err() == nil { // being told to stop is nobody's fault
				t.report.Fault = fault
			}
			t.report.fill(Answer{Verdict: ticket.Later, Code: fault.Code, Enhanced: fault.Enhanced, Text: oneLine(fault.Error())})
			return false
		}
		t.s = s
		if !t.utf8() {
			t.relay.put(s)
			return false
		}
		stop := context.AfterFunc(ctx, s.abort)
		err := failpoint.Here("mailer.mail")
		if err == nil {
			err = s.client.Mail(t.from.addr, t.mailOptions())
		}
		stop()
		if err == nil {
			s.dirty = true
			return true
		}
		if reused && gone(err) && ctx.Err() == nil {
			t.relay.log().Debug("kept relay connection was dead", "relay", t.relay.Addr, "err", err)
			s.abort()
			continue
		}
		t.report.Fault = signInFault(t.relay.Addr, err)
		t.fail("MAIL", err)
		return false
	}
}

// utf8 refuses what needs SMTPUTF8 (RFC 6531) at a server without it, and
// reports whether anyone is left.
func (t *transaction) utf8() bool {
	if ok, _ := t.s.client.Extension("SMTPUTF8"); ok {
		return true
	}
	no := Answer{Verdict: ticket.Refused, Enhanced: "5.6.7",
		Text: "the address has letters outside ASCII before the @ and the relay does not support that (SMTPUTF8)"}
	if t.from.utf8 {
		no.Text = "return path: " + no.Text
		t.report.fill(no)
		return false
	}
	left := false
	for i, p := range t.to {
		if p.utf8 {
			no.Recipient = t.env.To[i]
			t.report.Answers[i], t.to[i] = no, wireAddr{}
		}
		left = left || t.to[i].addr != ""
	}
	return left
}

func (t *transaction) mailOptions() *smtp.MailOptions {
	o := &smtp.MailOptions{Size: t.size, UTF8: t.from.utf8}
	for _, p := range t.to {
		o.UTF8 = o.UTF8 || p.utf8
	}
	if t.env.From != "" { // nobody to report to otherwise
		o.Return = smtp.DSNReturnHeaders
		if printableASCII(t.env.ID) && len(t.env.ID) <= 100 {
			o.EnvelopeID = t.env.ID
		}
	}
	return o
}

// run offers the recipients and sends the body.
func (t *transaction) run(ctx context.Context, body func(io.Writer) error) {
	stop := context.AfterFunc(ctx, t.s.abort)
	defer stop()
	if by, ok := ctx.Deadline(); ok {
		t.s.writeBy(by)
	}
	if t.recipients() == 0 {
		t.release(nil)
		return
	}
	if !t.echo() {
		return
	}
	data, err := t.s.client.Data()
	if err != nil {
		t.fail("DATA", err)
		return
	}
	lines := &crlfWriter{w: data}
	err = body(lines)
	if err == nil {
		err = lines.finish()
	}
	if err == nil {
		err = failpoint.Here("mailer.dot")
	}
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		// The connection is torn down, never ended by QUIT or RSET: the library
		// would first finish the dot and so have half a mail delivered.
		t.s.abort()
		t.report.fill(Answer{Verdict: ticket.Later, Text: oneLine("stopped while sending the body: " + err.Error())})
		return
	}
	t.finish(ctx, data)
}

// recipients offers each of env.To and returns how many were accepted. It
// returns 0 if the connection is lost, since nothing can be sent then.
func (t *transaction) recipients() (accepted int) {
	for i, p := range t.to {
		if p.addr == "" {
			continue
		}
		err := t.s.client.Rcpt(p.addr, t.rcptOptions(t.env.To[i], smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed))
		switch {
		case err == nil:
			accepted++
		case gone(err):
			t.fail("RCPT", err)
			return 0
		default:
			a := judge(err)
			if a.Code == 552 && accepted > 0 && (a.Enhanced == "" || a.Enhanced == "5.5.3") {
				a.Verdict = ticket.Later // "too many recipients" in its old spelling, RFC 5321 4.5.3.1.10
			}
			a.Recipient = t.env.To[i]
			t.report.Answers[i] = a
		}
	}
	return accepted
}

// echo offers our own mailbox; a refusal there stops nobody's mail. It is
// false if the connection was lost.
func (t *transaction) echo() bool {
	p, err := wirePath(t.env.Echo)
	if t.env.Echo == "" || err != nil || p.utf8 {
		return true
	}
	a := Answer{Verdict: ticket.Later}
	if err := t.s.client.Rcpt(p.addr, t.rcptOptions(t.env.Echo, smtp.DSNNotifyNever)); gone(err) {
		t.fail("RCPT", err)
		return false
	} else if err != nil {
		a = judge(err)
	}
	a.Recipient = t.env.Echo
	t.report.Echo = &a
	return true
}

func (t *transaction) rcptOptions(original string, notify ...smtp.DSNNotify) *smtp.RcptOptions {
	if t.env.From == "" {
		return nil
	}
	o := &smtp.RcptOptions{Notify: notify, OriginalRecipientType: smtp.DSNAddressTypeUTF8, OriginalRecipient: original}
	if printableASCII(original) {
		o.OriginalRecipientType = smtp.DSNAddressTypeRFC822
	}
	return o
}

// finish sends the final dot and takes the answer. Here is the point of no
// return: from now on silence is doubt and not failure.
func (t *transaction) finish(ctx context.Context, data *smtp.DataCommand) {
	t.s.until(time.Now().Add(t.relay.Timeouts.final()))
	stop := context.AfterFunc(ctx, func() { t.s.hurry(t.relay.Timeouts.linger()) })
	defer stop()

	resp, err := data.CloseWithResponse()
	var said *smtp.SMTPError
	switch {
	case err == nil:
		t.s.dirty = false
		t.settle(taken(250, resp.StatusText))
		t.release(nil)
	case errors.As(err, &said):
		a := judge(err)
		if said.Code/100 == 2 { // another 2xx counts as its first digit, RFC 5321 4.2.1
			a.Verdict = ticket.Sent
		}
		t.settle(a)
		t.release(err)
	case t.s.writeFailed():
		// The dot itself did not get out, so the server cannot have taken it.
		t.s.abort()
		t.settle(Answer{Verdict: ticket.Later, Text: oneLine("connection lost before the end of the mail: " + err.Error())})
	default:
		t.s.abort()
		t.settle(Answer{Verdict: ticket.InDoubt, Text: oneLine("no answer after the end of the mail: " + err.Error())})
	}
}

// settle gives a to all that were accepted, the echo among them.
func (t *transaction) settle(a Answer) {
	t.report.fill(a)
	if e := t.report.Echo; e != nil && e.open() {
		a.Recipient = e.Recipient
		*e = a
	}
}

// fail ends the transaction before the body was taken.
func (t *transaction) fail(stage string, err error) {
	a := judge(err)
	if a.Code == 0 {
		a.Text = oneLine("connection lost at " + stage + ": " + err.Error())
	}
	t.settle(a)
	t.release(err)
}

// release keeps the connection for the next mail unless err says that it is
// of no more use.
func (t *transaction) release(err error) {
	if err != nil && gone(err) || t.s.broken() {
		t.s.abort()
		return
	}
	t.relay.put(t.s)
}
