package ticket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// asleepFor is how long nothing may have been done by time before the desk
	// counts as having been away: the machine slept, the program was stopped, or
	// the clock was set ahead.
	asleepFor = 10 * time.Minute
	// sweepGrace is how much longer than the longest time between two looks at a
	// mailbox a look may take before the mailbox counts as unread.
	sweepGrace = 2 * time.Minute
	// usualPoll is the longest time between two looks at a mailbox that says none.
	usualPoll = 5 * time.Minute
)

// A barrier keeps what depends on customers' mail from being done by time before
// all mail is taken that came while the desk was away, or a mailbox could not be
// read: an answer that arrived in time must be counted first (sla.md f.8). When a
// mailbox was last read is in the store, whichever node reads it.
type barrier struct {
	mu      sync.Mutex
	since   time.Time // each mailbox must have been read since then
	rested  time.Time // when the last tick ended; zero before the first
	missed  bool      // what is due now was due while the desk was away or waited
	waiting bool      // the last tick did not do all that was due
}

// A gate is what the barrier says about one tick.
type gate struct {
	shut    bool     // what depends on customers' mail waits
	gathers bool     // what was missed is told in one mail a person
	unread  []string // sentences on mailboxes that are not waited for any longer
}

// Waits reports whether the last Tick left things to be done until all mailboxes
// are read. Of several nodes only the one that does what is due by time knows.
func (d *Desk) Waits() bool {
	d.barrier.mu.Lock()
	defer d.barrier.mu.Unlock()
	return d.barrier.waiting && d.Now().Sub(d.barrier.rested) < asleepFor
}

// gate looks whether all mailboxes have been read. With a CatchupWait of zero it
// asks for nothing.
func (d *Desk) gate(ctx context.Context, now time.Time) (gate, error) {
	p := d.Policy()
	if p.CatchupWait <= 0 {
		return gate{}, nil
	}
	d.barrier.begin(now, d.Began, p.Sweep)
	swept := make(map[string]time.Time, len(p.Mailboxes))
	err := d.view(ctx, func(t *turn) error {
		for key := range p.Mailboxes {
			at, err := t.tx.LastSweep(key)
			if err != nil {
				return fmt.Errorf("ask when %s was read: %w", key, err)
			}
			swept[key] = at
		}
		return nil
	})
	if err != nil {
		return gate{}, err
	}
	return d.barrier.weigh(p, now, swept), nil
}

// begin notes that a tick begins. began is when the program did, or zero.
func (b *barrier) begin(now, began time.Time, sweep time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.rested.IsZero()
	switch {
	case first && !began.IsZero() && now.Sub(began) < asleepFor:
		b.since, b.missed = began.UTC(), true
	case first:
		// Nobody knows since when nothing is done, and another node may just have
		// read the mailboxes.
		b.since, b.missed = now.Add(-sweep), true
	case now.Sub(b.rested) > asleepFor+sweep:
		// It woke since the last tick that should have been: a mailbox may have been
		// read sooner than this tick began.
		b.since, b.missed = now.Add(-sweep), true
	}
	if b.since.After(now) {
		b.since = now // the clock was ahead, and is right again
	}
}

// weigh decides by when mailboxes were last read.
func (b *barrier) weigh(p *Policy, now time.Time, swept map[string]time.Time) gate {
	b.mu.Lock()
	defer b.mu.Unlock()
	var g gate
	for _, key := range slices.Sorted(maps.Keys(p.Mailboxes)) {
		m, last := p.Mailboxes[key], swept[key]
		waits := b.since
		if last.After(now.Add(clocksDiffer)) {
			last = time.Time{} // by a clock that was wrong
		} else if !last.Before(b.since) {
			if waits = last.Add(m.unreadAfter()); now.Before(waits) {
				continue
			}
		}
		if now.Sub(waits) < p.CatchupWait {
			g.shut = true
		}
		g.unread = append(g.unread, unreadSentence(p, m, last))
	}
	if g.shut {
		g.unread, b.missed = nil, true
	}
	g.gathers = b.missed
	return g
}

// end notes that a tick has ended, and whether it has come to all that was due. A
// ticket that cannot be changed does not make a catch-up go on for ever.
func (b *barrier) end(now time.Time, g gate, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rested, b.waiting = now, g.shut
	if !g.shut && done {
		b.missed = false
	}
}

// unreadAfter is how long after it was read a mailbox counts as unread.
func (m Mailbox) unreadAfter() time.Duration {
	if m.Poll > 0 {
		return m.Poll + sweepGrace
	}
	return usualPoll + sweepGrace
}

// unreadSentence tells who is told of a deadline that an answer may lie in a
// mailbox.
func unreadSentence(p *Policy, m Mailbox, last time.Time) string {
	s := fmt.Sprintf("the mailbox %s can not be read", m.Address.Email)
	if last.IsZero() {
		s = fmt.Sprintf("the mailbox %s was not read yet", m.Address.Email)
	} else {
		s += " since " + last.In(p.Zone).Format("Mon 2 Jan 2006, 15:04 MST")
	}
	return s + ": an answer may lie in it"
}
