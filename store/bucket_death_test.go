package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// deadDesk is a desk with a bucket, on which days pass by hand.
func deadDesk(t *testing.T) (*DB, *memBucket, *time.Time) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	bucket := newMemBucket()
	bucket.now = func() time.Time { return now }
	return openEngine(t, WithBucket(bucket), WithClock(func() time.Time { return now })), bucket, &now
}

// wantBlobs demands so many rows and objects.
func wantBlobs(t *testing.T, db *DB, bucket *memBucket, rows, objects int) {
	t.Helper()
	if n, keys := count(t, db, "blobs"), bucket.keys(); n != rows || len(keys) != objects {
		t.Errorf("%d rows and the objects %q, want %d and %d", n, keys, rows, objects)
	}
}

// TestUploadDies ends an upload after each of its steps, as a process does that
// dies there. Nothing that was not named can be read, the same mail is taken all
// the same, and a day later nothing is left of the dead one.
func TestUploadDies(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for steps := range 4 {
		t.Run(fmt.Sprint("after step ", steps), func(t *testing.T) {
			t.Parallel()
			db, bucket, now := deadDesk(t)
			if err := db.own(ctx); err != nil {
				t.Fatal(err)
			}
			mail := inlined("hello")
			dead := []*parcel{{blob: ticket.Blob{Sum: mail.Sum, Size: mail.Size}, body: strings.NewReader("hello")}}
			for _, step := range []func(context.Context, []*parcel) error{db.intend, db.put, db.name}[:steps] {
				if err := step(ctx, dead); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.VerifyBlob(ctx, mail.Sum); (err == nil) != (steps == 3) {
				t.Errorf("read it: %v", err)
			}
			collect(t, db, now.Add(-24*time.Hour), 0) // it is young: somebody may be at it
			if err := db.KeepBlobs(ctx, []*ticket.Blob{&mail}); err != nil {
				t.Fatal(err)
			}
			if err := takeMail(db, 1, mail); err != nil {
				t.Fatal(err)
			}
			*now = now.Add(25 * time.Hour)
			if _, err := db.CollectBlobs(ctx, now.Add(-24*time.Hour)); err != nil {
				t.Fatal(err)
			}
			wantBlobs(t, db, bucket, 1, 1)
			if err := db.VerifyBlob(ctx, mail.Sum); err != nil {
				t.Error(err)
			}
		})
	}
}

// collect demands that a collection removes so many.
func collect(t *testing.T, db *DB, olderThan time.Time, want int) {
	t.Helper()
	if n, err := db.CollectBlobs(context.Background(), olderThan); err != nil || n != want {
		t.Errorf("collected %d, %v; want %d", n, err, want)
	}
}

// TestCollectionDies ends a collection after each of its steps. No row names an
// object that is gone, and the next collection finishes it.
func TestCollectionDies(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	died := errors.New("died")
	for name, fault := range map[string]func(*memBucket){
		"before the object goes": func(b *memBucket) { b.fault = diesAt("remove", died) },
		"after the object went":  func(b *memBucket) { b.late = diesAt("remove", died) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, bucket, now := deadDesk(t)
			orphan, again := inlined("orphan"), inlined("orphan")
			if err := db.KeepBlobs(ctx, []*ticket.Blob{&orphan}); err != nil {
				t.Fatal(err)
			}
			*now = now.Add(25 * time.Hour)
			fault(bucket)
			if _, err := db.CollectBlobs(ctx, now.Add(-24*time.Hour)); !errors.Is(err, died) {
				t.Fatalf("got %v", err)
			}
			if err := takeMail(db, 1, orphan); err == nil {
				t.Error("a receipt names a blob that is being removed")
			}
			if err := db.KeepBlobs(ctx, []*ticket.Blob{&again}); err != nil { // the same bytes come once more
				t.Fatal(err)
			}
			if err := takeMail(db, 1, again); err != nil {
				t.Fatal(err)
			}
			bucket.fault, bucket.late = nil, nil
			collect(t, db, now.Add(-24*time.Hour), 1)
			wantBlobs(t, db, bucket, 1, 1)
			if err := db.VerifyBlob(ctx, again.Sum); err != nil {
				t.Error(err)
			}
		})
	}
}

func diesAt(step string, err error) func(string, string) error {
	return func(doing, _ string) error {
		if doing == step {
			return err
		}
		return nil
	}
}

// TestLostAnswer has a bucket whose answer to an upload is lost: the object is
// there, or may come to be there, so its row stays until a collection saw to it.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, bucket, now := deadDesk(t)
	if err := db.own(ctx); err != nil {
		t.Fatal(err)
	}
	lost := errors.New("the answer was lost")
	bucket.late = diesAt("put", lost)
	mail := inlined("hello")
	if err := db.KeepBlobs(ctx, []*ticket.Blob{&mail}); !errors.Is(err, lost) {
		t.Fatalf("got %v", err)
	}
	wantBlobs(t, db, bucket, 1, 1)
	bucket.late = nil
	*now = now.Add(25 * time.Hour)
	collect(t, db, now.Add(-24*time.Hour), 1)
	wantBlobs(t, db, bucket, 0, 0)
}

