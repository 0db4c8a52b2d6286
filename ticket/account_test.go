package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// checkAccount demands that what a ticket's account tells, moment by moment, comes
// to the clocks that are kept, and that it tells of every step that was done.
func checkAccount(r *rapid.T, w *world, n ticket.Number) {
	a, err := w.desk.Account(context.Background(), n)
	if err != nil {
		r.Fatal(err)
	}
	if len(a.Wrong) > 0 || a.Outdated != "" {
		r.Errorf("ticket %d: %q %q", n, a.Wrong, a.Outdated)
	}
	var moves []sla.Event
	steps := 0
	for _, m := range a.Moments {
		moves = append(moves, m.Moves...)
		for _, d := range m.Deeds {
			if d.Step && strings.Contains(d.What, ": step ") {
				steps++
			}
		}
	}
	var fired []ticket.Fired
	err = w.desk.Store.View(context.Background(), func(tx ticket.Tx) (err error) {
		fired, err = tx.FiredOn(n)
		return err
	})
	if err != nil || len(fired) != steps && a.Ticket.Number == n {
		r.Errorf("ticket %d: %d steps were done, it tells of %d; %v", n, len(fired), steps, err)
	}
	told, history := fmt.Sprintf("%+v", moves), fmt.Sprintf("%+v", a.History.Events)
	if told != history {
		r.Errorf("ticket %d: it tells of\n%s\nthe clocks are made from\n%s", n, told, history)
	}
	if a.History.Terms.Plan == nil {
		return
	}
	whole, err := sla.Replay(a.History)
	if err != nil {
		r.Fatal(err)
	}
	begin := a.History
	begin.Events = nil
	single, err := sla.Replay(begin)
	if err != nil {
		r.Fatal(err)
	}
	for _, e := range a.History.Events {
		if err := single.Apply(e); err != nil {
			r.Fatal(err)
		}
	}
	if one, all := bookLines(r, single, a.At), bookLines(r, whole, a.At); !slices.Equal(one, all) {
		r.Errorf("ticket %d: event by event its clocks come to\n%v\nat once to\n%v", n, one, all)
	}
}

func bookLines(r *rapid.T, b *sla.Book, now time.Time) (lines []string) {
	for _, c := range b.Clocks() {
		deadline, _, err := c.Deadline()
		if err != nil {
			r.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %d %s %s %s %s", c.Metric, c.Cycle, c.State, c.Consumed(now), c.Budget, deadline))
	}
	return lines
}

// accountOf reads an account.
func (w *world) accountOf(n ticket.Number) ticket.Account {
	w.t.Helper()
	a, err := w.desk.Account(context.Background(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// TestAccount tells of a mail once, whatever it did, and of what moves no clock
// though it looks as if it did.
func TestAccount(t *testing.T) {
	t.Parallel()
	w := bank(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	n := w.want(ticket.Opened)
	fresh := to(t, w.sent(), ticket.NoticeNew, jane)
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(fresh, jane, "#high\n#macro received"))
	w.want(ticket.Commanded)
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(fresh, jane, "#high\n#pending 3h\nWhich browser?"))
	w.want(ticket.Commanded)
	var told []string
	a := w.accountOf(n)
	for _, m := range slices.Concat(a.Moments, a.Ahead) {
		for _, d := range m.Deeds {
			told = append(told, fmt.Sprintf("%s %s: %s %t", m.At.Format("15:04"), d.By, d.What, d.Moves))
		}
	}
	same(t, "told", told, []string{
		"09:00 karen@customer.example: opened false",
		"09:10 Jane Doe: priority: Normal -> High false", // the terms that follow from it move clocks
		"09:10 Jane Doe: automatic text to the customer, which is no answer false",
		"09:20 Jane Doe: status: new -> pending true",
		"09:20 Jane Doe: follow-up: none -> 2026-01-05 13:20 CET false",
		"09:20 Jane Doe: reply to the customer true",
		"12:20 deskpost: the time to follow up has come, status: pending -> open true",
	})
}
