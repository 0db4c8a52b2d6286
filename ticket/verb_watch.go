package ticket

import (
	"cmp"
	"fmt"
	"strings"
)

// watchAs makes the verb of a mode.
func watchAs(mode WatchMode, result string) func(*work, speaker, string) (string, error) {
	return func(w *work, me speaker, args string) (string, error) {
		return noArgs(args, func() (string, error) {
			if mode == Muted && w.ticket.Assignee == me.Key {
				return "", refuse(Conflict, "the ticket is yours, so nobody else hears of it: give it to somebody, or to nobody with #assign none")
			}
			w.watch = &Watcher{Ticket: w.ticket.Number, Agent: me.Key, Mode: mode, Since: w.now}
			return result, nil
		})
	}
}

// changeWatch keeps what the agent wants to hear of the ticket.
func (w *work) changeWatch() error {
	if w.watch == nil {
		return nil
	}
	list, err := w.tx.Watchers(w.ticket.Number)
	if err != nil {
		return fmt.Errorf("read who watches ticket %d: %w", w.ticket.Number, err)
	}
	before := Unwatched
	for _, watcher := range list {
		if watcher.Agent == w.watch.Agent {
			before = watcher.Mode
		}
	}
	if before == w.watch.Mode {
		return nil
	}
	w.change(w.watch.event(before, w.actor()))
	if err := w.tx.Watch(*w.watch); err != nil {
		return fmt.Errorf("change who watches ticket %d: %w", w.ticket.Number, err)
	}
	return nil
}

// event says that a watcher wanted to hear something else before.
func (w Watcher) event(before WatchMode, by Actor) *Event {
	return &Event{Ticket: w.Ticket, Kind: WatchChanged, Actor: by, Before: w.Agent + "=" + string(before), After: w.Agent + "=" + string(w.Mode)}
}

// watchChange writes such an event for agents to read.
func (t *turn) watchChange(e *Event) string {
	agent, was, _ := strings.Cut(e.Before, "=")
	_, is, _ := strings.Cut(e.After, "=")
	return fmt.Sprintf("what %s hears: %s -> %s", t.policy.agentName(agent), cmp.Or(was, "as others"), cmp.Or(is, "as others"))
}
