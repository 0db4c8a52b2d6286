package ticket

import (
	"maps"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

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

// Limits on tags.
const (
	maxTags      = 30
	maxTagLength = 50
)

// retag adds, removes or replaces tags. It returns the event, or nil where nothing
// changed. The error is a *Refusal; then all are as they were.
func (t *Ticket) retag(deltas []command.Delta, by Actor) (*Event, error) {
	tags := slices.Clone(t.Tags)
	if slices.ContainsFunc(deltas, func(d command.Delta) bool { return d.Op == '=' }) {
		tags = nil
	}
	for _, d := range deltas {
		tag := strings.ToLower(d.Item)
		if len(tag) > maxTagLength {
			return nil, refuse(Invalid, "a tag has at most %d characters", maxTagLength)
		}
		tags = slices.DeleteFunc(tags, func(s string) bool { return s == tag })
		if d.Op != '-' {
			tags = append(tags, tag)
		}
	}
	if len(tags) > maxTags {
		return nil, refuse(Invalid, "a ticket has at most %d tags", maxTags)
	}
	return t.setTags(tags, by), nil
}

// setTags gives the ticket these tags and no others. It returns the event, or nil
// where nothing changed.
func (t *Ticket) setTags(tags []string, by Actor) *Event {
	slices.Sort(tags)
	before, after := strings.Join(t.Tags, ", "), strings.Join(tags, ", ")
	t.Tags = tags
	if after == before {
		return nil
	}
	return &Event{Ticket: t.Number, Kind: TagsChanged, Actor: by, Before: before, After: after}
}
