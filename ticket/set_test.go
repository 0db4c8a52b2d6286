package ticket

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket/command"
)

// TestRetag: tags are added, taken off and replaced, in order and once each, and
// not at all where that makes too many or one too long.
func TestRetag(t *testing.T) {
	var full []string
	for i := range maxTags {
		full = append(full, fmt.Sprintf("t%02d", i))
	}
	long := strings.Repeat("x", maxTagLength)
	for name, c := range map[string]struct {
		before  []string
		change  string
		after   []string
		refused string
	}{
		"added":            {[]string{"b"}, "+C a", []string{"a", "b", "c"}, ""},
		"taken off":        {[]string{"a", "b"}, "-B -c", []string{"a"}, ""},
		"replaced":         {[]string{"a", "b"}, "=c +d", []string{"c", "d"}, ""},
		"all gone":         {[]string{"a"}, "-a", nil, ""},
		"there already":    {full, "+t00", full, ""},
		"one for another":  {full, "+u -t00", append(slices.Clone(full[1:]), "u"), ""},
		"one too many":     {full, "+u", full, "a ticket has at most 30 tags"},
		"as long as it is": {nil, long, []string{long}, ""},
		"too long":         {[]string{"a"}, "+b " + long + "x", []string{"a"}, "a tag has at most 50 characters"},
	} {
		deltas, err := command.Deltas(c.change)
		if err != nil {
			t.Fatal(err)
		}
		tk := &Ticket{Number: 1001, Tags: slices.Clone(c.before)}
		e, err := tk.retag(deltas, theDesk)
		if !slices.Equal(tk.Tags, c.after) {
			t.Errorf("%s: tags are %q, want %q", name, tk.Tags, c.after)
		}
		if c.refused != "" {
			if err == nil || err.Error() != c.refused || e != nil {
				t.Errorf("%s: refused with %v, event %v; want %q and none", name, err, e, c.refused)
			}
			continue
		}
		var want *Event
		if !slices.Equal(c.before, c.after) {
			want = &Event{Ticket: 1001, Kind: TagsChanged, Actor: theDesk, Before: strings.Join(c.before, ", "), After: strings.Join(c.after, ", ")}
		}
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case (e == nil) != (want == nil), e != nil && *e != *want:
			t.Errorf("%s: event %+v, want %+v", name, e, want)
		}
	}
}

// TestSetFieldLeavesTheCopy: a ticket that is copied before its fields are set
// keeps them as they were, as the work of a mail wants it.
func TestSetFieldLeavesTheCopy(t *testing.T) {
	tk := Ticket{Fields: map[string]string{"site": "Berlin"}}
	before := tk
	if e := tk.setField("site", "", theDesk); e == nil || e.Before != "site=Berlin" || e.After != "site=" {
		t.Errorf("event %+v", e)
	}
	if tk.Fields != nil || before.Fields["site"] != "Berlin" {
		t.Errorf("fields are %v, and were %v", tk.Fields, before.Fields)
	}
}
