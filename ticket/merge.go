package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// survivor reads a ticket, following merges to where it goes on, through however
// many; nil if there is none.
func (t *turn) survivor(n Number) (*Ticket, error) {
	seen := map[Number]bool{}
	for !seen[n] { // merges form no circle, and in a store that is damaged this ends all the same
		seen[n] = true
		tk, err := t.tx.Ticket(n)
		if isAbsent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read ticket %d: %w", n, err)
		}
		if tk.Status != Merged || tk.MergedInto == 0 {
			return tk, nil
		}
		n = tk.MergedInto
	}
	return nil, nil
}

// existing is the ticket in which one goes on. The error is a Refusal if there is
// none.
func (t *turn) existing(n Number) (*Ticket, error) {
	tk, err := t.survivor(n)
	if err == nil && tk == nil {
		err = refuse(NotFound, "there is no ticket %d", n)
	}
	return tk, err
}

// family lists a ticket and all that were merged into it, by whatever way, the
// ticket itself first. What was said on a merged ticket stays where it was said,
// so that it is always known who took part in that.
func (t *turn) family(n Number) ([]Number, error) {
	all := []Number{n}
	for i := 0; i < len(all); i++ {
		merged, err := t.tx.MergedInto(all[i])
		if err != nil {
			return nil, fmt.Errorf("look for what was merged into ticket %d: %w", all[i], err)
		}
		for _, m := range merged {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all, nil
}

// thread reads the entries of a ticket and of all that were merged into it, in
// the order they were added.
func (t *turn) thread(n Number) ([]Entry, error) {
	family, err := t.family(n)
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, member := range family {
		entries, err := t.tx.Entries(member)
		if err != nil {
			return nil, fmt.Errorf("read thread of ticket %d: %w", member, err)
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b Entry) int { return int(a.ID - b.ID) })
	return all, nil
}

// diaries reads the diaries of a ticket and of all that were merged into it, in
// the order in which the desk took note.
func (t *turn) diaries(n Number) ([]Event, error) {
	family, err := t.family(n)
	if err != nil {
		return nil, err
	}
	var all []Event
	for _, member := range family {
		events, err := t.tx.Events(member)
		if err != nil {
			return nil, fmt.Errorf("read diary of ticket %d: %w", member, err)
		}
		all = append(all, events...)
	}
	slices.SortFunc(all, func(a, b Event) int { return int(a.ID - b.ID) })
	return all, nil
}

// A Wait is what the customer of a ticket still waited for when it was merged,
// and since when. The survivor's diary keeps it for its clocks. A zero instant
// means that there is nothing to wait for.
type Wait struct {
	First   time.Time `json:"first,omitzero"`   // for the first answer
	Resolve time.Time `json:"resolve,omitzero"` // for the solution
	Next    time.Time `json:"next,omitzero"`    // for an answer to what was written last
}

// String is the form in which events keep a wait; parseWait reads it.
func (w Wait) String() string {
	text, err := json.Marshal(w)
	if err != nil {
		return "" // instants of this era can be written
	}
	return string(text)
}

func parseWait(text string) (Wait, error) {
	var w Wait
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return Wait{}, fmt.Errorf("read what a merged ticket waited for, %q: %w", text, err)
	}
	return w, nil
}

// waiting reads from the diary of a ticket what its customer waits for. That it
// has just been merged does not count.
func waiting(diary []Event) (Wait, error) {
	lost := map[int64]bool{} // replies that reached nobody
	for _, e := range diary {
		if e.Kind == ReplyUndelivered {
			lost[e.Entry] = true
		}
	}
	events := slices.Clone(diary)
	slices.SortStableFunc(events, func(a, b Event) int { return a.Happened().Compare(b.Happened()) })
	var w Wait
	var quiet time.Time // when the latest answer was given
	done := false
	for _, e := range events {
		at := e.Happened()
		switch {
		case e.Kind == TicketOpened:
			w = Wait{First: at, Resolve: at, Next: at}
		case e.Kind == MessageAdded, e.Kind == MessageAllowed && e.After == string(Human):
			w.Next = earlier(w.Next, at)
		case e.Kind == ReplyAdded && !lost[e.Entry]:
			w.First, w.Next, quiet = time.Time{}, time.Time{}, at
		case e.Kind == StatusChanged && Status(e.After) != Merged:
			status, _, _ := strings.Cut(e.After, "/")
			if done = Status(status).Done(); done {
				w.First, w.Next, quiet = time.Time{}, time.Time{}, at
			}
		case e.Kind == SplitFrom && e.Before == answeredThere:
			w.First, w.Next, quiet = time.Time{}, time.Time{}, at
		case e.Kind == TicketAbsorbed:
			other, err := parseWait(e.Before)
			if err != nil {
				return Wait{}, err
			}
			w.take(other, quiet)
		}
	}
	if done {
		w.Resolve = time.Time{}
	}
	return w, nil
}

// take adds what the customer of a ticket waits for that is merged into this one,
// which gave its latest answer at an instant; see sla.Merged.
func (w *Wait) take(other Wait, quiet time.Time) {
	if !w.First.IsZero() {
		w.First = earlier(w.First, other.First)
	}
	w.Resolve = earlier(w.Resolve, other.Resolve)
	if other.Next.After(quiet) {
		w.Next = earlier(w.Next, other.Next)
	}
}

// stirs reports whether the merge opens a ticket in this status, where nobody
// would look for what is left to be done.
func (w Wait) stirs(s Status) bool {
	return (s == Pending || s == Hold) && !w.Next.IsZero() || s.Done() && !w.Resolve.IsZero()
}
