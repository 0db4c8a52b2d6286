package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// shortLease is how long leases last in tests: long enough for a busy machine to
// renew them in time.
const shortLease = 1500 * time.Millisecond

// openNode opens a desk as the daemon of a name does, with short leases.
func openNode(t *testing.T, url, name string, opts ...Option) *DB {
	t.Helper()
	return openURL(t, url, append([]Option{WithLock(), WithNode(name), WithLease(shortLease)}, opts...)...)
}

// A leader is work that a node leads until it is told to end, or may no longer.
type leader struct {
	t      *testing.T
	leads  chan context.Context // gets the context of the work when it begins
	ceased chan error           // gets its cause when it ends
	stop   context.CancelFunc
	over   chan error // what Lead returned
}

// lead has a node lead the work of a name.
func lead(t *testing.T, db *DB, name string) *leader {
	ctx, stop := context.WithCancel(context.Background())
	l := &leader{t: t, leads: make(chan context.Context, 9), ceased: make(chan error, 9), stop: stop, over: make(chan error, 1)}
	go func() {
		l.over <- db.Lead(ctx, name, func(ctx context.Context) error {
			l.leads <- ctx
			<-ctx.Done()
			l.ceased <- context.Cause(ctx)
			return nil
		})
	}()
	t.Cleanup(stop)
	return l
}

// began waits until the work has begun.
func (l *leader) began() context.Context {
	l.t.Helper()
	return within(l.t, l.leads, "the lease is not granted")
}

// end stops the leader and waits for it.
func (l *leader) end() {
	l.t.Helper()
	l.stop()
	if err := within(l.t, l.over, "Lead does not return"); err != nil {
		l.t.Errorf("Lead ended with %v", err)
	}
}

func within[T any](t *testing.T, c <-chan T, complaint string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal(complaint)
		panic("unreachable")
	}
}

// tally counts up a counter and so writes something.
func tally(ctx context.Context, db *DB) (n int64, err error) {
	err = db.Update(ctx, func(tx ticket.Tx) error { n, err = tx.Next("a", 1); return err })
	return n, err
}

// TestLeadAlone demands that whoever has a SQLite file leads at once, without a
// row, and that without the lock of a daemon nobody leads.
func TestLeadAlone(t *testing.T) {
	t.Parallel()
	url := enginetest.SQLite(t)
	command := openURL(t, url)
	db := openURL(t, url, WithLock(), WithNode("a"))
	done := errors.New("done")
	err := db.Lead(t.Context(), "clock", func(ctx context.Context) error {
		_, err := tally(ctx, db)
		return errors.Join(err, done)
	})
	if err.Error() != "done" || db.Node() != "" {
		t.Errorf("Lead = %v, node %q", err, db.Node())
	}
	var leases int
	if err := db.read.QueryRow("SELECT COUNT(*) FROM leases").Scan(&leases); err != nil || leases != 0 {
		t.Errorf("%d leases, %v", leases, err)
	}
	if err := command.Lead(t.Context(), "clock", nil); err == nil || !strings.Contains(err.Error(), "without the lock") {
		t.Errorf("without the lock Lead = %v", err)
	}
}

// TestLeaseIsRenewed demands that a lease stays with its holder for much longer
// than it lasts, and is another's at once when it is given back.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	a, b := openNode(t, url, "a"), openNode(t, url, "b")
	first := lead(t, a, "clock")
	ctx := first.began()
	second := lead(t, b, "clock")
	if err := a.Lead(t.Context(), "clock", nil); err == nil || !strings.Contains(err.Error(), "does already") {
		t.Errorf("a second Lead of the same node: %v", err)
	}
	select {
	case <-second.leads:
		t.Error("two nodes lead the same work")
	case <-ctx.Done():
		t.Errorf("the lease was not renewed: %v", context.Cause(ctx))
	case <-time.After(3 * shortLease):
	}
	if _, err := tally(ctx, a); err != nil {
		t.Errorf("an update of the leader: %v", err)
	}
	first.stop()
	given := time.Now()
	second.began()
	if took := time.Since(given); took > shortLease/2 {
		t.Errorf("a lease that was given back was taken after %s", took)
	}
	if _, err := tally(context.WithoutCancel(ctx), a); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a late update of the first leader: %v", err)
	}
	first.end()
	second.end()
}

