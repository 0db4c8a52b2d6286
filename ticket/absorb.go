package ticket

import (
	"fmt"
)

// absorbWatchers lets the agents who watch this ticket watch the one that it goes
// on in, as far as they may read that. Who has said there what they want to hear is
// left alone, and so is who has muted this one: of the other they heard until now.
func (w *work) absorbWatchers(into *Ticket) ([]*Event, error) {
	said, err := w.watchModes(into, NoticeMerged)
	if err != nil {
		return nil, err
	}
	watching, err := w.watchers(&w.ticket)
	if err != nil {
		return nil, err
	}
	var events []*Event
	for _, agent := range watching {
		if said[agent] != Unwatched || !w.policy.May(agent, MayRead, into.Department) {
			continue
		}
		watcher := Watcher{Ticket: into.Number, Agent: agent, Mode: Watching, Since: w.now}
		if err := w.tx.Watch(watcher); err != nil {
			return nil, fmt.Errorf("change who watches ticket %d: %w", into.Number, err)
		}
		events = append(events, watcher.event(Unwatched, w.actor()))
	}
	return events, nil
}

// absorbFields fills in the fields of a ticket that are empty with what this one
// has in them. What customers may see stays behind if somebody takes part there who
// does not here: it may be about another customer. It says what became of each.
func (w *work) absorbFields(into *Ticket) (events []*Event, result string, err error) {
	people, err := w.readers()
	if err != nil {
		return nil, "", err
	}
	there, err := w.tx.Participants(into.Number)
	if err != nil {
		return nil, "", fmt.Errorf("read participants of ticket %d: %w", into.Number, err)
	}
	strangers := (&insight{readers: there}).strangers(people)
	for _, f := range w.policy.fieldsOf(into.Department) {
		value := w.ticket.Fields[f.Key]
		switch {
		case value == "" || into.Fields[f.Key] != "":
		case f.Customer && len(strangers) > 0:
			result += fmt.Sprintf("; %s (%s) stays on %d, since %s could get to see it", f.Name, f.Shown(value), w.ticket.Number, emails(strangers))
		default:
			events = append(events, into.setField(f.Key, value, w.actor()))
			result += fmt.Sprintf("; %s: empty -> %s", f.Name, f.Shown(value))
		}
	}
	return events, result, nil
}
