package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

const (
	// chunkSize is how many bytes of a blob stand in one row. It is all of a blob
	// that a reader holds in memory.
	chunkSize = 256 << 10
	// commitSize is how many bytes of an upload are written in one transaction:
	// few enough to keep other writers waiting for milliseconds only.
	commitSize = 1 << 20
)

const blobBySum = `SELECT id FROM blobs WHERE sum = $1`

// putBlob writes a small blob in the transaction that needs it.
func (t *tx) putBlob(b ticket.Blob, at time.Time) error {
	var id int64
	err := t.insert(`INSERT INTO blobs (sum, size, made_at) VALUES ($1, $2, $3) ON CONFLICT (sum) DO NOTHING RETURNING id`,
		args{sumOf(b.Sum), b.Size, at.UnixMilli()}, &id)
	if errors.Is(err, ticket.ErrNotFound) {
		return nil // the same bytes are there already
	}
	if err != nil {
		return err
	}
	return t.putChunks(id, 0, b.Inline)
}

// putChunks writes bytes of a blob from its chunk seq on.
func (t *tx) putChunks(blob, seq int64, b []byte) error {
	for ; len(b) > 0; seq++ {
		n := min(len(b), chunkSize)
		_, err := t.exec(`INSERT INTO blob_chunks (blob, seq, bytes) VALUES ($1, $2, $3)`, blob, seq, b[:n])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// dropUnnamed marks an upload in the bucket, after which it can not be named;
// ErrNotFound if it is named already or not there.
func (t *tx) dropUnnamed(id int64, now time.Time) error {
	return t.must(`UPDATE blobs SET dropped_at = $2 WHERE id = $1 AND sum IS NULL`, id, now.UnixMilli())
}

// dropBlob removes a blob and its bytes, but not its object.
func (t *tx) dropBlob(id int64) error {
	if _, err := t.exec(`DELETE FROM blob_chunks WHERE blob = $1`, id); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM blobs WHERE id = $1`, id)
	return err
}

// A BlobWriter streams a large mail into the store before the transaction that
// takes it. It belongs to one goroutine. Until Commit its bytes have no name,
// and if the program dies CollectBlobs removes them.
type BlobWriter interface {
	io.Writer
	// Commit ends the upload and names the blob by its content. Where the same
	// bytes are in the store already, those stay and the new ones go.
	Commit() (ticket.Blob, error)
	// Abort ends the upload and removes its bytes. After Commit it does nothing.
	Abort() error
}

// A chunkWriter is a BlobWriter into the database.
type chunkWriter struct {
	ctx    context.Context
	db     *DB
	id     int64 // 0 until the first bytes are written
	seq    int64
	size   int64
	hash   hash.Hash
	buffer []byte
	err    error // after which nothing can be written
}

var errBlobDone = errors.New("the upload is over")

// NewBlob begins the upload of a blob. The context holds until its end. Commit
// or Abort must follow.
func (db *DB) NewBlob(ctx context.Context) BlobWriter {
	if db.objects.takesNew {
		return newObjectWriter(ctx, db)
	}
	return &chunkWriter{ctx: ctx, db: db, hash: sha256.New(), buffer: make([]byte, 0, commitSize)}
}

func (w *chunkWriter) Write(b []byte) (int, error) {
	written := 0
	for w.err == nil && len(b) > 0 {
		n := min(len(b), commitSize-len(w.buffer))
		w.buffer = append(w.buffer, b[:n]...)
		written, b = written+n, b[n:]
		if len(w.buffer) == commitSize {
			w.err = w.flush()
		}
	}
	return written, w.err
}

// flush writes what is buffered, in a transaction of its own.
func (w *chunkWriter) flush() error {
	id := w.id
	err := w.db.update(w.ctx, func(t *tx) error {
		if id == 0 {
			err := t.insert(`INSERT INTO blobs (size, made_at) VALUES (0, $1) RETURNING id`,
				args{w.db.now().UnixMilli()}, &id)
			if err != nil {
				return err
			}
		}
		return t.putChunks(id, w.seq, w.buffer)
	})
	if err != nil {
		return fmt.Errorf("write raw mail: %w", err)
	}
	w.id = id
	w.hash.Write(w.buffer)
	w.size += int64(len(w.buffer))
	w.seq += int64((len(w.buffer) + chunkSize - 1) / chunkSize)
	w.buffer = w.buffer[:0]
	return nil
}

func (w *chunkWriter) Commit() (ticket.Blob, error) {
	if w.err == nil && (len(w.buffer) > 0 || w.id == 0) {
		w.err = w.flush()
	}
	if w.err == nil {
		w.err = failpoint.Here("store.upload")
	}
	if w.err != nil {
		err := w.err // Abort sets another
		return ticket.Blob{}, errors.Join(err, w.Abort())
	}
	b := ticket.Blob{Sum: ticket.Sum(w.hash.Sum(nil)), Size: w.size}
	err := w.db.update(w.ctx, func(t *tx) error {
		spare, err := t.nameBlob(w.id, b, w.db.now())
		if err == nil && spare {
			err = t.dropBlob(w.id)
		}
		return err
	})
	if err != nil {
		return ticket.Blob{}, errors.Join(fmt.Errorf("name raw mail: %w", err), w.Abort())
	}
	w.id, w.buffer, w.err = 0, nil, errBlobDone
	return b, nil
}

// nameLooks is how often a name is tried to be given that another blob has.
const nameLooks = 3

// nameBlob gives an upload its name. Where another blob has it already, that one
// is made young again, so that it is not collected before its new receipt is
// written, and the upload is spare.
func (t *tx) nameBlob(id int64, b ticket.Blob, now time.Time) (spare bool, err error) {
	for range nameLooks {
		err := t.Try(func() error {
			return t.must(`UPDATE blobs SET sum = $2, size = $3, made_at = $4 WHERE id = $1 AND dropped_at IS NULL`,
				id, sumOf(b.Sum), b.Size, now.UnixMilli())
		})
		if errors.Is(err, ticket.ErrNotFound) {
			return false, fmt.Errorf("raw mail %x took so long that its upload was collected", b.Sum)
		}
		if !isDuplicate(err) {
			return false, err
		}
		err = t.must(`UPDATE blobs SET made_at = $2 WHERE sum = $1`, sumOf(b.Sum), now.UnixMilli())
		if !errors.Is(err, ticket.ErrNotFound) {
			return err == nil, err
		}
		// The other one has just been collected.
	}
	return false, fmt.Errorf("name raw mail %x: other transactions take and drop the name all the time", b.Sum)
}

func (w *chunkWriter) Abort() error {
	id := w.id
	w.id, w.buffer, w.err = 0, nil, errBlobDone
	if id == 0 {
		return nil
	}
	// The upload may be ending because its context did.
	err := w.db.update(context.WithoutCancel(w.ctx), func(t *tx) error { return t.dropBlob(id) })
	if err != nil {
		return fmt.Errorf("drop raw mail: %w", err)
	}
	return nil
}

// A blobReader reads a blob chunk by chunk. It holds no transaction: a blob does
// not change.
type blobReader struct {
	ctx   context.Context
	db    *DB
	id    int64
	size  int64
	at    int64
	seq   int64  // of chunk
	chunk []byte // nil if none was read yet
}

// OpenBlob opens a blob by its name; ticket.ErrNotFound if there is none. The
// context holds until it is closed.
func (db *DB) OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadSeekCloser, error) {
	r := &blobReader{ctx: ctx, db: db}
	var place sql.NullString
	err := db.view(ctx, func(t *tx) error {
		return t.one(`SELECT id, size, place FROM blobs WHERE sum = $1`, args{sumOf(sum)}, &r.id, &r.size, &place)
	})
	if err != nil {
		return nil, fmt.Errorf("open blob %x: %w", sum, err)
	}
	if !place.Valid {
		return r, nil
	}
	bucket, err := db.objects.at(place.String)
	if err != nil {
		return nil, fmt.Errorf("open blob %x: %w", sum, err)
	}
	return newObjectReader(ctx, bucket, place.String, sum, r.size), nil
}

func (r *blobReader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if seq := r.at / chunkSize; r.chunk == nil || r.seq != seq {
		if err := r.load(seq); err != nil {
			return 0, err
		}
	}
	offset := int(r.at % chunkSize)
	if offset >= len(r.chunk) {
		return 0, fmt.Errorf("blob ends %d bytes early: %w", r.size-r.at, io.ErrUnexpectedEOF)
	}
	n := copy(b, r.chunk[offset:])
	r.at += int64(n)
	return n, nil
}

func (r *blobReader) load(seq int64) error {
	r.chunk = nil
	err := r.db.view(r.ctx, func(t *tx) error {
		return t.one(`SELECT bytes FROM blob_chunks WHERE blob = $1 AND seq = $2`, args{r.id, seq}, &r.chunk)
	})
	if err != nil {
		return fmt.Errorf("read chunk %d of a blob: %w", seq, err)
	}
	r.seq = seq
	return nil
}

func (r *blobReader) Seek(offset int64, whence int) (int64, error) {
	to, err := seek(r.at, r.size, offset, whence)
	if err != nil {
		return 0, err
	}
	r.at = to
	return to, nil
}

// seek is where a seek leads in a blob of so many bytes; see io.Seeker.
func seek(at, size, offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += at
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of a blob")
	}
	return offset, nil
}

func (r *blobReader) Close() error {
	r.at, r.chunk = r.size, nil
	return nil
}

// VerifyBlob reads a blob and compares it with its name.
func (db *DB) VerifyBlob(ctx context.Context, sum ticket.Sum) error {
	r, err := db.OpenBlob(ctx, sum)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return fmt.Errorf("verify blob %x: %w", sum, err)
	}
	if ticket.Sum(h.Sum(nil)) != sum {
		return fmt.Errorf("blob %x is damaged: its bytes have another sum", sum)
	}
	return nil
}
