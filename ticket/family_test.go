package ticket_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"deskpost/store"
	"deskpost/ticket"
)

// two is a world with two tickets, 1001 of Karen's and 1002 of somebody's, and the
// notices that the second one caused.
func two(t *testing.T, second string) (*world, []ticket.Notice) {
	t.Helper()
	w, _, _ := opened(t)
	w.now = w.now.Add(time.Minute)
	w.take(from(second, "Still can not log in", "It still says no, and my account is 4711."))
	if n := w.want(ticket.Opened); n != 1002 {
		t.Fatalf("the second ticket is %d", n)
	}
	return w, w.sent()
}

// part reads a ticket that was merged, as it was left.
func (w *world) part(n ticket.Number) ticket.Case {
	w.t.Helper()
	c := w.show(n)
	if c.Ticket.Number == n {
		return c
	}
	for _, m := range c.Merged {
		if m.Ticket.Number == n {
			return m
		}
	}
	w.t.Fatalf("ticket %d is shown as %d, and does not stand under it", n, c.Ticket.Number)
	return ticket.Case{}
}

// results are the lines of the transcript of what was sent last.
func results(t *testing.T, out []ticket.Notice, kind ticket.NoticeKind, agent string) []string {
	t.Helper()
	var lines []string
	for _, r := range to(t, out, kind, agent).Facts.Results {
		lines = append(lines, r.Line+": "+r.Result)
	}
	return lines
}

// diaryOf lists the events of some kinds of a ticket itself.
func (w *world) diaryOf(n ticket.Number, kinds ...ticket.EventKind) []string {
	w.t.Helper()
	var lines []string
	for _, e := range w.part(n).Events {
		if slices.Contains(kinds, e.Kind) {
			lines = append(lines, fmt.Sprintf("%s %s -> %s", e.Kind, e.Before, e.After))
		}
	}
	return lines
}

// noticesOf are all notices of a ticket itself.
func (w *world) noticesOf(n ticket.Number) []ticket.Notice {
	w.t.Helper()
	return w.part(n).Notices
}

// audit demands that an audit of the store finds nothing wrong.
func (w *world) audit() {
	w.t.Helper()
	_, err := w.desk.Store.(*store.DB).Audit(w.t.Context(), store.Audit{Keys: w.desk.Keys, Found: func(f store.Finding) {
		w.t.Errorf("%s: %s: %s", f.Code, f.Where, f.Wrong)
	}})
	if err != nil {
		w.t.Error(err)
	}
}
