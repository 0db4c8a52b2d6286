package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// everything gives agents every right.
func everything(p *ticket.Policy) {
	p.Roles["agent"] = ticket.Role{Key: "agent", Rights: ticket.Rights}
}

// replays demands that the diary of a ticket ends where the ticket is, and goes
// no way that a status does not.
func (w *world) replays(n ticket.Number) {
	w.t.Helper()
	c := w.show(n)
	if wrong := ticket.Replay(c.Events).Against(&c.Ticket); len(wrong) > 0 {
		w.t.Error(wrong)
	}
	if wrong := wrongWays(c.Events); len(wrong) > 0 {
		w.t.Errorf("ways that no status goes: %q", wrong)
	}
}

// TestSubject: agents see the new title, and the customer's mail program no
// other conversation.
func TestSubject(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.command(n, jane, "#subject Login: password has expired")
	w.command(n, jane, "#retitle Login: locked")
	w.say(n, jane, "#take\n#reply\nIt was locked.")
	out := w.sent()
	if got := to(t, out, ticket.NoticeReply, karen).Facts.Subject; got != "Can not log in" {
		t.Errorf("the customer's mail has the subject %q", got)
	}
	w.take(answer(to(t, out, ticket.NoticeReply, karen), karen, "It still is!"))
	if got := to(t, w.sent(), ticket.NoticeMessage, jane).Facts.Subject; got != "Login: locked" {
		t.Errorf("the agent's mail has the subject %q", got)
	}
	w.replays(n)
	for _, args := range []string{"", " ", " " + strings.Repeat("x", 201)} {
		w.say(n, jane, "#subject"+args)
		w.want(ticket.CommandHeld)
	}
}

// TestRequester: mail goes to the new customer, whose answers are participants',
// and the one before is a stranger.
func TestRequester(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.command(n, jane, "#take\n#cc +bob@customer.example")
	w.say(n, jane, "#requester bob@customer.example\n#reply\nHello Bob.")
	w.want(ticket.Commanded)
	out := w.sent()
	if got := mailed(out); !slices.Equal(got, []string{"reply:bob@customer.example", "transcript:" + jane}) {
		t.Errorf("mailed %v", got)
	}
	c := w.show(n)
	if len(c.Participants) != 1 || c.Participants[0].Address.Email != "bob@customer.example" || c.Participants[0].Role != ticket.RoleRequester {
		t.Errorf("participants %+v", c.Participants)
	}
	w.take(answer(to(t, out, ticket.NoticeReply, "bob@customer.example"), "bob@customer.example", "Hello."))
	w.want(ticket.Appended)
	w.take(from(karen, "Re: [#1001]", "And I?"))
	if got := w.want(ticket.Opened); got == n {
		t.Error("who was the requester before takes part all the same")
	}
	if got, _ := w.desk.List(t.Context(), ticket.Filter{Requester: "bob@customer.example"}); len(got) != 1 {
		t.Errorf("found %d tickets of the new requester", len(got))
	}
	w.replays(n)
	w.command(n, jane, "#customer "+karen+"\n#cc +bob@customer.example")
	if got := len(w.show(n).Participants); got != 2 {
		t.Errorf("%d participants", got)
	}
	for _, args := range []string{"", " karen", " support@bank.example", " a@b.example c@d.example"} {
		w.say(n, jane, "#requester"+args)
		w.want(ticket.CommandHeld)
	}
	w.replays(n)
}

func TestUntagAndRelease(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.command(n, jane, "#take\n#tag a b c")
	if got := w.command(n, jane, "#untag a, -c\n#release").Facts.Results; got[0].Result != "tags: b" || got[1].Result != "Jane Doe -> nobody" {
		t.Errorf("results %+v", got)
	}
	w.command(n, jane, "#take")
	w.command(n, jane, "#unassign")
	if tk := w.show(n).Ticket; tk.Assignee != "" || !slices.Equal(tk.Tags, []string{"b"}) {
		t.Errorf("ticket is %+v", tk)
	}
	for _, block := range []string{"#untag", "#untag +b", "#untag a =b", "#release me", "#release\n#take"} {
		w.say(n, jane, block)
		w.want(ticket.CommandHeld)
	}
	w.replays(n)
}

// TestSpam needs the right to ban, and so does bringing a ticket back from it. In
// between mail is kept silently.
func TestSpam(t *testing.T) {
	t.Parallel()
	w, n, _ := opened(t)
	w.say(n, jane, "#spam")
	w.want(ticket.CommandHeld)
	w.change(everything)
	w.say(n, jane, "#spam\n#reply\nDo not write again.")
	w.want(ticket.CommandHeld)
	w.sent()
	w.command(n, jane, "#spam")
	w.take(from(karen, "Re: [#1001]", "Buy this."))
	w.want(ticket.Appended)
	if got := mailed(w.sent()); len(got) != 0 || w.state(n) != "spam" {
		t.Errorf("told %v, and the ticket is %s", got, w.state(n))
	}
	w.change(func(*ticket.Policy) {})
	w.say(n, jane, "#open")
	w.want(ticket.CommandHeld)
	if got := to(t, w.sent(), ticket.NoticeHeld, jane).Facts.Results[0].Result; !strings.Contains(got, `needs the right "ban"`) {
		t.Errorf("refused with %q", got)
	}
	w.change(everything)
	w.say(n, jane, "#pending")
	w.want(ticket.CommandHeld)
	w.say(n, jane, "#open\n#reply\nWe were wrong.")
	w.want(ticket.Commanded)
	if got := mailed(w.sent()); !slices.Contains(got, "reply:"+karen) || w.state(n) != "open" {
		t.Errorf("mailed %v, and the ticket is %s", got, w.state(n))
	}
	w.replays(n)
}
