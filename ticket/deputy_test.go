package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

const lead = "lead@private.example"

// leave notes who is away and who stands in for them; a deputy "" is none.
func (w *world) leave(states ...ticket.AgentState) {
	w.t.Helper()
	err := w.desk.Store.Update(w.t.Context(), func(tx ticket.Tx) error {
		for _, s := range states {
			if s.AwayFrom.IsZero() {
				s.AwayFrom = w.now
			}
			if err := tx.SaveAgentState(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// bounced notes that mail to addresses failed for good.
func (w *world) bounced(at time.Time, addresses ...string) {
	w.t.Helper()
	err := w.desk.Store.Update(w.t.Context(), func(tx ticket.Tx) error {
		for _, a := range addresses {
			if err := tx.SaveContact(ticket.Contact{Address: a, FailedAt: at}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// assigned is a world in which Jane has Karen's ticket and Karen was answered.
func assigned(t *testing.T) (*world, ticket.Number, ticket.Notice) {
	t.Helper()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#take\n#reply\n\nHello"))
	w.want(ticket.Commanded)
	return w, n, to(t, w.sent(), ticket.NoticeReply, karen)
}

// TestWhoIsToldInstead lets Karen write on Jane's ticket while this one and that
// one are away, or mail to them fails: somebody hears of it each time, once.
func TestWhoIsToldInstead(t *testing.T) {
	t.Parallel()
	away := func(agent, deputy string) ticket.AgentState { return ticket.AgentState{Agent: agent, Deputy: deputy} }
	old := monday.Add(-8 * 24 * time.Hour)
	for name, c := range map[string]struct {
		away   []ticket.AgentState
		failed []string
		at     time.Time
		want   []string
	}{
		"nobody is away":            {want: []string{jane}},
		"a deputy":                  {away: []ticket.AgentState{away("jane", "john")}, want: []string{john}},
		"no deputy":                 {away: []ticket.AgentState{away("jane", "")}, want: []string{lead}},
		"the deputy is away too":    {away: []ticket.AgentState{away("jane", "john"), away("john", "")}, want: []string{lead}},
		"the deputy's deputy":       {away: []ticket.AgentState{away("jane", "lead"), away("lead", "john")}, want: []string{john}},
		"a circle":                  {away: []ticket.AgentState{away("jane", "john"), away("john", "jane")}, want: []string{lead}},
		"the deputy may not read":   {away: []ticket.AgentState{away("jane", "tom")}, want: []string{lead}},
		"the deputy has left":       {away: []ticket.AgentState{away("jane", "nobody")}, want: []string{lead}},
		"the lead is away":          {away: []ticket.AgentState{away("jane", ""), away("lead", "")}, want: []string{tom}},
		"all are away":              {away: []ticket.AgentState{away("jane", ""), away("lead", ""), away("tom", "")}, want: []string{jane}},
		"back by now":               {away: []ticket.AgentState{{Agent: "jane", AwayFrom: old, AwayUntil: monday, Deputy: "john"}}, want: []string{jane}},
		"not away yet":              {away: []ticket.AgentState{{Agent: "jane", AwayFrom: monday.Add(time.Second), Deputy: "john"}}, want: []string{jane}},
		"mail to her fails":         {failed: []string{jane}, at: monday, want: []string{jane, lead}},
		"it failed long ago":        {failed: []string{jane}, at: old, want: []string{jane}},
		"mail to the deputy fails":  {away: []ticket.AgentState{away("jane", "john")}, failed: []string{john}, at: monday, want: []string{john, lead}},
		"mail to all of them fails": {failed: []string{jane, lead, tom}, at: monday, want: []string{jane, lead, tom}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, reply := assigned(t)
			w.change(func(p *ticket.Policy) { p.Admins = []string{"lead", "tom"} })
			w.leave(c.away...)
			w.bounced(c.at, c.failed...)
			w.take(answer(reply, karen, "Still not."))
			w.want(ticket.Appended)
			var want []string
			for _, who := range c.want {
				want = append(want, "message:"+who)
			}
			slices.Sort(want)
			if got := mailed(w.sent()); !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
		})
	}
}

// TestDeputyIsToldForWhom reads the mail that a deputy gets, and answers it: the
// answer is the deputy's own.
func TestDeputyIsToldForWhom(t *testing.T) {
	t.Parallel()
	w, n, reply := assigned(t)
	w.leave(ticket.AgentState{Agent: "jane", AwayUntil: time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC), Deputy: "john"})
	w.take(answer(reply, karen, "Still not."))
	told := to(t, w.sent(), ticket.NoticeMessage, john)
	if want := "This is for Jane Doe, who is away until Mon 12 Jan 2026, 09:00 UTC. You stand in."; told.Facts.For != want {
		t.Errorf("it says %q, want %q", told.Facts.For, want)
	}
	w.take(answer(told, john, "Try again, please."))
	w.want(ticket.Appended)
	if got := to(t, w.sent(), ticket.NoticeReply, karen); got.From.Name != "John Smith (Support)" {
		t.Errorf("the reply comes from %q", got.From.Name)
	}
	if got := w.show(n).Ticket.Assignee; got != "jane" {
		t.Errorf("the ticket is %s's", got)
	}
}

// TestGroupWithoutThoseWhoAreAway: a new ticket is told to the members who are at
// work, each once, and to the lead only if there is none.
func TestGroupWithoutThoseWhoAreAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		away []ticket.AgentState
		want []string
	}{
		"one without a deputy":            {[]ticket.AgentState{{Agent: "jane"}}, []string{"new:" + john}},
		"one whose deputy is a member":    {[]ticket.AgentState{{Agent: "jane", Deputy: "john"}}, []string{"new:" + john}},
		"one whose deputy comes before":   {[]ticket.AgentState{{Agent: "john", Deputy: "jane"}}, []string{"new:" + jane}},
		"all, and nobody named a deputy":  {[]ticket.AgentState{{Agent: "jane"}, {Agent: "john"}}, []string{"new:" + lead}},
		"all, and one has named somebody": {[]ticket.AgentState{{Agent: "jane"}, {Agent: "john", Deputy: "jane"}}, []string{"new:" + lead}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.change(func(p *ticket.Policy) { p.Acknowledge = ticket.AckNever })
			w.leave(c.away...)
			w.take(from(karen, "Help", "text"))
			w.want(ticket.Opened)
			if got := mailed(w.sent()); !slices.Equal(got, c.want) {
				t.Errorf("told %v, want %v", got, c.want)
			}
		})
	}
}

// TestAnswersToCommandsAreNotForDeputies: who is away and sends commands all the
// same gets the transcript.
func TestAnswersToCommandsAreNotForDeputies(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.leave(ticket.AgentState{Agent: "jane", Deputy: "john"})
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#high"))
	w.want(ticket.Commanded)
	if got, want := mailed(w.sent()), []string{"transcript:" + jane}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

// TestHandoverToADeputyIsOneMail assigns a ticket to somebody who is away and
// moves it to where the deputy works: one mail, not two.
func TestHandoverToADeputyIsOneMail(t *testing.T) {
	t.Parallel()
	w, _, out := opened(t)
	w.change(func(p *ticket.Policy) {
		a := p.Agents["tom"]
		a.Access = map[string]string{"support": "agent", "online-banking": "agent"}
		p.Agents["tom"] = a
	})
	w.leave(ticket.AgentState{Agent: "jane", Deputy: "tom"})
	w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#dept online-banking\n#assign jane"))
	w.want(ticket.Commanded)
	if got, want := mailed(w.sent()), []string{"assigned:" + tom, "transcript:" + john}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}
