package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestMergeOfTwoCustomers: nobody gets the replies to another customer by the
// merge itself, and none of them sees what the other one wrote.
func TestMergeOfTwoCustomers(t *testing.T) {
	t.Parallel()
	merge := func(t *testing.T, people string) (*world, ticket.Notice, []ticket.Notice) {
		w, out := two(t, bob)
		fresh := to(t, out, ticket.NoticeNew, jane)
		w.take(answer(fresh, jane, "#merge 1001"+people))
		return w, fresh, w.sent()
	}
	t.Run("undecided", func(t *testing.T) {
		t.Parallel()
		w, _, out := merge(t, "")
		w.want(ticket.CommandHeld)
		want := "#merge 1001: bob@customer.example would get the replies to 1001, which is karen@customer.example's: add +cc if they shall, as in #merge 1001 +cc, or -cc if not"
		same(t, "results", results(t, out, ticket.NoticeHeld, jane), []string{want})
		if w.show(1002).Ticket.Number != 1002 {
			t.Error("it was merged")
		}
	})
	t.Run("without the other", func(t *testing.T) {
		t.Parallel()
		w, fresh, out := merge(t, " -cc")
		w.want(ticket.Commanded)
		want := "#merge 1001 -cc: merged into 1001: Can not log in; bob@customer.example will not get the replies there, and what they answer is held for agents to see; replies there go to karen@customer.example"
		same(t, "results", results(t, out, ticket.NoticeTranscript, jane), []string{want})
		told := to(t, out, ticket.NoticeMerged, john)
		// Bob's words do not reach Karen, whether they are quoted or pasted.
		w.take(answer(told, john, "#reply\nWe found it.\n\nOn Monday Bob wrote:\n> It still says no, and my account is 4711."))
		w.want(ticket.Commanded)
		if text := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; text != "We found it." {
			t.Errorf("Karen gets %q", text)
		}
		w.take(answer(told, john, "#reply\nWe found it. It still says no, and my account is 4711. Yes?"))
		w.want(ticket.CommandHeld)
		if got := results(t, w.sent(), ticket.NoticeHeld, john); !strings.Contains(strings.Join(got, "\n"), "holds words of a merged ticket") {
			t.Errorf("results %q", got)
		}
		// What Jane writes to Bob, as she believes, does not go to Karen by mistake.
		for _, text := range []string{"Dear Bob, your password is x.", "#resolve"} {
			w.take(answer(fresh, jane, text))
			w.want(ticket.CommandHeld)
			held := to(t, w.sent(), ticket.NoticeHeld, jane)
			if got := held.Facts.Results[len(held.Facts.Results)-1].Result; !strings.HasPrefix(got, "answers a mail of ticket 1002, which was merged into 1001, and karen@customer.example would get it there.") {
				t.Errorf("results %q", got)
			}
			again := "#reply"
			if text == "#resolve" {
				again = text
			}
			w.take(answer(held, jane, again))
			w.want(ticket.Commanded)
			w.sent()
		}
		// And Bob is heard, by agents only.
		bobs := to(t, w.noticesOf(1002), ticket.NoticeAck, bob)
		w.take(answer(bobs, bob, "Hello?"))
		if n := w.want(ticket.GuestHeld); n != 1001 {
			t.Errorf("Bob's answer is on %d", n)
		}
		w.audit()
	})
	t.Run("with the other", func(t *testing.T) {
		t.Parallel()
		w, _, out := merge(t, " +cc")
		w.want(ticket.Commanded)
		want := "#merge 1001 +cc: merged into 1001: Can not log in; replies there go to karen@customer.example, bob@customer.example"
		same(t, "results", results(t, out, ticket.NoticeTranscript, jane), []string{want})
		told := to(t, out, ticket.NoticeMerged, john)
		w.now = w.now.Add(time.Minute)
		w.take(answer(told, john, "#reply\nWe found it.\n\nOn Monday somebody wrote:\n> It still says no, and my account is 4711.\n> It says no."))
		w.want(ticket.Commanded)
		reply := to(t, w.sent(), ticket.NoticeReply, karen)
		if reply.Facts.Text != "We found it." || len(reply.Recipients) != 2 {
			t.Errorf("%v get %q", reply.Recipients, reply.Facts.Text)
		}
		if slices.Contains(reply.References, "m2@customer.example") || !slices.Contains(reply.References, "m1@customer.example") {
			t.Errorf("it refers to %q", reply.References)
		}
		// Bob takes part now, by his old mails too.
		bobs := to(t, w.noticesOf(1002), ticket.NoticeAck, bob)
		w.now = w.now.Add(time.Minute)
		w.take(answer(bobs, bob, "Thank you, it works."))
		if n := w.want(ticket.Appended); n != 1001 {
			t.Errorf("Bob's answer is on %d", n)
		}
		// What both had before them may be quoted.
		w.take(answer(told, john, "#reply\nGood.\n> Thank you, it works."))
		w.want(ticket.Commanded)
		if got := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; got != "Good.\n> Thank you, it works." {
			t.Errorf("they get %q", got)
		}
		w.audit()
	})
}
