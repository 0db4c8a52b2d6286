package store

import (
	"errors"
	"time"

	"deskpost/ticket"
)

// meetEpoch remembers a numbering of a source.
func (t *tx) meetEpoch(source string, epoch uint32) error {
	_, err := t.exec(`INSERT INTO epochs (source, epoch, swept) VALUES ($1, $2, 0) ON CONFLICT (source, epoch) DO NOTHING`,
		source, epoch)
	return err
}

// LastEpoch implements ticket.Receipts.
func (t *tx) LastEpoch(source string) (uint32, error) {
	var epoch uint32
	err := t.one(`SELECT epoch FROM epochs WHERE source = $1 ORDER BY id DESC LIMIT 1`, args{source}, &epoch)
	if errors.Is(err, ticket.ErrNotFound) {
		return 0, nil
	}
	return epoch, err
}

// holdSource holds a source until the transaction ends.
func (t *tx) holdSource(source string) error {
	_, err := t.exec(`INSERT INTO sources (source) VALUES ($1) ON CONFLICT (source) DO UPDATE SET source = excluded.source`,
		source)
	return err
}

// markQuery walks from the UID up to which the source was swept along those
// that have a row, to the first that has none.
const markQuery = `
	WITH RECURSIVE walk (uid) AS (
		SELECT COALESCE((SELECT swept FROM epochs WHERE source = $1 AND epoch = $2), 0)
		UNION ALL
		SELECT uid + 1 FROM walk
		WHERE EXISTS (SELECT 1 FROM receipts WHERE source = $1 AND epoch = $2 AND receipts.uid = walk.uid + 1)
			OR EXISTS (SELECT 1 FROM failures WHERE source = $1 AND epoch = $2 AND failures.uid = walk.uid + 1)
	)
	SELECT MAX(uid) FROM walk`

// Mark implements ticket.Receipts. A UID without a row stops it, until a pass
// that reached its end has proven that there is no such mail: see Swept.
func (t *tx) Mark(source string, epoch uint32) (uint32, error) {
	var mark uint32
	err := t.one(markQuery, args{source, epoch}, &mark)
	return mark, err
}

const sweptQuery = `
	UPDATE epochs SET swept = (
		SELECT COALESCE(MAX(uid), 0) FROM (
			SELECT MAX(uid) AS uid FROM receipts WHERE source = $1 AND receipts.epoch = epochs.epoch
			UNION ALL
			SELECT MAX(uid) AS uid FROM failures WHERE source = $1 AND failures.epoch = epochs.epoch
		) AS last
	)
	WHERE id = (SELECT MAX(id) FROM epochs WHERE source = $1)`

// Swept implements ticket.Receipts. UIDs only rise, so after a whole pass every
// UID up to the highest one with a row either has a row too or is that of a mail
// which was gone before the desk saw it.
func (t *tx) Swept(source string, began time.Time) error {
	_, err := t.exec(`
		INSERT INTO sources (source, swept_at) VALUES ($1, $2)
		ON CONFLICT (source) DO UPDATE SET swept_at = excluded.swept_at`, source, ms(began))
	if err != nil {
		return err
	}
	_, err = t.exec(sweptQuery, source)
	return err
}

// LastSweep implements ticket.Receipts.
func (t *tx) LastSweep(source string) (time.Time, error) {
	return t.when(`SELECT swept_at FROM sources WHERE source = $1`, source)
}

// ForgetSweep implements ticket.Receipts.
func (t *tx) ForgetSweep(source string) error {
	_, err := t.exec(`UPDATE sources SET swept_at = NULL WHERE source = $1`, source)
	return err
}

// LostSince implements ticket.Receipts.
func (t *tx) LostSince(source string) (time.Time, error) {
	return t.when(`SELECT lost_since FROM sources WHERE source = $1`, source)
}

// FoundLost implements ticket.Receipts.
func (t *tx) FoundLost(source string) error {
	_, err := t.exec(`UPDATE sources SET lost_since = NULL WHERE source = $1`, source)
	return err
}

// RestoredAt implements ticket.Receipts.
func (t *tx) RestoredAt() (time.Time, error) {
	return t.when(`SELECT MAX(restored_at) FROM backups`)
}

// Baseline implements ticket.Receipts.
func (t *tx) Baseline(source string) (time.Time, error) {
	var at time.Time
	err := t.one(`SELECT baseline FROM sources WHERE source = $1 AND baseline IS NOT NULL`, args{source}, instant{&at})
	return at, err
}

// SetBaseline implements ticket.Receipts. A baseline that is set stays. It is
// kept even where it is the zero instant, which means all mail.
func (t *tx) SetBaseline(source string, at time.Time) error {
	_, err := t.exec(`
		INSERT INTO sources (source, baseline) VALUES ($1, $2)
		ON CONFLICT (source) DO UPDATE SET baseline = COALESCE(sources.baseline, excluded.baseline)`,
		source, at.UnixMilli())
	return err
}

// Fail implements ticket.Receipts. It counts the tries of a stage, whatever
// the caller knows of earlier ones.
func (t *tx) Fail(f ticket.Failure) error {
	if err := t.meetEpoch(f.Source, f.Epoch); err != nil {
		return err
	}
	_, err := t.exec(`
		INSERT INTO failures (source, epoch, uid, stage, tries, error, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (source, epoch, uid) DO UPDATE SET stage = excluded.stage, error = excluded.error, at = excluded.at,
			tries = CASE WHEN failures.stage = excluded.stage AND failures.tries >= excluded.tries
				THEN failures.tries + 1 ELSE excluded.tries END`,
		f.Source, f.Epoch, f.UID, f.Stage, max(f.Tries, 1), f.Error, ms(f.At))
	return err
}

// ClearFailure implements ticket.Receipts.
func (t *tx) ClearFailure(source string, epoch, uid uint32) error {
	_, err := t.exec(`DELETE FROM failures WHERE source = $1 AND epoch = $2 AND uid = $3`, source, epoch, uid)
	return err
}

// Failures implements ticket.Receipts.
func (t *tx) Failures(source string, epoch uint32) ([]ticket.Failure, error) {
	return rows(t, func(s scan) (f ticket.Failure, err error) {
		return f, s(&f.Source, &f.Epoch, &f.UID, &f.Stage, &f.Tries, &f.Error, instant{&f.At})
	}, `SELECT source, epoch, uid, stage, tries, error, at FROM failures WHERE source = $1 AND epoch = $2 ORDER BY uid`,
		source, epoch)
}

// BeginReading implements ticket.Receipts.
func (t *tx) BeginReading(source string, at time.Time) (bool, error) {
	if err := t.holdSource(source); err != nil {
		return false, err
	}
	var since time.Time
	if err := t.one(`SELECT reading_since FROM sources WHERE source = $1`, args{source}, instant{&since}); err != nil {
		return false, err
	}
	return !since.IsZero(), t.must(`UPDATE sources SET reading_since = $2 WHERE source = $1`, source, ms(at))
}

// EndReading implements ticket.Receipts.
func (t *tx) EndReading(source string) error {
	return t.must(`UPDATE sources SET reading_since = NULL WHERE source = $1`, source)
}
