package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpost/ticket"
)

// ErrLeaseLost is why work ends, and its updates fail, that this node no longer
// leads.
var ErrLeaseLost = errors.New("the lease is lost")

// errNotRenewed is how a lease ends of which the database does not hear.
var errNotRenewed = fmt.Errorf("%w: the database could not be told in time that this node is there", ErrLeaseLost)

// errLeaseTaken is how a lease ends that another node has.
var errLeaseTaken = fmt.Errorf("%w: another node has taken it", ErrLeaseLost)

// A Leadership tells that a node began or ceased to lead some work.
type Leadership struct {
	Lease string // the name that Lead was given
	Fence int64  // counts the leaders there were
	Leads bool   // it began
	Err   error  // why it ceased, if it did not give the lease back; or why it can not begin
}

// A lease is a piece of work that this node leads. It is found in the context
// of that work.
type lease struct {
	name  string
	fence int64
	lose  context.CancelCauseFunc
	ends  *time.Timer // its end, unless it is renewed before
}

// leaseKey finds the lease of a context for a database.
type leaseKey struct{ db *DB }

// Lead runs work on one node at a time. It waits until the lease of that name is
// granted and runs work under a context that ends, with a cause that is
// ErrLeaseLost, as soon as the lease could not be renewed for its length or
// another node has it. Every Update under that context checks the lease in its
// own transaction, also under context.WithoutCancel: what a node that was paused
// or cut off still tries to write after its time is refused.
//
// Lead returns what work returns. Where the lease was lost meanwhile, it waits
// for it again instead, once work has returned. When ctx ends it waits for work
// and gives the lease back, or returns nil if none was granted; so it does when
// the DB dies, of which Watch tells. On SQLite whoever has the lock has every
// lease at once, and for good. The DB must have been opened with WithLock.
func (db *DB) Lead(ctx context.Context, name string, work func(context.Context) error) error {
	switch {
	case db.lock == nil:
		return fmt.Errorf("lead %s: the database was opened without the lock of a daemon", name)
	case db.node == nil:
		return work(ctx)
	case !db.node.enter(name):
		return fmt.Errorf("lead %s: this process does already", name)
	}
	defer db.node.leave(name)
	for {
		l, granted := db.campaign(ctx, name)
		if l == nil {
			return nil
		}
		if err := db.hold(ctx, l, granted, work); !errors.Is(err, ErrLeaseLost) {
			return err
		}
	}
}

// A sighting is a lease as a candidate saw it.
type sighting struct {
	holder      string
	fence, beat int64
}

// campaign waits until a lease is this node's, and returns it with an instant
// before which it was not granted; nil if ctx ends or the DB dies.
func (db *DB) campaign(ctx context.Context, name string) (*lease, time.Time) {
	var seen sighting
	var since time.Time // when it was first seen
	told := false
	looks := time.NewTicker(db.node.length / leaseLooks)
	defer looks.Stop()
	for ctx.Err() == nil && db.Err() == nil {
		began := time.Now()
		l, now, err := db.look(ctx, name, seen, since)
		switch {
		case l != nil:
			return l, began
		case err != nil && ctx.Err() == nil && !told:
			told = true
			db.node.tell(Leadership{Lease: name, Err: err})
		case err == nil && now != seen:
			seen, since, told = now, time.Now(), false
		}
		select {
		case <-ctx.Done():
		case <-db.died:
		case <-looks.C:
		}
	}
	return nil, time.Time{}
}

