package ticket_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestDigestOfAGroup demands that a mail which is undone leaves no line in the
// digest of the mails that were taken together with it.
func TestDigestOfAGroup(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 2; p.Acknowledge = ticket.AckNever })
	w.desk.Store = failingStore{w.desk.Store}
	for _, subjects := range [][]string{{"one", "two", "three", "fail", "four"}, {"fail", "five"}} {
		for i, fate := range w.takeGroup(subjects...) {
			if failed := subjects[i] == "fail"; failed != errors.Is(fate.Err, errConclude) {
				t.Errorf("%s: got error %v", subjects[i], fate.Err)
			}
		}
	}
	w.now = w.now.Add(11 * time.Minute)
	digest := to(t, w.sent(), ticket.NoticeDigest, "jane@private.example")
	var subjects []string
	for _, item := range digest.Facts.Items {
		_, subject, _ := strings.Cut(item, ": ")
		subjects = append(subjects, subject)
	}
	if want := []string{"three", "four", "five"}; !slices.Equal(subjects, want) {
		t.Errorf("the digest lists %q, want %q", subjects, want)
	}
}

// TestDigestIsBounded demands that a digest lists so many and counts the rest.
func TestDigestIsBounded(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 1; p.Acknowledge = ticket.AckNever })
	for range 2 {
		w.takeGroup(slices.Repeat([]string{"Flood"}, 103)...)
	}
	w.now = w.now.Add(11 * time.Minute)
	digest := to(t, w.sent(), ticket.NoticeDigest, "jane@private.example")
	if items, more := len(digest.Facts.Items), digest.Facts.More; items != 200 || more != 5 {
		t.Errorf("the digest lists %d and counts %d", items, more)
	}
}

// takeGroup hands mails to the desk in one transaction.
func (w *world) takeGroup(subjects ...string) []ticket.Fate {
	w.t.Helper()
	var mails []ticket.Incoming
	for _, subject := range subjects {
		w.uid++
		raw := fmt.Append(nil, w.uid, subject)
		sum := ticket.Sum(sha256.Sum256(raw))
		mails = append(mails, ticket.Incoming{Mail: from(karen, subject, "text"), Receipt: ticket.Receipt{Source: "support",
			Epoch: 1, UID: w.uid, Digest: sum, Received: w.now, Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	}
	fates, err := w.desk.ReceiveAll(context.Background(), mails)
	if err != nil {
		w.t.Fatal(err)
	}
	return fates
}

// A failingStore can not write the outcome of mails with the subject "fail".
type failingStore struct{ ticket.Store }

func (s failingStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	return s.Store.Update(ctx, func(tx ticket.Tx) error { return f(failingTx{tx}) })
}

type failingTx struct{ ticket.Tx }

var errConclude = errors.New("the outcome can not be written")

func (t failingTx) Conclude(receipt int64, c ticket.Conclusion, m ticket.Mail) error {
	if m.Subject == "fail" {
		return errConclude
	}
	return t.Tx.Conclude(receipt, c, m)
}

func TestAnswerToADigestIsNoTicket(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 1; p.Acknowledge = ticket.AckNever })
	for range 3 {
		w.take(from(karen, "Flood", "text"))
	}
	w.sent()
	w.now = w.now.Add(11 * time.Minute)
	digest := to(t, w.sent(), ticket.NoticeDigest, jane)
	w.take(answer(digest, jane, "#list\n\nall of them, please"))
	if got := w.want(ticket.CommandHeld); got != 0 {
		t.Errorf("it went to ticket %d", got)
	}
	held := to(t, w.sent(), ticket.NoticeHeld, jane)
	if !strings.Contains(held.Facts.Verdict, "belongs to no ticket") || !strings.Contains(held.Facts.Text, "all of them") {
		t.Errorf("told %+v", held.Facts)
	}
	w.take(answer(digest, "mallory@evil.example", "hello"))
	w.want(ticket.Quarantined)
	if out := mailed(w.sent()); len(out) != 0 {
		t.Errorf("a stranger's answer caused %v", out)
	}
}
