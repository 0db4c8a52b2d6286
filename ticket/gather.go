package ticket

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
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
// then there is more to come. Mostly there is nothing to do, which is found out
// without a transaction that writes.
func (d *Desk) gather(ctx context.Context, g gate) error {
	if g.shut {
		return nil
	}
	idle := true
	err := d.view(ctx, func(t *turn) error {
		waiting, err := t.tx.WaitingAlarms(t.now)
		for _, h := range heaps(waiting) {
			idle = idle && h.rests()
		}
		return err
	})
	if err != nil || idle {
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
	if caught(waiting) > catchupMails {
		if waiting, err = t.tellLeads(waiting, g); err != nil {
			return fmt.Errorf("tell leads of a catch-up: %w", err)
		}
	}
	all := heaps(waiting)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if err := t.mergeAlarms(all[key], g); err != nil {
			return err
		}
	}
	return nil
}

// A heap is alarms for one person that go out at the same time.
type heap []*Notice

// heaps are alarms by who gets them when.
func heaps(waiting []Notice) map[string]heap {
	all := map[string]heap{}
	for i := range waiting {
		n := &waiting[i]
		key := n.reader()
		if n.Waits.atOnce() {
			key += " at once"
		} else {
			key += fmt.Sprintf(" %d", n.DueAt.UnixMilli())
		}
		all[key] = append(all[key], n)
	}
	return all
}

// reader tells the people apart whom notices go to.
func (n *Notice) reader() string {
	if n.Agent != "" {
		return n.Agent
	}
	return n.Recipients[0].Address.Key()
}

// rests reports whether nothing is to be done about a heap: what is in it waits
// for nothing but its time, and is merged as far as it fits.
func (h heap) rests() bool {
	var mails pile
	for _, n := range h {
		if n.Waits.missed() || len(h) > 1 && (n.Kind == NoticeEscalation || mails.room(n.Facts.listed()) != nil) {
			return false
		}
		mails = append(mails, n)
	}
	return true
}

// mergeAlarms makes one mail of a heap, or more if it would be too long.
func (t *turn) mergeAlarms(h heap, g gate) error {
	if len(h) == 1 {
		return t.letOut(h[0])
	}
	slices.SortStableFunc(h, func(a, b *Notice) int { return -cmp.Compare(a.Kind, b.Kind) }) // first those that list tickets
	var mails pile
	grown := map[*Notice]bool{}
	for _, n := range h {
		rows := n.rows(g)
		all := mails.room(len(rows))
		if all == nil {
			all = n
			if n.Kind == NoticeEscalation {
				all = listFor(n, t.now)
			}
			mails = append(mails, all)
		}
		if all == n {
			continue
		}
		grown[all] = true
		all.Facts.addRows(rows)
		all.Facts.remark(g.unread)
		if n.Kind == NoticeEscalations {
			all.Facts.remark(n.Facts.Remarks)
		}
		if err := t.settleMerged(n); err != nil {
			return err
		}
	}
	for _, all := range mails {
		if err := t.keepList(all, grown[all]); err != nil {
			return err
		}
	}
	return nil
}

// listFor is a mail that lists tickets, without any yet, for the reader of an
// alarm and due when it is.
func listFor(n *Notice, now time.Time) *Notice {
	all := &Notice{Kind: NoticeEscalations, Answer: TokenNote, Agent: n.Agent, Department: n.Department, Automatic: true,
		Recipients: []Recipient{{Address: n.Recipients[0].Address}},
		Facts:      Facts{To: n.Facts.To, Zone: n.Facts.Zone, At: now, Dated: n.Facts.Dated, Answers: planAnswers}}
	if !n.Waits.atOnce() {
		all.DueAt, all.Waits = n.DueAt, WaitsForWork
	}
	return all
}

// keepList writes a mail that lists tickets, if it is new or has grown.
func (t *turn) keepList(all *Notice, grown bool) error {
	if all.ID == 0 {
		return t.queue(all)
	}
	if grown {
		if err := t.tx.Amend(all.ID, all.Facts); err != nil {
			return err
		}
	}
	return t.letOut(all)
}

// letOut ends the wait of a notice for the end of a catch-up. It goes out now, or
// in its reader's next working time.
func (t *turn) letOut(n *Notice) error {
	switch {
	case !n.Waits.missed():
		return nil
	case n.Waits.atOnce():
		n.DueAt, n.Waits = t.now, WaitsForNothing
		*t.queued++
	default:
		n.Waits = WaitsForWork
	}
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
