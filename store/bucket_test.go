package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/store/s3test"
	"deskpost/ticket"
)

// A memBucket is a bucket in memory whose operations a test can make fail.
type memBucket struct {
	mu      sync.Mutex
	objects map[string]memObject
	now     func() time.Time
	fault   func(doing, key string) error // asked before each operation; may be nil
	late    func(doing, key string) error // asked after each; may be nil
}

type memObject struct {
	bytes []byte
	at    time.Time
}

func newMemBucket() *memBucket {
	return &memBucket{objects: make(map[string]memObject), now: time.Now}
}

func (b *memBucket) String() string { return "mem" }
func (b *memBucket) Prefix() string { return "mail" }

func (b *memBucket) do(doing, key string, work func() error) error {
	if b.fault != nil {
		if err := b.fault(doing, key); err != nil {
			return err
		}
	}
	b.mu.Lock()
	err := work()
	b.mu.Unlock()
	if err == nil && b.late != nil {
		err = b.late(doing, key)
	}
	return err
}

func (b *memBucket) Put(ctx context.Context, key string, body io.ReaderAt, size int64, sum ticket.Sum) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	content, err := io.ReadAll(io.NewSectionReader(body, 0, size))
	if err != nil || int64(len(content)) != size || ticket.Sum(sha256.Sum256(content)) != sum {
		return fmt.Errorf("put %d bytes as %d with sum %x: %w", len(content), size, sum, err)
	}
	return b.do("put", key, func() error {
		if _, there := b.objects[key]; there {
			return errors.New("an object is written twice")
		}
		b.objects[key] = memObject{content, b.now()}
		return nil
	})
}

func (b *memBucket) Get(_ context.Context, key string, from int64) (body io.ReadCloser, size int64, err error) {
	err = b.do("get", key, func() error {
		o, there := b.objects[key]
		if !there {
			return fs.ErrNotExist
		}
		body, size = io.NopCloser(bytes.NewReader(o.bytes[from:])), int64(len(o.bytes))
		return nil
	})
	return body, size, err
}

func (b *memBucket) Remove(_ context.Context, key string) error {
	return b.do("remove", key, func() error {
		delete(b.objects, key)
		return nil
	})
}

func (b *memBucket) List(_ context.Context, found func(string, time.Time) error) error {
	return b.do("list", "", func() error {
		listed := maps.Clone(b.objects)
		b.mu.Unlock()
		defer b.mu.Lock()
		for _, key := range slices.Sorted(maps.Keys(listed)) {
			if err := found(key, listed[key].at); err != nil {
				return err
			}
		}
		return nil
	})
}

// keys are the objects that are raw mail.
func (b *memBucket) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(key string) bool { return strings.HasSuffix(key, ownerMark) })
}

// inlined is a small mail in memory.
func inlined(text string) ticket.Blob {
	return ticket.Blob{Sum: sha256.Sum256([]byte(text)), Size: int64(len(text)), Inline: []byte(text)}
}

// takeMail writes a receipt of a raw mail that is in the store.
func takeMail(db *DB, uid uint32, raw ticket.Blob) error {
	raw.Inline = nil
	return db.Update(context.Background(), func(tx ticket.Tx) error {
		_, _, err := tx.Receive(&ticket.Receipt{Source: "box", Epoch: 1, UID: uid, Raw: raw, Digest: raw.Sum})
		return err
	})
}

func TestKeepBlobs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	bucket := s3test.Bucket(t)
	db := openEngine(t, WithBucket(bucket))
	var group []*ticket.Blob
	for i := range 30 {
		b := inlined(fmt.Sprint("mail ", i%20)) // some twice
		group = append(group, &b)
	}
	for range 2 { // a second sweep brings the same mail
		again := slices.Clone(group)
		for i := range again {
			b := inlined(fmt.Sprint("mail ", i%20))
			again[i] = &b
		}
		if err := db.KeepBlobs(ctx, again); err != nil {
			t.Fatal(err)
		}
		for i, b := range again {
			if b.Inline != nil {
				t.Errorf("blob %d has its bytes still", i)
			}
			if err := db.VerifyBlob(ctx, b.Sum); err != nil {
				t.Error(err)
			}
			if err := takeMail(db, uint32(i+1), *b); err != nil {
				t.Error(err)
			}
		}
	}
	if blobs, chunks, keys := count(t, db, "blobs"), count(t, db, "blob_chunks"), s3test.Keys(t, bucket); blobs != 20 || chunks != 0 || len(keys) != 21 {
		t.Errorf("%d blobs, %d chunks, objects %q; want 20 in as many objects and the mark", blobs, chunks, keys)
	}
	wrong := inlined("x")
	wrong.Size = 2
	if err := db.KeepBlobs(ctx, []*ticket.Blob{&wrong}); err == nil {
		t.Error("a blob was kept whose size is not that of its bytes")
	}
}

