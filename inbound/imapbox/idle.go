package imapbox

import (
	"context"
	"fmt"
	"time"
)

// defaultSlice is below the ten minutes after which the strictest servers hang
// up on an IDLE.
const defaultSlice = 9 * time.Minute

// Wait returns when the server says that the folder has grown, with changed
// true, or when the slice is over (9 minutes if it is 0). What was pushed
// since the last NewUIDs counts, so nothing falls between two waits. Without
// IDLE (RFC 2177) it asks once, when the slice is over: so give it the
// interval at which to look.
//
// A wait that ends with changed false has also proved that the connection is
// alive. But a server that says nothing need not have got nothing: look at the
// end of every slice.
func (b *Box) Wait(ctx context.Context, slice time.Duration) (changed bool, err error) {
	if b.takePush() {
		return true, nil
	}
	if slice <= 0 {
		slice = defaultSlice
	}
	if b.state.Idle {
		return b.idle(ctx, slice)
	}
	if b.linger(ctx, slice) {
		return true, nil
	}
	err = b.do(ctx, "ask for news", func() error { return b.client.Noop().Wait() })
	return b.takePush(), err
}

// idle runs one IDLE. Only this goroutine begins and ends it: from within the
// handler of a push the library would wait for itself.
func (b *Box) idle(ctx context.Context, slice time.Duration) (changed bool, err error) {
	slice = min(slice, b.cfg.IdleTimeout*9/10)
	err = b.do(ctx, "wait for mail", func() error {
		cmd, err := b.client.Idle()
		if err != nil {
			return err
		}
		b.wire.expect(b.cfg.IdleTimeout, false)
		changed = b.linger(ctx, slice)
		b.wire.expect(b.cfg.CommandTimeout, true)
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
	if err == nil && ctx.Err() != nil { // the last command came through before the connection was ended
		err = fmt.Errorf("wait for mail on %s: %w", b.cfg.Addr, context.Cause(ctx))
	}
	return changed || b.takePush(), err
}

// linger waits for a push, and reports whether there was one. It ends as well
// with the slice, the context or the connection: what is asked next tells which.
func (b *Box) linger(ctx context.Context, slice time.Duration) (changed bool) {
	timer := time.NewTimer(slice)
	defer timer.Stop()
	select {
	case <-b.pushed:
		return true
	case <-timer.C:
	case <-b.client.Closed():
	case <-ctx.Done():
	}
	return false
}

// takePush reports whether there has been a push, and forgets it.
func (b *Box) takePush() bool {
	select {
	case <-b.pushed:
		return true
	default:
		return false
	}
}
