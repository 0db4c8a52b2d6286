package ticket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// operatorArgs are arguments with which the operator may give a verb, and none
// for those that take none.
var operatorArgs = map[string]string{"status": "hold", "snooze": "2h", "due": "fri", "priority": "high", "assign": "jane", "dept": "support",
	"sla": "none", "field": "customer-no=1", "time": "5m", "tag": "+a", "untag": "a", "subject": "Other words", "requester": bob, "cc": "+" + bob,
	"canned": "hello", "macro": "inside", "merge": "1002", "split": "1", "link": "1002", "unlink": "1002",
	"subscribe": "plan", "unsubscribe": "plan"}

// notTheOperators are the verbs that only agents have: they are about who gives
// them, or speak to customers.
var notTheOperators = []string{"reply", "canned", "take", "watch", "unwatch", "mute", "away", "back", "subscribe", "unsubscribe"}

// TestVerbsOfTheOperator gives every verb there is as the operator, who is no
// agent: the desk keeps nothing of what an agent without a name would want.
func TestVerbsOfTheOperator(t *testing.T) {
	t.Parallel()
	for _, verb := range ticket.Verbs() {
		t.Run(verb.Name, func(t *testing.T) {
			t.Parallel()
			w, _ := two(t, karen)
			if verb.Name == "unlink" {
				w.do(ticket.Request{Ticket: 1001, Text: "#link 1002"})
			}
			if verb.Name == "allow" || verb.Name == "deny" {
				w.take(answer(w.show(1001).Notices[0], vendor, "I know more."))
				w.want(ticket.GuestHeld)
			}
			if verb.Name == "undo" {
				w.do(ticket.Request{Ticket: 1001, Text: "#high"})
			}
			line := strings.TrimSpace("#" + verb.Name + " " + operatorArgs[verb.Name])
			text := line
			if verb.Name == "reply" || verb.Name == "note" {
				text += "\n\nWords."
			}
			done := w.do(ticket.Request{Ticket: 1001, Text: text})
			if may := !slices.Contains(notTheOperators, verb.Name); done.Done != may {
				t.Errorf("done: %t, want %t: %q", done.Done, may, lines(done))
			}
			err := w.desk.Store.View(t.Context(), func(tx ticket.Tx) error {
				states, err := tx.AgentStates()
				for n := ticket.Number(1001); n <= 1003; n++ {
					watchers, errN := tx.Watchers(n)
					err = errors.Join(err, errN)
					if len(watchers) > 0 {
						err = errors.Join(err, fmt.Errorf("ticket %d is watched by %+v", n, watchers))
					}
				}
				if len(states) > 0 {
					err = errors.Join(err, fmt.Errorf("agents have told %+v", states))
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			w.audit()
		})
	}
}
