package ticket_test

import (
	"slices"
	"strings"
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
		if err := w.desk.Settle(w.t.Context(), n.ID, n.Attempts, results); err != nil {
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

// TestPermanentErrorTellsAnAgent of the text that did not arrive (F33).
func TestPermanentErrorTellsAnAgent(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#reply\n\nHello"))
	w.want(ticket.Commanded)
	claimed, err := w.desk.Claim(t.Context(), time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	reply := to(t, claimed, ticket.NoticeReply, karen)
	if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, []ticket.Result{{Recipient: karen, Verdict: ticket.Refused, Answer: "550 no such user"}}); err != nil {
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

// TestCrashedAttemptIsTriedAgain, as the same mail (F34).
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

// TestDoubtWaitsForTheEcho: with an echo a mail whose answer was lost is sent
// again only if its copy did not come by (F35).
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

// TestLinksWaitForNoEcho: no copy is made of a mail that signs in, so nothing is
// gained by waiting for one, whether its attempt ended in doubt or did not end.
func TestLinksWaitForNoEcho(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Echo, p.Page = "support", "https://desk.bank.example" })
	for _, kind := range ticket.NoticeKinds {
		if want := kind == ticket.NoticeSignIn || kind == ticket.NoticeConfirm || kind == ticket.NoticeVisit; kind.SignsIn() != want {
			t.Errorf("%s signs in: %v; the claims of package store know others", kind, kind.SignsIn())
		}
	}
	if err := w.desk.MailSignIn(t.Context(), jane); err != nil {
		t.Fatal(err)
	}
	if first := w.claim(ticket.InDoubt); len(first) != 1 {
		t.Fatalf("claimed %v", mailed(first))
	}
	due, err := w.desk.NextDue(t.Context())
	if err != nil || due.IsZero() {
		t.Fatalf("due at %v (%v)", due, err)
	}
	w.now = due
	again, err := w.desk.Claim(t.Context(), time.Minute, 10) // and now the sender dies
	if err != nil || len(again) != 1 || again[0].AgainAt.IsZero() {
		t.Fatalf("claimed %+v (%v), want the link once more", again, err)
	}
	w.now = w.now.Add(2 * time.Minute)
	if third := w.claim(ticket.Sent); len(third) != 1 {
		t.Errorf("a link whose attempt did not end is not sent again")
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
	if err := w.desk.Postpone(t.Context(), claimed[0].ID, claimed[0].Attempts, until, "535 wrong password"); err != nil {
		t.Fatal(err)
	}
	w.now = until
	for _, n := range w.sent() {
		if n.ID == claimed[0].ID && n.Attempts != 1 {
			t.Errorf("attempt %d, want 1", n.Attempts)
		}
	}
}

// TestDoubtGivesUp at a relay that loses each answer, before anybody gets the
// mail for days (F35).
func TestDoubtGivesUp(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Agents = nil })
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	tries := 0
	for range 50 {
		w.now = w.now.Add(2 * time.Hour)
		tries += len(w.claim(ticket.InDoubt))
	}
	if tries != 3 {
		t.Errorf("%d copies of a mail whose answer is lost each time, want 3", tries)
	}
	if !slices.ContainsFunc(w.show(n).Events, func(e ticket.Event) bool { return e.Kind == ticket.DeliveryFailed }) {
		t.Error("nobody hears of it")
	}
}

// TestEchoProvesNothingAboutOthers: with several recipients the copy in our own
// mailbox only ends the doubt about those whose answer was lost.
func TestEchoProvesNothingAboutOthers(t *testing.T) {
	const bob = "bob@customer.example"
	setup := func(t *testing.T) (*world, ticket.Notice, ticket.Mail) {
		w, _, out := opened(t)
		w.change(func(p *ticket.Policy) { p.Echo = "support" })
		w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#cc "+bob+"\n\nHello both"))
		w.want(ticket.Commanded)
		claimed, err := w.desk.Claim(t.Context(), 15*time.Minute, 100)
		if err != nil {
			t.Fatal(err)
		}
		reply := to(t, claimed, ticket.NoticeReply, karen)
		echo := from("support@bank.example", "copy", "text")
		echo.Stamp, echo.MessageID = reply.Stamp, reply.MessageID
		return w, reply, echo
	}
	standing := func(w *world, id int64) (sent []string, left []string) {
		for _, n := range w.show(1001).Notices {
			if n.ID != id {
				continue
			}
			for _, r := range n.Recipients {
				if r.Outstanding() {
					left = append(left, r.Address.Email)
				} else if !r.SentAt.IsZero() {
					sent = append(sent, r.Address.Email)
				}
			}
		}
		return sent, left
	}
	results := []ticket.Result{{Recipient: karen, Verdict: ticket.InDoubt}, {Recipient: bob, Verdict: ticket.Later, Answer: "451"}}
	t.Run("after the attempt", func(t *testing.T) {
		w, reply, echo := setup(t)
		if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, results); err != nil {
			t.Fatal(err)
		}
		w.take(echo)
		w.want(ticket.Echo)
		if sent, left := standing(w, reply.ID); !slices.Equal(sent, []string{karen}) || !slices.Equal(left, []string{bob}) {
			t.Errorf("sent %v, left %v", sent, left)
		}
	})
	t.Run("before its end is known", func(t *testing.T) {
		w, reply, echo := setup(t)
		w.take(echo)
		w.want(ticket.Echo)
		if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, results); err != nil {
			t.Fatal(err)
		}
		if sent, left := standing(w, reply.ID); !slices.Equal(sent, []string{karen}) || !slices.Equal(left, []string{bob}) {
			t.Errorf("sent %v, left %v", sent, left)
		}
	})
	t.Run("a retry has an echo of its own", func(t *testing.T) {
		w, reply, echo := setup(t)
		if err := w.desk.Settle(t.Context(), reply.ID, reply.Attempts, []ticket.Result{{Recipient: karen, Verdict: ticket.Sent}, results[1]}); err != nil {
			t.Fatal(err)
		}
		w.take(echo)
		w.want(ticket.Echo)
		w.now = w.now.Add(2 * time.Hour)
		again := to(t, w.claim(ticket.InDoubt), ticket.NoticeReply, karen)
		w.take(echo)
		w.want(ticket.Echo)
		if sent, left := standing(w, again.ID); len(sent) != 2 || len(left) != 0 {
			t.Errorf("sent %v, left %v", sent, left)
		}
		w.take(echo)
		w.want(ticket.Loop)
	})
}

