package store

import (
	"context"
	"crypto/sha256"
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

// dropBlob removes a blob and its bytes.
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
type BlobWriter struct {
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
func (db *DB) NewBlob(ctx context.Context) *BlobWriter {
	return &BlobWriter{ctx: ctx, db: db, hash: sha256.New(), buffer: make([]byte, 0, commitSize)}
}

// Write adds bytes to the blob.
func (w *BlobWriter) Write(b []byte) (int, error) {
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
func (w *BlobWriter) flush() error {
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

// Commit ends the upload and names the blob by its content. Where the same
// bytes are in the store already, those stay and the new ones go.
func (w *BlobWriter) Commit() (ticket.Blob, error) {
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
	err := w.db.update(w.ctx, func(t *tx) error { return t.nameBlob(w.id, b, w.db.now()) })
	if err != nil {
		return ticket.Blob{}, errors.Join(fmt.Errorf("name raw mail: %w", err), w.Abort())
	}
	w.id, w.buffer, w.err = 0, nil, errBlobDone
	return b, nil
}

// nameBlob gives an upload its name. A blob that has it already is made young
// again, so that it is not collected before its new receipt is written.
func (t *tx) nameBlob(id int64, b ticket.Blob, now time.Time) error {
	err := t.Try(func() error {
		return t.must(`UPDATE blobs SET sum = $2, size = $3, made_at = $4 WHERE id = $1`,
			id, sumOf(b.Sum), b.Size, now.UnixMilli())
	})
	if !isDuplicate(err) {
		return err
	}
	if err := t.must(`UPDATE blobs SET made_at = $2 WHERE sum = $1`, sumOf(b.Sum), now.UnixMilli()); err != nil {
		return err
	}
	return t.dropBlob(id)
}

// Abort ends the upload and removes its bytes. After Commit it does nothing.
func (w *BlobWriter) Abort() error {
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
	err := db.view(ctx, func(t *tx) error {
		return t.one(`SELECT id, size FROM blobs WHERE sum = $1`, args{sumOf(sum)}, &r.id, &r.size)
	})
	if err != nil {
		return nil, fmt.Errorf("open blob %x: %w", sum, err)
	}
	return r, nil
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
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of a blob")
	}
	r.at = offset
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
