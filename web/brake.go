package web

import (
	"strings"
	"sync"
	"time"
)

const (
	brakeFor   = 15 * time.Minute
	brakeNames = 10_000 // that are remembered at most
)

// A tried is what somebody who tries to sign in is known by, and how often that
// may fail before it has to wait. Behind a proxy all come from one host.
type tried struct {
	name  string
	limit int
}

func byAddress(email string) tried { return tried{"address " + strings.ToLower(email), 5} }
func byHost(host string) tried     { return tried{"host " + host, 50} }

// A brake slows down who guesses passwords, by the address that they sign in
// with and by where they come from. It forgets at a restart.
type brake struct {
	mu     sync.Mutex
	failed map[string][]time.Time
}

// wait is how long somebody has to wait; zero is not at all.
func (b *brake) wait(now time.Time, by ...tried) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var longest time.Duration
	for _, t := range by {
		if times := b.recent(now, t.name); len(times) >= t.limit {
			longest = max(longest, times[len(times)-t.limit].Add(brakeFor).Sub(now))
		}
	}
	return longest
}

// fail notes that a try was wrong. Where more names are remembered than fit, the
// others are forgotten.
func (b *brake) fail(now time.Time, by ...tried) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil || len(b.failed) > brakeNames {
		b.failed = map[string][]time.Time{}
	}
	for _, t := range by {
		times := append(b.recent(now, t.name), now)
		b.failed[t.name] = times[max(0, len(times)-t.limit):]
	}
}

// recent are the failures of a name that still count, the earliest first.
func (b *brake) recent(now time.Time, name string) []time.Time {
	times := b.failed[name]
	for len(times) > 0 && now.Sub(times[0]) >= brakeFor {
		times = times[1:]
	}
	return times
}