// look looks at a lease and takes it if it is free, or was seen in the same
// state since an instant that lies long enough ago.
func (db *DB) look(ctx context.Context, name string, seen sighting, since time.Time) (*lease, sighting, error) {
	now, err := db.sight(ctx, name)
	if err != nil {
		return nil, now, err
	}
	ended := now == seen && time.Since(since) >= db.node.length
	// A lease of our own name is left from before we had the lock of that name.
	if now.holder != "" && now.holder != db.node.name && !ended {
		return nil, now, nil
	}
	taken := false
	err = db.briefly(ctx, db.write, func(t *tx) error {
		var still sighting
		// Held, it waits for transactions that rest on it, and they wait for us.
		err := t.one(t.held(sightLease), args{name}, &still.holder, &still.fence, &still.beat)
		if err != nil || still != now {
			return err
		}
		_, err = t.exec(`UPDATE leases SET holder = $2, fence = fence + 1, beat = 0, at = $3 WHERE name = $1`,
			name, db.node.name, ms(db.now()))
		taken = err == nil
		return err
	})
	if err != nil || !taken {
		return nil, now, err
	}
	return &lease{name: name, fence: now.fence + 1}, now, nil
}

const sightLease = `SELECT holder, fence, beat FROM leases WHERE name = $1`

// sight reads a lease, which is made if there is none.
func (db *DB) sight(ctx context.Context, name string) (s sighting, err error) {
	err = db.briefly(ctx, db.read, func(t *tx) error { return t.one(sightLease, args{name}, &s.holder, &s.fence, &s.beat) })
	if errors.Is(err, ticket.ErrNotFound) {
		err = db.briefly(ctx, db.write, func(t *tx) error {
			_, err := t.exec(`INSERT INTO leases (name, holder, fence, beat) VALUES ($1, '', 0, 0) ON CONFLICT (name) DO NOTHING`, name)
			return err
		})
	}
	if err != nil {
		return s, fmt.Errorf("look at the lease: %w", err)
	}
	return s, nil
}

// hold runs work under a lease that was granted after an instant. Its error is
// ErrLeaseLost if the lease ended before work did.
func (db *DB) hold(ctx context.Context, l *lease, granted time.Time, work func(context.Context) error) error {
	leading, lose := context.WithCancelCause(context.WithValue(ctx, leaseKey{db}, l))
	defer lose(nil)
	l.lose = lose
	l.ends = time.AfterFunc(db.node.length-time.Since(granted), func() { lose(errNotRenewed) })
	defer l.ends.Stop()
	db.node.add(l)
	db.node.tell(Leadership{Lease: l.name, Fence: l.fence, Leads: true})
	err := work(leading)
	db.node.remove(l)
	if cause := context.Cause(leading); errors.Is(cause, ErrLeaseLost) {
		db.node.tell(Leadership{Lease: l.name, Fence: l.fence, Err: cause})
		return cause
	}
	if dead := db.Err(); dead != nil {
		db.node.tell(Leadership{Lease: l.name, Fence: l.fence, Err: dead})
		return err
	}
	// Where it can not be given back, it ends by itself.
	left := db.giveBack(context.WithoutCancel(ctx), l)
	db.node.tell(Leadership{Lease: l.name, Fence: l.fence, Err: left})
	return err
}

// giveBack frees a lease for whoever looks next.
func (db *DB) giveBack(ctx context.Context, l *lease) error {
	return db.briefly(ctx, db.node.beats, func(t *tx) error {
		_, err := t.exec(`UPDATE leases SET holder = '', at = $3 WHERE name = $1 AND fence = $2`, l.name, l.fence, ms(db.now()))
		return err
	})
}

// stillLeads fails a transaction of work that another node leads by now, and
// keeps others from taking the lease until the transaction ends.
func (db *DB) stillLeads(t *tx) error {
	l, leads := t.ctx.Value(leaseKey{db}).(*lease)
	if !leads {
		return nil
	}
	var fence int64
	err := t.one(`SELECT fence FROM leases WHERE name = $1`+t.dialect.kept, args{l.name}, &fence)
	if err == nil && fence == l.fence {
		return nil
	}
	if err != nil && !errors.Is(err, ticket.ErrNotFound) {
		return fmt.Errorf("check the lease %s: %w", l.name, err)
	}
	l.lose(errLeaseTaken)
	return fmt.Errorf("lease %s, number %d: %w", l.name, l.fence, errLeaseTaken)
}
