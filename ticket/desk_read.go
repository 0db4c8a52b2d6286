package ticket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Sheet is a ticket as an agent reads it: with its thread and the events
// between, and with those of the tickets that were merged into it.
type Sheet struct {
	Ticket       Ticket
	Facts        Facts
	Participants []Participant
	Clocks       []Clock
	Links        []string // sentences
	Spent        string   // the sentence that says who has worked how long on it; "" if nobody
	Thread       []Item
	Latest       int64     // ID of the last entry; 0 if there is none
	Undoable     time.Time // when the agent did what #undo takes back; zero if there is nothing
	Version      int64     // ID of the last event: it rises with each change
}

// An Item is an entry of a thread, or a line of the diary.
type Item struct {
	ID     int64  // of its event, by which items are in order; an opening has two with one ID
	Ticket Number // of a merged ticket, or the sheet's own
	At     time.Time
	Actor  string // who wrote the entry or caused the event, by name

	Entry    *Entry // nil of an event
	Label    string // of the entry; see entryLabels
	Badge    string // what is known of its sender
	Remarks  []string
	Delivery []Recipient // to whom it went by mail
	Mailed   bool        // a message that came by mail: Desk.WholeMail has that

	Event EventKind // of an event
	Text  string    // the sentence of an event
}

// Read reads a ticket for an agent. Of one that was merged it reads the ticket in
// which it goes on. The error is a Refusal if there is none that the agent may
// read: nobody learns whether there is one that they may not.
func (d *Desk) Read(ctx context.Context, agent string, n Number) (Sheet, error) {
	var s Sheet
	err := d.view(ctx, func(t *turn) error {
		who, err := t.whoAsks(FromForm, agent)
		if err != nil {
			return err
		}
		w := t.workOn(&Ticket{}, who, &Mail{}, t.now)
		tk, err := w.readableTicket(n)
		if err != nil {
			return err
		}
		s, err = w.sheet(tk)
		return err
	})
	return s, requestError(fmt.Sprintf("read ticket %d", n), err)
}

// Find lists the tickets that a query as behind #list finds among those that an
// agent may read: those with the nearest deadline first, then those without one,
// the oldest first; of a search those first that changed last. The error is a
// Refusal if the query makes no sense.
func (d *Desk) Find(ctx context.Context, agent, query string, limit int) ([]Ticket, error) {
	leaf, err := d.Browse(ctx, agent, Listing{Query: query, Limit: limit})
	return leaf.Tickets, err
}

func (w *work) sheet(tk *Ticket) (Sheet, error) {
	s := Sheet{Ticket: *tk, Facts: w.facts(tk)}
	var err error
	if s.Participants, err = w.tx.Participants(tk.Number); err != nil {
		return s, fmt.Errorf("read who takes part in ticket %d: %w", tk.Number, err)
	}
	if s.Clocks, err = w.tx.ClocksOf(tk.Number); err != nil {
		return s, fmt.Errorf("read the clocks of ticket %d: %w", tk.Number, err)
	}
	if s.Links, err = w.linkLines(tk.Number); err != nil {
		return s, err
	}
	events, err := w.diaries(tk.Number)
	if err != nil {
		return s, err
	}
	if len(events) > 0 {
		s.Version = events[len(events)-1].ID
	}
	s.Spent = w.spentLine(tk, events, nil)
	own := slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Ticket != tk.Number })
	if deed := w.lastDeed(own); len(deed) > 0 {
		s.Undoable = deed[0].At
	}
	if s.Thread, err = w.items(tk.Number, events); err != nil {
		return s, err
	}
	for _, item := range s.Thread {
		if item.Entry != nil {
			s.Latest = max(s.Latest, item.Entry.ID)
		}
	}
	if err := w.mailed(&s); err != nil {
		return s, err
	}
	return s, w.deliveries(&s)
}

// items are the messages, replies, notes and events of a ticket and of those
// merged into it, in the order in which the desk took note of them: that of the
// diaries, which have an event for each entry.
func (w *work) items(n Number, diary []Event) ([]Item, error) {
	entries, err := w.thread(n)
	if err != nil {
		return nil, err
	}
	labels, byID := entryLabels(entries, n), make(map[int64]*Entry, len(entries))
	for i := range entries {
		byID[entries[i].ID] = &entries[i]
	}
	var items []Item
	for _, ev := range diary {
		if text := w.turn.says(&ev); text != "" {
			items = append(items, Item{ID: ev.ID, Ticket: ev.Ticket, At: ev.At, Actor: w.policy.actorName(ev.Actor), Event: ev.Kind, Text: text})
		}
		if e := byID[ev.Entry]; e != nil && ev.Kind.addsEntry() {
			items = append(items, Item{ID: ev.ID, Ticket: ev.Ticket, At: e.At, Actor: authorOf(w.policy, e), Entry: e, Label: labels[e.ID],
				Badge: badge(e), Remarks: remarks(e)})
		}
	}
	return items, nil
}

// deliveries finds to whom the entries of a sheet went by mail, people and not
// agents.
func (w *work) deliveries(s *Sheet) error {
	family, err := w.family(s.Ticket.Number)
	if err != nil {
		return err
	}
	went := map[int64][]Recipient{}
	for _, member := range family {
		notices, err := w.tx.Notices(member)
		if err != nil {
			return fmt.Errorf("read the mail of ticket %d: %w", member, err)
		}
		for _, n := range notices {
			if n.Agent == "" && n.Entry != 0 && !n.Automatic {
				went[n.Entry] = append(went[n.Entry], n.Recipients...)
			}
		}
	}
	for i := range s.Thread {
		if e := s.Thread[i].Entry; e != nil {
			s.Thread[i].Delivery = went[e.ID]
			slices.SortStableFunc(s.Thread[i].Delivery, func(a, b Recipient) int {
				return cmp.Compare(strings.ToLower(a.Address.Email), strings.ToLower(b.Address.Email))
			})
		}
	}
	return nil
}
