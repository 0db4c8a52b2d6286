package api

import (
	"sync"
	"time"
)

// How many requests may be made with one token.
const (
	burst     = 120 // at once, after a pause
	perSecond = 5   // in the long run
)

// A limiter holds back tokens that ask too often. It forgets at a restart.
type limiter struct {
	mu      sync.Mutex
	buckets map[int64]bucket // by the ID of the token
}

// A bucket holds what may still be asked with a token: it fills up with time.
type bucket struct {
	left float64
	at   time.Time
}

// take takes a request out of the bucket of a token and returns zero, or how long
// to wait until there is one.
func (l *limiter) take(token int64, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[token]
	if !known {
		b = bucket{burst, now}
	}
	passed := max(now.Sub(b.at), 0) // a clock may be set back
	b.left, b.at = min(burst, b.left+passed.Seconds()*perSecond), now
	if b.left < 1 {
		wait = time.Duration((1 - b.left) / perSecond * float64(time.Second))
	} else {
		b.left--
	}
	if l.buckets == nil {
		l.buckets = map[int64]bucket{}
	}
	l.buckets[token] = b // there are no more of them than tokens
	return wait
}
