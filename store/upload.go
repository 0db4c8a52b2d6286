package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// Bounds of uploads to a bucket.
const (
	putsAtOnce = 8               // of one group
	tidyWithin = 5 * time.Second // what a failed upload has left is tried to be removed
)

// A parcel is a blob on its way to the bucket, in this order:
//
//  1. Its bytes are all here, so that size and sum are known.
//  2. A row with its place and without its sum is committed: the intent.
//  3. The object is put.
//  4. The row is named by the sum, and receipts can refer to it.
//
// The row is there before the object, so whatever dies leaves no object that
// CollectBlobs does not find; and it is named after the object, so nothing ever
// refers to an object that was not put.
type parcel struct {
	blob  ticket.Blob
	body  io.ReaderAt
	id    int64  // of the row; 0 if the same bytes are in the store already
	place string // key of the object
	sent  bool   // an object may be there, or still come
	done  bool   // an object is there
	spare bool   // the same bytes were named meanwhile: this object is not needed
}

// KeepBlobs puts raw mail whose bytes are in memory where it stays, if that is a
// bucket, and takes its Inline away. It must not run inside a transaction.
// Otherwise it does nothing: the bytes are written with their receipts. With an
// error nothing is taken away.
func (db *DB) KeepBlobs(ctx context.Context, blobs []*ticket.Blob) error {
	if !db.objects.takesNew {
		return nil
	}
	var group []*parcel
	seen := make(map[ticket.Sum]bool)
	for _, b := range blobs {
		if b.Inline != nil && !seen[b.Sum] {
			if err := checkInline(b); err != nil {
				return err
			}
			seen[b.Sum] = true
			group = append(group, &parcel{blob: ticket.Blob{Sum: b.Sum, Size: b.Size}, body: bytes.NewReader(b.Inline)})
		}
	}
	if err := db.upload(ctx, group); err != nil {
		return err
	}
	for _, b := range blobs {
		b.Inline = nil
	}
	return nil
}

// upload brings a group into the bucket: the rows of all of them in one
// transaction, the objects several at a time, the names in another transaction.
func (db *DB) upload(ctx context.Context, group []*parcel) error {
	if len(group) == 0 {
		return nil
	}
	if err := db.own(ctx); err != nil {
		return fmt.Errorf("keep raw mail: %w", err)
	}
	// In the order of their sums, two groups never wait for each other's rows.
	slices.SortFunc(group, func(a, b *parcel) int { return bytes.Compare(a.blob.Sum[:], b.blob.Sum[:]) })
	err := db.uploadSteps(ctx, group)
	if err != nil {
		return errors.Join(fmt.Errorf("keep raw mail: %w", err), db.undo(ctx, group))
	}
	return db.tidy(ctx, group, func(u *parcel) bool { return u.spare })
}

func (db *DB) uploadSteps(ctx context.Context, group []*parcel) error {
	if err := db.intend(ctx, group); err != nil {
		return err
	}
	if err := failpoint.Here("store.blob-intended"); err != nil {
		return err
	}
	if err := db.put(ctx, group); err != nil {
		return err
	}
	if err := failpoint.Here("store.blob-put"); err != nil {
		return err
	}
	if err := db.name(ctx, group); err != nil {
		return err
	}
	return failpoint.Here("store.blob-named")
}

// intend commits the rows. Bytes that the store has already need no upload: they
// are made young again, which keeps the collection off them.
func (db *DB) intend(ctx context.Context, group []*parcel) error {
	return db.update(ctx, func(t *tx) error {
		now := db.now().UnixMilli()
		for _, u := range group {
			u.id = 0
			err := t.must(`UPDATE blobs SET made_at = $2 WHERE sum = $1`, sumOf(u.blob.Sum), now)
			if !errors.Is(err, ticket.ErrNotFound) {
				if err != nil {
					return err
				}
				continue
			}
			u.place = db.objects.newPlace(u.blob.Sum)
			err = t.insert(`INSERT INTO blobs (size, made_at, place) VALUES ($1, $2, $3) RETURNING id`,
				args{u.blob.Size, now, u.place}, &u.id)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// put writes the objects. The first error ends it.
func (db *DB) put(ctx context.Context, group []*parcel) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	slots := make(chan struct{}, putsAtOnce)
	for _, u := range group {
		if u.id == 0 {
			continue
		}
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		u.sent = true
		workers.Go(func() {
			defer func() { <-slots }()
			err := db.objects.Put(ctx, u.place, u.body, u.blob.Size, u.blob.Sum)
			if u.done = err == nil; !u.done {
				cancel(err) // the first one counts
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// name commits the sums of what was put.
func (db *DB) name(ctx context.Context, group []*parcel) error {
	return db.update(ctx, func(t *tx) error {
		for _, u := range group {
			if u.id == 0 {
				continue
			}
			var err error
			if u.spare, err = t.nameBlob(u.id, u.blob, db.now()); err != nil {
				return err
			}
			if u.spare {
				if err := t.dropUnnamed(u.id, db.now()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// undo removes what a failed group has left, as far as the bucket lets it. The
// rows of the rest stay for CollectBlobs, which knows by them what to remove.
func (db *DB) undo(ctx context.Context, group []*parcel) error {
	// The upload may have failed because its context ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyWithin)
	defer cancel()
	dropped := make(map[int64]bool)
	err := db.update(ctx, func(t *tx) error {
		clear(dropped)
		for _, u := range group {
			err := t.dropUnnamed(u.id, db.now())
			switch {
			case err == nil:
				dropped[u.id] = true
			case !errors.Is(err, ticket.ErrNotFound): // it was named after all, or has no row
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("undo an upload: %w", err)
	}
	return db.tidy(ctx, group, func(u *parcel) bool { return dropped[u.id] })
}

// tidy removes the objects, and then the rows, of uploads whose rows are marked
// as dropped. CollectBlobs does it a day later for an object that the bucket does
// not remove now, and for one that may still be on its way there.
func (db *DB) tidy(ctx context.Context, group []*parcel, dropped func(*parcel) bool) error {
	var gone []int64
	reachable := true
	for _, u := range group {
		if !dropped(u) || u.sent && !u.done {
			continue
		}
		if u.done {
			if reachable = reachable && db.objects.Remove(ctx, u.place) == nil; !reachable {
				continue
			}
		}
		gone = append(gone, u.id)
	}
	if len(gone) == 0 {
		return nil
	}
	return db.update(ctx, func(t *tx) error {
		for _, id := range gone {
			if err := t.dropBlob(id); err != nil {
				return err
			}
		}
		return nil
	})
}
