package ticket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// catchupLasts is after what time an alarm goes out alone if the catch-up has
	// died in which it was made, and no other has come.
	catchupLasts = time.Hour
	// catchupMails is how many people are mailed in one catch-up. Are there more,
	// leads are told instead.
	catchupMails = 50
)

// Alarms are the part of a Tx that knows which mails about deadlines wait.
type Alarms interface {
	// WaitingAlarms lists notices whose Waits says that they wait for something, that
	// no attempt was made for and that are due after an instant, by ID. Nobody else
	// changes them before an update ends that has read them.
	WaitingAlarms(after time.Time) ([]Notice, error)
}

// gather merges what waits to be told of deadlines, unless the barrier is shut:
// then there is more to come.
func (d *Desk) gather(ctx context.Context, g gate) error {
	if g.shut {
		return nil
	}
	var waiting []Notice
	err := d.view(ctx, func(t *turn) (err error) {
		waiting, err = t.tx.WaitingAlarms(t.now)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	return d.update(ctx, func(t *turn) error { return t.gather(g) })
}

// gather merges what waits for the same person until the same time into one mail,
// and lets out what has waited for the end of a catch-up. Each mail that goes
// into another stays, as the row whose address takes commands for its ticket.
func (t *turn) gather(g gate) error {
	waiting, err := t.tx.WaitingAlarms(t.now)
	if err != nil {
		return fmt.Errorf("look for the alarms that wait: %w", err)
	}
	heaps := map[string][]*Notice{}
	caught := map[string]bool{}
	for i := range waiting {
		n := &waiting[i]
		key := n.reader()
		if n.Waits.missed() {
			caught[key] = true
		}
		if n.Waits.atOnce() {
			key += " at once"
		} else {
			key += fmt.Sprintf(" %d", n.DueAt.UnixMilli())
		}
		heaps[key] = append(heaps[key], n)
	}
	if len(caught) > catchupMails {
		return t.tellLeads(waiting, g)
	}
	for _, key := range slices.Sorted(maps.Keys(heaps)) {
		if err := t.mergeAlarms(heaps[key], g); err != nil {
			return err
		}
	}
	return nil
}

// reader tells the people apart whom notices go to.
func (n *Notice) reader() string {
	if n.Agent != "" {
		return n.Agent
	}
	return n.Recipients[0].Address.Key()
}

// mergeAlarms makes one mail of some for one person that are due at the same time.
func (t *turn) mergeAlarms(heap []*Notice, g gate) error {
	atOnce := heap[0].Waits.atOnce()
	if len(heap) == 1 {
		if !atOnce {
			return nil
		}
		return t.letOut(heap[0])
	}
	i := slices.IndexFunc(heap, func(n *Notice) bool { return n.Kind == NoticeEscalations })
	if i < 0 {
		first := heap[0]
		all := &Notice{Kind: NoticeEscalations, Answer: TokenNote, Agent: first.Agent, Department: first.Department, Automatic: true,
			Recipients: []Recipient{{Address: first.Recipients[0].Address}},
			Facts:      Facts{To: first.Facts.To, Zone: first.Facts.Zone, At: t.now, Dated: first.Facts.Dated, Answers: planAnswers, Remarks: g.unread}}
		if !atOnce {
			all.DueAt, all.Waits = first.DueAt, WaitsForWork
		}
		if err := t.mergeInto(all, heap, g); err != nil {
			return err
		}
		return t.queue(all)
	}
	all := heap[i]
	if err := t.mergeInto(all, slices.Delete(slices.Clone(heap), i, i+1), g); err != nil {
		return err
	}
	return t.tx.Amend(all.ID, all.Facts)
}

// mergeInto puts notices as rows into another, and settles them.
func (t *turn) mergeInto(all *Notice, alarms []*Notice, g gate) error {
	for _, n := range alarms {
		all.Facts.addAlarm(n, g)
		if err := t.settleMerged(n); err != nil {
			return err
		}
	}
	return nil
}

// letOut lets a notice go out now.
func (t *turn) letOut(n *Notice) error {
	n.DueAt, n.Waits = t.now, WaitsForNothing
	*t.queued++
	return t.tx.SaveDelivery(*n)
}

// settleMerged settles a notice that another mail tells of.
func (t *turn) settleMerged(n *Notice) error {
	for i := range n.Recipients {
		if n.Recipients[i].Outstanding() {
			n.Recipients[i].FailedAt, n.Recipients[i].Answer = t.now, "not sent by itself: it is part of a mail that tells of several tickets"
		}
	}
	n.settleIfDone(t.now)
	return t.tx.SaveDelivery(*n)
}

// addAlarm adds a notice to the list of those that its reader gets for the same
// reason. A ticket has one row.
func (f *Facts) addAlarm(n *Notice, g gate) {
	if n.Kind == NoticeEscalations {
		for _, list := range n.Facts.Lists {
			for _, line := range list.Tickets {
				f.addLine(list.Title, line)
			}
		}
		return
	}
	said := slices.Clone(n.Facts.Items)
	if len(said) == 0 {
		said = []string{n.Facts.Verdict}
	}
	for _, r := range n.Facts.Remarks {
		if !slices.Contains(g.unread, r) {
			said = append(said, r)
		}
	}
	title := n.Facts.For
	if title == "" {
		title = "Deadlines"
	}
	f.addLine(title, TicketLine{Number: n.Facts.Number, Subject: n.Facts.Subject, Requester: n.Facts.Requester, Priority: n.Facts.Priority,
		When: strings.Join(said, " "), Late: true, ReplyTo: n.ReplyTo})
}

// addLine adds a row to a list of tickets, or its words to the row of the same
// ticket.
func (f *Facts) addLine(title string, line TicketLine) {
	i := slices.IndexFunc(f.Lists, func(l TicketList) bool { return l.Title == title })
	if i < 0 {
		f.Lists = append(f.Lists, TicketList{Title: title})
		i = len(f.Lists) - 1
	}
	list := &f.Lists[i]
	if k := slices.IndexFunc(list.Tickets, func(l TicketLine) bool { return l.Number == line.Number }); k >= 0 {
		if !strings.Contains(list.Tickets[k].When, line.When) {
			list.Tickets[k].When += " " + line.When
		}
		return
	}
	if len(list.Tickets) < digestItems {
		list.Tickets = append(list.Tickets, line)
	} else {
		list.More++
	}
}

// tellLeads tells of a catch-up that would mail too many people: the leads of the
// tickets' departments get all of it in one mail each, and the others none.
func (t *turn) tellLeads(waiting []Notice, g gate) error {
	mails := map[string]*Notice{}
	for i := range waiting {
		n := &waiting[i]
		if !n.Waits.missed() {
			continue
		}
		leads := t.leads(n.Department)
		if len(leads) == 0 {
			leads = []string{n.Agent} // nobody leads: who was meant is told
		}
		for _, key := range leads {
			agent, ok := t.policy.working(key)
			if !ok {
				continue
			}
			if mails[key] == nil {
				mails[key] = t.reportTo(agent, NoticeEscalations, n.Department)
				mails[key].Facts.Answers = planAnswers
				mails[key].Facts.Remarks = append([]string{fmt.Sprintf("more than %d people would have been mailed of what was missed: only leads are", catchupMails)}, g.unread...)
			}
			row := *n
			row.Facts.For = ""
			if n.Agent != key {
				row.ReplyTo = ""
			}
			mails[key].Facts.addAlarm(&row, g)
		}
		if err := t.settleMerged(n); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(mails)) {
		if err := t.queue(mails[key]); err != nil {
			return err
		}
	}
	return nil
}
