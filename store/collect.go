package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket"
)

// collectGroup is how many orphans are looked for at once. Each is removed in a
// transaction of its own.
const collectGroup = 100

// orphanBlobs finds uploads that never ended and blobs that nothing refers to.
const orphanBlobs = `
	SELECT id FROM blobs
	WHERE id > $1 AND made_at < $2 AND (sum IS NULL OR (
		NOT EXISTS (SELECT 1 FROM receipts WHERE raw = blobs.sum)
		AND NOT EXISTS (SELECT 1 FROM files WHERE raw = blobs.sum)))
	ORDER BY id LIMIT $3`

// CollectBlobs removes blobs made before an instant that no receipt and no file
// refers to: the uploads of mails that were never taken. It returns how many
// there were. The instant must lie before the beginning of any upload that
// still runs.
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
			return collected, nil
		}
	}
}

// dropOrphan removes a blob if it still is an orphan: a mail may have been taken
// since it was found.
func (db *DB) dropOrphan(ctx context.Context, id int64, olderThan time.Time) (dropped bool, err error) {
	err = db.update(ctx, func(t *tx) error {
		dropped = false
		var still int64
		// Held, no receipt can begin to refer to it, and nothing makes it young.
		err := t.one(t.held(`SELECT id FROM blobs WHERE id = $1`), args{id}, &still)
		if errors.Is(err, ticket.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		err = t.one(orphanBlobs, args{id - 1, olderThan.UnixMilli(), 1}, &still)
		if dropped = err == nil && still == id; dropped {
			return t.dropBlob(id)
		}
		if errors.Is(err, ticket.ErrNotFound) {
			return nil
		}
		return err
	})
	return dropped, err
}
