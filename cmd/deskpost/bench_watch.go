package main

import (
	"context"
	"sync/atomic"

	"deskpost/inbound"
	"deskpost/ticket"
)

// A benchWatch counts what the program does, from outside of it.
type benchWatch struct {
	swept    chan struct{} // gets one when a sweep has reached the end
	commits  atomic.Int64  // of the desk
	streamed atomic.Int64  // raw mails too large to be committed with their tickets
	bytes    atomic.Int64  // of raw mail
}

// watchApp puts counters in front of the store. It must be called before
// anything runs.
func watchApp(a *app) *benchWatch {
	w := &benchWatch{swept: make(chan struct{}, 1)}
	a.desk.Store = watchedStore{a.desk.Store, w}
	for _, p := range a.pollers {
		p.Blobs = watchedBlobs{p.Blobs, w}
		next := p.Swept
		p.Swept = func() {
			select {
			case w.swept <- struct{}{}:
			default:
			}
			next()
		}
	}
	return w
}

// watchedStore counts commits.
type watchedStore struct {
	ticket.Store
	watch *benchWatch
}

func (s watchedStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	s.watch.commits.Add(1)
	return s.Store.Update(ctx, func(t ticket.Tx) error { return f(watchedTx{t, s.watch}) })
}

// watchedTx adds up the raw mail of receipts.
type watchedTx struct {
	ticket.Tx
	watch *benchWatch
}

func (t watchedTx) Receive(r *ticket.Receipt) (ticket.Sight, int64, error) {
	t.watch.bytes.Add(r.Raw.Size)
	return t.Tx.Receive(r)
}

// watchedBlobs counts the raw mails that are streamed.
type watchedBlobs struct {
	inbound.Blobs
	watch *benchWatch
}

func (b watchedBlobs) NewBlob(ctx context.Context) inbound.BlobWriter {
	b.watch.streamed.Add(1)
	return b.Blobs.NewBlob(ctx)
}
