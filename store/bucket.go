package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"path"
	"strings"
	"time"

	"deskpost/ticket"
)

// A Bucket keeps raw mail outside of the database, as objects that are written
// once. It may be used by several goroutines; its errors name it and say how to
// mend what is wrong.
type Bucket interface {
	fmt.Stringer // its name in messages to people
	// Prefix is what every key begins with, before a slash; "" for none.
	Prefix() string
	// Put writes an object of so many bytes with this sum. After an error it may
	// be there, or come to be there later.
	Put(ctx context.Context, key string, body io.ReaderAt, size int64, sum ticket.Sum) error
	// Get reads an object from a byte on, and says how many bytes all of it has.
	// The error is fs.ErrNotExist if there is none. The context holds until the
	// body is closed.
	Get(ctx context.Context, key string, from int64) (body io.ReadCloser, size int64, err error)
	// Remove removes an object. That there is none is no error.
	Remove(ctx context.Context, key string) error
	// List calls found for each object under the prefix, with the instant at which
	// it was written. It ends with the first error.
	List(ctx context.Context, found func(key string, at time.Time) error) error
}

// WithBucket makes the store keep new raw mail in a bucket. What is in the
// database stays there and is read from there.
func WithBucket(b Bucket) Option { return func(o *options) { o.objects = objects{b, true} } }

// WithFormerBucket gives the store a bucket from which mail is read and
// collected, while new mail goes to the database.
func WithFormerBucket(b Bucket) Option { return func(o *options) { o.objects = objects{b, false} } }

// objects is the bucket of a desk, if it has one.
type objects struct {
	Bucket        // nil without one
	takesNew bool // new raw mail goes there
}

// InBucket counts the raw mails whose bytes are in a bucket. Which ones, and
// where, stands in blobs.place.
func (db *DB) InBucket(ctx context.Context) (int, error) {
	var n int
	err := db.view(ctx, func(t *tx) error {
		return t.one(`SELECT COUNT(*) FROM blobs WHERE place IS NOT NULL AND sum IS NOT NULL`, nil, &n)
	})
	if err != nil {
		return 0, fmt.Errorf("count the raw mail in a bucket: %w", err)
	}
	return n, nil
}

// at is the bucket that holds a place.
func (o objects) at(place string) (Bucket, error) {
	if o.Bucket == nil {
		return nil, fmt.Errorf("raw mail is in a bucket as %s, and the config names no bucket: name it in blobs", place)
	}
	return o.Bucket, nil
}

// newPlace is a key for an object: the prefix, two digits of the sum, and the
// sum with something random, so that no two uploads ever have the same. To remove
// the object of one never hits that of another.
func (o objects) newPlace(sum ticket.Sum) string {
	name := hex.EncodeToString(sum[:])
	return path.Join(o.Prefix(), name[:2], name+"-"+strings.ToLower(rand.Text()))
}

// isPlace reports whether a key has the form of newPlace. What has another is not
// ours to remove.
func (o objects) isPlace(key string) bool {
	if o.Prefix() != "" {
		rest, ok := strings.CutPrefix(key, o.Prefix()+"/")
		if !ok {
			return false
		}
		key = rest
	}
	const digits, random = 2 * len(ticket.Sum{}), 26 // of rand.Text
	return len(key) == 3+digits+1+random && key[2] == '/' && key[:2] == key[3:5] && key[3+digits] == '-' &&
		strings.Trim(key[3:3+digits], "0123456789abcdef") == "" &&
		strings.Trim(key[3+digits+1:], "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// ownerMark is the object under the prefix that says whose it is.
const ownerMark = "deskpost-owner"

// own demands that the prefix is this desk's, and takes it if it is nobody's: a
// second desk there would take our objects for orphans, since it has no rows of
// them. Of two that take it at once, one finds the other's mark at its next start.
func (db *DB) own(ctx context.Context) error {
	if db.owned.Load() {
		return nil
	}
	desk, err := db.deskMark(ctx)
	if err != nil {
		return err
	}
	key := path.Join(db.objects.Prefix(), ownerMark)
	mark, err := readAll(ctx, db.objects.Bucket, key, int64(len(desk))+1)
	switch {
	case isMissing(err):
		err = db.objects.Put(ctx, key, strings.NewReader(desk), int64(len(desk)), sha256.Sum256([]byte(desk)))
	case err == nil && mark != desk:
		err = fmt.Errorf("bucket %s belongs to another desk, as %s in it says: name another bucket or prefix in blobs", db.objects, key)
	}
	db.owned.Store(err == nil)
	return err
}

// deskMark is the random number by which a desk knows its bucket, made at the
// first need.
func (db *DB) deskMark(ctx context.Context) (string, error) {
	const counter = "desk-mark"
	var mark int64
	err := db.update(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, counter, mrand.Int64())
		return errors.Join(err, t.one(`SELECT value FROM counters WHERE name = $1`, args{counter}, &mark))
	})
	if err != nil {
		return "", fmt.Errorf("read the mark of the desk: %w", err)
	}
	return fmt.Sprintf("deskpost desk %016x\n", mark), nil
}
