package ticket_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zone rules wherever the tests run

	"deskpost/store/storetest"
	"deskpost/ticket"
)

// A world is a desk over a real database with a clock that stands still until
// it is moved, and a mailbox that numbers what it is given.
type world struct {
	t    *testing.T
	desk *ticket.Desk
	now  time.Time
	uid  uint32
	last ticket.Conclusion
}

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: monday}
	w.desk = &ticket.Desk{
		Store: storetest.Open(t),
		Keys:  ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}},
		Now:   func() time.Time { return w.now },
	}
	w.desk.SetPolicy(policy())
	return w
}

// policy is that of the tutorial's bank.
func policy() *ticket.Policy {
	dept := func(key, name, email, plan string) ticket.Department {
		return ticket.Department{Key: key, Name: name, Address: ticket.Address{Name: name, Email: email},
			Signature: name + " of Bank Example", Lead: "lead", Plan: plan, ReopenClosed: true, AfterReply: ticket.State{Status: ticket.Open}}
	}
	agent := func(key, name string, access map[string]string) ticket.Agent {
		return ticket.Agent{Key: key, Name: name, Emails: []string{key + "@private.example"}, Access: access,
			ReplyAs: ticket.Reply, Transcript: ticket.TranscriptAlways}
	}
	return &ticket.Policy{
		Zone: time.UTC,
		Departments: map[string]ticket.Department{
			"support":        dept("support", "Support", "support@bank.example", "sev-c"),
			"online-banking": dept("online-banking", "Online Banking", "banking@bank.example", "sev-b"),
		},
		Agents: map[string]ticket.Agent{
			"jane": agent("jane", "Jane Doe", map[string]string{"support": "agent", "online-banking": "agent"}),
			"john": agent("john", "John Smith", map[string]string{"support": "agent"}),
			"lead": agent("lead", "Lea Dahl", nil),
			"tom":  agent("tom", "Tom Reader", map[string]string{"online-banking": "reader"}),
		},
		Roles: map[string]ticket.Role{"agent": ticket.AgentRole, "reader": {Key: "reader", Rights: []ticket.Right{ticket.MayRead}}},
		Teams: map[string]ticket.Team{"network": {Key: "network", Name: "Network", Members: []string{"jane", "tom"}}},
		Plans: map[string]ticket.Plan{"sev-a": {Key: "sev-a", Name: "Sev-A"}, "sev-b": {Key: "sev-b", Name: "Sev-B"}, "sev-c": {Key: "sev-c", Name: "Sev-C"}},
		Mailboxes: map[string]ticket.Mailbox{
			"support": {Key: "support", Address: ticket.Address{Email: "support@bank.example"}, Department: "support"},
		},
		Fields: []ticket.Field{{Key: "customer-no", Name: "Customer number", Type: ticket.NumberField}},
		Canned: map[string]ticket.Canned{"hello": {Key: "hello", Name: "Greeting", Text: "Dear {{first_name|customer}},"}},
		Macros: map[string]ticket.Macro{
			"inside":   {Key: "inside", Name: "Inside", Commands: []string{"#high", "#tag +inside", "#private"}, Text: "About {{subject|it}}:"},
			"received": {Key: "received", Name: "Received", Commands: []string{"#field customer-no=1", "#dept support"}, Text: "We have it.", Automatic: true},
		},
		Priorities: []string{"Low", "Normal", "High", "Emergency"}, DefaultPriority: "Normal", Admins: []string{"lead"},
		Acknowledge: ticket.AckVerified, ReopenWindow: 7 * 24 * time.Hour, TokenLife: 60 * 24 * time.Hour,
		DraftLife: 7 * 24 * time.Hour, OldMail: 24 * time.Hour, NearMiss: ticket.NearMissHold, Separator: "+",
		Caps:    ticket.Caps{AddressHour: 10, AddressDay: 40, TicketDay: 20, SystemHour: 500, SenderHour: 30, ReopenHour: 5, AgentBurst: 60},
		Retries: ticket.Retries{Delays: []time.Duration{time.Minute, 5 * time.Minute, time.Hour}, TellAt: 24 * time.Hour, GiveUp: 5 * 24 * time.Hour},
	}
}

// change swaps the policy for one that f has changed.
func (w *world) change(f func(*ticket.Policy)) {
	p := policy()
	f(p)
	w.desk.SetPolicy(p)
}

