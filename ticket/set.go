package ticket

import "maps"

// What verbs, macros and steps change of a ticket they change by the functions
// below, which say so in an event. Who may do it, and how it is told, is theirs.

// setText gives a property another value. It returns the event, or nil where
// nothing changed.
func (t *Ticket) setText(kind EventKind, property *string, value string, by Actor) *Event {
	was := *property
	if was == value {
		return nil
	}
	*property = value
	return &Event{Ticket: t.Number, Kind: kind, Actor: by, Before: was, After: value}
}

// setField gives a field a value that is normal to it, "" for none. It returns the
// event, or nil where nothing changed. A copy of the ticket as it was keeps its own.
func (t *Ticket) setField(key, value string, by Actor) *Event {
	was := t.Fields[key]
	if was == value {
		return nil
	}
	fields := maps.Clone(t.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	if fields[key] = value; value == "" {
		delete(fields, key)
	}
	if t.Fields = fields; len(fields) == 0 {
		t.Fields = nil
	}
	return &Event{Ticket: t.Number, Kind: FieldChanged, Actor: by, Before: key + "=" + was, After: key + "=" + value}
}
