package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

// telling lets the departments tell customers everything there is.
func telling(p *ticket.Policy) {
	for key, d := range p.Departments {
		d.TellCustomer = ticket.Options
		p.Departments[key] = d
	}
}

// toCustomers are the mails to customers among those that were sent.
func toCustomers(notices []ticket.Notice) []string {
	return mailed(slices.DeleteFunc(notices, func(n ticket.Notice) bool { return n.Kind.ToAgent() }))
}

// TestReceipts: a message gets a receipt where that is wanted and harms nobody,
// one an hour.
func TestReceipts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*ticket.Policy)
		mail   func(*ticket.Mail)
		want   []string
	}{
		"wanted":        {change: telling, want: []string{"receipt:" + karen}},
		"not wanted":    {},
		"switched off":  {change: func(p *ticket.Policy) { telling(p); p.Acknowledge = ticket.AckNever }},
		"unproven":      {change: telling, mail: func(m *ticket.Mail) { m.Authenticity = ticket.Unproven }},
		"no answer":     {change: telling, mail: func(m *ticket.Mail) { m.NoAnswer = "it is from a list" }},
		"automatic":     {change: telling, mail: func(m *ticket.Mail) { m.Machine = ticket.AutoReplied }},
		"capped":        {change: func(p *ticket.Policy) { telling(p); p.Caps.AddressHour = 1 }},
		"to a stranger": {change: telling, mail: func(m *ticket.Mail) { m.From.Email = "stranger@elsewhere.example" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.take(from(karen, "Can not log in", "It says no."))
			ack := to(t, w.sent(), ticket.NoticeAck, karen)
			if tc.change != nil {
				w.change(tc.change)
			}
			for range 3 { // within the hour
				m := answer(ack, karen, "And?")
				if tc.mail != nil {
					tc.mail(&m)
				}
				w.take(m)
			}
			if got := toCustomers(w.sent()); !slices.Equal(got, tc.want) {
				t.Errorf("mailed %v, want %v", got, tc.want)
			}
		})
	}
}

// TestReceiptForACollaborator goes to who wrote, an hour later again, and to an
// address that was answered before without a word that its sender chose.
func TestReceiptForACollaborator(t *testing.T) {
	t.Parallel()
	s := newStage(t, true, telling)
	s.john("Hello both.")
	s.sent()
	m := from(ken, "[#1001] Can not log in", "Me neither.")
	m.Authenticity, m.From.Name = ticket.Unproven, "BUY NOW"
	s.take(m)
	s.want(ticket.Appended)
	n := to(t, s.sent(), ticket.NoticeReceipt, ken)
	if n.Facts.Subject != "" || n.Facts.To != "" || n.Facts.Requester != "" || n.Recipients[0].Address.Name != "" || n.InReplyTo != "" {
		t.Errorf("it says %+v", n.Facts)
	}
	s.now = s.now.Add(time.Hour)
	m.MessageID = "another@customer.example"
	m.Authenticity = ticket.Proven
	s.take(m)
	if n = to(t, s.sent(), ticket.NoticeReceipt, ken); n.Facts.Subject == "" || !n.Automatic || n.InReplyTo != m.MessageID {
		t.Errorf("it says %+v", n)
	}
}

// TestMoved: the requester hears which department has the ticket, unless the
// same mail tells them something anyway.
func TestMoved(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lines  string
		change func(*ticket.Policy)
		want   []string
	}{
		"moved":        {"#dept online-banking", telling, []string{"moved:" + karen}},
		"with a note":  {"#dept online-banking\n#note\nText", telling, []string{"moved:" + karen}},
		"with a reply": {"#dept online-banking\n#reply\nText", telling, []string{"reply:" + karen, "reply:" + ken}},
		"and resolved": {"#dept online-banking\n#resolve", telling, []string{"resolved:" + karen, "resolved:" + ken}},
		"where it was": {"#dept support", telling, nil},
		"not wanted":   {"#dept online-banking", nil, nil},
		"wanted elsewhere": {"#dept online-banking", func(p *ticket.Policy) {
			telling(p)
			d := p.Departments["online-banking"]
			d.TellCustomer = nil
			p.Departments["online-banking"] = d
		}, nil},
		"capped": {"#dept online-banking", func(p *ticket.Policy) { telling(p); p.Caps.TicketDay = 1 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, true, tc.change)
			s.john(tc.lines)
			s.want(ticket.Commanded)
			out := s.sent()
			if got := toCustomers(slices.Clone(out)); !slices.Equal(got, tc.want) {
				t.Fatalf("mailed %v, want %v", got, tc.want)
			}
			if name != "moved" {
				return
			}
			n := to(t, out, ticket.NoticeMoved, karen)
			if n.Facts.Department != "Online Banking" || n.From.Email != "banking@bank.example" || !n.Automatic {
				t.Errorf("it says %+v", n)
			}
		})
	}
}