// TestLateUpload has uploads that sleep for two days at each step while they are
// collected: they fail, and what they leave is collected as well.
func TestLateUpload(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for sleep := 1; sleep <= 2; sleep++ {
		t.Run(fmt.Sprint("after step ", sleep), func(t *testing.T) {
			t.Parallel()
			db, bucket, now := deadDesk(t)
			if err := db.own(ctx); err != nil {
				t.Fatal(err)
			}
			late := []*parcel{{blob: ticket.Blob{Sum: inlined("hello").Sum, Size: 5}, body: strings.NewReader("hello")}}
			for i, step := range []func(context.Context, []*parcel) error{db.intend, db.put} {
				if err := step(ctx, late); err != nil {
					t.Fatal(err)
				}
				if i+1 == sleep {
					*now = now.Add(48 * time.Hour)
					collect(t, db, now.Add(-24*time.Hour), 1)
				}
			}
			if err := db.name(ctx, late); err == nil || !strings.Contains(err.Error(), "was collected") {
				t.Errorf("a collected upload was named: %v", err)
			}
			*now = now.Add(48 * time.Hour)
			collect(t, db, now.Add(-24*time.Hour), 2-sleep) // what arrived after its row went is a stray
			wantBlobs(t, db, bucket, 0, 0)
		})
	}
}

// TestStrays demands that only old objects with our form of key and without a row
// go, and none of another desk.
func TestStrays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, bucket, now := deadDesk(t)
	mail := inlined("hello")
	if err := db.KeepBlobs(ctx, []*ticket.Blob{&mail}); err != nil {
		t.Fatal(err)
	}
	if err := takeMail(db, 1, mail); err != nil {
		t.Fatal(err)
	}
	ours := db.objects.newPlace(mail.Sum)
	for _, key := range []string{"mail/readme", "other" + ours[4:], "mail/x" + ours[5:], ours + "x", strings.ToUpper(ours), ours[:10] + "/" + ours[11:]} {
		bucket.objects[key] = memObject{at: *now}
	}
	bucket.objects[ours] = memObject{at: *now}
	*now = now.Add(25 * time.Hour)
	bucket.objects[db.objects.newPlace(mail.Sum)] = memObject{at: *now} // young
	collect(t, db, now.Add(-24*time.Hour), 1)
	if _, there := bucket.objects[ours]; there {
		t.Error("the stray is still there")
	}
	wantBlobs(t, db, bucket, 1, 8)

	stranger := openURL(t, enginetest.URL(t), WithBucket(bucket))
	if _, err := stranger.CollectBlobs(ctx, now.Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "another desk") {
		t.Errorf("a second desk in the prefix: %v", err)
	}
	other := inlined("x")
	if err := stranger.KeepBlobs(ctx, []*ticket.Blob{&other}); err == nil || !strings.Contains(err.Error(), "another desk") {
		t.Errorf("a second desk in the prefix: %v", err)
	}
	wantBlobs(t, db, bucket, 1, 8)
}

// TestBlobRace has two nodes that upload the same few mails, write receipts of
// them and collect, all at once and with every upload old enough to be collected.
// A receipt or an upload may be refused; what was taken must be readable.
func TestBlobRace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url, bucket := enginetest.URL(t), newMemBucket()
	bucket.fault = func(string, string) error { // a network takes a while
		time.Sleep(rand.N(300 * time.Microsecond))
		return nil
	}
	nodes := []*DB{openURL(t, url, WithBucket(bucket)), openURL(t, url, WithBucket(bucket))}
	if err := nodes[0].own(ctx); err != nil {
		t.Fatal(err)
	}
	var taken, refused, collected atomic.Int64
	var uid atomic.Uint32
	var takers, collectors sync.WaitGroup
	stop := make(chan struct{})
	for _, db := range nodes {
		for range 3 {
			takers.Go(func() {
				for range 60 {
					a, b := inlined(fmt.Sprint(rand.N(12))), inlined(fmt.Sprint(rand.N(12)))
					err := db.KeepBlobs(ctx, []*ticket.Blob{&a, &b})
					if err == nil && rand.N(3) > 0 { // the others are never taken
						err = takeMail(db, uid.Add(1), a)
						if err == nil {
							taken.Add(1)
							if err := db.VerifyBlob(ctx, a.Sum); err != nil {
								t.Errorf("a mail that was taken: %v", err)
							}
						}
					}
					if err != nil {
						refused.Add(1)
					}
				}
			})
		}
		collectors.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n, err := db.CollectBlobs(ctx, time.Now().Add(time.Hour))
				if err != nil {
					t.Errorf("collect: %v", err)
				}
				collected.Add(int64(n))
			}
		})
	}
	takers.Wait()
	close(stop)
	collectors.Wait()
	if _, err := nodes[0].CollectBlobs(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d taken, %d refused, %d collected", taken.Load(), refused.Load(), collected.Load())
	if taken.Load() == 0 || collected.Load() == 0 {
		t.Error("nothing raced")
	}
	sums, err := rawSums(ctx, nodes[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, sum := range sums {
		if err := nodes[1].VerifyBlob(ctx, sum); err != nil {
			t.Error(err)
		}
	}
	wantBlobs(t, nodes[0], bucket, len(sums), len(sums))
}

// rawSums are the raw mails that receipts name.
func rawSums(ctx context.Context, db *DB) (sums []ticket.Sum, err error) {
	err = db.view(ctx, func(t *tx) error {
		sums, err = rows(t, func(s scan) (sum ticket.Sum, err error) { return sum, s(sumTo{&sum}) }, `SELECT DISTINCT raw FROM receipts`)
		return err
	})
	return sums, err
}
