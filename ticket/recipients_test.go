package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

const bob, eve = "bob@customer.example", "eve@customer.example"

// replied is a world in which Jane has answered Karen, Bob and Eve in one mail.
// The answer is claimed.
func replied(t *testing.T) (*world, ticket.Number, ticket.Notice) {
	t.Helper()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#cc "+bob+"\n#cc "+eve+"\n#reply\n\nHello all"))
	w.want(ticket.Commanded)
	claimed, err := w.desk.Claim(t.Context(), 15*time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	reply := to(t, claimed, ticket.NoticeReply, karen)
	if len(reply.Recipients) != 3 {
		t.Fatalf("the reply goes to %v", mailed([]ticket.Notice{reply}))
	}
	for _, other := range claimed {
		if other.ID != reply.ID {
			if err := w.desk.Settle(t.Context(), other.ID, other.Attempts, []ticket.Result{{Recipient: other.Recipients[0].Address.Email, Verdict: ticket.Sent}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return w, n, reply
}

// outstanding are the recipients of a notice who are neither served nor given up.
func (w *world) outstanding(n ticket.Number, id int64) (left []string) {
	w.t.Helper()
	for _, notice := range w.show(n).Notices {
		for _, r := range notice.Recipients {
			if notice.ID == id && r.Outstanding() {
				left = append(left, r.Address.Email)
			}
		}
	}
	return left
}

// failed lists to whom the diary says that mail did not arrive, each as often as
// it says so.
func (w *world) failed(n ticket.Number, kind ticket.EventKind) (who []string) {
	w.t.Helper()
	for _, e := range w.show(n).Events {
		if e.Kind == kind {
			who = append(who, e.After)
		}
	}
	return who
}

// TestThreeRecipientsThreeAnswers: each recipient has a state of its own. Only the
// one that was put off is tried again, and the one that was refused is shown at
// the ticket and told once (F32, F33).
func TestThreeRecipientsThreeAnswers(t *testing.T) {
	t.Parallel()
	w, n, reply := replied(t)
	err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, []ticket.Result{
		{Recipient: karen, Verdict: ticket.Sent, Answer: "250 ok"},
		{Recipient: bob, Verdict: ticket.Later, Answer: "452 4.2.2 full"},
		{Recipient: eve, Verdict: ticket.Refused, Answer: "550 5.1.1 no such user"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.outstanding(n, reply.ID); !slices.Equal(got, []string{bob}) {
		t.Errorf("still to be tried: %v", got)
	}
	if got := w.failed(n, ticket.DeliveryFailed); !slices.Equal(got, []string{eve}) {
		t.Errorf("the diary tells of %v", got)
	}
	w.now = w.now.Add(2 * time.Hour)
	again, err := w.desk.Claim(t.Context(), 15*time.Minute, 100)
	if err != nil || !slices.Equal(mailed(again), []string{"reply:" + bob, "reply:" + eve, "reply:" + karen, "undeliverable:" + jane}) {
		t.Fatalf("claimed %v, %v", mailed(again), err)
	}
	told := to(t, again, ticket.NoticeUndeliverable, jane)
	if told.Facts.Address != eve || told.Facts.Answer != "550 5.1.1 no such user" || told.Facts.Text != "Hello all" {
		t.Errorf("told %+v", told.Facts)
	}
	if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, []ticket.Result{{Recipient: bob, Verdict: ticket.Sent, Answer: "250 ok"}}); err != nil {
		t.Fatal(err)
	}
	if got := w.outstanding(n, reply.ID); len(got) != 0 || len(w.failed(n, ticket.DeliveryFailed)) != 1 {
		t.Errorf("at the end %v are open, and the diary tells of %v", got, w.failed(n, ticket.DeliveryFailed))
	}
}

// TestBounceOfSeveral takes a mail for all three, and reports later: one will get
// it late, another never. The ticket shows both, nobody is answered, and the third
// stands as it was (F38).
func TestBounceOfSeveral(t *testing.T) {
	t.Parallel()
	w, n, reply := replied(t)
	var all []ticket.Result
	for _, r := range reply.Recipients {
		all = append(all, ticket.Result{Recipient: r.Address.Email, Verdict: ticket.Sent, Answer: "250 ok"})
	}
	if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, all); err != nil {
		t.Fatal(err)
	}
	report := from("mailer-daemon@relay.example", "Delivery report", "see below")
	report.Recipients, report.Machine = []string{reply.ReturnPath}, ticket.AutoReplied
	report.Bounces = []ticket.Bounce{
		{Recipient: bob, Status: "4.4.1", Diagnostic: "451 still trying", Delayed: true},
		{Recipient: eve, Status: "5.1.1", Diagnostic: "550 no such user", Permanent: true},
	}
	w.take(report)
	if got := w.want(ticket.Bounced); got != n {
		t.Errorf("at ticket %d", got)
	}
	if got := w.failed(n, ticket.DeliveryDelayed); !slices.Equal(got, []string{bob}) {
		t.Errorf("delayed: %v", got)
	}
	if got := w.failed(n, ticket.BounceReported); !slices.Equal(got, []string{eve}) {
		t.Errorf("bounced: %v", got)
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"delayed:" + jane, "undeliverable:" + jane}) {
		t.Errorf("the report caused %v", got)
	}
}
