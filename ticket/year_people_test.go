package ticket_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"deskpost/ticket"
	"deskpost/ticket/sla/minutetest"
)

// A plot is when somebody does something next.
type plot struct {
	at     minutetest.Minute
	found  minutetest.Minute // when their mail is found in the mailbox, if that is later
	person *person
}

func (p plot) when() minutetest.Minute { return max(p.at, p.found) }

// plot adds to what is to happen.
func (y *year) plot(p plot) {
	i, _ := slices.BinarySearchFunc(y.plots, p.when()+1, func(a plot, m minutetest.Minute) int { return int(a.when() - m) })
	y.plots = slices.Insert(y.plots, i, p)
}

// A person is a customer with the agent who works on their ticket.
type person struct {
	year   *year
	number int // whose
	left   int // how often something happens yet
	ticket ticket.Number
	lost   bool // a reply has come back
}

func (p *person) address() string { return fmt.Sprintf("c%d@customer.example", p.number) }

// act does the next thing, and says when another one follows.
func (p *person) act(at minutetest.Minute) {
	y := p.year
	switch n := y.r.IntN(20); {
	case p.ticket == 0:
		departments := []string{"gold", "silver", "round", "night", "east"}
		m := from(p.address(), "Something is wrong", "Please help.")
		p.ticket = y.deliver(departments[y.r.IntN(len(departments))], m, at).Ticket
		if p.ticket == 0 {
			y.t.Fatalf("the mail of %s opened no ticket", p.address())
		}
	case n < 5:
		p.customerWrites(at)
	case n < 6 && !p.lost:
		p.bounce(at)
	default:
		p.agentWrites(at)
	}
	p.left--
	if p.left == 0 {
		return
	}
	wait := minutetest.Minute([]int{1, 20, 120, 600, 2 * 1440}[y.r.IntN(5)] * (1 + y.r.IntN(3)))
	y.plot(plot{at: at + wait, person: p})
}

func (p *person) customerWrites(at minutetest.Minute) {
	if n, ok := p.notice(func(n *ticket.Notice) bool { return n.Agent == "" }); ok {
		p.year.deliver(n.Department, answer(n, p.address(), "And another thing."), at)
	}
}

// bounce is that the last reply did not reach the customer.
func (p *person) bounce(at minutetest.Minute) {
	n, ok := p.notice(func(n *ticket.Notice) bool { return n.Kind == ticket.NoticeReply })
	if !ok {
		return
	}
	p.lost = true
	m := ticket.Mail{From: ticket.Address{Email: "mailer-daemon@customer.example"}, Recipients: []string{n.ReturnPath}, Machine: ticket.AutoReplied,
		Bounces: []ticket.Bounce{{Recipient: p.address(), Status: "5.1.1", Permanent: true, Diagnostic: "no such user"}}}
	p.year.deliver(n.Department, m, at)
}

// agentWrites is an answer to the last mail of the desk, with commands or
// without.
func (p *person) agentWrites(at minutetest.Minute) {
	n, ok := p.notice(func(n *ticket.Notice) bool { return n.Agent == "jane" && n.Draft == 0 })
	if !ok {
		return
	}
	y := p.year
	pick := func(words ...string) string { return words[y.r.IntN(len(words))] }
	plan := func() string { return pick("gold", "silver", "round", "night", "east") }
	var block string
	switch y.r.IntN(16) {
	case 0, 1, 2, 3:
		block = "#reply\nWe are looking into it."
	case 4:
		block = pick("#pending 1d", "#pending 90m", "#pending") + "\n#reply\nDoes it still happen?"
	case 5:
		block = pick("#hold", "#pending", "#pending 4h", "#open")
	case 6:
		block = pick("#snooze 3h", "#snooze 2d", "#snooze off")
	case 7, 8:
		block = "#resolve\n" + pick("", "It works again.")
	case 9:
		block = "#open"
	case 10, 11:
		block = "#" + pick("low", "normal", "high", "emergency")
	case 12:
		block = "#sla " + pick(plan(), plan(), "none", "auto")
	case 13:
		block = "#dept " + plan() + "\n" + pick("", "#high\n", "#hold\n")
	case 14:
		due := (at + minutetest.Minute(1+y.r.IntN(6*1440))).Time()
		block = "#due " + pick(due.Format("2006-01-02 15:04"), due.Format("2006-01-02 15:04"), "none")
	case 15:
		block = "#note\nThe customer called."
	}
	y.deliver(n.Department, answer(n, "jane@private.example", block), at)
}

// notice is the latest one that somebody has, of a kind that they answer.
func (p *person) notice(want func(*ticket.Notice) bool) (found ticket.Notice, ok bool) {
	err := p.year.db.View(context.Background(), func(tx ticket.Tx) error {
		notices, err := tx.Notices(p.ticket)
		for _, n := range notices {
			if want(&n) {
				found, ok = n, true
			}
		}
		return err
	})
	if err != nil {
		p.year.t.Fatal(err)
	}
	return found, ok
}

// deliver hands a mail to the desk that reached the mailbox of a department at
// some time. If the program dies of it, it finds the mail there again.
func (y *year) deliver(mailbox string, m ticket.Mail, at minutetest.Minute) ticket.Conclusion {
	y.t.Helper()
	y.uid++
	y.mails++
	m.MessageID = fmt.Sprintf("m%d@%s", y.uid, m.From.Domain())
	if len(m.Recipients) == 0 || m.Recipients[0] == "support@bank.example" {
		m.Recipients = []string{mailbox + "@bank.example"}
	}
	raw := fmt.Appendf(nil, "%s\n%s", m.MessageID, m.NewText)
	sum := ticket.Sum(sha256.Sum256(raw))
	in := ticket.Incoming{Mail: m, Receipt: ticket.Receipt{Source: mailbox, Epoch: 1, UID: y.uid, Digest: sum, Keyed: true, Received: at.Time(),
		Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}}
	if y.r.IntN(100) == 0 {
		y.mortal.doom(y.r)
	}
	var c ticket.Conclusion
	y.survive("take a mail", func() (err error) {
		c, err = y.desk.Receive(context.Background(), in)
		if y.mortal.dead { // the fault of one mail is not told as that of the store
			err = errors.Join(err, errCrash)
		}
		return err
	})
	if y.mortal.dead = false; c.Outcome == ticket.Quarantined || c.Outcome == ticket.GuestHeld {
		y.t.Fatalf("%s: %v", c.Outcome, c.Reasons)
	}
	return c
}
