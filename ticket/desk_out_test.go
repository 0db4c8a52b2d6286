package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

// claim is one round of a sender that settles every recipient alike.
func (w *world) claim(v ticket.Verdict) []ticket.Notice {
	w.t.Helper()
	claimed, err := w.desk.Claim(w.t.Context(), 15*time.Minute, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, n := range claimed {
		var results []ticket.Result
		for _, r := range n.Recipients {
			results = append(results, ticket.Result{Recipient: r.Address.Email, Verdict: v, Answer: "451 later"})
		}
		if err := w.desk.Settle(w.t.Context(), n.ID, results); err != nil {
			w.t.Fatal(err)
		}
	}
	return claimed
}

func TestTemporaryErrorsAreTriedForFiveDays(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Agents = nil }) // only the acknowledgement goes out
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	began, tries := w.now, 0
	for range 1000 {
		tries += len(w.claim(ticket.Later))
		due, err := w.desk.NextDue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if due.IsZero() {
			break
		}
		w.now = due
	}
	if gone := w.now.Sub(began); gone < 5*24*time.Hour || gone > 5*24*time.Hour+2*time.Hour {
		t.Errorf("given up after %s, want five days", gone)
	}
	if tries < 115 || tries > 125 {
		t.Errorf("%d tries, want about one an hour", tries)
	}
	c := w.show(n)
	var kinds []ticket.EventKind
	for _, e := range c.Events {
		kinds = append(kinds, e.Kind)
	}
	for kind, want := range map[ticket.EventKind]int{ticket.DeliveryDelayed: 1, ticket.DeliveryFailed: 1} {
		got := 0
		for _, k := range kinds {
			if k == kind {
				got++
			}
		}
		if got != want {
			t.Errorf("%d %s events, want %d: %v", got, kind, want, kinds)
		}
	}
}

func TestPermanentErrorTellsAnAgent(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#reply\n\nHello"))
	w.want(ticket.Commanded)
	claimed, err := w.desk.Claim(t.Context(), time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	reply := to(t, claimed, ticket.NoticeReply, karen)
	if err := w.desk.Settle(t.Context(), reply.ID, []ticket.Result{{Recipient: karen, Verdict: ticket.Refused, Answer: "550 no such user"}}); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(w.show(n).Events, func(e ticket.Event) bool { return e.Kind == ticket.DeliveryFailed }) {
		t.Error("no event")
	}
	w.now = w.now.Add(2 * time.Minute)
	told := to(t, w.sent(), ticket.NoticeUndeliverable, jane)
	if told.Facts.Address != karen || told.Facts.Answer != "550 no such user" || told.Facts.Text != "Hello" {
		t.Errorf("told %+v", told.Facts)
	}
}

func TestCrashedAttemptIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.take(from(karen, "Help", "text"))
	first, err := w.desk.Claim(t.Context(), 15*time.Minute, 100)
	if err != nil || len(first) != 3 {
		t.Fatalf("claimed %v %v", mailed(first), err)
	}
	if again, _ := w.desk.Claim(t.Context(), 15*time.Minute, 100); len(again) != 0 {
		t.Fatalf("claimed twice within the lease: %v", mailed(again))
	}
	if ended, err := w.desk.Recover(t.Context()); err != nil || ended != 3 {
		t.Fatalf("a new start took up %d notices, %v", ended, err)
	}
	w.now = w.now.Add(time.Second)
	if third, err := w.desk.Claim(t.Context(), 15*time.Minute, 100); err != nil || len(third) != 3 {
		t.Fatalf("after a new start: %v %v", mailed(third), err)
	}
	w.now = w.now.Add(16 * time.Minute) // the sender has died again, and nobody noticed
	again := w.sent()
	if len(again) != 3 {
		t.Fatalf("after the lease: %v", mailed(again))
	}
	for i, n := range again {
		if n.Attempts != 3 || n.MessageID != first[i].MessageID || n.ReturnPath != first[i].ReturnPath {
			t.Errorf("second attempt %+v is not the first mail again", n)
		}
	}
}

func TestDoubtWaitsForTheEcho(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Echo = "support"; p.Agents = nil })
	w.take(from(karen, "Help", "text"))
	w.now = w.now.Add(time.Second)
	claimed := w.claim(ticket.InDoubt)
	if len(claimed) != 1 {
		t.Fatalf("claimed %v", mailed(claimed))
	}
	w.now = w.now.Add(10 * time.Hour)
	if again := w.claim(ticket.InDoubt); len(again) != 0 {
		t.Fatal("sent again though no sweep has looked for the echo")
	}
	if err := w.desk.Swept(t.Context(), "support", w.now); err != nil {
		t.Fatal(err)
	}
	again := w.claim(ticket.InDoubt)
	if len(again) != 1 {
		t.Fatal("not sent again after a sweep that met no echo")
	}
	echo := from("support@bank.example", "copy", "text")
	echo.Stamp, echo.MessageID = again[0].Stamp, again[0].MessageID
	w.take(echo)
	w.want(ticket.Echo)
	w.now = w.now.Add(10 * time.Hour)
	if err := w.desk.Swept(t.Context(), "support", w.now); err != nil {
		t.Fatal(err)
	}
	if more := w.claim(ticket.Sent); len(more) != 0 {
		t.Fatal("sent again though its echo came by")
	}
}

func TestPostponeTakesTheBookingBack(t *testing.T) {
	w := newWorld(t)
	w.take(from(karen, "Help", "text"))
	claimed, err := w.desk.Claim(t.Context(), time.Minute, 1)
	if err != nil || len(claimed) != 1 || claimed[0].Attempts != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	until := w.now.Add(5 * time.Minute)
	if err := w.desk.Postpone(t.Context(), claimed[0].ID, until, "535 wrong password"); err != nil {
		t.Fatal(err)
	}
	w.now = until
	for _, n := range w.sent() {
		if n.ID == claimed[0].ID && n.Attempts != 1 {
			t.Errorf("attempt %d, want 1", n.Attempts)
		}
	}
}
