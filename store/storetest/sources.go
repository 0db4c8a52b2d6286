package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var sourceTests = map[string]func(*testing.T, ticket.Store){
	"the mark stops before the first UID without a row":   mark,
	"a whole pass lifts the mark over UIDs that are gone": markSwept,
	"missing UIDs have neither receipt nor failure":       missing,
	"mail from before the baseline has receipts":          skipBefore,
	"the baseline is set once":                            baseline,
	"the last sweep is the latest":                        lastSweep,
	"failures are counted by stage":                       failures,
	"a reader that has not ended in order is known":       reading,
}

// marked demands the mark of a numbering of the source "box".
func marked(tx ticket.Tx, epoch, want uint32) error {
	got, err := tx.Mark("box", epoch)
	return errors.Join(err, same("mark", got, want))
}

func mark(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return marked(tx, 1, 0) },
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 1, "a"), mail("box", 1, 2, "b")) },
			func() error { return marked(tx, 1, 2) },
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 4, "d")) },
			func() error { return marked(tx, 1, 2) },
			func() error {
				return tx.Fail(ticket.Failure{Source: "box", Epoch: 1, UID: 3, Stage: "fetch", At: noon()})
			},
			func() error { return marked(tx, 1, 4) },
			func() error { return tx.SkipBefore("box", 1, []uint32{5}, []time.Time{noon()}, noon()) },
			func() error { return marked(tx, 1, 5) },
			func() error { return tx.ClearFailure("box", 1, 3) },
			func() error { return marked(tx, 1, 2) },
			func() error { return marked(tx, 2, 0) },
		)
	})
}

func markSwept(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 700, "a"), mail("box", 1, 712, "b")) },
			func() error { return marked(tx, 1, 0) },
			func() error { return tx.Swept("box", noon()) },
			func() error { return marked(tx, 1, 712) },
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 713, "c"), mail("box", 1, 715, "d")) },
			func() error { return marked(tx, 1, 713) },
			func() error {
				return tx.Fail(ticket.Failure{Source: "box", Epoch: 1, UID: 720, Stage: "fetch", At: noon()})
			},
			func() error { return tx.Swept("box", noon()) },
			func() error { return marked(tx, 1, 720) },
			// A pass over a new numbering says nothing about the old one.
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 800, "e"), mail("box", 2, 5, "f")) },
			func() error { return tx.Swept("box", noon()) },
			func() error { return marked(tx, 2, 5) },
			func() error { return marked(tx, 1, 720) },
		)
	})
}

func missing(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(
			take(tx, ticket.Fresh, mail("box", 1, 10, "a"), mail("box", 1, 12, "b"), mail("box", 2, 11, "c"),
				mail("other", 1, 13, "d")),
			tx.Fail(ticket.Failure{Source: "box", Epoch: 1, UID: 14, Stage: "fetch", At: noon()}))
	})
	view(t, s, func(tx ticket.Tx) error {
		some, err := tx.Missing("box", 1, []uint32{14, 13, 12, 11, 10, 9, 4294967295})
		none, err2 := tx.Missing("box", 1, nil)
		return errors.Join(err, err2, same("missing", some, []uint32{13, 11, 9, 4294967295}), same("of none", len(none), 0))
	})
}

func skipBefore(t *testing.T, s ticket.Store) {
	old := noon().Add(-48 * time.Hour)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return take(tx, ticket.Fresh, mail("box", 1, 2, "a")) },
			func() error {
				return tx.SkipBefore("box", 1, []uint32{1, 2, 3}, []time.Time{old, old, old}, noon())
			},
			func() error {
				k, err := tx.TakenUID("box", 1, 3)
				return errors.Join(err, same("outcome", k.Outcome, ticket.BeforeBaseline),
					same("received", k.Received, old), same("at", k.At, noon()))
			},
			func() error { // one that was taken stays as it is
				k, err := tx.TakenUID("box", 1, 2)
				return errors.Join(err, same("outcome", k.Outcome, ticket.Opened))
			},
			func() error { return take(tx, ticket.Again, mail("box", 1, 3, "b")) },
			func() error { // nothing of it is left to be tried again
				return errors.Join(tx.Fail(ticket.Failure{Source: "box", Epoch: 1, UID: 4, Stage: "fetch", At: noon()}),
					tx.SkipBefore("box", 1, []uint32{4}, []time.Time{old}, noon()))
			},
			func() error {
				list, err := tx.Failures("box", 1)
				return errors.Join(err, same("failures", len(list), 0))
			},
		)
	})
}