func TestEchoOfACrashedAttempt(t *testing.T) {
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Echo = "support"; p.Agents = nil })
	w.take(from(karen, "Help", "text"))
	claimed, err := w.desk.Claim(t.Context(), 15*time.Minute, 100)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v %v", mailed(claimed), err)
	}
	echo := from("support@bank.example", "copy", "text")
	echo.Stamp, echo.MessageID = claimed[0].Stamp, claimed[0].MessageID
	w.take(echo) // and now the sender dies
	w.now = w.now.Add(time.Hour)
	if err := w.desk.Swept(t.Context(), "support", w.now); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	if again := w.claim(ticket.Sent); len(again) != 0 {
		t.Errorf("sent again though its copy came by: %v", mailed(again))
	}
	if due, err := w.desk.NextDue(t.Context()); err != nil || !due.IsZero() {
		t.Errorf("still due at %v, %v", due, err)
	}
}

func TestRefusedFilesDoNotHideTheTicket(t *testing.T) {
	w := newWorld(t)
	m := from(karen, "Look", "at this")
	m.Files = []ticket.File{{Name: "a.bin", Size: 6 << 20}, {Name: "b.bin", Size: 6 << 20}, {Name: "c.txt", Size: 10}}
	w.take(m)
	w.want(ticket.Opened)
	claimed, err := w.desk.Claim(t.Context(), time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	first := to(t, claimed, ticket.NoticeNew, jane)
	if len(first.Facts.Files) != 2 || !strings.Contains(strings.Join(first.Facts.Remarks, "\n"), "b.bin (6.0 MiB), too large") {
		t.Errorf("files %+v, remarks %q", first.Facts.Files, first.Facts.Remarks)
	}
	if err := w.desk.Settle(t.Context(), first.ID, first.Attempts, []ticket.Result{{Recipient: jane, Verdict: ticket.Refused, Answer: "552 too big"}}); err != nil {
		t.Fatal(err)
	}
	again := to(t, w.sent(), ticket.NoticeNew, jane)
	if len(again.Facts.Files) != 0 || !strings.Contains(strings.Join(again.Facts.Remarks, "\n"), "552 too big") {
		t.Errorf("second notice %+v", again.Facts)
	}
}
