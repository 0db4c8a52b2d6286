package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

const (
	karen = "karen@customer.example"
	bob   = "bob@customer.example"
)

// A tale is the life of tickets on a desk that is kept by either engine, at times
// in Berlin.
type tale struct {
	t    *testing.T
	url  string // of the database
	desk *ticket.Desk
	zone *time.Location
	now  time.Time
	uid  uint32
}

// newTale is a desk whose new tickets are under the plan sev-a of
// testdata/sla/deskpost.toml.
func newTale(t *testing.T) *tale {
	t.Helper()
	s, err := loadConfig(slaConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	x := &tale{t: t, url: enginetest.URL(t), zone: s.Policy.Zone}
	db, err := store.Open(t.Context(), x.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	x.desk = &ticket.Desk{Store: db, Keys: ticket.Keys{{ID: 1, Secret: []byte(strings.Repeat("k", 32))}}, Now: func() time.Time { return x.now }}
	x.desk.SetPolicy(s.Policy)
	x.edit(func(p *ticket.Policy) {
		support := p.Departments["support"]
		support.Plan, support.Lead = "sev-a", "jane"
		p.DefaultPriority, p.Departments["support"] = "High", support
		plan := p.Plans["sev-a"]
		plan.Targets = map[string]sla.Target{"High": plan.Targets["High"], "Emergency": {First: 30 * time.Minute, Next: 2 * time.Hour, Resolve: 8 * time.Hour}}
		p.Plans["sev-a"] = plan
	})
	return x
}

// edit swaps the policy for one that f has changed, as a reload does.
func (x *tale) edit(f func(*ticket.Policy)) {
	x.t.Helper()
	p := *x.desk.Policy()
	p.Departments, p.Plans, p.Calendars = maps.Clone(p.Departments), maps.Clone(p.Plans), maps.Clone(p.Calendars)
	f(&p)
	x.desk.SetPolicy(&p)
	if x.now.IsZero() {
		return
	}
	if _, err := x.desk.Recompute(x.t.Context()); err != nil {
		x.t.Fatal(err)
	}
	x.sent()
}

// at moves the clock, and lets the desk read its mailbox and do what is due.
func (x *tale) at(when string) {
	x.t.Helper()
	x.asleep(when)
	if err := x.desk.Swept(x.t.Context(), "support", x.now); err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.desk.Tick(x.t.Context()); err != nil {
		x.t.Fatal(err)
	}
}

// asleep moves the clock while the desk is down.
func (x *tale) asleep(when string) {
	x.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", when, x.zone)
	if err != nil {
		x.t.Fatal(err)
	}
	x.now = now
}

// takes hands a mail to the desk that has lain in the mailbox for a while, and
// returns what it makes the desk send.
func (x *tale) takes(m ticket.Mail, lain time.Duration) []ticket.Notice {
	x.t.Helper()
	x.uid++
	m.MessageID, m.Authenticity = fmt.Sprintf("m%d@%s", x.uid, m.From.Domain()), ticket.Proven
	raw := fmt.Appendf(nil, "%d %s", x.uid, m.NewText)
	sum := ticket.Sum(sha256.Sum256(raw))
	_, err := x.desk.Receive(x.t.Context(), ticket.Incoming{Mail: m, Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: x.uid, Digest: sum,
		Keyed: true, Received: x.now.Add(-lain), Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil {
		x.t.Fatal(err)
	}
	return x.sent()
}

func (x *tale) sent() []ticket.Notice {
	x.t.Helper()
	sent, err := x.desk.Claim(x.t.Context(), time.Second, 100)
	if err != nil {
		x.t.Fatal(err)
	}
	return sent
}

// opens opens a ticket by a customer's mail.
func (x *tale) opens(from, subject string) []ticket.Notice {
	x.t.Helper()
	return x.takes(ticket.Mail{From: ticket.Address{Email: from}, Recipients: []string{"support@bank.example"}, Subject: subject, NewText: "Help!"}, 0)
}

// answers answers the one notice of a kind that went to somebody.
func (x *tale) answers(sent []ticket.Notice, kind ticket.NoticeKind, from, text string, lain time.Duration) []ticket.Notice {
	x.t.Helper()
	n := x.one(sent, kind)
	return x.takes(ticket.Mail{From: ticket.Address{Email: from}, Recipients: []string{n.ReplyTo}, InReplyTo: []string{n.MessageID}, NewText: text}, lain)
}

func (x *tale) one(sent []ticket.Notice, kind ticket.NoticeKind) ticket.Notice {
	x.t.Helper()
	i := slices.IndexFunc(sent, func(n ticket.Notice) bool { return n.Kind == kind })
	if i < 0 {
		x.t.Fatalf("no %s among %d notices", kind, len(sent))
	}
	return sent[i]
}

// bounces lets a reply come back from the requester's mail server.
func (x *tale) bounces(sent []ticket.Notice) {
	x.t.Helper()
	n := x.one(sent, ticket.NoticeReply)
	x.takes(ticket.Mail{From: ticket.Address{Email: "mailer-daemon@customer.example"}, Recipients: []string{n.ReturnPath}, Machine: ticket.AutoReplied,
		Bounces: []ticket.Bounce{{Recipient: n.Recipients[0].Address.Email, Status: "5.1.1", Permanent: true, Diagnostic: "no such user"}}}, 0)
}

// jane lets an agent do something at the terminal.
func (x *tale) jane(n ticket.Number, text string) []ticket.Notice {
	x.t.Helper()
	done, err := x.desk.Do(x.t.Context(), ticket.Request{Origin: ticket.FromCommandLine, Agent: "jane", Ticket: n, Text: text})
	if err != nil || !done.Done {
		x.t.Fatalf("%q was not done: %+v %v", text, done, err)
	}
	return x.sent()
}

// account reads why the clocks of a ticket stand where they do.
func (x *tale) account(n ticket.Number) ticket.Account {
	x.t.Helper()
	a, err := x.desk.Account(x.t.Context(), n)
	if err != nil {
		x.t.Fatal(err)
	}
	return a
}

// explains is what "sla explain" prints.
func (x *tale) explains(n ticket.Number) string {
	x.t.Helper()
	text, err := explainClocks(x.account(n), n)
	if err != nil {
		x.t.Fatal(err)
	}
	return text
}

// closed closes the office on a day.
func (x *tale) closed(h calendar.Holiday) {
	x.t.Helper()
	def := calendar.Definition{Key: "berlin", Zone: x.zone, Holidays: []calendar.Holiday{h}}
	if err := def.Week.Add("mon-fri 09:00-17:00"); err != nil {
		x.t.Fatal(err)
	}
	office, err := calendar.New(def)
	if err != nil {
		x.t.Fatal(err)
	}
	x.edit(func(p *ticket.Policy) { p.Calendars["berlin"] = office })
}
