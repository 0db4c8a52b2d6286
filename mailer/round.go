package mailer

import (
	"context"
	"slices"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// alone is how long the first mail of a round is the only one. It shows whether
// the relay works, and that one mail is slow must not hold up the others.
const alone = 5 * time.Second

// A round empties the outbox over a few connections at once. The mails of one
// ticket leave in their order, one after the other.
type round struct {
	*Sender
	ctx     context.Context
	waiting []claimed
	busy    map[ticket.Number]bool // tickets of which a mail is under way
	running int
	wide    bool // more than one mail at a time
	done    chan attempt
	sent    int
	fault   error
}

// A claimed notice waits for its turn, under a lease.
type claimed struct {
	ticket.Notice
	at time.Time // when it was claimed
}

// An attempt is how sending one notice went.
type attempt struct {
	ticket ticket.Number
	taken  bool
	err    error // a fault of the relay or the store
}

// Round sends everything that is due and returns how many mails the relay took.
// At the first fault of the relay or the store it begins nothing more, gives back
// what it claimed and did not try, and, once all that was under way has ended,
// returns the fault, which is logged already.
func (s *Sender) Round(ctx context.Context) (sent int, err error) {
	r := &round{Sender: s, ctx: ctx, busy: make(map[ticket.Number]bool), done: make(chan attempt)}
	timer := time.NewTimer(alone)
	defer timer.Stop()
	for {
		r.fill()
		r.release()
		if r.running == 0 {
			return r.sent, r.fault
		}
		select {
		case a := <-r.done:
			r.end(a)
		case <-timer.C:
			r.wide = r.wide || r.pause() == 0
		case <-s.bell(): // there may be more to claim
		case <-time.After(pollEvery):
		}
	}
}

// fill begins mails while there is room for them.
func (r *round) fill() {
	for r.fault == nil && r.ctx.Err() == nil && r.running < r.width() {
		if n, ok := r.next(); ok {
			r.begin(n)
		} else if !r.claim() {
			return
		}
	}
}

func (r *round) width() int {
	if r.wide {
		return r.connections()
	}
	return 1
}

// next takes the first notice out of the waiting whose ticket has none under way.
func (r *round) next() (claimed, bool) {
	r.returnStale()
	i := slices.IndexFunc(r.waiting, func(n claimed) bool { return n.Ticket == 0 || !r.busy[n.Ticket] })
	if i < 0 {
		return claimed{}, false
	}
	n := r.waiting[i]
	r.waiting = slices.Delete(r.waiting, i, i+1)
	return n, true
}

// left is how much of a notice's lease is left. A clock set back adds nothing.
func (r *round) left(n claimed) time.Duration {
	return r.lease() - elapsed(n.at, r.Now())
}

// returnStale gives back notices of whose lease not enough is left to try them
// under it.
func (r *round) returnStale() {
	var stale []ticket.Notice
	r.waiting = slices.DeleteFunc(r.waiting, func(n claimed) bool {
		if r.left(n) >= r.lease()*2/3 {
			return false
		}
		stale = append(stale, n.Notice)
		return true
	})
	r.giveBack(r.ctx, stale, r.Now(), "its turn did not come")
}

// claim leases more notices, and reports whether there were any.
func (r *round) claim() bool {
	if len(r.waiting) >= claimLimit { // all of tickets that are busy
		return false
	}
	at := r.Now()
	batch, err := r.Desk.Claim(r.ctx, r.lease(), claimLimit)
	r.noteStore(r.ctx, err)
	if err == nil && len(batch) > 0 {
		err = failpoint.Here("mailer.claimed")
	}
	if err != nil {
		r.fault = err
		return false
	}
	for _, n := range batch {
		r.waiting = append(r.waiting, claimed{n, at})
	}
	return len(batch) > 0
}

func (r *round) begin(n claimed) {
	r.running++
	r.busy[n.Ticket] = true
	left := r.left(n)
	go func() {
		taken, err := r.send(r.ctx, n.Notice, left-min(leaseMargin, left/2))
		r.done <- attempt{n.Ticket, taken, err}
	}()
}

func (r *round) end(a attempt) {
	r.running--
	delete(r.busy, a.ticket)
	if a.taken {
		r.sent++
	}
	if a.err == nil {
		r.wide = true
	} else if r.fault == nil {
		r.fault = a.err
	}
}

// release gives back what waits once nothing more is begun.
func (r *round) release() {
	switch {
	case len(r.waiting) == 0:
		return
	case r.ctx.Err() != nil:
		r.giveBack(r.ctx, notices(r.waiting), r.Now(), "its turn did not come")
	case r.fault != nil:
		r.giveBack(r.ctx, notices(r.waiting), r.Now().Add(r.pause()), "the relay or the store is at fault")
	default:
		return
	}
	r.waiting = nil
}

func notices(list []claimed) []ticket.Notice {
	all := make([]ticket.Notice, 0, len(list))
	for _, n := range list {
		all = append(all, n.Notice)
	}
	return all
}
