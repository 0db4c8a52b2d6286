package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// An advisoryKey names an advisory lock: a class, and the schema with what is
// said of it, so that two desks may share a database.
type advisoryKey struct {
	class int32
	of    string
}

// deskKey is the lock that every daemon shares, and who changes the tables has
// alone.
func deskKey() advisoryKey { return advisoryKey{class: 0x6465736b} } // "desk"

// nodeKey is the lock that one daemon of a name has.
func nodeKey(node string) advisoryKey { return advisoryKey{class: 0x6e6f6465, of: " " + node} } // "node"

// intakeClass is that of the lock under which mail is taken; see
// dialect.intake.
const intakeClass = 0x6d61696c // "mail"

// justEnded stands for a holder who is gone by the time one asks who it is.
const justEnded = "it has just ended"

const (
	tryLock    = "SELECT pg_try_advisory_lock($1, hashtext(current_schema()::text || $2::text))"
	tryShared  = "SELECT pg_try_advisory_lock_shared($1, hashtext(current_schema()::text || $2::text))"
	lockHolder = `
		SELECT COALESCE(STRING_AGG(DISTINCT COALESCE(NULLIF(application_name, ''), 'a program') || COALESCE(' at ' || host(client_addr), ''), '; '), '')
		FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND granted AND classid = $1::int::oid
			AND objid = hashtext(current_schema()::text || $2::text)::oid
			AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	// The session that holds the lock is idle by intent.
	neverIdle = `SELECT set_config('idle_session_timeout', '0', false)
		WHERE current_setting('idle_session_timeout', true) IS NOT NULL`
)

// A runningError says that a lock is not free.
type runningError string

func (e runningError) Error() string { return string(e) }

// An advisoryLock is a lock on PostgreSQL: that of a session, which the server
// frees when the session ends.
type advisoryLock struct {
	engine *postgres
	wait   wait
	conn   *pgx.Conn
	stop   context.CancelFunc // nil until the connection is watched
	ended  chan struct{}      // closed when nobody watches the connection any more
}

// takeLock takes the lock of a node.
func (p *postgres) takeLock(ctx context.Context, w wait) (lock, error) {
	return p.take(ctx, nodeKey(w.node), w, fmt.Sprintf("another deskpost called %q runs on the database %s", w.node, p.shown),
		"this one takes over when it ends; to have both, give each another node in its config")
}

// takeAlone takes the lock that no daemon shares meanwhile.
func (p *postgres) takeAlone(ctx context.Context, w wait) (lock, error) {
	return p.take(ctx, deskKey(), w, "another deskpost runs on the database "+p.shown, "stop it first")
}

func (p *postgres) take(ctx context.Context, key advisoryKey, w wait, busy, mend string) (lock, error) {
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, err
	}
	l := &advisoryLock{engine: p, wait: w, conn: conn}
	if _, err = conn.Exec(ctx, neverIdle); err != nil {
		err = fmt.Errorf("prepare the lock: %w", err)
	} else {
		err = l.acquire(ctx, tryLock, key, busy, mend)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return l, nil
}

// alone implements lock: other nodes may run the desk too.
func (l *advisoryLock) alone() bool { return false }

// join shares the lock of the desk with the other daemons, so that nobody
// changes the tables under it, and begins to watch over the connection.
func (l *advisoryLock) join(ctx context.Context) error {
	err := l.acquire(ctx, tryShared, deskKey(), "another deskpost brings the tables up to date on the database "+l.engine.shown, "wait until it is done")
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop, l.ended = stop, make(chan struct{})
	go l.watch(watching)
	return nil
}

// acquire asks for a lock again and again rather than waiting in the server: a
// statement that waits for days would keep the server from cleaning up.
func (l *advisoryLock) acquire(ctx context.Context, try string, key advisoryKey, busy, mend string) error {
	pace := time.Second
	patience := ctx
	if !l.wait.daemon {
		var cancel context.CancelFunc
		patience, cancel = context.WithTimeout(ctx, lockPatience)
		defer cancel()
		pace = 50 * time.Millisecond
	}
	again := time.NewTicker(pace)
	defer again.Stop()
	for told := false; ; told = true {
		var got bool
		if err := l.conn.QueryRow(ctx, try, key.class, key.of).Scan(&got); err != nil || got {
			return err
		}
		if !told && l.wait.waiting != nil {
			holder, err := l.engine.holder(ctx, l.conn, key)
			if err != nil {
				return err
			}
			l.wait.waiting(fmt.Sprintf("%s (%s): %s", busy, cmp.Or(holder, justEnded), mend))
		}
		select {
		case <-again.C:
		case <-patience.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("wait for the lock of the desk: %w", ctx.Err())
			}
			holder, err := l.engine.holder(ctx, l.conn, key)
			if err != nil {
				return err
			}
			return runningError(fmt.Sprintf("%s (%s): %s", busy, cmp.Or(holder, justEnded), mend))
		}
	}
}

// holder says who holds a lock, as far as the server tells; "" if nobody does.
func (p *postgres) holder(ctx context.Context, conn *pgx.Conn, key advisoryKey) (string, error) {
	var holder string
	if err := conn.QueryRow(ctx, lockHolder, key.class, key.of).Scan(&holder); err != nil {
		return "", fmt.Errorf("ask who holds the lock: %w", err)
	}
	return holder, nil
}

// watch waits for the end of the connection. When it ends by itself the server
// has freed the lock, and another process may have it.
func (l *advisoryLock) watch(ctx context.Context) {
	defer close(l.ended)
	for {
		_, err := l.conn.WaitForNotification(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if l.wait.lost != nil {
				l.wait.lost(&databaseError{name: l.engine.shown, wrong: "the server ended the connection", err: fmt.Errorf("%w: %w", errLockLost, err),
					mend: "start deskpost again; it waits until no other one of its name runs"})
			}
			return
		}
	}
}

// abandoned is always false: the server recovers its files by itself.
func (l *advisoryLock) abandoned() bool { return false }

// release frees the lock before it returns, so that whoever comes next need not
// wait for the server to notice.
func (l *advisoryLock) release() error {
	if l.stop != nil {
		l.stop()
		<-l.ended
	}
	ctx, cancel := context.WithTimeout(context.Background(), pgConnect)
	defer cancel()
	if !l.conn.IsClosed() {
		if _, err := l.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()"); err != nil {
			return errors.Join(fmt.Errorf("free the lock: %w", err), l.conn.Close(ctx))
		}
	}
	return l.conn.Close(ctx)
}
