package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"deskpost/ticket"
)

// inMemory is how many bytes of an upload are kept in memory until its end. What
// is longer goes to a temporary file.
const inMemory = 1 << 20

// An objectWriter is a BlobWriter into the bucket. Nothing is sent before
// Commit: only then are the size and the sum known that the server is to check.
type objectWriter struct {
	ctx    context.Context
	db     *DB
	size   int64
	hash   hash.Hash
	buffer []byte
	file   *os.File // takes what the buffer took, and goes on; nil while that is enough
	err    error    // after which nothing can be written
}

func newObjectWriter(ctx context.Context, db *DB) *objectWriter {
	return &objectWriter{ctx: ctx, db: db, hash: sha256.New()}
}

func (w *objectWriter) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.file == nil && len(w.buffer)+len(b) > inMemory {
		w.err = w.spill()
	}
	n := len(b)
	switch {
	case w.err != nil:
		return 0, w.err
	case w.file == nil:
		w.buffer = append(w.buffer, b...)
	default:
		if n, w.err = w.file.Write(b); w.err != nil {
			w.err = fmt.Errorf("spool raw mail in %s: %w: make room there, or set TMPDIR", os.TempDir(), w.err)
		}
	}
	w.hash.Write(b[:n])
	w.size += int64(n)
	return n, w.err
}

// spill goes on in a file. It has no name any more, so it goes with the process.
func (w *objectWriter) spill() error {
	f, err := os.CreateTemp("", "deskpost-mail-")
	if err == nil {
		w.file = f
		err = os.Remove(f.Name())
	}
	if err == nil {
		_, err = f.Write(w.buffer)
	}
	if err != nil {
		return fmt.Errorf("spool raw mail in %s: %w: make room there, or set TMPDIR", os.TempDir(), err)
	}
	w.buffer = nil
	return nil
}

func (w *objectWriter) Commit() (ticket.Blob, error) {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		err := w.err // Abort sets another
		return ticket.Blob{}, errors.Join(err, w.Abort())
	}
	b := ticket.Blob{Sum: ticket.Sum(w.hash.Sum(nil)), Size: w.size}
	err := w.db.upload(w.ctx, []*parcel{{blob: b, body: w}})
	if err := errors.Join(err, w.Abort()); err != nil {
		return ticket.Blob{}, err
	}
	return b, nil
}

// ReadAt reads what was written. The upload may do so several times.
func (w *objectWriter) ReadAt(p []byte, off int64) (int, error) {
	if w.file != nil {
		return w.file.ReadAt(p, off)
	}
	if off >= int64(len(w.buffer)) {
		return 0, io.EOF
	}
	n := copy(p, w.buffer[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (w *objectWriter) Abort() error {
	f := w.file
	w.file, w.buffer, w.err = nil, nil, errBlobDone
	if f == nil {
		return nil
	}
	return f.Close()
}

// readTries is how often in a row a body may be cut that is being read.
const readTries = 3

// An objectReader reads a blob that is an object. It holds no more than what the
// connection does; after a seek, and where the connection is cut, it asks again
// from there on.
type objectReader struct {
	ctx    context.Context
	bucket Bucket
	place  string
	sum    ticket.Sum
	size   int64
	at     int64
	body   io.ReadCloser // nil if not asked for; it stands at at
	cuts   int           // in a row
	hash   hash.Hash     // of what was read from the beginning up to hashed
	hashed int64
}

func newObjectReader(ctx context.Context, b Bucket, place string, sum ticket.Sum, size int64) *objectReader {
	return &objectReader{ctx: ctx, bucket: b, place: place, sum: sum, size: size, hash: sha256.New()}
}

func (r *objectReader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if r.body == nil {
			if err := r.open(); err != nil {
				return 0, err
			}
		}
		n, err := r.body.Read(p[:min(int64(len(p)), r.size-r.at)])
		if n > 0 {
			r.cuts = 0
			return n, r.advance(p[:n])
		}
		if err == nil {
			continue
		}
		r.cuts++
		if err := r.drop(); err != nil || r.ctx.Err() != nil {
			return 0, errors.Join(r.ctx.Err(), err)
		}
		if r.cuts == readTries {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return 0, fmt.Errorf("read %s of bucket %s: cut %d times after %d of %d bytes: %w", r.place, r.bucket, r.cuts, r.at, r.size, err)
		}
	}
}

// open asks for the rest of the object.
func (r *objectReader) open() error {
	body, size, err := r.bucket.Get(r.ctx, r.place, r.at)
	if err != nil {
		if isMissing(err) {
			return fmt.Errorf("object %s is missing from bucket %s: %w", r.place, r.bucket, err)
		}
		return err
	}
	r.body = body
	if size != r.size {
		return errors.Join(r.changed(fmt.Sprintf("it has %d bytes and had %d", size, r.size)), r.drop())
	}
	return nil
}

// advance takes bytes that were read into account. At the end of an object that
// was read from its beginning it knows whether they are those that were written.
func (r *objectReader) advance(b []byte) error {
	if r.hashed == r.at {
		r.hash.Write(b)
		r.hashed += int64(len(b))
	}
	r.at += int64(len(b))
	if r.hashed == r.size && ticket.Sum(r.hash.Sum(nil)) != r.sum {
		return r.changed("its bytes have another sum")
	}
	return nil
}

// A changedError says that an object is not the one that was put.
type changedError string

func (e changedError) Error() string { return string(e) }

func (r *objectReader) changed(how string) error {
	return changedError(fmt.Sprintf("object %s of bucket %s was changed: %s: restore it from a version or a copy of the bucket",
		r.place, r.bucket, how))
}

func (r *objectReader) Seek(offset int64, whence int) (int64, error) {
	to, err := seek(r.at, r.size, offset, whence)
	if err != nil {
		return 0, err
	}
	if to != r.at {
		r.cuts = 0
		err = r.drop()
	}
	r.at = to
	return to, err
}

// drop ends the reading of a body.
func (r *objectReader) drop() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	if err := body.Close(); err != nil {
		return fmt.Errorf("read %s of bucket %s: %w", r.place, r.bucket, err)
	}
	return nil
}

func (r *objectReader) Close() error {
	r.at = r.size
	return r.drop()
}

// isMissing reports whether an error says that there is no such object.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readAll reads a small object, of which no more than limit bytes.
func readAll(ctx context.Context, b Bucket, key string, limit int64) (string, error) {
	body, _, err := b.Get(ctx, key, 0)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(body, limit))
	return string(text), errors.Join(err, body.Close())
}
