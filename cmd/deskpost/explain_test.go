package main

import (
	"strings"
	"testing"
	"time"

	"deskpost/store/storetest"
	"deskpost/ticket"
)

// TestExplainFollowsMerges asks for a ticket that was merged: it is explained with
// the one in which it goes on.
func TestExplainFollowsMerges(t *testing.T) {
	t.Parallel()
	desk := &ticket.Desk{Store: storetest.Open(t), Now: time.Now}
	desk.SetPolicy(&ticket.Policy{})
	err := desk.Store.Update(t.Context(), func(tx ticket.Tx) error {
		if err := tx.Save(&ticket.Ticket{Number: 1001, Subject: "Printer", Status: ticket.Open}); err != nil {
			return err
		}
		return tx.Save(&ticket.Ticket{Number: 1002, Subject: "Printer again", Status: ticket.Merged, MergedInto: 1001})
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[ticket.Number]string{
		1001: "ticket 1001: Printer (open)\n\nticket 1002: Printer again (merged into 1001)\n",
		1002: "ticket 1002 was merged into 1001\n\nticket 1001: Printer (open)\n\nticket 1002: Printer again (merged into 1001)\n",
	} {
		var out strings.Builder
		if err := (explainer{zone: time.UTC, out: &out}).ticket(t.Context(), desk, n); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%d: %q", n, out.String())
		}
	}
}

// TestLastWord demands that only what a mail server said is put into its mouth.
func TestLastWord(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	for _, c := range []struct {
		n    ticket.Notice
		r    ticket.Recipient
		want string
	}{
		{ticket.Notice{}, ticket.Recipient{}, ""},
		{ticket.Notice{}, ticket.Recipient{Answer: "250 queued"}, "; the server said: 250 queued"},
		{ticket.Notice{}, ticket.Recipient{Answer: "relay mx:25: cannot be reached"}, "; the reason: relay mx:25: cannot be reached"},
		{ticket.Notice{HeldAt: now}, ticket.Recipient{FailedAt: now, Answer: "sent on Monday"}, ": sent on Monday"},
	} {
		if got := lastWord(c.n, c.r); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
