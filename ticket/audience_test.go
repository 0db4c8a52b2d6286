package ticket_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

const (
	ken  = "ken@customer.example"
	wes  = "wes@private.example"
	mary = "mary@private.example"
)

// staffed adds two agents to Support, of whom one, mary, is in the team network.
func staffed(p *ticket.Policy) {
	for key, name := range map[string]string{"wes": "Wes Watcher", "mary": "Mary Member"} {
		p.Agents[key] = ticket.Agent{Key: key, Name: name, Emails: []string{key + "@private.example"},
			Access: map[string]string{"support": "agent"}, ReplyAs: ticket.Reply, Transcript: ticket.TranscriptErrors}
	}
	a := p.Agents["john"] // who does what the rows say
	a.Transcript = ticket.TranscriptErrors
	p.Agents["john"] = a
	p.Teams["network"] = ticket.Team{Key: "network", Name: "Network", Members: []string{"john", "mary"}}
}

// A stage is a ticket of karen's in which ken takes part and that wes watches;
// jane has it, or nobody.
type stage struct {
	*world
	number ticket.Number
	news   []ticket.Notice // of the new ticket
}

func newStage(t *testing.T, assigned bool, change func(*ticket.Policy)) *stage {
	t.Helper()
	s := &stage{world: newWorld(t)}
	s.change(func(p *ticket.Policy) {
		staffed(p)
		if change != nil {
			change(p)
		}
	})
	s.take(from(karen, "Can not log in", "It says no."))
	s.number, s.news = s.want(ticket.Opened), s.sent()
	s.take(answer(to(t, s.news, ticket.NoticeNew, wes), wes, "#watch"))
	s.want(ticket.Commanded)
	lines := "#cc +" + ken
	if assigned {
		lines += "\n#take"
	}
	s.take(answer(to(t, s.news, ticket.NoticeNew, jane), jane, lines))
	s.want(ticket.Commanded)
	s.sent()
	return s
}

// john answers the notice of the new ticket.
func (s *stage) john(text string) {
	s.t.Helper()
	s.take(answer(to(s.t, s.news, ticket.NoticeNew, john), john, text))
}

// TestWhoIsToldWhat is the table of lifecycle.md g.3, row by row, for a ticket
// that somebody has and for one that nobody has. Steps of service levels name
// whom they tell.
func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		event      string
		do         func(*stage)
		assigned   []string // who is mailed if jane has the ticket
		unassigned []string
	}{
		{"customer message", func(s *stage) {
			s.take(from(karen, "[#1001] Can not log in", "And?"))
		}, []string{"message:" + jane, "message:" + wes}, []string{"message:" + jane, "message:" + john, "message:" + mary, "message:" + wes}},
		{"public reply", func(s *stage) {
			s.john("We are at it.")
		}, []string{"replied:" + jane, "replied:" + wes, "reply:" + karen, "reply:" + ken}, []string{"replied:" + wes, "reply:" + karen, "reply:" + ken}},
		{"note", func(s *stage) {
			s.john("#note\nNot so easy, @mary.")
		}, []string{"note:" + jane, "note:" + mary, "note:" + wes}, []string{"note:" + mary, "note:" + wes}},
		{"assigned", func(s *stage) {
			s.john("#assign mary")
		}, []string{"assigned:" + mary}, []string{"assigned:" + mary}},
		{"assigned to a team", func(s *stage) {
			s.john("#assign team:network")
		}, nil, []string{"assigned:" + mary}},
		{"transferred", func(s *stage) {
			s.john("#dept online-banking")
		}, []string{"transferred:" + jane, "transferred:" + tom}, []string{"transferred:" + jane, "transferred:" + tom}},
		{"resolved", func(s *stage) {
			s.john("#resolve")
		}, []string{"replied:" + jane, "replied:" + wes, "resolved:" + karen, "resolved:" + ken}, []string{"replied:" + wes, "resolved:" + karen, "resolved:" + ken}},
		{"resolved with a reply", func(s *stage) {
			s.john("#resolve\nIt works again.")
		}, []string{"replied:" + jane, "replied:" + wes, "reply:" + karen, "reply:" + ken}, []string{"replied:" + wes, "reply:" + karen, "reply:" + ken}},
		{"bounce", func(s *stage) {
			ack := to(s.t, s.news, ticket.NoticeAck, karen)
			report := from("mailer-daemon@customer.example", "Undelivered", "no such user")
			report.Recipients, report.Machine = []string{ack.ReturnPath}, ticket.AutoReplied
			report.Bounces = []ticket.Bounce{{Recipient: karen, Status: "5.1.1", Diagnostic: "550 no such user", Permanent: true}}
			s.take(report)
		}, []string{"undeliverable:" + jane}, []string{"undeliverable:" + lead}},
		{"held mail", func(s *stage) {
			s.take(answer(to(s.t, s.news, ticket.NoticeAck, karen), "stranger@elsewhere.example", "Me too."))
		}, []string{"guest:" + jane}, []string{"guest:" + lead}},
		{"held command", func(s *stage) {
			s.john("#ntoe\nShe is lying.")
		}, []string{"held:" + john, "stuck:" + jane}, []string{"held:" + john, "stuck:" + lead}},
		{"held command without a text", func(s *stage) {
			s.john("#hihg")
		}, []string{"held:" + john}, []string{"held:" + john}},
		{"all at once", func(s *stage) { // each person once, by what matters most to them
			s.john("#dept online-banking\n#assign jane\n#note\nFor you, @jane and @tom.")
		}, []string{"transferred:" + jane, "transferred:" + tom}, []string{"assigned:" + jane, "transferred:" + tom}},
	} {
		t.Run(row.event, func(t *testing.T) {
			t.Parallel()
			for assigned, want := range map[bool][]string{true: row.assigned, false: row.unassigned} {
				s := newStage(t, assigned, nil)
				row.do(s)
				if got := mailed(s.sent()); !slices.Equal(got, want) {
					t.Errorf("assigned %t: mailed %v, want %v", assigned, got, want)
				}
			}
		})
	}
}

