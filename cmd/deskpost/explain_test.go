package main

import (
	"testing"
	"time"

	"deskpost/ticket"
)

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
