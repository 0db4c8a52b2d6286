package ticket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestCustomersRate: the requester of a ticket that is done says how content they
// are, may change that for two weeks, and agents read it.
func TestCustomersRate(t *testing.T) {
	t.Parallel()
	const ken = "ken@customer.example"
	w := withPortal(t)
	rating := func(p *ticket.Policy) {
		portal(p)
		d := p.Departments["support"]
		d.Rating = true
		p.Departments["support"] = d
	}
	w.change(rating)
	w.take(from(karen, "Can not log in", "Since nine."))
	fresh := to(t, w.sent(), ticket.NoticeNew, jane)
	w.take(answer(fresh, jane, "#cc "+ken+"\n#reply\n\nTry again."))
	w.sent()
	rate := func(address string, stars int, remark string) error {
		return w.desk.RateFor(t.Context(), ticket.CustomerRating{Address: address, Ticket: 1001, Stars: stars, Remark: remark})
	}
	refusal(t, rate(karen, 5, ""), ticket.Conflict, "can not be rated")
	w.take(answer(fresh, jane, "#resolve"))
	if n := to(t, w.sent(), ticket.NoticeResolved, karen); n.Facts.Link != "https://desk.bank.example/my/1001#rate" {
		t.Errorf("the mail leads to %q", n.Facts.Link)
	}
	refusal(t, rate(ken, 5, ""), ticket.Conflict, "whoever opened it")
	refusal(t, rate("eve@evil.example", 5, ""), ticket.NotFound, "you have no ticket 1001")
	for _, stars := range []int{-1, 0, 6} {
		refusal(t, rate(karen, stars, ""), ticket.Invalid, "from 1 to 5")
	}
	refusal(t, rate(karen, 5, strings.Repeat("é", 2001)), ticket.Invalid, "at most 2000")
	if err := errors.Join(rate(karen, 2, "Too\x00 slow.\r\n#close"), rate(karen, 2, "Too slow.\n#close"), rate(karen, 4, "")); err != nil {
		t.Fatal(err)
	}
	c := w.show(1001)
	var given []string
	for _, e := range c.Events {
		if e.Kind == ticket.TicketRated {
			given = append(given, fmt.Sprintf("%s: %s -> %s %q", e.Actor.Name, e.Before, e.After, e.Detail))
		}
	}
	want := []string{karen + `:  -> 2 "Too slow.\n#close"`, karen + `: 2 -> 4 ""`}
	if !slices.Equal(given, want) || c.Ticket.Stars != 4 || !c.Ticket.RatedAt.Equal(w.now) || c.Ticket.Status != ticket.Resolved {
		t.Errorf("given %q, the ticket is %+v", given, c.Ticket)
	}
	checkReplay(t, c)
	if s, err := w.desk.ReadFor(t.Context(), karen, 1001); err != nil || !s.MayRate || s.Stars != 4 || s.Remark != "" || !s.Reopens {
		t.Errorf("the customer reads %+v, %v", s, err)
	}
	sheet, err := w.desk.Read(t.Context(), "jane", 1001)
	if err != nil || !slices.ContainsFunc(sheet.Thread, func(i ticket.Item) bool { return i.Text == `rated 2 of 5: "Too slow. #close"` }) {
		t.Errorf("agents read %+v, %v", sheet.Thread, err)
	}
	for query, found := range map[string]int{"rating:4": 1, "rating>3": 1, "rating>=4": 1, "rating<4": 0, "rating<=3": 0, "rating:5": 0, "rating:4 open": 0, "rating>2 rating<5": 1} {
		if list, err := w.desk.Find(t.Context(), "jane", query, 10); err != nil || len(list) != found {
			t.Errorf("%s finds %d, %v", query, len(list), err)
		}
	}
	for _, bad := range []string{"rating:0", "rating:6", "rating<1", "rating>5", "rating:well", "rating:1 rating:2"} {
		_, err := w.desk.Find(t.Context(), "jane", bad, 10)
		refusal(t, err, ticket.Invalid, "such as rating:5")
	}
	w.change(portal) // its department asks no more
	refusal(t, rate(karen, 1, ""), ticket.Conflict, "can not be rated")
	w.change(rating)
	w.now = w.now.Add(14*24*time.Hour + time.Second)
	refusal(t, rate(karen, 1, ""), ticket.Conflict, "can not be rated")
	if s, err := w.desk.ReadFor(t.Context(), karen, 1001); err != nil || s.MayRate || s.Reopens || !s.Done {
		t.Errorf("two weeks later the customer reads %+v, %v", s, err)
	}
}