// TestLeaseOfEight demands that of eight candidates one leads at a time, and
// that each of them gets its turn when the one before it has ended (F15, F52).
func TestLeaseOfEight(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	var leading, turns atomic.Int32
	var group sync.WaitGroup
	for i := range 8 {
		db := openNode(t, url, fmt.Sprint("node-", i))
		group.Go(func() {
			err := db.Lead(t.Context(), "clock", func(ctx context.Context) error {
				if n := leading.Add(1); n != 1 {
					t.Errorf("%d lead at once", n)
				}
				_, err := tally(ctx, db)
				time.Sleep(20 * time.Millisecond)
				leading.Add(-1)
				turns.Add(1)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if turns.Load() != 8 {
		t.Errorf("%d of 8 had their turn", turns.Load())
	}
}

// silence keeps a node from renewing its leases, as if it were paused: neither
// its beats nor its clocks go on.
func silence(db *DB) {
	db.node.stop()
	db.node.running.Wait()
	for _, l := range db.node.leases() {
		l.ends.Stop()
	}
}

// TestLeaseOfThePaused demands that a node which is paused, be it inside of a
// transaction, is replaced soon after its lease, and that what it writes when it
// goes on is refused as a whole, also where it may not be cancelled (F15, F52).
func TestLeaseOfThePaused(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t) + "&idle_in_transaction_session_timeout=" + fmt.Sprint((shortLease * 2 / 3).Milliseconds())
	a, b := openNode(t, url, "a"), openNode(t, url, "b")
	first := lead(t, a, "clock")
	ctx := first.began()
	second := lead(t, b, "clock")
	paused := time.Now()
	silence(a)
	err := a.Update(ctx, func(tx ticket.Tx) error {
		if _, err := tx.Next("a", 1); err != nil {
			return err
		}
		leading := second.began()
		if took := time.Since(paused); took < shortLease || took > 2*shortLease {
			t.Errorf("replaced after %s, want soon after %s", took, shortLease)
		}
		if n, err := tally(leading, b); n != 1 || err != nil {
			t.Errorf("the next leader counts %d, %v", n, err)
		}
		_, err := tx.Next("a", 1)
		return err
	})
	if err == nil {
		t.Error("a transaction of the paused node was committed after its time")
	}
	if ctx.Err() != nil {
		t.Fatal("the paused node noticed too early for this test")
	}
	if _, err := tally(context.WithoutCancel(ctx), a); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a late update: %v", err)
	}
	if cause := within(t, first.ceased, "the work goes on"); !errors.Is(cause, ErrLeaseLost) {
		t.Errorf("the work ended because of %v", cause)
	}
	w := a.NewBlob(context.WithoutCancel(ctx))
	if _, err := w.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a late upload: %v", err)
	}
	if n, err := tally(t.Context(), a); n != 2 || err != nil {
		t.Errorf("the counter is at %d, %v: want what the leader counted and this", n, err)
	}
}

// TestLeaseHeldByATransaction demands that nobody takes a lease over while a
// transaction that rests on it is about to commit.
func TestLeaseHeldByATransaction(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	a, b := openNode(t, url, "a"), openNode(t, url, "b")
	first := lead(t, a, "clock")
	ctx := first.began()
	second := lead(t, b, "clock")
	err := a.Update(ctx, func(tx ticket.Tx) error {
		silence(a)
		select {
		case <-second.leads:
			t.Error("the lease was taken under a transaction")
		case <-time.After(2 * shortLease):
		}
		_, err := tx.Next("a", 1)
		return err
	})
	if err != nil {
		t.Errorf("the transaction: %v", err)
	}
	second.began()
}

// TestLeaseOfTheSameName demands that a node which lost its session is replaced
// at once by the next process of its name, which has the lock of that name.
func TestLeaseOfTheSameName(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	a := openNode(t, url, "a", WithLease(time.Hour))
	first := lead(t, a, "clock")
	first.began()
	cutSession(t, a)
	if err := a.Watch(t.Context()); !IsFatal(err) {
		t.Errorf("the node whose session was cut: %v", err)
	}
	if cause := within(t, first.ceased, "the work goes on"); !IsFatal(cause) {
		t.Errorf("its work ended because of %v", cause)
	}
	if err := within(t, first.over, "Lead does not return"); err != nil {
		t.Errorf("Lead ended with %v", err)
	}
	second := lead(t, openNode(t, url, "a", WithLease(time.Hour)), "clock")
	second.began()
	second.end()
}

// TestLeaseOfTheCutOff demands that a node which is cut off from the database
// ends its work when its lease ends, and that another one goes on (F15).
func TestLeaseOfTheCutOff(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	line := newLine(t, url)
	a, b := openNode(t, line.url, "a"), openNode(t, url, "b")
	first := lead(t, a, "clock")
	ctx := first.began()
	second := lead(t, b, "clock")
	line.cut()
	began := time.Now()
	cause := within(t, first.ceased, "the work goes on")
	if took := time.Since(began); !errors.Is(cause, ErrLeaseLost) || took > shortLease+shortLease/2 {
		t.Errorf("the work ended after %s because of %v", took, cause)
	}
	second.began()
	if took := time.Since(began); took > 2*shortLease {
		t.Errorf("replaced after %s", took)
	}
	line.mend()
	if _, err := tally(context.WithoutCancel(ctx), a); err == nil {
		t.Error("a late update was kept")
	}
	second.end()
	first.began() // and it is a candidate again
}

// TestNodeClock demands that a node whose clock is off by more than a minute does
// not start, and that one whose clock is moved later ends.
func TestNodeClock(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	var off atomic.Int64
	clock := WithClock(func() time.Time { return time.Now().Add(time.Duration(off.Load())) })
	for wrong, want := range map[time.Duration]string{
		-2 * time.Minute: "2m0s behind that of the server",
		75 * time.Second: "1m15s ahead of that of the server",
	} {
		off.Store(int64(wrong))
		_, err := Open(t.Context(), url, WithLock(), WithNode("a"), clock)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "NTP") {
			t.Errorf("with a clock that is wrong by %s: got %v, want %q", wrong, err, want)
		}
	}
	openURL(t, url, clock) // a command may
	off.Store(int64(-50 * time.Second))
	db := openNode(t, url, "a", clock)
	off.Store(int64(2 * time.Minute))
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if err := db.Watch(ctx); !IsFatal(err) || !strings.Contains(err.Error(), "2m0s ahead of") {
		t.Errorf("with a clock that was moved: %v", err)
	}
	if _, err := tally(t.Context(), db); !IsFatal(err) {
		t.Errorf("an update with a wrong clock: %v", err)
	}
}

// TestLeadingIsTold demands that whoever wants to know hears of each change.
func TestLeadingIsTold(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	told := make(chan Leadership, 9)
	a := openNode(t, url, "a", WithLeading(func(l Leadership) { told <- l }))
	first := lead(t, a, "clock")
	if l := within(t, told, "nothing is told"); l != (Leadership{Lease: "clock", Fence: 1, Leads: true}) {
		t.Errorf("told %+v", l)
	}
	if _, err := a.read.Exec("UPDATE leases SET holder = 'thief', fence = 7"); err != nil {
		t.Fatal(err)
	}
	if l := within(t, told, "the loss is not told"); l.Leads || l.Fence != 1 || !errors.Is(l.Err, ErrLeaseLost) {
		t.Errorf("told %+v", l)
	}
	if l := within(t, told, "the return is not told"); !l.Leads || l.Fence != 8 || l.Err != nil {
		t.Errorf("told %+v", l)
	}
	first.end()
	if l := within(t, told, "the end is not told"); l.Leads || l.Err != nil {
		t.Errorf("told %+v", l)
	}
}