// TestWhoIsToldOfANewTicket is the first row of g.3: the requester gets a receipt,
// agents hear of it, and only one of them if a rule gives it to one.
func TestWhoIsToldOfANewTicket(t *testing.T) {
	t.Parallel()
	s := newStage(t, false, nil)
	all := []string{"ack:" + karen, "new:" + jane, "new:" + john, "new:" + mary, "new:" + wes}
	if got := mailed(s.news); !slices.Equal(got, all) {
		t.Errorf("mailed %v, want %v", got, all)
	}
	w := newWorld(t)
	w.change(rule(ticket.AssignRoundRobin, 2))
	m := from(karen, "Help", "text")
	m.Authenticity = ticket.Unproven
	w.take(m)
	if got, want := mailed(w.sent()), []string{"new:a@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
}

// TestWishes: agents hear more or less than the table says, but what nobody else
// hears the lead does.
func TestWishes(t *testing.T) {
	t.Parallel()
	wish := func(kind ticket.NoticeKind, wishes map[string]ticket.Wish) func(*ticket.Policy) {
		return func(p *ticket.Policy) {
			for key, wish := range wishes {
				a := p.Agents[key]
				a.Notify = map[ticket.NoticeKind]ticket.Wish{kind: wish}
				p.Agents[key] = a
			}
		}
	}
	message := func(s *stage) { s.take(from(karen, "[#1001] Can not log in", "And?")) }
	for name, tc := range map[string]struct {
		assigned bool
		wishes   func(*ticket.Policy)
		do       func(*stage)
		want     []string
	}{
		"all messages":          {true, wish(ticket.NoticeMessage, map[string]ticket.Wish{"mary": ticket.WishAll, "tom": ticket.WishAll}), message, []string{"message:" + jane, "message:" + mary, "message:" + wes}},
		"no messages":           {true, wish(ticket.NoticeMessage, map[string]ticket.Wish{"jane": ticket.WishNone, "wes": ticket.WishNone}), message, nil},
		"nobody wants them":     {false, wish(ticket.NoticeMessage, map[string]ticket.Wish{"jane": ticket.WishNone, "wes": ticket.WishNone, "john": ticket.WishNone, "mary": ticket.WishNone}), message, []string{"message:" + lead}},
		"not even the lead":     {false, wish(ticket.NoticeMessage, map[string]ticket.Wish{"jane": ticket.WishNone, "wes": ticket.WishNone, "john": ticket.WishNone, "mary": ticket.WishNone, "lead": ticket.WishNone}), message, []string{"message:" + lead}},
		"no notes":              {true, wish(ticket.NoticeNote, map[string]ticket.Wish{"jane": ticket.WishNone, "mary": ticket.WishNone}), func(s *stage) { s.john("#note\nHm, @mary.") }, []string{"note:" + mary, "note:" + wes}},
		"all replies":           {false, wish(ticket.NoticeReplied, map[string]ticket.Wish{"mary": ticket.WishAll, "john": ticket.WishAll, "wes": ticket.WishNone}), func(s *stage) { s.john("Hello.") }, []string{"replied:" + mary, "reply:" + karen, "reply:" + ken}},
		"no transfers":          {true, wish(ticket.NoticeTransferred, map[string]ticket.Wish{"tom": ticket.WishNone}), func(s *stage) { s.john("#dept online-banking") }, []string{"transferred:" + jane}},
		"assigned all the same": {false, wish(ticket.NoticeMessage, map[string]ticket.Wish{"jane": ticket.WishNone}), func(s *stage) { s.john("#assign jane") }, []string{"assigned:" + jane}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, tc.assigned, tc.wishes)
			tc.do(s)
			if got := mailed(s.sent()); !slices.Equal(got, tc.want) {
				t.Errorf("mailed %v, want %v", got, tc.want)
			}
		})
	}
}

