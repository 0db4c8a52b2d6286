package ticket

import (
	"fmt"
	"slices"
	"time"
)

// readers are the participants of the ticket as the mail leaves them: who gets
// what it says to participants.
func (w *work) readers() ([]Participant, error) {
	list, err := w.tx.Participants(w.ticket.Number)
	if err != nil {
		return nil, fmt.Errorf("read participants of ticket %d: %w", w.ticket.Number, err)
	}
	for _, change := range w.people {
		key := change.address.Key()
		at := slices.IndexFunc(list, func(p Participant) bool { return p.Address.Key() == key })
		switch {
		case change.drop && at >= 0:
			list = slices.Delete(list, at, at+1)
		case !change.drop && at < 0:
			list = append(list, Participant{Ticket: w.ticket.Number, Address: change.address, Role: RoleCollaborator, Since: w.now})
		}
	}
	return list, nil
}

// A sight says since when somebody takes part in a ticket.
type sight struct {
	ticket Number
	person string // address key
}

// An insight is what the readers of a reply may have before them: the tickets of
// the thread in which all of them take part, and since when each does.
type insight struct {
	readers []Participant
	shared  []Number
	since   map[sight]time.Time // zero is from the beginning
}

// insight finds out what the readers of the ticket have in common. A ticket that
// was merged into it is theirs only if every one of them took part in it.
func (w *work) insight() (*insight, error) {
	readers, err := w.readers()
	if err != nil {
		return nil, err
	}
	return w.insightOf(w.ticket.Number, readers)
}

// insightOf finds out what some of those who take part in a ticket have in common.
func (t *turn) insightOf(ticket Number, readers []Participant) (*insight, error) {
	family, err := t.family(ticket)
	if err != nil {
		return nil, err
	}
	in := &insight{readers: readers, since: map[sight]time.Time{}}
	for _, n := range family {
		people := readers
		if n != ticket {
			if people, err = t.tx.Participants(n); err != nil {
				return nil, fmt.Errorf("read participants of ticket %d: %w", n, err)
			}
		}
		for _, p := range people {
			since := p.Since
			if p.Role == RoleRequester {
				since = time.Time{}
			}
			in.since[sight{n, p.Address.Key()}] = since
		}
		if !slices.ContainsFunc(readers, func(p Participant) bool { return !in.takesPart(n, p.Address) }) {
			in.shared = append(in.shared, n)
		}
	}
	return in, nil
}

func (in *insight) takesPart(n Number, a Address) bool {
	_, ok := in.since[sight{n, a.Key()}]
	return ok
}

// saw reports whether every reader has had an entry before them, or could have:
// it is public, and they took part in its ticket by then.
func (in *insight) saw(e *Entry) bool {
	if e.Kind == Note || e.Held || !slices.Contains(in.shared, e.Ticket) {
		return false
	}
	return !slices.ContainsFunc(in.readers, func(p Participant) bool {
		return in.since[sight{e.Ticket, p.Address.Key()}].After(e.At)
	})
}

// strangers are the readers who do not take part in a ticket.
func (in *insight) strangers(people []Participant) []Address {
	var all []Address
	for _, r := range in.readers {
		if !slices.ContainsFunc(people, func(p Participant) bool { return p.Address.Key() == r.Address.Key() }) {
			all = append(all, r.Address)
		}
	}
	return all
}
