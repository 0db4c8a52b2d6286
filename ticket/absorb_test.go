package ticket_test

import (
	"slices"
	"testing"

	"deskpost/ticket"
)

// watchersOf lists who said what they want to hear of a ticket, as "agent mode".
func (w *world) watchersOf(n ticket.Number) []string {
	w.t.Helper()
	var list []string
	err := w.desk.Store.View(w.t.Context(), func(tx ticket.Tx) error {
		all, err := tx.Watchers(n)
		for _, watcher := range all {
			list = append(list, watcher.Agent+" "+string(watcher.Mode))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// TestMergeTakesWatchersOver: who watched the one ticket watches the other, but for
// those who have said there what they want to hear, or may not read it.
func TestMergeTakesWatchersOver(t *testing.T) {
	t.Parallel()
	w, _ := two(t, karen)
	w.change(func(p *ticket.Policy) {
		for _, key := range []string{"wes", "mia", "mut", "out"} {
			p.Agents[key] = ticket.Agent{Key: key, Name: key, Emails: []string{key + "@private.example"}, Access: map[string]string{"online-banking": "agent", "support": "agent"}}
		}
		p.Agents["out"].Access["support"] = "none"
	})
	say := func(n ticket.Number, agent, text string) {
		t.Helper()
		if done := w.do(ticket.Request{Agent: agent, Ticket: n, Text: text}); !done.Done {
			t.Fatalf("%s: %q", text, lines(done))
		}
	}
	say(1002, "jane", "#dept online-banking")
	say(1002, "wes", "#watch")
	say(1002, "mia", "#watch")
	say(1002, "mut", "#mute")
	say(1002, "out", "#watch")
	say(1001, "mia", "#mute")
	say(1001, "jane", "#take")
	say(1002, "jane", "#merge 1001")
	w.sent()
	same(t, "watchers", w.watchersOf(1001), []string{"mia mute", "wes watch"})
	same(t, "diary", w.diaryOf(1001, ticket.WatchChanged), []string{"watch mia= -> mia=mute", "watch wes= -> wes=watch"})
	w.take(from(karen, "Re: [#1002] Still", "And now?"))
	if got, want := mailed(w.sent()), []string{"message:" + jane, "message:wes@private.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	checkReplay(t, w.part(1001))
	w.audit()
}

// TestMergeFillsFields: the ticket that goes on keeps what it has, and gets what it
// has not: fields of its department, and none that another customer could see.
func TestMergeFillsFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second, merge string // whose ticket, and how it is merged
		want          map[string]string
		result        string
	}{
		"of one customer": {karen, "#merge 1001", map[string]string{"customer-no": "1", "site": "Bonn", "contract": "A7"},
			"; Site: empty -> Bonn; Contract: empty -> A7; replies there go to " + karen},
		"of another one": {bob, "#merge 1001 +cc", map[string]string{"customer-no": "1", "site": "Bonn"},
			"; Site: empty -> Bonn; Contract (A7) stays on 1002, since " + karen + " could get to see it; replies there go to " + karen + ", " + bob},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, out := two(t, c.second)
			w.change(func(p *ticket.Policy) {
				p.Fields = append(p.Fields, ticket.Field{Key: "site", Name: "Site", Type: ticket.TextField},
					ticket.Field{Key: "contract", Name: "Contract", Type: ticket.TextField, Customer: true},
					ticket.Field{Key: "branch", Name: "Branch", Type: ticket.TextField, Departments: []string{"online-banking"}})
			})
			fresh := to(t, out, ticket.NoticeNew, jane)
			w.do(ticket.Request{Agent: "jane", Ticket: 1001, Text: "#field customer-no=1"})
			w.commands(fresh, jane, "#dept online-banking\n#time 5m", ticket.Commanded)
			w.commands(fresh, jane, "#field customer-no=2\n#field site=Bonn\n#field contract=A7\n#field branch=East", ticket.Commanded)
			w.take(answer(fresh, jane, c.merge))
			w.want(ticket.Commanded)
			same(t, "results", results(t, w.sent(), ticket.NoticeTranscript, jane), []string{c.merge + ": merged into 1001: Can not log in" + c.result})
			fields := w.show(1001).Ticket.Fields
			for key := range map[string]bool{"customer-no": true, "site": true, "contract": true, "branch": true} {
				if fields[key] != c.want[key] {
					t.Errorf("the field %s is %q, want %q", key, fields[key], c.want[key])
				}
			}
			if kept := w.part(1002).Ticket.Fields; len(kept) != 4 {
				t.Errorf("the merged ticket has the fields %v", kept)
			}
			// What is split off again begins without any of it.
			if done := w.do(ticket.Request{Agent: "jane", Ticket: 1001, Text: "#watch\n#split 1002/1 Again"}); !done.Done {
				t.Fatalf("split: %q", lines(done))
			}
			split := w.show(1003)
			if split.Ticket.Fields != nil || split.Ticket.Spent != 0 || len(w.watchersOf(1003)) != 0 {
				t.Errorf("what was split off is %+v, watched by %q", split.Ticket, w.watchersOf(1003))
			}
			for n := ticket.Number(1001); n <= 1003; n++ {
				checkReplay(t, w.part(n))
			}
			w.audit()
		})
	}
}
