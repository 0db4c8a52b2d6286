package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

const (
	jane = "jane@private.example"
	john = "john@private.example"
)

// opened is a world with one ticket, and the notices it caused.
func opened(t *testing.T) (*world, ticket.Number, []ticket.Notice) {
	t.Helper()
	w := newWorld(t)
	m := from(karen, "Can not log in", "It says no.")
	m.From.Name = "Karen Customer"
	w.take(m)
	return w, w.want(ticket.Opened), w.sent()
}

// TestTutorial is the osTicket tutorial's ticket, by mail from end to end.
func TestTutorial(t *testing.T) {
	w, n, out := opened(t)

	// An agent sets what the ticket is about and hands it over, in one mail.
	w.take(answer(to(t, out, ticket.NoticeNew, john), john,
		"#sla sev-a\n#assign jane\n#dept online-banking\n#emergency\n#note\n\nLooks like the login service.\njohn@private.example"))
	w.want(ticket.Commanded)
	tk := w.show(n).Ticket
	if tk.Priority != "Emergency" || tk.Assignee != "jane" || tk.Plan != "sev-a" || tk.Department != "online-banking" || tk.Status != ticket.New {
		t.Errorf("ticket is %+v", tk)
	}
	out = w.sent()
	if got, want := mailed(out), []string{"assigned:" + jane, "transcript:" + john, "transferred:tom@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	transcript := to(t, out, ticket.NoticeTranscript, john)
	if transcript.Facts.Verdict != "Ticket 1001: 5 done, note added" {
		t.Errorf("verdict %q", transcript.Facts.Verdict)
	}
	var results []string
	for _, r := range transcript.Facts.Results {
		results = append(results, r.Line+": "+r.Result)
	}
	want := []string{"#sla sev-a: Sev-C -> Sev-A", "#assign jane: nobody -> Jane Doe (mailed)",
		"#dept online-banking: Support -> Online Banking", "#emergency: Normal -> Emergency", "#note: your text is a note for agents"}
	if !slices.Equal(results, want) {
		t.Errorf("results %q, want %q", results, want)
	}

	// The assignee answers the customer. Answering an assignment makes a note,
	// so she says #reply.
	assigned := to(t, out, ticket.NoticeAssigned, jane)
	w.take(answer(assigned, jane, "#reply\nPlease try again now.\nOn Monday Jane <Jane@Private.example> wrote:"))
	w.want(ticket.Commanded)
	out = w.sent()
	reply := to(t, out, ticket.NoticeReply, karen)
	if strings.Contains(strings.ToLower(reply.Facts.Text), "private.example") {
		t.Errorf("the customer learns the agent's address: %q", reply.Facts.Text)
	}
	if reply.From.Email != "banking@bank.example" || reply.Automatic {
		t.Errorf("reply from %v, automatic %v", reply.From, reply.Automatic)
	}
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("after the reply the ticket is %s", got)
	}

	// The customer writes back: only the assignee is told.
	w.take(answer(reply, karen, "Still not."))
	if got := w.want(ticket.Appended); got != n {
		t.Errorf("answer joined %d", got)
	}
	out = w.sent()
	if got := mailed(out); !slices.Equal(got, []string{"message:" + jane}) {
		t.Errorf("mailed %v", got)
	}

	// She resolves with a reply: one mail says both.
	message := to(t, out, ticket.NoticeMessage, jane)
	w.take(answer(message, jane, "#resolve\n\nYour account was locked. It is open now."))
	w.want(ticket.Commanded)
	out = w.sent()
	if got, want := mailed(out), []string{"reply:" + karen, "transcript:" + jane}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	resolved := to(t, out, ticket.NoticeReply, karen)
	if !resolved.Facts.Resolved || w.show(n).Ticket.Status != ticket.Resolved {
		t.Errorf("ticket is %s, the reply says resolved: %v", w.show(n).Ticket.Status, resolved.Facts.Resolved)
	}

	// And it reopens when the customer writes again in time.
	w.now = w.now.Add(3 * 24 * time.Hour)
	w.take(answer(resolved, karen, "Locked again!"))
	w.want(ticket.Appended)
	if got := w.show(n).Ticket.Status; got != ticket.Open {
		t.Errorf("after the customer's mail the ticket is %s", got)
	}
}

