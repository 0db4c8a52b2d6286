package web_test

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

var benchTickets = flag.Int("tickets", 2000, "how many tickets the desk of BenchmarkPages has")

// BenchmarkPages shows pages of a desk with many tickets, one in twenty of them
// unfinished. For how long people wait:
//
//	go test ./web -run '^$' -bench Pages -benchtime 500x -args -tickets 100000
func BenchmarkPages(b *testing.B) {
	p := newPlace(b)
	first := p.mail("Help", "text")
	for i := range 30 {
		p.now = p.now.Add(time.Minute)
		if _, err := p.desk.Do(b.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: first, Kind: ticket.Note, Text: fmt.Sprintf("Note %d", i)}); err != nil {
			b.Fatal(err)
		}
	}
	p.fill(*benchTickets)
	jane := p.signIn("jane")
	for _, page := range []struct{ name, path string }{
		{"mine", "/tickets?q=mine"},
		{"unassigned", "/tickets?q=unassigned"},
		{"overdue", "/tickets?q=overdue"},
		{"open", "/tickets?q=new+open"},
		{"open-by-priority", "/tickets?q=new+open&sort=priority"},
		{"open-by-change", "/tickets?q=new+open&sort=changed"},
		{"all-by-change", "/tickets?q=all&sort=changed"},
		{"all-by-due", "/tickets?q=all"},
		{"search-rare", "/tickets?q=zebra"},
		{"ticket", fmt.Sprintf("/tickets/%d", first)},
		{"health", "/health"},
	} {
		b.Run(page.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if s := jane.get(page.path); s.status != 200 {
					b.Fatal(s.status)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			for _, percent := range []int{50, 99} {
				b.ReportMetric(float64(took[(len(took)-1)*percent/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", percent))
			}
		})
	}
}

// BenchmarkAskLink asks for a link to sign in: how long it takes must not tell who
// is an agent.
func BenchmarkAskLink(b *testing.B) {
	for _, who := range []string{"jane", "nobody"} {
		b.Run(who, func(b *testing.B) {
			p := newPlace(b)
			browser := p.browser()
			for b.Loop() {
				p.now = p.now.Add(time.Minute)
				if s := browser.post("/sign-in", url.Values{"email": {who + "@private.example"}}); s.status != 200 {
					b.Fatal(s.status)
				}
			}
		})
	}
}

// fill opens tickets without the mail that would have, which takes too long for
// many: what lists and pages read is there.
func (p *place) fill(tickets int) {
	p.t.Helper()
	const group = 1000
	for done := 0; done < tickets; done += group {
		err := p.desk.Store.Update(p.t.Context(), func(tx ticket.Tx) error {
			for i := done; i < min(done+group, tickets); i++ {
				if err := p.fillOne(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) fillOne(tx ticket.Tx, i int) error {
	number, err := tx.Next("ticket", int64(ticket.FirstNumber))
	if err != nil {
		return err
	}
	opened := p.now.Add(-time.Duration(i) * time.Minute)
	from := ticket.Address{Name: fmt.Sprintf("Customer %d", i%5000), Email: fmt.Sprintf("c%d@customer.example", i%5000)}
	tk := ticket.Ticket{Number: ticket.Number(number), Subject: fmt.Sprintf("Card %d was swallowed by the machine", i), Status: ticket.Closed,
		Priority: []string{"Low", "Normal", "High", "Emergency"}[i/20%4], Department: []string{"support", "banking"}[i%2],
		Assignee: []string{"jane", "john", ""}[i%3], Requester: from, OpenedAt: opened, UpdatedAt: opened.Add(time.Hour)}
	if i%20 == 0 {
		tk.Status, tk.Deadline = []ticket.Status{ticket.New, ticket.Open, ticket.Open, ticket.Pending}[i/20%4], opened.Add(30*24*time.Hour)
	}
	text := fmt.Sprintf("The machine in street %d has swallowed my card, and says nothing at all.", i)
	if i%5000 == 0 {
		text += " A zebra looked on."
	}
	e := ticket.Entry{Ticket: tk.Number, Kind: ticket.Message, From: from, At: opened, Text: text, By: ticket.Actor{Kind: ticket.ByCustomer, Name: from.Email}}
	return errors.Join(tx.Save(&tk), tx.AddParticipant(ticket.Participant{Ticket: tk.Number, Address: from, Role: ticket.RoleRequester, Since: opened}),
		tx.AddEntry(&e), tx.Record(ticket.Event{Ticket: tk.Number, At: opened, Kind: ticket.TicketOpened, Actor: e.By, Entry: e.ID}))
}
