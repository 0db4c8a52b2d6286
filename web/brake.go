package web

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/text/cases"
)

const (
	brakeFor   = 15 * time.Minute
	brakeNames = 10_000 // that are remembered at most
)

// A tried is what somebody who tries to sign in is known by, and how often that
// may fail before it has to wait.
type tried struct {
	name  string
	limit int
}

func byAddress(email string) tried { return tried{"address " + foldCase.String(email), 5} }

// byAgent is for all addresses of an agent.
func byAgent(key string) tried { return tried{"agent " + key, 5} }

// foldCase makes equal what the desk takes for one address.
var foldCase = cases.Fold()

// A brake slows down who guesses passwords, by the address that they sign in
// with and by where they come from. It forgets at a restart.
type brake struct {
	mu     sync.Mutex
	failed map[string][]time.Time
}

// try counts a try as one that fails, and returns zero; or it returns how long
// somebody has to wait, and counts nothing. So of many at the same time no more are
// let through than may fail.
func (b *brake) try(now time.Time, by ...tried) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range by {
		if times := b.recent(now, t.name); len(times) >= t.limit {
			wait = max(wait, times[len(times)-t.limit].Add(brakeFor).Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	if b.failed == nil || len(b.failed) > brakeNames {
		b.failed = map[string][]time.Time{} // rather than to grow without end
	}
	for _, t := range by {
		b.failed[t.name] = append(slices.Clip(b.recent(now, t.name)), now)
	}
	return 0
}

// forgive takes back a try that did not fail after all.
func (b *brake) forgive(by ...tried) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range by {
		if times := b.failed[t.name]; len(times) > 0 {
			b.failed[t.name] = times[:len(times)-1]
		}
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
