package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

var reportTests = map[string]func(*testing.T, ticket.Store){
	"the latest notice of an agent is found": lastNotice,
	"what is held is counted":                heldCounts,
	"a department is tallied":                tally,
	"tickets are found by deadline":          byDeadline,
	"tickets are found by their rating":      byRating,
}

func lastNotice(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		_, err := tx.LastNotice(1001, "jane")
		if err := errors.Join(absent("LastNotice", err), newTicket(tx, 1001), newTicket(tx, 1002)); err != nil {
			return err
		}
		for i, n := range []ticket.Notice{
			{Ticket: 1001, Agent: "jane", QueuedAt: noon().Add(time.Hour)},
			{Ticket: 1001, Agent: "jane", QueuedAt: noon()},
			{Ticket: 1001, Agent: "john", QueuedAt: noon().Add(2 * time.Hour)},
			{Ticket: 1002, Agent: "jane", QueuedAt: noon().Add(3 * time.Hour)},
		} {
			n.ID, n.DueAt = int64(1+i), n.QueuedAt
			if _, err := tx.Queue(&n); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		n, err := tx.LastNotice(1001, "jane")
		return errors.Join(err, same("latest", n.ID, int64(1)))
	})
}

func heldCounts(t *testing.T, s ticket.Store) {
	later := noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		done := &ticket.Draft{Agent: "jane", Until: later}
		err := errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), tx.AddDraft(done), tx.EndDraft(done.ID, noon()),
			tx.AddDraft(&ticket.Draft{Agent: "jane", Until: later}), tx.AddDraft(&ticket.Draft{Agent: "jane", Until: noon()}),
			tx.AddDraft(&ticket.Draft{Agent: "john", Until: later}))
		for _, e := range []ticket.Entry{{Ticket: 1001, Held: true}, {Ticket: 1001}, {Ticket: 1002, Held: true}} {
			e.Kind, e.At = ticket.Message, noon()
			err = errors.Join(err, tx.AddEntry(&e))
		}
		k, fault := tx.Ticket(1002)
		if fault != nil {
			return fault
		}
		k.Department = "sales"
		return errors.Join(err, tx.Save(k))
	})
	view(t, s, func(tx ticket.Tx) error {
		drafts, err1 := tx.HeldDrafts("jane", noon())
		open := []ticket.Status{ticket.New, ticket.Open}
		one, err2 := tx.HeldMessages(open, []string{"support"})
		both, err3 := tx.HeldMessages(open, []string{"support", "sales"})
		none, err4 := tx.HeldMessages([]ticket.Status{ticket.Closed}, []string{"support", "sales"})
		return errors.Join(err1, err2, err3, err4, same("drafts", drafts, 1), same("messages in support", one, 1),
			same("messages", both, 2), same("messages on closed tickets", none, 0))
	})
}

