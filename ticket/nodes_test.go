package ticket_test

import (
	"testing"
	"time"

	"deskpost/ticket"
)

// nodes are the desks of two nodes on one database.
func nodes(t *testing.T) (w *world, a, b *ticket.Desk) {
	w = newWorld(t)
	w.change(func(p *ticket.Policy) { p.Agents = nil }) // only the acknowledgement goes out
	w.take(from(karen, "Help", "text"))
	for _, d := range []**ticket.Desk{&a, &b} {
		*d = &ticket.Desk{Store: w.desk.Store, Keys: w.desk.Keys, Now: w.desk.Now}
		(*d).SetPolicy(w.desk.Policy())
	}
	a.Node, b.Node = "a", "b"
	return w, a, b
}

// TestLateWordOfAPausedSender demands that an attempt which outlived its lease
// takes nothing from the one that another node has begun, and that its word
// still counts for whom it reached (F15, F52).
func TestLateWordOfAPausedSender(t *testing.T) {
	said := func(v ticket.Verdict) []ticket.Result {
		return []ticket.Result{{Recipient: karen, Verdict: v, Answer: "said " + string(v)}}
	}
	for late, last := range map[ticket.Verdict]ticket.Verdict{
		ticket.Later: ticket.Sent, ticket.Refused: ticket.Later, ticket.InDoubt: ticket.Sent,
		ticket.Sent: ticket.Refused, "postponed": ticket.Sent,
	} {
		t.Run("late "+string(late), func(t *testing.T) {
			w, a, b := nodes(t)
			first, err := a.Claim(t.Context(), 15*time.Minute, 10)
			if err != nil || len(first) != 1 {
				t.Fatalf("a claims %v, %v", mailed(first), err)
			}
			w.now = w.now.Add(16 * time.Minute) // a is paused
			second, err := b.Claim(t.Context(), 15*time.Minute, 10)
			if err != nil || len(second) != 1 {
				t.Fatalf("b claims %v, %v", mailed(second), err)
			}
			id := first[0].ID
			if late == "postponed" {
				err = a.Postpone(t.Context(), id, first[0].Attempts, w.now, "the program stopped")
			} else {
				err = a.Settle(t.Context(), id, first[0].Attempts, said(late))
			}
			if err != nil {
				t.Fatal(err)
			}
			n := w.notice(id)
			if reached := late == ticket.Sent; n.SettledAt.IsZero() == reached || n.Recipients[0].SentAt.IsZero() == reached {
				t.Errorf("after the late word: %+v", n)
			}
			if n.LeasedBy != "b" || n.Attempts != 2 || late != ticket.Sent && !n.LeasedUntil.Equal(w.now.Add(15*time.Minute)) {
				t.Errorf("b's attempt was disturbed: %+v", n)
			}
			if err := b.Settle(t.Context(), id, second[0].Attempts, said(last)); err != nil {
				t.Fatal(err)
			}
			n = w.notice(id)
			wantSent := late == ticket.Sent || last == ticket.Sent
			if n.Recipients[0].SentAt.IsZero() == wantSent || n.SettledAt.IsZero() == wantSent || !n.Recipients[0].FailedAt.IsZero() || n.LeasedBy != "" {
				t.Errorf("in the end: %+v", n)
			}
		})
	}
}

// TestLateWordAfterTheEnd demands that a paused sender's word ends a doubt, and
// corrects what was given up, also when no attempt runs any more (F15).
func TestLateWordAfterTheEnd(t *testing.T) {
	for _, other := range []ticket.Verdict{ticket.InDoubt, ticket.Refused} {
		w, a, b := nodes(t)
		first, err := a.Claim(t.Context(), 15*time.Minute, 10)
		if err != nil || len(first) != 1 {
			t.Fatalf("a claims %v, %v", mailed(first), err)
		}
		w.now = w.now.Add(16 * time.Minute)
		second, err := b.Claim(t.Context(), 15*time.Minute, 10)
		if err != nil || len(second) != 1 {
			t.Fatalf("b claims %v, %v", mailed(second), err)
		}
		id := first[0].ID
		if err := b.Settle(t.Context(), id, 2, []ticket.Result{{Recipient: karen, Verdict: other}}); err != nil {
			t.Fatal(err)
		}
		if err := a.Settle(t.Context(), id, 1, []ticket.Result{{Recipient: karen, Verdict: ticket.Sent, Answer: "250 ok"}}); err != nil {
			t.Fatal(err)
		}
		n := w.notice(id)
		if r := n.Recipients[0]; r.SentAt.IsZero() || !r.FailedAt.IsZero() || r.InDoubt || n.InDoubt || n.SettledAt.IsZero() {
			t.Errorf("after %s: %+v", other, n)
		}
	}
}

// TestRecoverLeavesOtherNodesAlone demands that a node that starts takes up what
// it left itself, and nothing that another node is sending.
func TestRecoverLeavesOtherNodesAlone(t *testing.T) {
	w, a, b := nodes(t)
	if first, err := a.Claim(t.Context(), 15*time.Minute, 10); err != nil || len(first) != 1 {
		t.Fatalf("a claims %v, %v", mailed(first), err)
	}
	if ended, err := b.Recover(t.Context()); err != nil || ended != 0 {
		t.Errorf("b took up %d notices, %v", ended, err)
	}
	if ended, err := a.Recover(t.Context()); err != nil || ended != 1 {
		t.Errorf("a took up %d notices, %v", ended, err)
	}
	w.now = w.now.Add(time.Second)
	if again, err := b.Claim(t.Context(), 15*time.Minute, 10); err != nil || len(again) != 1 {
		t.Errorf("b claims %v, %v", mailed(again), err)
	}
}
