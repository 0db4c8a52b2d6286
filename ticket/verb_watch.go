package ticket

import "fmt"

// watchAs makes the verb of a mode.
func watchAs(mode WatchMode, result string) func(*work, string) (string, error) {
	return func(w *work, args string) (string, error) {
		return noArgs(args, func() (string, error) {
			if mode == Muted && w.ticket.Assignee == w.agent.Key {
				return "", refuse(Conflict, "the ticket is yours, so nobody else hears of it: give it to somebody, or to nobody with #assign none")
			}
			w.watch = &mode
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
		if watcher.Agent == w.agent.Key {
			before = watcher.Mode
		}
	}
	if before == *w.watch {
		return nil
	}
	w.change(&Event{Ticket: w.ticket.Number, Kind: WatchChanged, Actor: w.actor(), Before: string(before), After: string(*w.watch)})
	err = w.tx.Watch(Watcher{Ticket: w.ticket.Number, Agent: w.agent.Key, Mode: *w.watch, Since: w.now})
	if err != nil {
		return fmt.Errorf("change who watches ticket %d: %w", w.ticket.Number, err)
	}
	return nil
}
