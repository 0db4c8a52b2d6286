package store

import (
	"context"
	"crypto/sha256"
	"fmt"
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
	id    int64
	sum   ticket.Sum // zero while it is an upload
	size  int64
	made  time.Time
	owned int
}

const auditedBlobs = `
	SELECT id, sum, size, made_at, CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE raw = blobs.sum)
		OR EXISTS (SELECT 1 FROM files WHERE raw = blobs.sum) THEN 1 ELSE 0 END
	FROM blobs WHERE id > $1 ORDER BY id LIMIT $2`

// blobs reads every raw mail and compares it with its name.
func (a *auditor) blobs(ctx context.Context) error {
	for last, more := int64(0), true; more; {
		err := a.db.view(ctx, func(t *tx) error {
			a.tx = t
			page, err := rows(t, func(s scan) (b auditedBlob, err error) {
				return b, s(&b.id, sumTo{&b.sum}, &b.size, instant{&b.made}, &b.owned)
			}, auditedBlobs, last, blobPage)
			if err != nil {
				return err
			}
			for _, b := range page {
				if err := a.blob(b); err != nil && !a.damaged(fmt.Sprintf("raw mail %x", b.sum), err) {
					return err
				}
				last = b.id
			}
			more = len(page) > 0
			return nil
		})
		if err != nil {
			if !a.damaged("raw mail", err) {
				return err
			}
			return nil
		}
	}
	return nil
}

func (a *auditor) blob(b auditedBlob) error {
	old := a.now.Sub(b.made) > orphanAge
	if b.sum == (ticket.Sum{}) {
		if old {
			a.found(uploadUnfinished, fmt.Sprintf("upload %d", b.id), "it began "+b.made.Format(time.RFC3339))
		}
		return nil
	}
	a.tally.Blobs++
	a.tally.Bytes += b.size
	where := fmt.Sprintf("raw mail %x", b.sum)
	if b.owned == 0 && old {
		a.found(mailOrphaned, where, "it was written "+b.made.Format(time.RFC3339)+" and belongs to nothing")
	}
	wrong, err := a.chunks(b)
	if err == nil && wrong != "" {
		a.found(mailDamaged, where, wrong)
	}
	return err
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
