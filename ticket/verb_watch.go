package ticket

import "fmt"

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
	w.change(&Event{Ticket: w.ticket.Number, Kind: WatchChanged, Actor: w.actor(), Before: string(before), After: string(w.watch.Mode)})
	if err := w.tx.Watch(*w.watch); err != nil {
		return fmt.Errorf("change who watches ticket %d: %w", w.ticket.Number, err)
	}
	return nil
}
