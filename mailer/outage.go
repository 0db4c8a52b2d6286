package mailer

import (
	"context"
	"errors"
	"sync"
	"time"
)

// An outage counts the faults in a row of something that the sender needs.
type outage struct {
	mu     sync.Mutex
	faults int
	what   string // the kind of fault last logged
}

// pause doubles with each fault in a row; it is 0 without one.
func (o *outage) pause() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.faults == 0 {
		return 0
	}
	return min(pauseMin<<min(o.faults-1, 10), pauseMax)
}

// note counts a fault of a kind, or the end of the outage where kind is "". It
// reports whether that is news.
func (o *outage) note(kind string) (news bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	news = o.what != kind
	o.what = kind
	if kind == "" {
		o.faults = 0
	} else {
		o.faults++
	}
	return news
}

// noteRelay keeps track of the relay and logs when its state changes.
func (s *Sender) noteRelay(fault *Fault) {
	if fault == nil {
		if s.relay.note("") {
			s.log().Info("relay is back")
		}
		return
	}
	if s.relay.note(string(fault.Kind)) {
		s.log().Error("relay is at fault; no mail leaves", "kind", fault.Kind, "err", fault)
	}
}

// noteStore does the same for the store. A call that ended because we stop says
// nothing about it.
func (s *Sender) noteStore(ctx context.Context, err error) {
	switch {
	case err == nil:
		if s.store.note("") {
			s.log().Info("outbox is back")
		}
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
	case s.store.note("fault"):
		s.log().Error("outbox cannot be read or written", "err", err)
	}
}
