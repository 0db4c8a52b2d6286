package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"deskpost/ticket"
)

const (
	// blobPage is how many raw mails are read in one transaction: it is short, so
	// that the log of a SQLite file that is written to meanwhile does not grow.
	blobPage = 100
	// orphanAge is how old raw mail without an owner is before it is a finding:
	// what is younger may be about to be taken.
	orphanAge = 24 * time.Hour
)

// An auditedBlob is a raw mail as it is listed.
type auditedBlob struct {
	id      int64
	sum     ticket.Sum // zero while it is an upload, or is being removed
	size    int64
	made    time.Time
	place   sql.NullString // of its object; NULL if its bytes are in the database
	dropped time.Time
	owned   int
}

func (b *auditedBlob) where() string { return fmt.Sprintf("raw mail %x", b.sum) }

const auditedBlobs = `
	SELECT id, sum, size, made_at, place, dropped_at, CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE raw = blobs.sum)
		OR EXISTS (SELECT 1 FROM files WHERE raw = blobs.sum) THEN 1 ELSE 0 END
	FROM blobs WHERE id > $1 ORDER BY id LIMIT $2`

// blobs reads every raw mail and compares it with its name.
func (a *auditor) blobs(ctx context.Context) error {
	for last, more := int64(0), true; more; {
		var away []auditedBlob
		err := a.view(ctx, func() error {
			page, err := rows(a.tx, func(s scan) (b auditedBlob, err error) {
				return b, s(&b.id, sumTo{&b.sum}, &b.size, instant{&b.made}, &b.place, instant{&b.dropped}, &b.owned)
			}, auditedBlobs, last, blobPage)
			if err != nil {
				return err
			}
			for _, b := range page {
				last = b.id
				if !a.named(b) {
					continue
				}
				if b.place.Valid {
					away = append(away, b)
				} else if err := a.stored(b); err != nil && !a.damaged(b.where(), err) {
					return err
				}
			}
			more = len(page) > 0
			return nil
		})
		if err != nil {
			if !a.damaged("raw mail", err) {
				return err
			}
			more = false
		}
		// No transaction waits for a bucket.
		for _, b := range away {
			if err := a.object(ctx, b); err != nil {
				return err
			}
		}
	}
	if a.away > 0 {
		a.found(mailElsewhere, "the bucket", fmt.Sprintf("the bytes of %d raw mails are there, and it was not looked at", a.away))
	}
	return nil
}

// named looks at the row of a blob, and reports whether it is that of a whole
// raw mail.
func (a *auditor) named(b auditedBlob) bool {
	old := func(since time.Time) bool { return a.now.Sub(since) > orphanAge }
	upload := fmt.Sprintf("upload %d", b.id)
	switch {
	case b.sum != ticket.Sum{}:
		a.tally.Blobs++
		a.tally.Bytes += b.size
		if b.owned == 0 && old(b.made) {
			a.found(mailOrphaned, b.where(), "it was written "+b.made.Format(time.RFC3339)+" and belongs to nothing")
		}
		return true
	case b.dropped.IsZero() && old(b.made):
		a.found(uploadUnfinished, upload, "it began "+b.made.Format(time.RFC3339))
	case !b.dropped.IsZero() && old(b.dropped):
		a.found(uploadUnfinished, upload, "its removal from the bucket, as "+b.place.String+", began "+b.dropped.Format(time.RFC3339))
	}
	return false
}

// stored compares a raw mail that is in the database with its name.
func (a *auditor) stored(b auditedBlob) error {
	wrong, err := a.chunks(b)
	if err == nil && wrong != "" {
		a.found(mailDamaged, b.where(), wrong)
	}
	return err
}

// object compares a raw mail that is in the bucket with its name, or only the
// number of its bytes.
func (a *auditor) object(ctx context.Context, b auditedBlob) error {
	if a.db.objects.Bucket == nil {
		a.away++
		return nil
	}
	r := newObjectReader(ctx, a.db.objects.Bucket, b.place.String, b.sum, b.size)
	err := r.open()
	if err == nil && !a.Quick {
		_, err = io.Copy(io.Discard, r)
	}
	err = errors.Join(err, r.Close())
	_, changed := errors.AsType[changedError](err)
	switch {
	case err == nil:
		return nil
	case changed:
		a.found(objectWrong, b.where(), err.Error())
		return nil
	case isMissing(err):
		return a.missing(ctx, b, err)
	}
	return fmt.Errorf("look at raw mail %x: %w", b.sum, err)
}

// missing tells of an object that is not there, unless it was collected since its
// row was read.
func (a *auditor) missing(ctx context.Context, b auditedBlob, why error) error {
	var still int64
	err := a.db.view(ctx, func(t *tx) error {
		return t.one(`SELECT id FROM blobs WHERE id = $1 AND sum IS NOT NULL`, args{b.id}, &still)
	})
	switch {
	case errors.Is(err, ticket.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	a.found(objectWrong, b.where(), why.Error())
	return nil
}

// chunks reads the bytes of a blob, one chunk at a time, or only counts them,
// and says what is wrong with them.
func (a *auditor) chunks(b auditedBlob) (wrong string, err error) {
	if a.Quick {
		var pieces, size int64
		err := a.one(`SELECT COUNT(*), COALESCE(SUM(LENGTH(bytes)), 0) FROM blob_chunks WHERE blob = $1`, args{b.id}, &pieces, &size)
		if want := (b.size + chunkSize - 1) / chunkSize; err == nil && (size != b.size || pieces != want) {
			wrong = fmt.Sprintf("it should have %d bytes in %d pieces, and there are %d in %d", b.size, want, size, pieces)
		}
		return wrong, err
	}
	hash := sha256.New()
	var seq, size int64
	err = each(a.tx, func(s scan) error {
		var at int64
		var bytes []byte
		if err := s(&at, &bytes); err != nil {
			return err
		}
		if at != seq && wrong == "" {
			wrong = fmt.Sprintf("its piece %d is missing", seq)
		}
		hash.Write(bytes)
		seq, size = at+1, size+int64(len(bytes))
		return nil
	}, `SELECT seq, bytes FROM blob_chunks WHERE blob = $1 ORDER BY seq`, b.id)
	switch {
	case wrong != "":
	case size != b.size:
		wrong = fmt.Sprintf("it should have %d bytes, and has %d", b.size, size)
	case ticket.Sum(hash.Sum(nil)) != b.sum:
		wrong = "its bytes have another sum"
	}
	return wrong, err
}
