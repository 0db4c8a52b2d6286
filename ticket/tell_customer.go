package ticket

import (
	"fmt"
	"slices"
	"time"
)

// An Option is something that the customers of a department are told only if the
// admin wants it. As all automatic mail it is capped, and nothing unproven or
// written by a program is answered.
type Option string

// The options.
const (
	TellMessage  Option = "message"  // a receipt for each message, at most one an hour
	TellTransfer Option = "transfer" // that the ticket was moved to the department
)

// Options lists every option.
var Options = []Option{TellMessage, TellTransfer}

// tells reports whether the customers of a department are told.
func (p *Policy) tells(department string, o Option) bool {
	return slices.Contains(p.Departments[department].TellCustomer, o)
}

// acknowledgeMessage tells who wrote a message on a ticket that it has arrived, where the
// department wants that.
func (t *turn) acknowledgeMessage(tk *Ticket, r *Receipt, m *Mail) error {
	if !t.policy.tells(tk.Department, TellMessage) || tk.Status == Spam {
		return nil
	}
	why, err := t.whyNotAnswer(m.From, r, m)
	if why == "" && err == nil {
		why, err = t.capOf(tk, m.From)
	}
	if why != "" || err != nil {
		t.because("no receipt: %s", why)
		return err
	}
	n := &Notice{Ticket: tk.Number, Kind: NoticeReceipt, Answer: TokenCustomer, Department: tk.Department, Automatic: true,
		Recipients: []Recipient{{Address: m.From}}, Facts: t.facts(tk), InReplyTo: m.MessageID,
		Dedupe: fmt.Sprintf("receipt:%d:%s:%d", tk.Number, m.From.Key(), t.now.Unix()/int64(time.Hour/time.Second))}
	n.Facts.To = m.From.Name
	if m.Authenticity != Proven {
		n.Facts.Subject, n.Facts.To, n.Facts.Requester, n.InReplyTo = "", "", "", ""
		n.Recipients[0].Address.Name = ""
	}
	return t.queue(n)
}

// tellMoved tells the requester which department looks after the ticket now,
// where that department wants it.
func (w *work) tellMoved() error {
	if w.ticket.Department == w.before.Department || !w.policy.tells(w.ticket.Department, TellTransfer) || w.ticket.Requester.Email == "" {
		return nil
	}
	n := &Notice{Ticket: w.ticket.Number, Kind: NoticeMoved, Answer: TokenCustomer, Department: w.ticket.Department, Automatic: true,
		Recipients: []Recipient{{Address: w.ticket.Requester}}, Facts: w.facts(&w.ticket)}
	n.Facts.To, n.Facts.Department = w.ticket.Requester.Name, w.policy.Departments[w.ticket.Department].Name
	why, err := w.whyNotTellResolved(n)
	if why != "" || err != nil {
		w.because("the requester was not told that it was moved: %s", why)
		return err
	}
	if n.InReplyTo, n.References, err = w.conversation(); err != nil {
		return err
	}
	if err := w.holdIfLost(n); err != nil {
		return err
	}
	return w.queue(n)
}