// TestMute: who mutes a ticket hears nothing of it but what is said to them, and
// hears all again when the ticket is theirs.
func TestMute(t *testing.T) {
	t.Parallel()
	s := newStage(t, false, nil)
	mute := answer(to(t, s.news, ticket.NoticeNew, mary), mary, "#mute")
	steps := []struct {
		what string
		do   func()
		want []string
	}{
		{"mute", func() { s.take(mute) }, nil},
		{"message", func() { s.take(from(karen, "[#1001] Can not log in", "And?")) }, []string{"message:" + jane, "message:" + john, "message:" + wes}},
		{"mention", func() { s.john("#note\nReally, @mary?") }, []string{"note:" + mary, "note:" + wes}},
		{"assign", func() { s.john("#assign mary") }, []string{"assigned:" + mary}},
		{"message to her", func() { s.take(from(karen, "[#1001] Can not log in", "Hello?")) }, []string{"message:" + mary, "message:" + wes}},
		{"none", func() { s.john("#assign none") }, nil},
		{"unwatch", func() { s.take(answer(to(t, s.news, ticket.NoticeNew, mary), mary, "#unwatch")) }, nil},
		{"message again", func() { s.take(from(karen, "[#1001] Can not log in", "Anybody?")) }, []string{"message:" + jane, "message:" + john, "message:" + mary, "message:" + wes}},
	}
	for _, step := range steps {
		step.do()
		if got := mailed(s.sent()); !slices.Equal(got, step.want) {
			t.Errorf("%s: mailed %v, want %v", step.what, got, step.want)
		}
	}
	var modes []string
	for _, e := range s.show(s.number).Events {
		if e.Kind == ticket.WatchChanged {
			modes = append(modes, e.Actor.Name+":"+e.Before+">"+e.After)
		}
	}
	if want := []string{"wes:wes=>wes=watch", "mary:mary=>mary=mute", "mary:mary=mute>mary="}; !slices.Equal(modes, want) {
		t.Errorf("diary %v, want %v", modes, want)
	}
}

// TestMuteOfOnesOwn is refused, and a mail that is held changes nothing about
// who watches.
func TestMuteOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t, false, nil)
	notice := to(t, s.news, ticket.NoticeNew, jane)
	for _, lines := range []string{"#take\n#mute", "#watch\n#mute", "#watch\n#hihg"} {
		s.take(answer(notice, jane, lines))
		s.want(ticket.CommandHeld)
	}
	var list []ticket.Watcher
	err := s.desk.Store.View(context.Background(), func(tx ticket.Tx) (err error) {
		list, err = tx.Watchers(s.number)
		return err
	})
	if err != nil || len(list) != 1 || list[0].Agent != "wes" {
		t.Errorf("watchers %+v, %v", list, err)
	}
}

