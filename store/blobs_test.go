package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpost/store/s3test"
	"deskpost/ticket"
)

// noise is a reader of so many bytes that are always the same.
func noise(size int64) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), size) }

// upload streams a blob into the store.
func upload(t *testing.T, db *DB, r io.Reader) ticket.Blob {
	t.Helper()
	w := db.NewBlob(context.Background())
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, r, make([]byte, 40_000)); err != nil {
		t.Fatal(err)
	}
	b, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inEachPlace runs a test on a desk that keeps raw mail in the database, and on
// one that keeps it in a bucket.
func inEachPlace(t *testing.T, test func(*testing.T, *DB)) {
	t.Parallel()
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		test(t, openEngine(t))
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		test(t, openEngine(t, WithBucket(s3test.Bucket(t))))
	})
}

// count counts rows.
func count(t *testing.T, db *DB, table string) (n int) {
	t.Helper()
	if err := db.write.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBlobRoundTrip(t *testing.T) { inEachPlace(t, testBlobRoundTrip) }

func testBlobRoundTrip(t *testing.T, db *DB) {
	for _, size := range []int64{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, commitSize, 2*commitSize + 3} {
		want := sha256.New()
		b := upload(t, db, io.TeeReader(noise(size), want))
		if b.Size != size || b.Sum != ticket.Sum(want.Sum(nil)) || b.Inline != nil {
			t.Errorf("%d bytes: blob has size %d and another sum", size, b.Size)
		}
		if err := db.VerifyBlob(context.Background(), b.Sum); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestBlobMemory streams 20 MiB in and out and demands that memory stays flat.
// It runs alone, since it measures the whole process.
func TestBlobMemory(t *testing.T) {
	wantFlat(t, openEngine(t), 20<<20)
}

// wantFlat streams so many bytes in and out and demands that memory stays flat.
func wantFlat(t *testing.T, db *DB, size int64) {
	t.Helper()
	g := newGauge()
	b := upload(t, db, io.TeeReader(noise(size), g))
	r, err := db.OpenBlob(context.Background(), b.Sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(g, r); err != nil || n != size {
		t.Fatalf("read %d bytes: %v", n, err)
	}
	t.Logf("%d KiB in use at most", g.peak>>10)
	if g.peak > 4<<20 {
		t.Errorf("a blob of %d KiB keeps %d KiB in memory", size>>10, g.peak>>10)
	}
}

// A gauge measures, while bytes run through it, how much memory is in use
// beyond what was at its beginning.
type gauge struct {
	bytes        int
	before, peak int64
}

func newGauge() *gauge {
	g := &gauge{}
	g.before = g.measure()
	return g
}

func (g *gauge) Write(b []byte) (int, error) {
	const often = 1 << 20
	if g.bytes/often != (g.bytes+len(b))/often {
		g.peak = max(g.peak, g.measure()-g.before)
	}
	g.bytes += len(b)
	return len(b), nil
}

// measure collects the garbage first: it is not what anybody holds.
func (g *gauge) measure() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // twice, for what lies in pools
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestBlobSeek(t *testing.T) { inEachPlace(t, testBlobSeek) }

func testBlobSeek(t *testing.T, db *DB) {
	const size = 3*chunkSize + 100
	want, err := io.ReadAll(noise(size))
	if err != nil {
		t.Fatal(err)
	}
	b := upload(t, db, bytes.NewReader(want))
	r, err := db.OpenBlob(context.Background(), b.Sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		offset int64
		whence int
		at     int64
	}{
		{2*chunkSize - 5, io.SeekStart, 2*chunkSize - 5}, {-50, io.SeekEnd, size - 50}, {0, io.SeekStart, 0},
		{chunkSize, io.SeekCurrent, chunkSize + 10}, {size + 9, io.SeekStart, size + 9},
	} {
		at, err := r.Seek(c.offset, c.whence)
		if err != nil || at != c.at {
			t.Fatalf("seek %d from %d: at %d, %v; want %d", c.offset, c.whence, at, err, c.at)
		}
		got := make([]byte, 10)
		n, err := io.ReadFull(r, got)
		if rest := want[min(at, size):]; !bytes.Equal(got[:n], rest[:min(10, len(rest))]) {
			t.Errorf("read at %d: other bytes (%v)", at, err)
		}
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the beginning gave no error")
	}
}

func TestBlobTwice(t *testing.T) { inEachPlace(t, testBlobTwice) }

func testBlobTwice(t *testing.T, db *DB) {
	first := upload(t, db, noise(400_000))
	chunks := count(t, db, "blob_chunks")
	if second := upload(t, db, noise(400_000)); second.Sum != first.Sum || second.Size != first.Size {
		t.Errorf("the same bytes became another blob")
	}
	if blobs, after := count(t, db, "blobs"), count(t, db, "blob_chunks"); blobs != 1 || after != chunks {
		t.Errorf("%d blobs in %d chunks, want 1 in %d", blobs, after, chunks)
	}
}

// TestBlobAtOnce demands that uploads of the same bytes that end together become
// one blob.
func TestBlobAtOnce(t *testing.T) { inEachPlace(t, testBlobAtOnce) }

func testBlobAtOnce(t *testing.T, db *DB) {
	want := ticket.Blob{Sum: sha256.Sum256([]byte("hello")), Size: 5}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			w := db.NewBlob(context.Background())
			if _, err := w.Write([]byte("hello")); err != nil {
				t.Error(err)
			}
			if got, err := w.Commit(); err != nil || got.Sum != want.Sum || got.Size != want.Size {
				t.Errorf("an upload became %v, %v", got, err)
			}
		})
	}
	group.Wait()
	if blobs, chunks := count(t, db, "blobs"), count(t, db, "blob_chunks"); blobs != 1 || chunks > 1 {
		t.Errorf("%d blobs in %d chunks, want 1 in at most 1", blobs, chunks)
	}
}

func TestBlobAbort(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	ctx, cancel := context.WithCancel(context.Background())
	w := db.NewBlob(ctx)
	if _, err := io.Copy(w, noise(3*commitSize)); err != nil {
		t.Fatal(err)
	}
	cancel() // an abort works all the same
	if _, err := io.Copy(w, noise(commitSize)); !errors.Is(err, context.Canceled) {
		t.Errorf("write after the cancel: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if blobs, chunks := count(t, db, "blobs"), count(t, db, "blob_chunks"); blobs+chunks != 0 {
		t.Errorf("%d blobs and %d chunks stayed", blobs, chunks)
	}
	if _, err := w.Commit(); err == nil {
		t.Error("an aborted upload was committed")
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("an aborted upload was written to")
	}
}

func TestBlobErrors(t *testing.T) {
	t.Parallel()
	db := openEngine(t)
	ctx := context.Background()
	if _, err := db.OpenBlob(ctx, ticket.Sum{1}); !errors.Is(err, ticket.ErrNotFound) {
		t.Errorf("open a blob that nobody has: %v", err)
	}
	overwrite := func(bytes []byte) func() error {
		return func() error {
			_, err := db.write.Exec(db.dialect.bind("UPDATE blob_chunks SET bytes = $1 WHERE seq = 1"), bytes)
			return err
		}
	}
	for name, damage := range map[string]func() error{
		"have another sum": overwrite(make([]byte, chunkSize)),
		"ends":             overwrite([]byte{1}),
		"read chunk 1": func() error {
			_, err := db.write.Exec("DELETE FROM blob_chunks WHERE seq = 1")
			return err
		},
	} {
		b := upload(t, db, noise(2*chunkSize))
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if err := db.VerifyBlob(ctx, b.Sum); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("damaged: got %v, want %q", err, name)
		}
		if _, err := db.CollectBlobs(ctx, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCollectBlobs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	db := openEngine(t, WithClock(func() time.Time { return now }))

	taken := upload(t, db, noise(300_000))
	attached := upload(t, db, noise(300_001))
	upload(t, db, noise(300_002)) // nobody takes it
	unfinished := db.NewBlob(ctx) // and nobody ends it
	if _, err := io.Copy(unfinished, noise(2*commitSize)); err != nil {
		t.Fatal(err)
	}
	err := db.Update(ctx, func(tx ticket.Tx) error {
		_, _, err := tx.Receive(&ticket.Receipt{Source: "box", Epoch: 1, UID: 1, Raw: taken})
		return errors.Join(err, tx.AddDraft(&ticket.Draft{Files: []ticket.File{{Name: "a", Raw: attached.Sum}}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	collect := func(olderThan time.Time, want int) {
		t.Helper()
		if n, err := db.CollectBlobs(ctx, olderThan); err != nil || n != want {
			t.Errorf("collected %d, %v; want %d", n, err, want)
		}
	}
	collect(now, 0)
	now = now.Add(time.Hour)
	young := upload(t, db, noise(300_003))
	collect(now, 2)
	upload(t, db, noise(10)) // the same orphan, uploaded again, is young again
	now = now.Add(time.Hour)
	upload(t, db, noise(10))
	collect(now, 1)
	for _, b := range []ticket.Blob{taken, attached} {
		if err := db.VerifyBlob(ctx, b.Sum); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.OpenBlob(ctx, young.Sum); !errors.Is(err, ticket.ErrNotFound) {
		t.Errorf("the orphan is still there: %v", err)
	}
	if blobs := count(t, db, "blobs"); blobs != 3 {
		t.Errorf("%d blobs stayed, want 3", blobs)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openEngine(t)
	if _, err := db.Keys(ctx, time.Now(), strings.NewReader("too short")); err == nil {
		t.Error("a key was made of too little")
	}
	first, err := db.Keys(ctx, time.Now(), strings.NewReader(strings.Repeat("k", 40)))
	if err != nil || len(first) != 1 || string(first[0].Secret) != strings.Repeat("k", 32) {
		t.Fatalf("first start: %d keys, %v", len(first), err)
	}
	again, err := db.Keys(ctx, time.Now(), strings.NewReader(""))
	if err != nil || len(again) != 1 || again[0].ID != first[0].ID || !bytes.Equal(again[0].Secret, first[0].Secret) {
		t.Fatalf("second start: %d keys, %v", len(again), err)
	}
	insert := db.dialect.bind("INSERT INTO keys (id, secret, made_at) VALUES (2, $1, 5)")
	if _, err := db.write.Exec(insert, []byte{1}); err != nil {
		t.Fatal(err)
	}
	both, err := db.Keys(ctx, time.Now(), nil)
	if err != nil || len(both) != 2 || both[0].ID != 1 || both[1].ID != 2 {
		t.Fatalf("after a rotation: %v, %v", both, err)
	}
}
