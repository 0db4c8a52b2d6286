package ticket_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestStormIsKeptTogether: a sender who opens too many tickets fills one more.
func TestStormIsKeptTogether(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.SenderHour = 3 })
	var numbers []ticket.Number
	for i := range 8 {
		w.take(from(karen, fmt.Sprintf("Flood %d", i), "text"))
		numbers = append(numbers, w.last.Ticket)
	}
	if want := []ticket.Number{1001, 1002, 1003, 1004, 1004, 1004, 1004, 1004}; !slices.Equal(numbers, want) {
		t.Errorf("tickets %v, want %v", numbers, want)
	}
	if got := len(w.show(1004).Entries); got != 5 {
		t.Errorf("%d messages in the storm's ticket, want 5", got)
	}
	w.take(from("bob@customer.example", "Calm", "text"))
	if got := w.want(ticket.Opened); got != 1005 {
		t.Errorf("somebody else's mail went to %d", got)
	}
	w.now = w.now.Add(time.Hour)
	w.take(from(karen, "Next hour", "text"))
	if got := w.want(ticket.Opened); got != 1006 {
		t.Errorf("after an hour it went to %d", got)
	}
}

func TestReopeningHasALimit(t *testing.T) {
	w, n, out := opened(t)
	w.change(func(p *ticket.Policy) { p.Caps.ReopenHour = 2; p.Caps.TicketDay = 1000; p.Caps.AddressHour = 1000 })
	notice := to(t, out, ticket.NoticeNew, jane)
	told := 0
	for i := range 5 {
		w.take(answer(notice, jane, "#resolve\n#note\n\nround "+fmt.Sprint(i)))
		w.sent()
		w.take(from(karen, "[#1001] again", fmt.Sprintf("not solved %d", i)))
		w.want(ticket.Appended)
		for _, m := range mailed(w.sent()) {
			if m == "message:"+jane {
				told++
			}
		}
	}
	if got := w.show(n).Ticket.Status; got != ticket.Resolved {
		t.Errorf("ticket is %s, want it to stay resolved", got)
	}
	if told != 3 { // two reopenings, and once that there were too many
		t.Errorf("told %d times, want 3", told)
	}
}
