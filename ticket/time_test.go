package ticket_test

import (
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

func TestTimeSpent(t *testing.T) {
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	facts := w.commands(notice, jane, "#time 1h30\n#time -10m", ticket.Commanded)
	if got := result(facts, "#time 1h30") + "; " + result(facts, "#time -10m"); got != "time spent: 0m -> 1h30m; time spent: 1h30m -> 1h20m" {
		t.Errorf("got %q", got)
	}
	w.commands(to(t, out, ticket.NoticeNew, john), john, "#time 40m", ticket.Commanded)
	report := strings.Join(w.commands(notice, jane, "#time \u2014 5 min\n#show", ticket.Commanded).Report, "\n")
	for _, want := range []string{"\ntime spent: 1h55m (Jane Doe 1h15m, John Smith 40m)\n", "EVENT by Jane Doe: time spent: 0m -> 1h30m\n", "EVENT by John Smith: time spent: 1h20m -> 2h"} {
		if !strings.Contains(report, want) && !strings.Contains(report+"\n", want) {
			t.Errorf("#show lacks %q:\n%s", want, report)
		}
	}
	if got := w.show(n).Ticket.Spent; got != 115*time.Minute {
		t.Errorf("spent %s", got)
	}
	checkReplay(t, w.show(n))
}

// TestTimeMerged: a ticket gets the time that was spent on one merged into it,
// and #show still says who spent it.
func TestTimeMerged(t *testing.T) {
	w, n, out := opened(t)
	w.take(from(karen, "The same again", "It says no."))
	second := w.want(ticket.Opened)
	w.sent()
	w.commands(to(t, out, ticket.NoticeNew, jane), jane, "#time 30m", ticket.Commanded)
	for _, text := range []string{"#time 1h", "#merge 1001"} {
		if done := w.do(ticket.Request{Origin: ticket.FromCommandLine, Agent: "john", Ticket: second, Text: text}); !done.Done {
			t.Fatalf("%s: %+v", text, done)
		}
	}
	if got := w.show(n).Ticket.Spent; got != 90*time.Minute {
		t.Errorf("spent %s", got)
	}
	checkReplay(t, w.show(n))
	checkReplay(t, w.show(second))
	done := w.do(ticket.Request{Origin: ticket.FromCommandLine, Agent: "jane", Ticket: n, Text: "#show"})
	if report := strings.Join(done.Report, "\n"); !strings.Contains(report, "\ntime spent: 1h30m (Jane Doe 30m, John Smith 1h)\n") ||
		!strings.Contains(report, "time spent: 30m -> 1h30m, on ticket 1002") {
		t.Errorf("#show says\n%s", report)
	}
}

func TestTimeRefusals(t *testing.T) {
	w, n, out := opened(t)
	notice := to(t, out, ticket.NoticeNew, jane)
	w.commands(notice, jane, "#time 20m", ticket.Commanded)
	for args, want := range map[string]string{
		"":       "the time is missing",
		"25":     `"25" of what`,
		"-25m":   "takes off more than there is: 20m in all",
		"3d":     "72h is more than a line can add: write hours, 24h at most",
		"24h 1m": "24h1m is more than a line can add",
		"+-5m":   "more than one sign",
		"0m":     "is no time at all",
		"soon":   "is not a time",
	} {
		line := strings.TrimSpace("#time " + args)
		if got := result(w.commands(notice, jane, line, ticket.CommandHeld), line); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	c := w.show(n)
	if c.Ticket.Spent != 20*time.Minute {
		t.Errorf("spent %s", c.Ticket.Spent)
	}
	if w.commands(notice, jane, "#time -20m", ticket.Commanded); w.show(n).Ticket.Spent != 0 {
		t.Errorf("all taken off: %s", w.show(n).Ticket.Spent)
	}
	checkReplay(t, w.show(n))
}

// TestTimeDiary: the sum that the diary says is held to the ticket's, and an
// automatic reply to a reminded requester leaves the reminders.
func TestTimeDiary(t *testing.T) {
	t.Parallel()
	events := []ticket.Event{{Kind: ticket.TicketOpened}, {Kind: ticket.TimeSpent, Before: "0m", After: "1h5m"}}
	for spent, want := range map[time.Duration]string{65 * time.Minute: "", 64 * time.Minute: `time is "1h4m", its diary says "1h5m"`} {
		got := strings.Join(ticket.Replay(events).Against(&ticket.Ticket{Status: ticket.New, Spent: spent}), "; ")
		if got != want {
			t.Errorf("%s: %q, want %q", spent, got, want)
		}
	}
	at := monday
	reminded := []ticket.Event{{Kind: ticket.TicketOpened}, {Kind: ticket.RequesterReminded, At: at}, {Kind: ticket.ReplyAdded, After: ticket.AutomaticReply}}
	if wrong := ticket.Replay(reminded).Against(&ticket.Ticket{Status: ticket.New, RemindedAt: at, Reminders: 1}); len(wrong) > 0 {
		t.Errorf("after an automatic reply: %q", wrong)
	}
	reminded[2].After = ""
	if wrong := ticket.Replay(reminded).Against(&ticket.Ticket{Status: ticket.New}); len(wrong) > 0 {
		t.Errorf("after an answer: %q", wrong)
	}
}