func reading(t *testing.T, s ticket.Store) {
	begin := func(tx ticket.Tx, source string, want bool) error {
		unended, err := tx.BeginReading(source, noon())
		return errors.Join(err, same("unended", unended, want))
	}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return begin(tx, "box", false) },
			func() error { return begin(tx, "other", false) },
			func() error { return begin(tx, "box", true) },
			func() error { return tx.EndReading("box") },
			func() error { return begin(tx, "box", false) },
			func() error { return begin(tx, "other", true) },
			func() error { return same("end of an unknown source", tx.EndReading("third"), ticket.ErrNotFound) },
		)
	})
}

func baseline(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		_, err := tx.Baseline("box")
		if err := absent("baseline before it is set", err); err != nil {
			return err
		}
		return try(
			func() error { return tx.Swept("box", noon()) }, // the source is known now, its baseline is not
			func() error { _, err := tx.Baseline("box"); return absent("baseline after a sweep", err) },
			func() error { return tx.SetBaseline("box", noon()) },
			func() error { return tx.SetBaseline("box", noon().Add(time.Hour)) },
			func() error { at, err := tx.Baseline("box"); return errors.Join(err, same("baseline", at, noon())) },
			func() error { return tx.SetBaseline("all", time.Time{}) },
			func() error {
				at, err := tx.Baseline("all")
				return errors.Join(err, same("all mail", at, time.Time{}))
			},
		)
	})
}

func lastSweep(t *testing.T, s ticket.Store) {
	last := func(tx ticket.Tx, want time.Time) error {
		at, err := tx.LastSweep("box")
		return errors.Join(err, same("last sweep", at, want))
	}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return last(tx, time.Time{}) },
			func() error { return tx.SetBaseline("box", noon()) },
			func() error { return last(tx, time.Time{}) },
			func() error { return tx.Swept("box", noon()) },
			func() error { return last(tx, noon()) },
			func() error { return tx.ForgetSweep("box") },
			func() error { return last(tx, time.Time{}) },
			func() error { return tx.Swept("box", noon()) },
			func() error { return tx.Swept("box", noon().Add(-time.Minute)) },
			func() error { return last(tx, noon().Add(-time.Minute)) }, // the clock was set back
			func() error { return tx.Swept("box", noon().Add(time.Minute)) },
			func() error { return last(tx, noon().Add(time.Minute)) },
		)
	})
}

func failures(t *testing.T, s ticket.Store) {
	fail := func(tx ticket.Tx, uid uint32, stage string, given, want int) error {
		f := ticket.Failure{Source: "box", Epoch: 1, UID: uid, Stage: stage, Tries: given, Error: "boom", At: noon()}
		if err := tx.Fail(f); err != nil {
			return err
		}
		list, err := tx.Failures("box", 1)
		if err != nil || len(list) == 0 {
			return errors.Join(err, same("failures", len(list), 1))
		}
		f.Tries = want
		return same("failure", list[len(list)-1], f)
	}
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return fail(tx, 9, "fetch", 0, 1) },
			func() error { return fail(tx, 9, "fetch", 1, 2) },
			func() error { return fail(tx, 9, "fetch", 3, 3) },
			func() error { return fail(tx, 9, "process", 1, 1) },
			func() error { return fail(tx, 9, "process", 2, 2) },
			func() error {
				return tx.Fail(ticket.Failure{Source: "box", Epoch: 1, UID: 3, Stage: "fetch", At: noon()})
			},
			func() error {
				list, err := tx.Failures("box", 1)
				if err != nil || len(list) != 2 {
					return errors.Join(err, same("failures", len(list), 2))
				}
				return same("first by UID", list[0].UID, uint32(3))
			},
			func() error { return errors.Join(tx.ClearFailure("box", 1, 9), tx.ClearFailure("box", 1, 3)) },
			func() error {
				list, err := tx.Failures("box", 1)
				return errors.Join(err, same("cleared", len(list), 0))
			},
			func() error { return tx.ClearFailure("box", 1, 9) }, // of none is no error: the caller need not look first
		)
	})
}