// TestMentions finds agents and teams in notes, and says who may not read them.
func TestMentions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"@Mary: look":                      {"note:" + mary},
		"(@mary)":                          {"note:" + mary},
		"mail mary@mary and x@wes.example": nil,
		"@network, please":                 {"note:" + mary}, // john is its other member, and wrote it
		"@mary @jane @mary":                {"note:" + jane, "note:" + mary},
		"@nobody and @john":                nil,
		"@mary-":                           {"note:" + mary},
		"@tom":                             {"transcript:" + john},
	} {
		s := newStage(t, false, nil)
		s.take(answer(to(t, s.news, ticket.NoticeNew, wes), wes, "#unwatch"))
		s.john("#note\n" + text)
		s.want(ticket.Commanded)
		out := s.sent()
		if got := mailed(out); !slices.Equal(got, want) {
			t.Errorf("%q: mailed %v, want %v", text, got, want)
		}
		if text != "@tom" {
			continue
		}
		results := to(t, out, ticket.NoticeTranscript, john).Facts.Results
		if got := results[len(results)-1]; got.Line != "@tom" || got.Result != "Tom Reader was not told: no access to Support" {
			t.Errorf("told %+v", got)
		}
	}
}

// TestDeputyHearsOnce: who stands in for one who is told, and is told too, gets
// one mail, and who did it gets none.
func TestDeputyHearsOnce(t *testing.T) {
	t.Parallel()
	for deputy, want := range map[string][]string{
		"wes":  {"note:" + wes},
		"john": {"note:" + wes}, // who wrote it
		"mary": {"note:" + mary, "note:" + wes},
	} {
		s := newStage(t, true, nil)
		s.leave(ticket.AgentState{Agent: "jane", Deputy: deputy})
		s.john("#note\nNot so easy.")
		if got := mailed(s.sent()); !slices.Equal(got, want) {
			t.Errorf("%s stands in: mailed %v, want %v", deputy, got, want)
		}
	}
}

// TestStepsTellRoles is the row of g.3 for steps of service levels: each names
// the roles that it tells.
func TestStepsTellRoles(t *testing.T) {
	t.Parallel()
	for roles, want := range map[string][]string{
		"assignee":          {"escalation:" + jane},
		"watchers":          {"escalation:" + wes},
		"members":           {"escalation:" + john, "escalation:" + mary}, // of the team
		"lead":              {"escalation:" + lead},
		"assignee,watchers": {"escalation:" + jane, "escalation:" + wes},
	} {
		s := newStage(t, true, func(p *ticket.Policy) {
			p.Calendars = map[string]*calendar.Calendar{"office": office(t)}
			p.Calendar = "office"
			p.Plans["sev-c"] = ticket.Plan{Key: "sev-c", Name: "Sev-C", Targets: map[string]sla.Target{"Normal": {First: time.Hour}},
				Steps: []sla.Step{{Key: "warn", Metric: sla.First, At: sla.Point{IsPart: true, Percent: 50}, Do: []string{"mail:" + roles}}}}
		})
		s.john("#assign team:network")
		s.sent()
		s.now = s.now.Add(40 * time.Minute)
		s.tick()
		if got := mailed(s.sent()); !slices.Equal(got, want) {
			t.Errorf("%s: mailed %v, want %v", roles, got, want)
		}
	}
}

// TestWatchersAreNoDeputies: that somebody watches a ticket does not keep its
// lead from standing in for its assignee.
func TestWatchersAreNoDeputies(t *testing.T) {
	t.Parallel()
	s := newStage(t, true, nil)
	s.leave(ticket.AgentState{Agent: "jane"})
	s.take(from(karen, "[#1001] Can not log in", "And?"))
	if got, want := mailed(s.sent()), []string{"message:" + lead, "message:" + wes}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
}
