package inbound

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/inbound/memimap"
	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/store/s3test"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// bucketWorld is a world whose raw mail is in a bucket, on a server that answers
// 503 while it is out.
func bucketWorld(t *testing.T) (w *world, out *atomic.Bool, puts *atomic.Int32) {
	out, puts = new(atomic.Bool), new(atomic.Int32)
	bucket := s3test.New(t, s3test.Fake(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if out.Load() {
				io.Copy(io.Discard, r.Body)
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if r.Method == http.MethodPut {
				puts.Add(1)
			}
			next.ServeHTTP(rw, r)
		})
	}))
	w = newWorld(t, memimap.Options{})
	w.db = storetest.OpenAt(t, enginetest.URL(t), store.WithBucket(bucket))
	w.desk.Store = w.db
	return w, out, puts
}

// TestMailIntoBucket takes small mail, large mail and mail over the limit.
func TestMailIntoBucket(t *testing.T) {
	t.Parallel()
	w, _, puts := bucketWorld(t)
	mails := [][]byte{
		letter("small", "x"), letter("large", strings.Repeat("x", 2*inlineBytes)), letter("huge", strings.Repeat("x", 3<<20)),
		letter("small", "x"), // a second sight of the first
	}
	for _, m := range mails {
		w.deliver(m)
	}
	w.sweep(func(p *Poller) { p.MaxBytes = 5 << 19 })
	w.want("1 opened", "2 opened", "3 oversize", "4 duplicate")
	for i, r := range w.receipts() {
		want := mails[i]
		if r.Outcome == ticket.Oversize {
			want = want[:headBytes]
		}
		if !bytes.Equal(w.raw(r.Raw.Sum), want) {
			t.Errorf("raw mail %d is not what was delivered", i+1)
		}
	}
	if n, err := w.db.InBucket(context.Background()); err != nil || n != 3 {
		t.Errorf("%d mails in the bucket, %v; want 3", n, err)
	}
	if n := puts.Load(); n != 4 {
		t.Errorf("%d objects were put, want 3 and the mark of the desk", n)
	}
}

// TestBucketOut has a bucket that is out of order: mail waits on the mail server,
// no try of it is booked, and it is taken when the bucket works again.
func TestBucketOut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"small": "x", "large": strings.Repeat("x", 2*inlineBytes)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, out, _ := bucketWorld(t)
			for i := range 3 {
				w.deliver(letter(fmt.Sprint(name, i), text))
			}
			out.Store(true)
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error)
			p := w.poller()
			go func() { ended <- p.Run(ctx) }()
			for deadline := time.Now().Add(20 * time.Second); w.log.count("mail can not be taken") < processTries+1; {
				if time.Now().After(deadline) {
					t.Fatal("the poller does not say that mail can not be taken")
				}
				time.Sleep(5 * time.Millisecond)
			}
			if n := len(w.receipts()) + w.log.count("stage=process") + w.log.count("stage=fetch"); n != 0 {
				t.Errorf("%d receipts or tries while the bucket was out", n)
			}
			if w.log.count("s3://desk/mail") == 0 || w.log.count("new mail stays on the mail server") == 0 {
				t.Error("the log does not name the bucket and what to do")
			}
			out.Store(false)
			for deadline := time.Now().Add(20 * time.Second); len(w.receipts()) < 3; {
				if time.Now().After(deadline) {
					t.Fatal("the mail is not taken when the bucket works again")
				}
				time.Sleep(5 * time.Millisecond)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			w.want("1 opened", "2 opened", "3 opened")
		})
	}
}

// outage is what a bucket says that is out of order.
type outage struct{}

func (outage) Error() string { return "the bucket is out of order" }
func (outage) Outage() bool  { return true }

// outBlobs cannot read a blob back for a while.
type outBlobs struct {
	Blobs
	tries *atomic.Int32
}

func (b outBlobs) OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadCloser, error) {
	switch n := b.tries.Add(1); {
	case n <= processTries:
		return nil, outage{}
	case n <= 2*processTries:
		return io.NopCloser(outReader{}), nil
	}
	return b.Blobs.OpenBlob(ctx, sum)
}

type outReader struct{}

func (outReader) Read([]byte) (int, error) { return 0, outage{} }

// TestBucketOutBetween has a bucket that fails after a large mail was put there
// and before it is read: that is not the mail's fault, however often it happens.
func TestBucketOutBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	w.deliver(letter("large", strings.Repeat("x", 2*inlineBytes)))
	p := w.poller()
	p.Blobs = outBlobs{p.Blobs, new(atomic.Int32)}
	for range 2 * processTries {
		if err := p.Sweep(context.Background()); !isOutage(err) {
			t.Fatalf("got %v", err)
		}
	}
	if err := p.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.want("1 opened")
	if n := w.log.count("stage=process"); n != 0 {
		t.Errorf("%d tries were booked", n)
	}
}
