package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// leaseLength is how long a lease lasts that is not renewed: the longest time
	// in which nobody does the work of a node that died.
	leaseLength = 15 * time.Second
	leaseBeats  = 3  // how often it is renewed in that time
	leaseLooks  = 15 // how often a candidate looks in that time
)

// maxSkew is how far the clock of a node may be off. When a notice is due, and
// until when it belongs to a sender, is written by one node and read by another.
const maxSkew = time.Minute

// errSkew is why a node stops whose clock is off.
var errSkew = errors.New("the clocks differ by more than " + maxSkew.String())

// WithLease makes the leases of a node last for another time than 15 seconds. All
// nodes of a desk need the same.
func WithLease(length time.Duration) Option { return func(o *options) { o.lease = length } }

// WithLeading has told called whenever the node begins or ceases to lead
// something, from several goroutines.
func WithLeading(told func(Leadership)) Option { return func(o *options) { o.leading = told } }

// A node is one of several daemons on a database.
type node struct {
	name   string
	length time.Duration // of its leases
	told   func(Leadership)
	beats  *sql.DB // a connection for what must not wait for anything else

	ctx     context.Context // ends with the node
	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	entered map[string]bool // what Lead is at work for
	held    map[string]*lease
}

func newNode(o options, beats *sql.DB) *node {
	n := &node{name: o.node, length: cmp.Or(o.lease, leaseLength), told: o.leading, beats: beats,
		entered: make(map[string]bool), held: make(map[string]*lease)}
	n.ctx, n.stop = context.WithCancel(context.Background())
	return n
}

func (n *node) close() error {
	n.stop()
	n.running.Wait()
	return n.beats.Close()
}

// enter reports whether nobody in this process leads the work or waits to.
func (n *node) enter(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.entered[name] {
		return false
	}
	n.entered[name] = true
	return true
}

func (n *node) leave(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.entered, name)
}

func (n *node) add(l *lease) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held[l.name] = l
}

func (n *node) remove(l *lease) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held[l.name] == l {
		delete(n.held, l.name)
	}
}

// leases are those that the node holds, in an order that all nodes keep.
func (n *node) leases() []*lease {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*lease
	for _, l := range n.held {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *lease) int { return cmp.Compare(a.name, b.name) })
	return all
}

func (n *node) tell(l Leadership) {
	if n.told != nil {
		n.told(l)
	}
}

// Node is the name of this daemon among several on its database; "" where it is
// the only one.
func (db *DB) Node() string {
	if db.node == nil {
		return ""
	}
	return db.node.name
}

// beat renews the leases of this node until it is closed, and looks at its clock.
func (db *DB) beat() {
	again := time.NewTicker(db.node.length / leaseBeats)
	defer again.Stop()
	for {
		select {
		case <-db.node.ctx.Done():
			return
		case <-db.died:
			for _, l := range db.node.leases() {
				l.lose(*db.dead.Load())
			}
			return
		case <-again.C:
		}
		// Where either fails, the next beat may succeed, and else the leases end by
		// themselves.
		err := db.renew(db.node.ctx)
		if err == nil {
			err = db.checkClock(db.node.ctx)
		}
		if errors.Is(err, errSkew) {
			db.die(err)
		}
	}
}

// renew tells the database that this node is there.
func (db *DB) renew(ctx context.Context) error {
	began := time.Now()
	held := db.node.leases()
	if len(held) == 0 {
		return nil
	}
	kept := make([]bool, len(held))
	err := db.briefly(ctx, db.node.beats, func(t *tx) error {
		for i, l := range held {
			n, err := t.exec(`UPDATE leases SET beat = beat + 1, at = $3 WHERE name = $1 AND fence = $2`, l.name, l.fence, ms(db.now()))
			if err != nil {
				return err
			}
			kept[i] = n == 1
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	for i, l := range held {
		if kept[i] {
			l.ends.Reset(db.node.length - time.Since(began))
		} else {
			l.lose(errLeaseTaken)
		}
	}
	return nil
}

// checkClock compares the clock of this machine with that of the server.
func (db *DB) checkClock(ctx context.Context) error {
	var ms int64
	before := db.now()
	err := db.briefly(ctx, db.node.beats, func(t *tx) error { return t.one(db.dialect.clock, nil, &ms) })
	after := db.now()
	if err != nil {
		return fmt.Errorf("ask the server for the time: %w", err)
	}
	server := time.UnixMilli(ms)
	off, way := before.Sub(server), "ahead of"
	if behind := server.Sub(after); behind > off {
		off, way = behind, "behind"
	}
	if off <= maxSkew {
		return nil
	}
	return &databaseError{name: db.engine.name(), err: errSkew,
		wrong: fmt.Sprintf("the clock of this machine is %s %s that of the server", off.Round(time.Second), way),
		mend:  "set both by NTP and start deskpost again"}
}

// briefly runs a transaction about leases over a pool, within the time from one
// beat to the next.
func (db *DB) briefly(ctx context.Context, pool *sql.DB, f func(*tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, db.node.length/leaseBeats)
	defer cancel()
	sqlTx, err := pool.BeginTx(ctx, db.dialect.update)
	if err != nil {
		return db.engine.explain(err)
	}
	defer sqlTx.Rollback() // after a commit this does nothing
	err = f(&tx{ctx: ctx, sql: sqlTx, dialect: &db.dialect, writes: true})
	if err == nil {
		err = sqlTx.Commit()
	}
	return db.engine.explain(err)
}