// TestKeepBlobsInDatabase demands that without a bucket small mail waits for its
// receipt.
func TestKeepBlobsInDatabase(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	b := inlined("a")
	if err := db.KeepBlobs(context.Background(), []*ticket.Blob{&b}); err != nil || b.Inline == nil || count(t, db, "blobs") != 0 {
		t.Errorf("%v, %v", b, err)
	}
}

// TestBlobsInBothPlaces changes the setting back and forth.
func TestBlobsInBothPlaces(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url, bucket := enginetest.URL(t), newMemBucket()
	desks := []*DB{openURL(t, url), openURL(t, url, WithBucket(bucket)), openURL(t, url, WithFormerBucket(bucket))}
	var blobs []ticket.Blob
	for i, db := range desks {
		b := upload(t, db, noise(int64(300_000+i)))
		if err := takeMail(db, uint32(i+1), b); err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, b)
	}
	for i, b := range blobs {
		for _, db := range desks[1:] {
			if err := db.VerifyBlob(ctx, b.Sum); err != nil {
				t.Errorf("blob %d: %v", i, err)
			}
		}
	}
	if n := len(bucket.keys()); n != 1 {
		t.Errorf("%d objects, want 1", n)
	}
	err := desks[0].VerifyBlob(ctx, blobs[1].Sum)
	if err == nil || !strings.Contains(err.Error(), "name it in blobs") {
		t.Errorf("without a bucket: %v", err)
	}
	if n, err := desks[0].InBucket(ctx); err != nil || n != 1 {
		t.Errorf("%d in a bucket, %v", n, err)
	}
	// Small mail in a transaction stays possible, and finds what is in the bucket.
	if same := upload(t, desks[2], noise(300_001)); same.Sum != blobs[1].Sum || count(t, desks[0], "blobs") != 3 {
		t.Error("bytes that are in the bucket were written again")
	}
}

func TestObjectAbort(t *testing.T) {
	t.Parallel()
	bucket := newMemBucket()
	db := openEngine(t, WithBucket(bucket))
	ctx, cancel := context.WithCancel(context.Background())
	for _, size := range []int64{10, inMemory + 1} {
		w := db.NewBlob(ctx)
		if _, err := io.Copy(w, noise(size)); err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err == nil {
			t.Error("an aborted upload was committed")
		}
	}
	w := db.NewBlob(ctx)
	if _, err := io.Copy(w, noise(3*inMemory)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("commit after the cancel: %v", err)
	}
	if blobs := count(t, db, "blobs"); blobs != 0 || len(bucket.keys()) != 0 {
		t.Errorf("%d blobs and the objects %q stayed", blobs, bucket.keys())
	}
}

// TestObjectMemory streams 40 MiB to a bucket and back and demands that memory
// stays flat. It runs alone, since it measures the whole process, and its server
// is another process.
func TestObjectMemory(t *testing.T) {
	wantFlat(t, openEngine(t, WithBucket(s3test.New(t, s3test.Real(t)))), 40<<20)
}

