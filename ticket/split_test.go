package ticket_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// talk is a ticket of Karen's on which there are an unanswered question [1], an
// answered one with a file [2], the answer [3], a note [4], a second question [5] and
// a guest's mail [6]. Jane's notices answer to the last of them.
func talk(t *testing.T) (w *world, fresh, reply ticket.Notice) {
	t.Helper()
	w, n, out := opened(t)
	fresh = to(t, out, ticket.NoticeNew, jane)
	w.now = w.now.Add(10 * time.Minute)
	ack := to(t, out, ticket.NoticeAck, karen)
	m := answer(ack, karen, "And the printer is on fire.")
	m.MessageID = "fire@customer.example"
	raw := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s", m.MessageID, m.From.Email, m.Subject, m.Stamp, m.NewText)) // as deliverAt writes it
	m.Files = []ticket.File{{Name: "fire.png", Type: "image/png", Size: 5, Part: "2", Raw: raw, Sum: ticket.Sum{2}}}
	w.take(m)
	w.now = w.now.Add(10 * time.Minute)
	w.take(answer(fresh, jane, "Use water."))
	reply = to(t, w.sent(), ticket.NoticeReply, karen)
	w.take(answer(fresh, jane, "#note\nNot on oil."))
	w.now = w.now.Add(10 * time.Minute)
	second := answer(reply, karen, "I also need a new chair.")
	second.Subject = "Re: chairs"
	w.take(second)
	guest := answer(ack, "eve@evil.example", "Let me in.")
	guest.Subject = "Access"
	w.take(guest)
	w.want(ticket.GuestHeld)
	w.sent()
	if got := len(w.show(n).Entries); got != 6 {
		t.Fatalf("%d entries", got)
	}
	return w, fresh, reply
}

// TestSplit makes a ticket of a question in the middle of another one.
func TestSplit(t *testing.T) {
	t.Parallel()
	w, fresh, reply := talk(t)
	same(t, "results", w.run(fresh, "#split 5\n#high"), []string{"#split 5: entry 5 is ticket 1002: chairs", "#high: Normal -> High"})
	w.want(ticket.Commanded)
	c := w.show(1002)
	tk, e := c.Ticket, c.Entries[0]
	old := w.show(1001).Entries[4]
	if tk.Subject != "chairs" || tk.Requester.Email != karen || tk.Priority != "High" || tk.Department != "support" || tk.Status != ticket.New || !tk.OpenedAt.Equal(old.At) {
		t.Errorf("the new ticket is %+v", tk)
	}
	if len(c.Entries) != 1 || e.Text != "I also need a new chair." || e.CopyOf != old.ID || !e.At.Equal(old.At) || e.Kind != ticket.Message {
		t.Errorf("it begins with %+v", e)
	}
	if a, b := w.seen(1001), w.seen(1002); a != "related to 1002" || b != "related to 1001" {
		t.Errorf("1001 is %q, and 1002 is %q", a, b)
	}
	same(t, "diary of 1001", w.diaryOf(1001, ticket.EntrySplit, ticket.LinkAdded), []string{"split  -> 1002", "linked  -> related to 1002"})
	same(t, "diary of 1002", w.diaryOf(1002, ticket.TicketOpened, ticket.SplitFrom, ticket.LinkAdded), []string{"opened  -> new", "split-from  -> 1001", "linked  -> related to 1001"})
	w.audit()

	// Answers to mails of the new ticket come to it, and those to the old one to the
	// old one, even if they name the mail that is on both.
	told := to(t, c.Notices, ticket.NoticeNew, jane)
	w.take(answer(told, jane, "Which colour?"))
	colour := to(t, w.sent(), ticket.NoticeReply, karen)
	if colour.Ticket != 1002 || colour.InReplyTo != e.MessageID {
		t.Errorf("the reply is on %d and answers %q", colour.Ticket, colour.InReplyTo)
	}
	w.take(answer(colour, karen, "Blue."))
	if n := w.want(ticket.Appended); n != 1002 {
		t.Errorf("an answer to the new ticket came to %d", n)
	}
	w.take(answer(reply, karen, "It still burns."))
	if n := w.want(ticket.Appended); n != 1001 {
		t.Errorf("an answer to the old ticket came to %d", n)
	}
	m := from(karen, "Re: chairs", "And a desk.")
	m.InReplyTo = []string{e.MessageID}
	w.take(m)
	if n := w.want(ticket.Appended); n != 1001 {
		t.Errorf("an answer to the mail itself came to %d", n)
	}
	w.audit()
}

// TestSplitWithFiles copies the files too, and takes the subject that was given.
func TestSplitWithFiles(t *testing.T) {
	t.Parallel()
	w, fresh, _ := talk(t)
	same(t, "results", w.run(fresh, "#split [2] Re: Fire in the office"), []string{"#split [2] Re: Fire in the office: entry 2 is ticket 1002: Fire in the office"})
	c := w.show(1002)
	f := c.Entries[0].Files
	if len(f) != 1 || f[0].Name != "fire.png" || f[0].Part != "2" || f[0].Raw != w.show(1001).Entries[1].Files[0].Raw {
		t.Errorf("it has the files %+v", f)
	}
	if c.Ticket.Subject != "Fire in the office" || c.Ticket.Status != ticket.Open {
		t.Errorf("it is %+v, though it was answered", c.Ticket)
	}
	if got := w.diaryOf(1002, ticket.SplitFrom); got[0] != "split-from answered -> 1001" {
		t.Errorf("its diary says %q", got)
	}
	w.audit()
}

