package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Live is the part of a Tx that tells pages which stay open what has changed.
type Live interface {
	// Pulse says cheaply whether anything has changed: another one means that there
	// are other events, or that somebody else is at work on some ticket.
	Pulse(now time.Time) (Pulse, error)
	// Changes lists events with an ID above after, by ID, each with the department
	// that its ticket is in now; of one ticket, or with 0 of all.
	Changes(after int64, n Number, limit int) ([]Change, error)
	// Present lists who is at work on a ticket at an instant, by agent.
	Present(n Number, now time.Time) ([]Presence, error)
	// SavePresence notes that an agent is at work on a ticket, and forgets whose
	// time is over. One without a Doing is gone.
	SavePresence(p Presence, now time.Time) error
}

// A Pulse stands for all that pages are told of.
type Pulse struct {
	Event   int64 // ID of the last one
	People  int64 // how many are at work on tickets
	Writing int64 // how many of them write
}

// A Change is an event as those learn of it whose page is open.
type Change struct {
	ID         int64
	Ticket     Number
	Kind       EventKind
	Actor      Actor
	Department string
}

// A Presence says that an agent has a ticket open.
type Presence struct {
	Ticket Number
	Agent  string
	Doing  Doing
	Until  time.Time // unless it is said again
}

// Doing is what an agent does with a ticket that is open.
type Doing string

// What agents do.
const (
	Reads  Doing = "reading"
	Writes Doing = "replying"
)

// presenceLife is for how long one word of a page that is open is good.
const presenceLife = 45 * time.Second

// maxNews is how many changes are told of at a time.
const maxNews = 200

// News is what has happened since a page was shown, to what its reader may read.
type News struct {
	Last    int64    // the event up to which there was a look
	Tickets []Number // that others have changed
	Words   string   // of one ticket: what happened last; "" if nothing did
	People  string   // of one ticket: who else is at work on it; "" if nobody is
}

// Pulse reads the pulse of the desk.
func (d *Desk) Pulse(ctx context.Context) (Pulse, error) {
	return look(ctx, d, "look for changes", func(tx Tx) (Pulse, error) { return tx.Pulse(d.Now()) })
}

// News tells an agent what others did after an event: with one ticket, and who is
// at work on it, or with 0 with all tickets that the agent may read. Events with
// the IDs in told are left out. The error is a Refusal if there is no such ticket
// that they may read.
func (d *Desk) News(ctx context.Context, agent string, n Number, after int64, told map[int64]bool) (News, error) {
	news := News{Last: after}
	err := d.view(ctx, func(t *turn) error {
		who, err := t.whoAsks(FromForm, agent)
		if err != nil {
			return err
		}
		if n != 0 {
			tk, err := t.workOn(&Ticket{}, who, &Mail{}, t.now).readableTicket(n)
			if err != nil {
				return err
			}
			if news.People, err = t.othersOn(tk, agent); err != nil {
				return err
			}
		}
		changes, err := t.tx.Changes(after, n, maxNews)
		if err != nil {
			return err
		}
		for _, c := range changes {
			news.Last = max(news.Last, c.ID)
			own := c.Actor.Kind == ByAgent && c.Actor.Name == agent
			if told[c.ID] || own || !t.policy.May(agent, MayRead, c.Department) {
				continue
			}
			if told != nil {
				told[c.ID] = true
			}
			news.Words = t.policy.changeWords(&c)
			if !slices.Contains(news.Tickets, c.Ticket) {
				news.Tickets = append(news.Tickets, c.Ticket)
			}
		}
		return nil
	})
	return news, requestError("read what has changed", err)
}

// changeWords say in a line what happened.
func (p *Policy) changeWords(c *Change) string {
	who := p.actorName(c.Actor)
	switch c.Kind {
	case ReplyAdded:
		return "New reply by " + who
	case NoteAdded:
		return "New note by " + who
	}
	if c.Kind.addsEntry() {
		return "New message by " + who
	}
	return who + " has changed this ticket"
}

// othersOn says who else is at work on a ticket.
func (t *turn) othersOn(tk *Ticket, agent string) (string, error) {
	present, err := t.tx.Present(tk.Number, t.now)
	if err != nil {
		return "", fmt.Errorf("read who is at work on ticket %d: %w", tk.Number, err)
	}
	words := ""
	for _, p := range present {
		if p.Agent == agent || !t.policy.May(p.Agent, MayRead, tk.Department) {
			continue
		}
		if words != "" {
			words += ", "
		}
		words += t.policy.agentName(p.Agent) + " is " + string(p.Doing)
	}
	return words, nil
}

// Present notes that an agent has a ticket open, for the others; "" says that they
// have no more. It is written only if it is news, or about to be over. The error is
// a Refusal if they may not read it.
func (d *Desk) Present(ctx context.Context, agent string, n Number, doing Doing) error {
	if doing != "" && doing != Reads && doing != Writes {
		return refuse(Invalid, "one is %s or %s", Reads, Writes)
	}
	if err := d.mayRead(ctx, agent, n); err != nil {
		return err
	}
	known := false
	err := d.view(ctx, func(t *turn) error {
		there, err := t.tx.Present(n, t.now)
		at := slices.IndexFunc(there, func(p Presence) bool { return p.Agent == agent })
		known = at < 0 && doing == "" || at >= 0 && there[at].Doing == doing && there[at].Until.Sub(t.now) > presenceLife/2
		return err
	})
	if err == nil && !known {
		err = d.update(ctx, func(t *turn) error {
			return t.tx.SavePresence(Presence{Ticket: n, Agent: agent, Doing: doing, Until: t.now.Add(presenceLife)}, t.now)
		})
	}
	return requestError(fmt.Sprintf("note who is at work on ticket %d", n), err)
}
