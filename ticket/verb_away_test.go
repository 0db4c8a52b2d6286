package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// says lets an agent send commands in answer to the first notice they got, and
// returns what the transcript says of each.
func (w *world) says(notices []ticket.Notice, address, block string) []string {
	w.t.Helper()
	w.take(answer(to(w.t, notices, ticket.NoticeNew, address), address, block))
	for _, n := range w.sent() {
		if n.Recipients[0].Address.Email == address && (n.Kind == ticket.NoticeTranscript || n.Kind == ticket.NoticeHeld) {
			var results []string
			for _, r := range n.Facts.Results {
				results = append(results, r.Result)
			}
			return results
		}
	}
	w.t.Fatalf("no transcript for %s", address)
	return nil
}

// TestAway reads how agents say that they are away. It is Monday, nine o'clock in
// London.
func TestAway(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]string{
		"#away":                         "away until you say #back; your lead hears of your tickets, since nobody stands in",
		"#away john":                    "away until you say #back; John Smith hears of your tickets",
		"#away tue john":                "away until Tue 6 Jan 2026 00:00 UTC; John Smith hears of your tickets",
		"#away tue 13:00 john smith":    "away until Tue 6 Jan 2026 13:00 UTC; John Smith hears of your tickets",
		"#away 2026-12-24":              "away until Thu 24 Dec 2026 00:00 UTC; your lead hears of your tickets, since nobody stands in",
		"#away in 3 days none":          "away until Thu 8 Jan 2026 09:00 UTC; your lead hears of your tickets, since nobody stands in",
		"#away next week john":          "away until Mon 12 Jan 2026 00:00 UTC; John Smith hears of your tickets",
		"#away tue jane":                "you cannot stand in for yourself: name somebody else, or nobody",
		"#away tue bob":                 `which agent? There are: jane, john, lead, tom`,
		"#away mon john":                "neither a time nor an agent: today is Monday: write today 0:00 or 2026-01-12 0:00; which agent? There are: jane, john, lead, tom",
		"#back":                         "you were not away",
		"#back now":                     "takes nothing behind it: put your text on a line of its own",
		"#away tue john\n#away wed tom": "away until Tue 6 Jan 2026 00:00 UTC; John Smith hears of your tickets|contradicts #away: give one of them",
	} {
		t.Run(block, func(t *testing.T) {
			t.Parallel()
			w, _, out := opened(t)
			got := w.says(out, jane, block)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "fine, but not done: ")
			}
			if got := strings.Join(got, "|"); got != want {
				t.Errorf("%q\ngot  %s\nwant %s", block, got, want)
			}
		})
	}
}

// TestAwayInTheAgentsZone: "until Tuesday" begins where the agent lives.
func TestAwayInTheAgentsZone(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.change(func(p *ticket.Policy) { worksIn(t, p, "jane", "Asia/Tokyo", "mon-fri 09:00-17:00") })
	if got, want := w.says(out, jane, "#away tue")[0], "away until Tue 6 Jan 2026 00:00 JST"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAwayAndBack lets a ticket go to the deputy of the config while its agent is
// away, and to the agent again when the time has come, or before by #back.
func TestAwayAndBack(t *testing.T) {
	t.Parallel()
	w, _, reply := assigned(t)
	w.change(func(p *ticket.Policy) {
		a := p.Agents["jane"]
		a.Deputy = "john"
		p.Agents["jane"] = a
	})
	w.take(answer(reply, karen, "Thanks"))
	mine := to(t, w.sent(), ticket.NoticeMessage, jane)
	command := func(block string) {
		t.Helper()
		w.take(answer(mine, jane, block))
		w.want(ticket.Commanded)
		w.sent()
	}
	told := func(when, who string) {
		t.Helper()
		w.take(answer(reply, karen, "Hello?"))
		if got, want := mailed(w.sent()), []string{"message:" + who}; !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v", when, got, want)
		}
	}
	command("#away 2d")
	told("away", john)
	w.now = w.now.Add(48*time.Hour - time.Millisecond)
	told("at the last moment", john)
	w.now = w.now.Add(time.Millisecond)
	told("when the time has come", jane)
	command("#away")
	told("away again", john)
	command("#back")
	told("back", jane)
}

// TestAwayIsAllOrNothing: commands that are held do not take the agent away.
func TestAwayIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.says(out, jane, "#away john\n#prioirty high")
	w.take(from(karen, "Another", "text"))
	if got := mailed(w.sent()); !slices.Contains(got, "new:"+jane) {
		t.Errorf("told %v", got)
	}
}

// TestCircleOfDeputies: who is away cannot stand in for somebody who stands in for
// them, however many are between.
func TestCircleOfDeputies(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.leave(ticket.AgentState{Agent: "tom", Deputy: "lead"}, ticket.AgentState{Agent: "lead", Deputy: "jane"})
	if got, want := w.says(out, jane, "#away tom")[0], "Lea Dahl is away, and you stand in there: name somebody else, or nobody"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := w.says(out, john, "#away tom")[0], "away until you say #back; Tom Reader hears of your tickets, but is away too"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWorkForAgentsWhoAreAway: no rule gives them tickets, and who assigns one to
// them all the same is told who hears of it.
func TestWorkForAgentsWhoAreAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(rule(ticket.AssignRoundRobin, 2))
	w.leave(ticket.AgentState{Agent: "a", Deputy: "b"})
	for range 2 {
		n, assignee := w.customerOpens()
		if assignee != "b" {
			t.Errorf("ticket %d is given to %q", n, assignee)
		}
	}
	out := w.sent()
	if got, want := w.says(out, "b@private.example", "#assign a")[0], "Agent b -> Agent a (away; Agent b stands in)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.leave(ticket.AgentState{Agent: "b"})
	if n, assignee := w.customerOpens(); assignee != "" {
		t.Errorf("ticket %d is given to %q though all are away", n, assignee)
	}
}