// TestPendingComesBack once, however often the clock rings (F52).
func TestPendingComesBack(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#pending 3d\n#take"))
	w.want(ticket.Commanded)
	w.sent()
	tick := func() int {
		changed, err := w.desk.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if tick() != 0 || w.show(n).Ticket.Status != ticket.Pending {
		t.Fatal("it came back at once")
	}
	w.now = w.now.Add(3*24*time.Hour + time.Second)
	if tick() != 1 || w.show(n).Ticket.Status != ticket.Open {
		t.Fatalf("after three days it is %s", w.show(n).Ticket.Status)
	}
	if tick() != 0 {
		t.Error("it came back twice")
	}
	if got := mailed(w.sent()); !slices.Equal(got, []string{"follow-up:" + jane}) {
		t.Errorf("mailed %v", got)
	}
}

func TestReplyToClosedTicket(t *testing.T) {
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.take(answer(notice, jane, "#close"))
	w.want(ticket.Commanded)
	w.sent()
	w.take(answer(notice, jane, "One more thing."))
	w.want(ticket.CommandHeld)
	w.take(answer(notice, jane, "#open\n\nOne more thing, really."))
	w.want(ticket.Commanded)
	if got := mailed(w.sent()); !slices.Contains(got, "reply:"+karen) || w.show(n).Ticket.Status != ticket.Open {
		t.Errorf("mailed %v, ticket is %s", got, w.show(n).Ticket.Status)
	}
}

func TestResolveWithTextIsAReply(t *testing.T) {
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign jane"))
	assigned := to(t, w.sent(), ticket.NoticeAssigned, jane) // answering this makes a note
	w.take(answer(assigned, jane, "#resolve\n\nHere is the manual."))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if !reply.Facts.Resolved || w.show(n).Ticket.Status != ticket.Resolved {
		t.Errorf("resolved %v, ticket %s", reply.Facts.Resolved, w.show(n).Ticket.Status)
	}
	w.take(answer(assigned, jane, "#open"))
	w.take(answer(assigned, jane, "#resolve\n#note\n\nfor us only"))
	w.want(ticket.Commanded)
	for _, out := range w.sent() {
		if out.Agent == "" && strings.Contains(out.Facts.Text, "for us only") {
			t.Error("#note was not heeded")
		}
	}
}

func TestHandoverTellsWhatTheCustomerWrote(t *testing.T) {
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#assign jane\n\nWe are on it."))
	got := to(t, w.sent(), ticket.NoticeAssigned, jane).Facts
	if got.Latest != "It says no." || !strings.Contains(got.LatestBy, karen) || !got.Public || got.Text != "We are on it." {
		t.Errorf("handover %+v", got)
	}
}

func TestCopiesAndCollaborators(t *testing.T) {
	const boss = "boss@customer.example"
	w := newWorld(t)
	m := from(karen, "Help", "text")
	m.Cc = []ticket.Address{{Name: "Boss", Email: boss}, {Email: "support@bank.example"}}
	w.take(m)
	n := w.want(ticket.Opened)
	notice := to(t, w.sent(), ticket.NoticeNew, jane)
	if got := strings.Join(notice.Facts.Remarks, "\n"); !strings.Contains(got, "#cc "+boss) {
		t.Errorf("remarks %q do not suggest %s", got, boss)
	}
	if got := w.show(n).Participants; len(got) != 1 {
		t.Fatalf("a Cc made participants: %+v", got)
	}
	w.take(answer(notice, jane, "#cc "+boss+"\n\nHello both"))
	w.want(ticket.Commanded)
	reply := to(t, w.sent(), ticket.NoticeReply, karen)
	if len(reply.Recipients) != 2 || reply.Recipients[1].Address.Email != boss || !reply.Recipients[1].Cc {
		t.Errorf("recipients %+v", reply.Recipients)
	}
	w.take(answer(reply, boss, "I agree"))
	w.want(ticket.Appended)
	w.sent()
	w.take(answer(notice, jane, "#cc -"+boss+"\n\nHello Karen alone"))
	if got := to(t, w.sent(), ticket.NoticeReply, karen); len(got.Recipients) != 1 {
		t.Errorf("recipients %+v", got.Recipients)
	}
	for _, bad := range []string{"#cc", "#cc nonsense", "#cc support@bank.example", "#cc " + karen, "#cc a@b.c>evil", "#cc =x@y.example"} {
		w.take(answer(notice, jane, bad))
		w.want(ticket.CommandHeld)
	}
}

func TestRepliesReferToTheConversation(t *testing.T) {
	w, _, out := opened(t)
	ack := to(t, out, ticket.NoticeAck, karen)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.now = w.now.Add(time.Minute)
	w.take(answer(notice, jane, "First reply"))
	first := to(t, w.sent(), ticket.NoticeReply, karen)
	w.now = w.now.Add(time.Minute)
	m := answer(first, karen, "And?")
	m.MessageID = "and@customer.example"
	w.take(m)
	w.now = w.now.Add(time.Minute)
	w.take(answer(notice, jane, "Second reply"))
	second := to(t, w.sent(), ticket.NoticeReply, karen)
	want := []string{"ticket.1001@bank.example", "m1@customer.example", ack.MessageID, first.MessageID, "and@customer.example"}
	if second.InReplyTo != "and@customer.example" || !slices.Equal(second.References, want) {
		t.Errorf("in reply to %q, references %q, want %q", second.InReplyTo, second.References, want)
	}
}

func TestResolvedNoticeHarmsNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		mail func(*ticket.Mail)
		sent bool
	}{
		"proven":   {func(*ticket.Mail) {}, true},
		"unproven": {func(m *ticket.Mail) { m.Authenticity = ticket.Unproven }, true},
		"forged":   {func(m *ticket.Mail) { m.Authenticity = ticket.Forged }, false},
		"machine":  {func(m *ticket.Mail) { m.Machine = ticket.AutoGenerated }, false},
	} {
		w := newWorld(t)
		m := from(karen, "BUY NOW", "text")
		tc.mail(&m)
		w.take(m)
		w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#resolve"))
		w.want(ticket.Commanded)
		for _, n := range w.sent() {
			if n.Kind != ticket.NoticeResolved {
				continue
			}
			if !tc.sent || m.Authenticity != ticket.Proven && n.Facts.Subject != "" {
				t.Errorf("%s: told %+v", name, n.Facts)
			}
			tc.sent = false
		}
		if tc.sent {
			t.Errorf("%s: not told", name)
		}
	}
}

func TestReplyNeedsAText(t *testing.T) {
	for _, text := range []string{"#reply", "#note", "#reply\n\n> only a quote of nothing"} {
		w, _, out := opened(t)
		w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, text))
		w.want(ticket.CommandHeld)
	}
}
