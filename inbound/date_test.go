package inbound

import (
	"fmt"
	"testing"
	"time"

	"deskpost/inbound/memimap"
)

// TestDateOfAMail is whatever its sender's clock says, or nothing. What counts and
// is shown is when the mail reached the mailbox, and never the future (F55).
func TestDateOfAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	arrived := time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Second)
	dates := []string{"", "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n", "Date: Fri, 6 Jan 2090 09:00:00 +0000\r\n",
		"Date: Mon, 5 Jan 2026 09:00:00 +9999\r\n", "Date: yesterday\r\n"}
	for i, date := range dates {
		w.deliverAt(append([]byte(date), letter(fmt.Sprint("m", i), "x")...), arrived)
	}
	w.deliverAt(letter("ahead", "x"), time.Now().AddDate(60, 0, 0)) // the mail server's clock is wrong too
	w.sweep()
	receipts := w.receipts()
	if len(receipts) != len(dates)+1 {
		t.Fatalf("%d mails taken", len(receipts))
	}
	for i := range dates {
		if at := w.entry(receipts[i]).At; !at.Equal(arrived) {
			t.Errorf("%q: %v, want %v", dates[i], at, arrived)
		}
	}
	if at := w.entry(receipts[len(dates)]).At; at.After(w.now()) || at.Before(w.now().Add(-time.Minute)) {
		t.Errorf("a mail of the future is of %v", at)
	}
}