// from is a verified human mail.
func from(address, subject, text string) ticket.Mail {
	return ticket.Mail{From: ticket.Address{Email: address}, Recipients: []string{"support@bank.example"},
		Subject: subject, NewText: text, Authenticity: ticket.Proven}
}

// take hands a mail to the desk as the next one of the mailbox.
func (w *world) take(m ticket.Mail) ticket.Conclusion {
	w.t.Helper()
	return w.takeLate(m, w.now)
}

// takeLate does so with a mail that reached the mailbox some time before.
func (w *world) takeLate(m ticket.Mail, received time.Time) ticket.Conclusion {
	w.t.Helper()
	w.uid++
	if m.MessageID == "" {
		m.MessageID = fmt.Sprintf("m%d@%s", w.uid, m.From.Domain())
	}
	return w.deliverAt(w.uid, m, received)
}

// deliver hands a mail to the desk under a number.
func (w *world) deliver(uid uint32, m ticket.Mail) ticket.Conclusion {
	w.t.Helper()
	return w.deliverAt(uid, m, w.now)
}

// deliverAt hands over one that reached the mailbox at some time.
func (w *world) deliverAt(uid uint32, m ticket.Mail, received time.Time) ticket.Conclusion {
	w.t.Helper()
	raw := fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s", m.MessageID, m.From.Email, m.Subject, m.Stamp, m.NewText)
	sum := ticket.Sum(sha256.Sum256(raw))
	in := ticket.Incoming{Mail: m, Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: uid, Digest: sum,
		Keyed: m.MessageID != "", Received: received, Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}}
	c, err := w.desk.Receive(context.Background(), in)
	if err != nil {
		w.t.Fatalf("take mail %d: %v", uid, err)
	}
	w.last = c
	return c
}

// want fails the test unless the last mail ended so.
func (w *world) want(o ticket.Outcome) ticket.Number {
	w.t.Helper()
	if w.last.Outcome != o {
		w.t.Fatalf("outcome %s, want %s; because %s", w.last.Outcome, o, strings.Join(w.last.Reasons, "; "))
	}
	return w.last.Ticket
}

// show reads a ticket.
func (w *world) show(n ticket.Number) ticket.Case {
	w.t.Helper()
	c, err := w.desk.Show(context.Background(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// notice reads a notice.
func (w *world) notice(id int64) (n ticket.Notice) {
	w.t.Helper()
	err := w.desk.Store.View(context.Background(), func(tx ticket.Tx) (err error) {
		n, err = tx.Notice(id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// sent takes all mail that is due out of the outbox and says it was delivered.
func (w *world) sent() []ticket.Notice {
	w.t.Helper()
	ctx := context.Background()
	notices, err := w.desk.Claim(ctx, time.Minute, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, n := range notices {
		var results []ticket.Result
		for _, r := range n.Recipients {
			results = append(results, ticket.Result{Recipient: r.Address.Email, Verdict: ticket.Sent, Answer: "250 ok"})
		}
		if err := w.desk.Settle(ctx, n.ID, n.Attempts, results); err != nil {
			w.t.Fatal(err)
		}
	}
	return notices
}

// mailed lists who got what, as "kind:address", sorted.
func mailed(notices []ticket.Notice) []string {
	var list []string
	for _, n := range notices {
		for _, r := range n.Recipients {
			list = append(list, string(n.Kind)+":"+r.Address.Email)
		}
	}
	slices.Sort(list)
	return list
}

// to finds the notice of a kind to an address.
func to(t *testing.T, notices []ticket.Notice, kind ticket.NoticeKind, address string) ticket.Notice {
	t.Helper()
	for _, n := range notices {
		if n.Kind == kind && n.Recipients[0].Address.Email == address {
			return n
		}
	}
	t.Fatalf("no %s to %s among %v", kind, address, mailed(notices))
	return ticket.Notice{}
}

// answer is a person's answer to a notice, as a mail program writes it.
func answer(n ticket.Notice, address, text string) ticket.Mail {
	m := from(address, "Re: "+n.Facts.Subject, text)
	m.Recipients = []string{n.ReplyTo}
	m.InReplyTo = []string{n.MessageID}
	m.References = append(slices.Clone(n.References), n.MessageID)
	return m
}
