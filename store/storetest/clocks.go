package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

var clockTests = map[string]func(*testing.T, ticket.Store){
	"editions are kept once and read back": editions,
	"clocks of a ticket are replaced":      clocks,
	"a step fires once":                    fired,
	"tickets are found by their setting":   settings,
}

func editions(t *testing.T, s ticket.Store) {
	first := ticket.Edition{Kind: ticket.PlanEdition, Key: "sev-a", Revision: "1", Says: `{"a":1}`}
	update(t, s, func(tx ticket.Tx) error {
		again := first
		again.Says = "another"
		return errors.Join(tx.KeepEdition(first), tx.KeepEdition(again))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Edition(ticket.PlanEdition, "sev-a", "1")
		_, missing := tx.Edition(ticket.CalendarEdition, "sev-a", "1")
		return errors.Join(err, same("edition", got, first), absent("an edition of another kind", missing))
	})
}

func clocks(t *testing.T, s ticket.Store) {
	terms := ticket.Terms{Plan: "sev-a", PlanRevision: "1", Priority: "High", Calendar: "office", CalendarRevision: "2"}
	first := ticket.Clock{Ticket: 1001, Metric: sla.First, Cycle: 1, Terms: terms, Budget: time.Hour, Consumed: time.Minute, State: sla.Met,
		Started: noon(), Ended: noon().Add(time.Minute), Deadline: noon().Add(time.Hour), Breached: noon().Add(2 * time.Hour)}
	resolve := ticket.Clock{Ticket: 1001, Metric: sla.Resolve, Cycle: 1, Terms: terms, Budget: time.Hour, State: sla.Running, Started: noon()}
	again := resolve
	again.Cycle = 2
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), tx.SaveClocks(1001, []ticket.Clock{again, resolve, first}))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.ClocksOf(1001)
		none, err2 := tx.ClocksOf(1002)
		return errors.Join(err, err2, same("clocks", got, []ticket.Clock{first, resolve, again}), same("clocks of another", len(none), 0))
	})
	update(t, s, func(tx ticket.Tx) error { return tx.SaveClocks(1001, []ticket.Clock{resolve}) })
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.ClocksOf(1001)
		return errors.Join(err, same("clocks", got, []ticket.Clock{resolve}))
	})
}

func fired(t *testing.T, s ticket.Store) {
	f := ticket.Fired{Ticket: 1001, Metric: sla.First, Cycle: 1, Plan: "sev-a", Step: "warn", Due: noon(), At: noon().Add(time.Second),
		Skipped: ticket.SkippedExpired, Told: []string{"jane", "joe"}}
	other := f
	other.Occurrence, other.Due = 1, noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		if err := newTicket(tx, 1001); err != nil {
			return err
		}
		later := f
		later.At, later.Told = noon().Add(time.Hour), nil
		for _, step := range []struct {
			f    ticket.Fired
			want bool
		}{{f, true}, {later, false}, {other, true}} {
			is, err := tx.Fire(step.f)
			if err = errors.Join(err, same("fired", is, step.want)); err != nil {
				return err
			}
		}
		return tx.Revoke(other, noon().Add(2*time.Hour))
	})
	other.RevokedAt = noon().Add(2 * time.Hour)
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.FiredOn(1001)
		return errors.Join(err, same("fired", got, []ticket.Fired{f, other}))
	})
}

func settings(t *testing.T, s ticket.Store) {
	one := ticket.Setting{Department: "support", Plan: "sev-a", PlanRevision: "1", Calendar: "office", CalendarRevision: "2"}
	two := one
	two.CalendarRevision = "3"
	update(t, s, func(tx ticket.Tx) error {
		var faults []error
		for i, k := range []ticket.Ticket{
			{Status: ticket.New}, {Status: ticket.Hold}, {Status: ticket.Resolved}, {Status: ticket.Open},
			{Status: ticket.Open, CalendarRevision: two.CalendarRevision}, {Status: ticket.Open, Calendar: "none"},
		} {
			k.Number, k.Department, k.Plan, k.PlanRevision = ticket.Number(1001+i), one.Department, one.Plan, one.PlanRevision
			if k.Calendar == "" {
				k.Calendar = one.Calendar
			} else {
				k.Calendar = "" // it never had clocks
			}
			if k.CalendarRevision == "" {
				k.CalendarRevision = one.CalendarRevision
			}
			faults = append(faults, tx.Save(&k))
		}
		return errors.Join(faults...)
	})
	view(t, s, func(tx ticket.Tx) error {
		all, err := tx.Settings()
		slices.SortFunc(all, func(a, b ticket.Setting) int { return strings.Compare(a.CalendarRevision, b.CalendarRevision) })
		under, err1 := tx.Under(one, 0, 10)
		first, err2 := tx.Under(one, 0, 1)
		rest, err3 := tx.Under(one, 1001, 10)
		return errors.Join(err, err1, err2, err3, same("settings", all, []ticket.Setting{one, two}),
			same("under", under, []ticket.Number{1001, 1002, 1004}), same("first", first, []ticket.Number{1001}), same("rest", rest, []ticket.Number{1002, 1004}))
	})
}