// TestOutage has a bucket that is out of order while mail comes.
func TestOutage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	bucket := newMemBucket()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	bucket.now = func() time.Time { return now }
	db := openEngine(t, WithBucket(bucket), WithClock(func() time.Time { return now }))
	out := errors.New("out of order")
	group := func() (all []*ticket.Blob) {
		for i := range 50 {
			b := inlined(fmt.Sprint("mail ", i))
			all = append(all, &b)
		}
		return all
	}
	var puts atomic.Int32
	bucket.fault = func(doing, key string) error {
		if doing == "put" && !strings.HasSuffix(key, ownerMark) && puts.Add(1) > 20 {
			return out
		}
		return nil
	}
	failed := group()
	if err := db.KeepBlobs(ctx, failed); !errors.Is(err, out) {
		t.Fatalf("got %v", err)
	}
	for _, b := range failed {
		if b.Inline == nil {
			t.Error("a mail that is not in the bucket lost its bytes")
		}
	}
	if blobs := count(t, db, "blobs"); blobs > putsAtOnce || len(bucket.keys()) != 0 {
		t.Errorf("%d rows and %d objects stayed of the failed upload, want only the rows of which nobody knows whether they were put",
			blobs, len(bucket.keys()))
	}
	bucket.fault = nil
	kept := group()
	if err := db.KeepBlobs(ctx, kept); err != nil {
		t.Fatal(err)
	}
	for i, b := range kept {
		if err := takeMail(db, uint32(i+1), *b); err != nil {
			t.Error(err)
		}
	}
	now = now.Add(48 * time.Hour)
	if _, err := db.CollectBlobs(ctx, now.Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if blobs := count(t, db, "blobs"); blobs != 50 || len(bucket.keys()) != 50 {
		t.Errorf("%d blobs in %d objects, want 50", blobs, len(bucket.keys()))
	}
}

// TestDamagedObjects has objects that are missing, short, changed, or that a
// server cuts again and again.
func TestDamagedObjects(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	bucket := newMemBucket()
	db := openEngine(t, WithBucket(bucket))
	b := upload(t, db, noise(1000))
	key := bucket.keys()[0]
	whole := bucket.objects[key]
	changed := slices.Clone(whole.bytes)
	changed[500]++
	for name, c := range map[string]struct {
		content []byte
		words   []string
	}{
		"missing": {nil, []string{"missing", "file does not exist"}},
		"short":   {whole.bytes[:999], []string{"was changed", "999 bytes and had 1000"}},
		"changed": {changed, []string{"was changed", "another sum"}},
	} {
		delete(bucket.objects, key)
		if c.content != nil {
			bucket.objects[key] = memObject{bytes: c.content}
		}
		err := db.VerifyBlob(ctx, b.Sum)
		for _, word := range append(c.words, key, "bucket mem") {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error does not say %q: %v", name, word, err)
			}
		}
	}
}

// TestCutBody has a server that cuts the line in the middle of each body: the rest
// is asked for, as long as something comes.
func TestCutBody(t *testing.T) {
	t.Parallel()
	var gets atomic.Int32
	var dead atomic.Bool
	bucket := s3test.New(t, s3test.Fake(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "-") && !strings.HasSuffix(r.URL.Path, ownerMark) {
				gets.Add(1)
				w = &cutWriter{ResponseWriter: w, left: 70_000, none: &dead}
			}
			next.ServeHTTP(w, r)
		})
	}))
	db := openEngine(t, WithBucket(bucket))
	b := upload(t, db, noise(300_000))
	if err := db.VerifyBlob(context.Background(), b.Sum); err != nil {
		t.Error(err)
	}
	if n := gets.Load(); n != 5 {
		t.Errorf("%d requests, want 5 of 70000 bytes", n)
	}
	dead.Store(true)
	if err := db.VerifyBlob(context.Background(), b.Sum); err == nil || !strings.Contains(err.Error(), "cut 3 times after 0 of 300000 bytes") {
		t.Errorf("no byte comes: %v", err)
	}
}

// A cutWriter ends the connection after some bytes of a body, or before the first.
type cutWriter struct {
	http.ResponseWriter
	left int
	none *atomic.Bool
}

func (w *cutWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.left)
	if w.none.Load() {
		n = 0
	}
	if n > 0 {
		if _, err := w.ResponseWriter.Write(b[:n]); err != nil {
			return 0, err
		}
		w.left -= n
	}
	if n < len(b) {
		if err := http.NewResponseController(w.ResponseWriter).Flush(); err != nil {
			return 0, err
		}
		panic(http.ErrAbortHandler)
	}
	return n, nil
}