func tally(t *testing.T, s ticket.Store) {
	from, to := noon(), noon().Add(7*24*time.Hour)
	day := func(n int) time.Time { return noon().Add(time.Duration(n) * 24 * time.Hour) }
	reply := func(n ticket.Number, agent string, at time.Time) *ticket.Entry {
		return &ticket.Entry{Ticket: n, Kind: ticket.Reply, By: ticket.Actor{Kind: ticket.ByAgent, Name: agent}, At: at}
	}
	first := func(n ticket.Number, c ticket.Clock) []ticket.Clock {
		c.Ticket, c.Metric, c.Cycle, c.Started = n, sla.First, 1, noon()
		return []ticket.Clock{c}
	}
	update(t, s, func(tx ticket.Tx) error {
		var err error
		for _, k := range []ticket.Ticket{
			{Number: 1, Status: ticket.Open, Assignee: "jane", OpenedAt: day(-9), UpdatedAt: day(-8)},                                // older, untouched
			{Number: 2, Status: ticket.Resolved, Assignee: "jane", OpenedAt: day(-1), ResolvedAt: day(3), UpdatedAt: day(3)},         // ended in the week
			{Number: 3, Status: ticket.Closed, Assignee: "john", OpenedAt: day(1), ClosedAt: day(2), UpdatedAt: day(2)},              // opened and ended
			{Number: 4, Status: ticket.New, OpenedAt: day(6).Add(time.Hour), UpdatedAt: day(6).Add(time.Hour)},                       // opened, late
			{Number: 5, Status: ticket.Spam, OpenedAt: day(2), ClosedAt: day(2), UpdatedAt: day(2)},                                  // counts nowhere
			{Number: 6, Status: ticket.Resolved, OpenedAt: day(-3), ResolvedAt: day(-1), UpdatedAt: day(4)},                          // ended before
			{Number: 7, Status: ticket.Open, Department: "sales", OpenedAt: day(1), UpdatedAt: day(1)},                               // elsewhere
			{Number: 8, Status: ticket.Open, OpenedAt: to, UpdatedAt: to},                                                            // opened when the week was over
			{Number: 9, Status: ticket.Pending, Assignee: "jane", OpenedAt: day(0), UpdatedAt: day(5), ResolvedAt: time.Time{}},      // at the very beginning
			{Number: 10, Status: ticket.Closed, Assignee: "", OpenedAt: day(0), ResolvedAt: day(1), ClosedAt: day(9), UpdatedAt: to}, // resolved counts, not closed
		} {
			if k.Department == "" {
				k.Department = "support"
			}
			err = errors.Join(err, tx.Save(&k))
		}
		return errors.Join(err, tx.AddEntry(reply(2, "jane", day(1))), tx.AddEntry(reply(3, "john", day(1).Add(2*time.Hour))),
			tx.AddEntry(reply(3, "jane", day(1).Add(3*time.Hour))), tx.AddEntry(reply(9, "jane", day(-1))), tx.AddEntry(reply(7, "jane", day(2))),
			tx.SaveClocks(3, first(3, ticket.Clock{State: sla.Met, Ended: day(1)})),
			tx.SaveClocks(4, first(4, ticket.Clock{State: sla.Running, Breached: day(6)})),
			tx.SaveClocks(9, first(9, ticket.Clock{State: sla.Running})))
	})
	update(t, s, func(tx ticket.Tx) error { // a rating counts when it was given
		var err error
		for n, at := range map[ticket.Number]time.Time{2: day(-1), 3: day(2), 4: day(1)} {
			k, fault := tx.Ticket(n)
			if fault != nil {
				return fault
			}
			k.Stars, k.RatedAt = int(n), at
			err = errors.Join(err, tx.Save(k))
		}
		return err
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Tally("support", from, to)
		slices.Sort(got.Solutions)
		slices.Sort(got.Ratings)
		return errors.Join(err, same("tally", got, ticket.Tally{
			Opened: []time.Time{day(0), day(0), day(1), day(6).Add(time.Hour)}, Ended: []time.Time{day(1), day(2), day(3)}, OpenByAge: []int{2, 0, 0, 2, 0}, FirstMet: 1, FirstLate: 1,
			Answers: []time.Duration{2 * time.Hour}, Solutions: []time.Duration{24 * time.Hour, 24 * time.Hour, 4 * 24 * time.Hour},
			Open: map[string]int{"jane": 2, "": 2}, Replies: map[string]int{"jane": 2, "john": 1},
			EndedByWho: map[string]int{"jane": 1, "john": 1, "": 1}, Ratings: []int{3, 4},
		}))
	})
}

func byDeadline(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(tx.Save(&ticket.Ticket{Number: 1}), tx.Save(&ticket.Ticket{Number: 2, Deadline: noon().Add(time.Hour)}),
			tx.Save(&ticket.Ticket{Number: 3, Deadline: noon()}), tx.Save(&ticket.Ticket{Number: 4}), tx.Save(&ticket.Ticket{Number: 5, Deadline: noon()}))
	})
	view(t, s, func(tx ticket.Tx) error {
		found, err := tx.Find(ticket.Filter{Order: ticket.ByDue})
		var got []ticket.Number
		for _, k := range found {
			got = append(got, k.Number)
		}
		return errors.Join(err, same("order", got, []ticket.Number{3, 5, 2, 1, 4}))
	})
}

func byRating(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		var err error
		for n := ticket.Number(1); n <= 5; n++ {
			err = errors.Join(err, tx.Save(&ticket.Ticket{Number: n, Stars: int(n), RatedAt: noon()}))
		}
		return errors.Join(err, tx.Save(&ticket.Ticket{Number: 6}))
	})
	view(t, s, func(tx ticket.Tx) error {
		found, err := tx.Find(ticket.Filter{StarsFrom: 2, StarsTo: 4})
		var got []ticket.Number
		for _, k := range found {
			got = append(got, k.Number)
			err = errors.Join(err, same("kept", k.Stars, int(k.Number)), same("at", k.RatedAt, noon()))
		}
		slices.Sort(got)
		all, err2 := tx.Find(ticket.Filter{})
		return errors.Join(err, err2, same("rated", got, []ticket.Number{2, 3, 4}), same("rated or not", len(all), 6))
	})
}
