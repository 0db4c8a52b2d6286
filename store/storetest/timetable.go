package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var timetableTests = map[string]func(*testing.T, ticket.Store){
	"the nearest instant is found": nextAt,
	"runs are noted":               runs,
}

func nextAt(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		at, err := tx.NextAt(noon())
		return errors.Join(err, same("without tickets", at, time.Time{}),
			tx.Save(&ticket.Ticket{Number: 1, NextAt: noon()}), tx.Save(&ticket.Ticket{Number: 2}),
			tx.Save(&ticket.Ticket{Number: 3, NextAt: noon().Add(2 * time.Hour)}), tx.Save(&ticket.Ticket{Number: 4, NextAt: noon().Add(time.Hour)}))
	})
	view(t, s, func(tx ticket.Tx) error {
		var faults []error
		for after, want := range map[time.Duration]time.Time{-time.Millisecond: noon(), 0: noon().Add(time.Hour), time.Hour: noon().Add(2 * time.Hour), 2 * time.Hour: {}} {
			got, err := tx.NextAt(noon().Add(after))
			faults = append(faults, err, same("after "+after.String(), got, want))
		}
		return errors.Join(faults...)
	})
}

func runs(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		never, err := tx.LastRun("plan")
		return errors.Join(err, same("never", never, time.Time{}), tx.SetRun("plan", noon()), tx.SetRun("report", noon().Add(time.Hour)))
	})
	update(t, s, func(tx ticket.Tx) error { return tx.SetRun("plan", noon().Add(time.Minute)) })
	view(t, s, func(tx ticket.Tx) error {
		plan, err1 := tx.LastRun("plan")
		report, err2 := tx.LastRun("report")
		return errors.Join(err1, err2, same("plan", plan, noon().Add(time.Minute)), same("report", report, noon().Add(time.Hour)))
	})
}