// TestSplitOfAGuest makes a ticket of the guest's own, without a word of the other.
func TestSplitOfAGuest(t *testing.T) {
	t.Parallel()
	w, fresh, _ := talk(t)
	same(t, "results", w.run(fresh, "#split 6"), []string{"#split 6: entry 6 is ticket 1002: Access"})
	c := w.show(1002)
	if c.Ticket.Requester.Email != "eve@evil.example" || c.Entries[0].Held || len(c.Participants) != 1 || c.Ticket.Status != ticket.New {
		t.Errorf("it is %+v, with %+v", c.Ticket, c.Entries)
	}
	w.audit()
}

// TestSplitOfMerged names entries of merged tickets with their number, which the
// merge does not change.
func TestSplitOfMerged(t *testing.T) {
	t.Parallel()
	w, fresh, _ := talk(t)
	w.take(from(karen, "Another", "One more thing."))
	other := to(t, w.sent(), ticket.NoticeNew, jane)
	w.run(other, "#merge 1001")
	w.take(answer(fresh, jane, "#show"))
	report := strings.Join(to(t, w.sent(), ticket.NoticeTranscript, jane).Facts.Report, "\n")
	for _, want := range []string{"[1] MESSAGE by Karen", "[3] REPLY by Jane Doe\n", "[4] NOTE by Jane Doe", "[5] MESSAGE", "[6] HELD MESSAGE", "[1002/1] MESSAGE by karen@customer.example (from #1002)"} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is missing in\n%s", want, report)
		}
	}
	same(t, "results", w.run(fresh, "#split 1002/1"), []string{"#split 1002/1: entry 1002/1 is ticket 1003: Another"})
	if got := w.diaryOf(1002, ticket.EntrySplit); !slices.Equal(got, []string{"split  -> 1003"}) {
		t.Errorf("the diary of 1002 says %q", got)
	}
	w.audit()
}

// TestSplitRefused holds refusals to their words.
func TestSplitRefused(t *testing.T) {
	t.Parallel()
	w, fresh, _ := talk(t)
	w.run(fresh, "#split 5")
	which := "which entry? Write its number, as #show has it, and a subject if you like: #split 3 Printer"
	for block, want := range map[string]string{
		"#split":              which,
		"#split chair":        which,
		"#split 7":            "there is no entry 7: #show has the numbers",
		"#split 0":            "there is no entry 0: #show has the numbers",
		"#split 1009/1":       "there is no entry 1009/1: #show has the numbers",
		"#split 3":            "entry 3 is a reply: only what a customer wrote can be a ticket",
		"#split 4 Not on oil": "entry 4 is a note: only what a customer wrote can be a ticket",
		"#split 5":            "entry 5 is ticket 1002 already",
	} {
		got := w.run(fresh, block)
		w.want(ticket.CommandHeld)
		if got[0] != block+": "+want {
			t.Errorf("%s", got)
		}
	}
	w.change(func(p *ticket.Policy) {
		p.Roles["replier"] = ticket.Role{Key: "replier", Rights: []ticket.Right{ticket.MayRead, ticket.MayReply}}
		p.Agents["jane"].Access["support"] = "replier"
	})
	if got := w.run(fresh, "#split 1")[0]; !strings.Contains(got, `needs the right "create" in Support`) {
		t.Error(got)
	}
	// All or nothing: a line that is refused keeps the others from writing.
	w.change(func(*ticket.Policy) {})
	w.run(fresh, "#split 1\n#prioirty high")
	w.want(ticket.CommandHeld)
	if c := w.show(1001); len(c.Entries) != 6 || w.seen(1001) != "related to 1002" {
		t.Errorf("a held mail wrote: %q", w.seen(1001))
	}
	w.audit()
}

// TestSplitClocks: the clocks of a ticket that was split off count from its entry,
// and there is no first answer to wait for if the entry had one (sla.md f.4).
func TestSplitClocks(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{false, true} {
		t.Run(fmt.Sprint(answered), func(t *testing.T) {
			t.Parallel()
			w := bank(t)
			w.take(from(karen, "Two things", "Help!"))
			received := w.now
			fresh := to(t, w.sent(), ticket.NoticeNew, jane)
			w.now = w.now.Add(2 * time.Hour)
			if answered {
				w.run(fresh, "#reply\nWe look into it.")
			}
			w.run(fresh, "#split 1 The second")
			tk := w.show(1002).Ticket
			want := received.Add(time.Hour) // of the first answer
			if answered {
				want = time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC) // eight hours from Monday, 10:00 in Berlin
			}
			if !tk.Deadline.Equal(want) {
				t.Errorf("it is due %s, want %s", tk.Deadline, want)
			}
			if _, err := w.desk.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if steps := w.diaryOf(1002, ticket.StepReached); (len(steps) > 0) == answered {
				t.Errorf("steps: %q", steps)
			}
			w.audit()
		})
	}
}
