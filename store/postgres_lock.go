package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockClass is the first half of the key of our advisory lock; the second is the
// schema, so that two desks may share a database.
const lockClass = 0x6465736b // "desk"

// justEnded stands for a holder who is gone by the time one asks who it is.
const justEnded = "it has just ended"

const (
	tryLock    = "SELECT pg_try_advisory_lock($1, hashtext(current_schema()))"
	lockHolder = `
		SELECT COALESCE(MAX(COALESCE(NULLIF(application_name, ''), 'a program') || COALESCE(' at ' || client_addr, '')), '')
		FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND granted AND classid = $1::int::oid AND objid = hashtext(current_schema())::oid
			AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	// The session that holds the lock is idle by intent.
	neverIdle = `SELECT set_config('idle_session_timeout', '0', false)
		WHERE current_setting('idle_session_timeout', true) IS NOT NULL`
)

// An advisoryLock is the lock of a desk on PostgreSQL: that of a session, which
// the server frees when the session ends.
type advisoryLock struct {
	conn  *pgx.Conn
	stop  context.CancelFunc
	ended chan struct{} // closed when nobody watches the connection any more
}

// takeLock asks for the lock again and again rather than waiting in the server:
// a statement that waits for days would keep the server from cleaning up.
func (p *postgres) takeLock(ctx context.Context, w wait) (lock, error) {
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, err
	}
	if err := p.waitForLock(ctx, conn, w); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &advisoryLock{conn: conn, stop: stop, ended: make(chan struct{})}
	go l.watch(watching, p.shown, w.lost)
	return l, nil
}

func (p *postgres) waitForLock(ctx context.Context, conn *pgx.Conn, w wait) error {
	if _, err := conn.Exec(ctx, neverIdle); err != nil {
		return fmt.Errorf("prepare the lock: %w", err)
	}
	pace := time.Second
	patience := ctx
	if !w.daemon {
		var cancel context.CancelFunc
		patience, cancel = context.WithTimeout(ctx, lockPatience)
		defer cancel()
		pace = 50 * time.Millisecond
	}
	again := time.NewTicker(pace)
	defer again.Stop()
	for told := false; ; told = true {
		var got bool
		if err := conn.QueryRow(ctx, tryLock, lockClass).Scan(&got); err != nil || got {
			return err
		}
		if !told && w.waiting != nil {
			holder, err := p.holder(ctx, conn)
			if err != nil {
				return err
			}
			w.waiting(cmp.Or(holder, justEnded))
		}
		select {
		case <-again.C:
		case <-patience.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("wait for the lock of the desk: %w", ctx.Err())
			}
			holder, err := p.holder(ctx, conn)
			if err != nil {
				return err
			}
			return fmt.Errorf("another deskpost runs on the database %s: %s; stop it first", p.shown, cmp.Or(holder, justEnded))
		}
	}
}

// holder says who holds the lock, as far as the server tells; "" if nobody does.
func (p *postgres) holder(ctx context.Context, conn *pgx.Conn) (string, error) {
	var holder string
	if err := conn.QueryRow(ctx, lockHolder, lockClass).Scan(&holder); err != nil {
		return "", fmt.Errorf("ask who holds the lock: %w", err)
	}
	return holder, nil
}

// watch waits for the end of the connection. When it ends by itself the server
// has freed the lock, and another process may have it.
func (l *advisoryLock) watch(ctx context.Context, name string, lost func(error)) {
	defer close(l.ended)
	for {
		_, err := l.conn.WaitForNotification(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if lost != nil {
				lost(&databaseError{name: name, wrong: errLockLost.Error(), err: fmt.Errorf("%w: %w", errLockLost, err),
					mend: "start deskpost again; it waits until no other one runs"})
			}
			return
		}
	}
}

// release frees the lock before it returns, so that whoever comes next need not
// wait for the server to notice.
func (l *advisoryLock) release() error {
	l.stop()
	<-l.ended
	ctx, cancel := context.WithTimeout(context.Background(), pgConnect)
	defer cancel()
	if !l.conn.IsClosed() {
		if _, err := l.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()"); err != nil {
			return errors.Join(fmt.Errorf("free the lock: %w", err), l.conn.Close(ctx))
		}
	}
	return l.conn.Close(ctx)
}
