package ticket

import (
	"context"
	"fmt"
	"time"
)

// A Position is where a mailbox's reader goes on.
type Position struct {
	Mark     uint32    // the highest UID below which every UID has a row
	Baseline time.Time // mail that reached the mailbox before it is left alone; zero is all mail
	Epoch    uint32    // the numbering met last; 0 if none
	First    bool      // the desk has never read this source: the baseline is yet to be set
	Failures []Failure // mails below the mark that are still to be taken
	Untold   []Taken   // mails taken of which the mail server was not told
	Lost     time.Time // since then mail may have been moved away by a desk that is lost; zero if none was
}

// Resume reads where to go on with a source. The truth is what was committed;
// flags on the server mean nothing to the desk.
func (d *Desk) Resume(ctx context.Context, source string, epoch uint32, untold int) (Position, error) {
	var p Position
	err := d.view(ctx, func(t *turn) (err error) {
		if p.Mark, err = t.tx.Mark(source, epoch); err != nil {
			return err
		}
		if p.Epoch, err = t.tx.LastEpoch(source); err != nil {
			return err
		}
		p.Baseline, err = t.tx.Baseline(source)
		if p.First = isAbsent(err); err != nil && !p.First {
			return err
		}
		if p.Lost, err = t.tx.LostSince(source); err != nil {
			return err
		}
		if p.Failures, err = t.tx.Failures(source, epoch); err != nil {
			return err
		}
		p.Untold, err = t.tx.AfterPending(source, epoch, untold)
		return err
	})
	if err != nil {
		return Position{}, fmt.Errorf("read position in %s: %w", source, err)
	}
	return p, nil
}

// StartAt sets the baseline of a source that is read for the first time.
func (d *Desk) StartAt(ctx context.Context, source string, baseline time.Time) error {
	return d.source(ctx, "set baseline of "+source, func(t *turn) error {
		return t.tx.SetBaseline(source, baseline.UTC())
	})
}

// BeginReading notes that somebody reads a source from now on. It reports
// whether whoever did before has died: EndReading was not called.
func (d *Desk) BeginReading(ctx context.Context, source string) (died bool, err error) {
	err = d.source(ctx, "begin to read "+source, func(t *turn) (err error) {
		died, err = t.tx.BeginReading(source, t.now)
		return err
	})
	return died, err
}

// EndReading notes that whoever read a source has ended in order.
func (d *Desk) EndReading(ctx context.Context, source string) error {
	return d.source(ctx, "end reading "+source, func(t *turn) error { return t.tx.EndReading(source) })
}

// Skip records mails that reached the mailbox before the baseline.
func (d *Desk) Skip(ctx context.Context, source string, epoch uint32, uids []uint32, received []time.Time) error {
	return d.source(ctx, "record older mail of "+source, func(t *turn) error {
		return t.tx.SkipBefore(source, epoch, uids, received, t.now)
	})
}

// Missing returns those UIDs of a source that have no row: what a server that
// numbers badly hid from us.
func (d *Desk) Missing(ctx context.Context, source string, epoch uint32, uids []uint32) ([]uint32, error) {
	return look(ctx, d, "compare "+source+" with the receipts", func(tx Tx) ([]uint32, error) { return tx.Missing(source, epoch, uids) })
}

// Fail books a try at a mail that did not succeed, so that the sweep can go on
// without it.
func (d *Desk) Fail(ctx context.Context, f Failure) error {
	return d.source(ctx, fmt.Sprintf("book failure of %s UID %d", f.Source, f.UID), func(t *turn) error {
		f.At = t.now
		return t.tx.Fail(f)
	})
}

// TakeBack undoes the booking of a try that turned out to be none: before is what
// was booked for the mail until then, without tries if nothing was.
func (d *Desk) TakeBack(ctx context.Context, source string, epoch, uid uint32, before Failure) error {
	return d.source(ctx, fmt.Sprintf("take back a failure of %s UID %d", source, uid), func(t *turn) error {
		if err := t.tx.ClearFailure(source, epoch, uid); err != nil || before.Tries == 0 {
			return err
		}
		return t.tx.Fail(before)
	})
}

// Told notes that the mail server was told of mails: flagged, moved or deleted
// them as configured.
func (d *Desk) Told(ctx context.Context, source string, epoch uint32, uids []uint32) error {
	return d.source(ctx, "note what "+source+" was told", func(t *turn) error {
		return t.tx.AfterDone(source, epoch, uids, t.now)
	})
}

// FoundLost notes that the mail which a lost desk had moved away was looked for.
func (d *Desk) FoundLost(ctx context.Context, source string) error {
	return d.source(ctx, "note that the lost mail of "+source+" is found", func(t *turn) error {
		return t.tx.FoundLost(source)
	})
}

// Swept notes that a pass over a source that began then has reached its end.
func (d *Desk) Swept(ctx context.Context, source string, began time.Time) error {
	return d.source(ctx, "note sweep of "+source, func(t *turn) error {
		return t.tx.Swept(source, began.UTC())
	})
}

func (d *Desk) source(ctx context.Context, what string, f func(*turn) error) error {
	if err := d.update(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
