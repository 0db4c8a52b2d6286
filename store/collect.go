package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// collectGroup is how many orphans are looked for at once. Each is removed in a
// transaction of its own.
const collectGroup = 100

// strayGroup is how many listed objects are looked up at once.
const strayGroup = 1000

// orphanBlobs finds uploads that never ended, blobs that nothing refers to, and
// what an earlier collection could not finish.
const orphanBlobs = `
	SELECT id FROM blobs
	WHERE id > $1 AND made_at < $2 AND (sum IS NULL OR (
		NOT EXISTS (SELECT 1 FROM receipts WHERE raw = blobs.sum)
		AND NOT EXISTS (SELECT 1 FROM files WHERE raw = blobs.sum)))
	ORDER BY id LIMIT $3`

// CollectBlobs removes blobs made before an instant that no receipt and no file
// refers to: the uploads of mails that were never taken. It returns how many
// there were. The instant must lie before the beginning of any upload that
// still runs. With a bucket it also removes objects older than that of which
// there is no row.
func (db *DB) CollectBlobs(ctx context.Context, olderThan time.Time) (int, error) {
	collected, last := 0, int64(0)
	for {
		var ids []int64
		err := db.view(ctx, func(t *tx) (err error) {
			ids, err = rows(t, scalar[int64], orphanBlobs, last, olderThan.UnixMilli(), collectGroup)
			return err
		})
		if err != nil {
			return collected, fmt.Errorf("look for orphaned blobs: %w", err)
		}
		for _, id := range ids {
			dropped, err := db.dropOrphan(ctx, id, olderThan)
			if err != nil {
				return collected, fmt.Errorf("drop orphaned blob: %w", err)
			}
			if dropped {
				collected++
			}
			last = id
		}
		if len(ids) < collectGroup {
			break
		}
	}
	strays, err := db.dropStrays(ctx, olderThan)
	return collected + strays, err
}

// dropOrphan removes a blob if it still is an orphan: a mail may have been taken
// since it was found. One in a bucket goes in three steps, each of which the next
// collection does again if this one dies:
//
//  1. Its row loses the sum and is marked as dropped. Nothing can refer to it any
//     more, and nothing can give it a sum again.
//  2. Its object is removed.
//  3. Its row is removed.
//
// No receipt or file can so name an object that is gone, whoever is at work at the
// same time, on whichever node:
//
//   - A receipt holds the row by its foreign key. Either it comes first: step 1
//     waits for its end and then sees it. Or step 1 does: then the receipt is
//     refused, and the mail is taken with another upload. A file names the raw
//     mail of a receipt that is there or comes in the same transaction, or an upload
//     of the request that writes it, whose row is young.
//   - An upload of the same bytes makes the row young. Either it comes first: step
//     1 waits for it and sees a young row. Or step 1 does: then it finds no row
//     with that sum, and puts an object of its own under a key of its own, which
//     step 2 does not touch.
//   - An upload whose own row this is, because it slept for a day, can not name it
//     after step 1. If its object arrives after step 2, no row names it, and it is
//     a stray.
//   - A second collection does the same steps, of which each may be done twice.
func (db *DB) dropOrphan(ctx context.Context, id int64, olderThan time.Time) (dropped bool, err error) {
	var place sql.NullString
	err = db.update(ctx, func(t *tx) error {
		dropped = false
		var still int64
		// Held, no receipt can begin to refer to it, and nothing makes it young.
		err := t.one(t.held(`SELECT id, place FROM blobs WHERE id = $1`), args{id}, &still, &place)
		if errors.Is(err, ticket.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		err = t.one(orphanBlobs, args{id - 1, olderThan.UnixMilli(), 1}, &still)
		if errors.Is(err, ticket.ErrNotFound) || err == nil && still != id {
			return nil
		}
		if err != nil {
			return err
		}
		dropped = true
		if !place.Valid {
			return t.dropBlob(id)
		}
		return t.must(`UPDATE blobs SET sum = NULL, dropped_at = $2 WHERE id = $1`, id, db.now().UnixMilli())
	})
	if err != nil || !dropped || !place.Valid {
		return dropped, err
	}
	return true, db.dropObject(ctx, id, place.String)
}

// dropObject removes the object of a blob that is marked as dropped, and then its
// row.
func (db *DB) dropObject(ctx context.Context, id int64, place string) error {
	if err := failpoint.Here("store.blob-dropped"); err != nil {
		return err
	}
	bucket, err := db.objects.at(place)
	if err != nil {
		return err
	}
	if err := bucket.Remove(ctx, place); err != nil {
		return err
	}
	if err := failpoint.Here("store.blob-removed"); err != nil {
		return err
	}
	return db.update(ctx, func(t *tx) error { return t.dropBlob(id) })
}

// dropStrays removes objects of which there is no row: what arrived after its
// upload was collected, and what was put after the backup from which the database
// was restored; those mails are on the mail server and are taken again. An upload
// commits its row before it puts its object, so an object that is listed before
// its row is asked for, and has none, will never have one. Keys that we do not
// make are left alone.
func (db *DB) dropStrays(ctx context.Context, olderThan time.Time) (int, error) {
	if db.objects.Bucket == nil {
		return 0, nil
	}
	if err := db.own(ctx); err != nil {
		return 0, fmt.Errorf("look for stray objects: %w", err)
	}
	dropped := 0
	var group []string
	flush := func() error {
		strays, err := db.withoutRow(ctx, group)
		group = group[:0]
		for _, key := range strays {
			if err := db.objects.Remove(ctx, key); err != nil {
				return err
			}
			dropped++
		}
		return err
	}
	err := db.objects.List(ctx, func(key string, at time.Time) error {
		if !db.objects.isPlace(key) || !at.Before(olderThan) {
			return nil
		}
		if group = append(group, key); len(group) < strayGroup {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return dropped, fmt.Errorf("drop stray objects: %w", err)
	}
	return dropped, nil
}

// withoutRow leaves of keys those that no blob has as its place.
func (db *DB) withoutRow(ctx context.Context, keys []string) (without []string, err error) {
	err = db.view(ctx, func(t *tx) error {
		for _, key := range keys {
			var id int64
			err := t.one(`SELECT id FROM blobs WHERE place = $1`, args{key}, &id)
			if errors.Is(err, ticket.ErrNotFound) {
				without = append(without, key)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return without, err
}
