package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

func TestPostgresLock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := enginetest.Postgres(t)
	first := openURL(t, url, WithLock())
	command := openURL(t, url) // a command does not need the lock
	if err := command.Update(ctx, func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err }); err != nil {
		t.Errorf("a command beside the daemon: %v", err)
	}
	if db, err := Open(ctx, enginetest.Postgres(t), WithLock()); err != nil {
		t.Errorf("another desk in the same database: %v", err)
	} else if err := db.Close(); err != nil {
		t.Error(err)
	}

	told := make(chan string, 2)
	got := make(chan error, 1)
	go func() {
		second, err := Open(ctx, url, WithLock(), WithWaiting(func(holder string) { told <- holder }))
		if err == nil {
			err = second.Close()
		}
		got <- err
	}()
	if holder := <-told; !strings.Contains(holder, fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("the holder is %q", holder)
	}
	select {
	case err := <-got:
		t.Fatalf("the second daemon did not wait: %v", err)
	case <-time.After(1500 * time.Millisecond): // it has asked again meanwhile
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("the second daemon, when the first has ended: %v", err)
	}
	if len(told) > 0 {
		t.Error("the second daemon said twice that it waits")
	}
}

// TestPostgresNodes demands that daemons of two names run one desk, and that
// nobody changes the tables under them: whoever wants to waits for the last.
func TestPostgresNodes(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	a, b := openURL(t, url, WithLock(), WithNode("a")), openURL(t, url, WithLock(), WithNode("b"))
	for want, db := range map[string]*DB{"a": a, "b": b} {
		if db.Node() != want {
			t.Errorf("node %q, want %q", db.Node(), want)
		}
	}
	found, err := Probe(t.Context(), url, "")
	if err != nil || !strings.Contains(found.Running, fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("found %+v, %v", found, err)
	}
	// As if this program knew a newer schema.
	if _, err := a.write.Exec("DELETE FROM " + versionTable); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	ctx, stop := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := Open(ctx, url, WithLock(), WithNode("a"), WithWaiting(func(why string) { told <- why }))
		got <- err
	}()
	if why := within(t, told, "nobody waits"); !strings.Contains(why, "bring the schema up to date") {
		t.Errorf("it waits because %s", why)
	}
	stop()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("the stopped wait ended with %v", err)
	}
	if _, err := Open(t.Context(), url); err == nil || !strings.Contains(err.Error(), "another deskpost runs") {
		t.Errorf("a command meanwhile: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	// Now somebody is alone. That the tables are there already ends this test.
	if _, err := Open(t.Context(), url, WithLock(), WithNode("a")); err == nil || !strings.Contains(err.Error(), "up to date") {
		t.Errorf("alone with the tables: %v", err)
	}
}

// TestPostgresNodesStartAtOnce demands that nodes which meet an empty database at
// the same time all start, though only one of them can make the tables.
func TestPostgresNodesStartAtOnce(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	started := make(chan error, 4)
	for i := range cap(started) {
		go func() {
			db, err := Open(context.Background(), url, WithLock(), WithNode(fmt.Sprint("node-", i)))
			started <- err
			if err == nil {
				t.Cleanup(func() { db.Close() })
			}
		}()
	}
	for range cap(started) {
		if err := within(t, started, "a node does not start"); err != nil {
			t.Error(err)
		}
	}
}

// TestPostgresLockWaitEnds demands that a daemon that waits can be stopped.
func TestPostgresLockWaitEnds(t *testing.T) {
	t.Parallel()
	url := enginetest.Postgres(t)
	openURL(t, url, WithLock())
	ctx, stop := context.WithCancel(context.Background())
	if _, err := Open(ctx, url, WithLock(), WithWaiting(func(string) { stop() })); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped wait ended with %v", err)
	}
}

// TestPostgresLockLost demands that a daemon whose lock went with its session
// commits nothing more, not even what it has begun.
func TestPostgresLockLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := enginetest.Postgres(t)
	db := openURL(t, url, WithLock())
	err := db.Update(ctx, func(tx ticket.Tx) error {
		if _, err := tx.Next("a", 1); err != nil {
			return err
		}
		cutSession(t, db)
		for deadline := time.Now().Add(10 * time.Second); db.dead.Load() == nil; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nobody noticed that the lock is lost")
			}
		}
		return nil
	})
	if !IsFatal(err) || !strings.Contains(err.Error(), "the lock of the desk was lost") {
		t.Errorf("the update that had begun: %v", err)
	}
	if err := db.Update(ctx, func(ticket.Tx) error { return nil }); !IsFatal(err) {
		t.Errorf("the next update: %v", err)
	}
	if err := db.Watch(ctx); !IsFatal(err) {
		t.Errorf("who watches is told %v", err)
	}
	next := openURL(t, url, WithLock())
	err = next.Update(ctx, func(tx ticket.Tx) error {
		n, err := tx.Next("a", 1)
		if n != 1 {
			t.Errorf("the update after the loss was kept: %d", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// cutSession ends, at the server, the session that holds the lock of the desk.
func cutSession(t *testing.T, db *DB) {
	t.Helper()
	pid := db.lock.(*advisoryLock).conn.PgConn().PID()
	var ended bool
	if err := db.read.QueryRow("SELECT pg_terminate_backend($1)", pid).Scan(&ended); err != nil || !ended {
		t.Fatalf("end the session %d: %t, %v", pid, ended, err)
	}
}
