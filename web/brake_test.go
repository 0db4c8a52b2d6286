package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestBrakeRemembersWhoeverElseTries: a million other names neither make the brake
// forget somebody nor hold up who has done nothing, and it does not grow.
func TestBrakeRemembersWhoeverElseTries(t *testing.T) {
	t.Parallel()
	var b brake
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for range triesByName {
		if wait := b.try(now, byAgent("jane")); wait != 0 {
			t.Fatalf("has to wait %s before the limit", wait)
		}
	}
	for i := range 20_000 { // in two minutes, which is more than can be weighed
		b.try(now.Add(time.Duration(i)*6*time.Millisecond), byAddress(fmt.Sprintf("x%d@private.example", i)))
	}
	later := now.Add(2 * time.Minute)
	if wait := b.try(later, byAgent("jane")); wait <= 0 || wait > time.Minute {
		t.Errorf("has to wait %s after other names were tried, want up to a minute", wait)
	}
	for i := range 500 {
		if wait := b.try(later, byAgent(fmt.Sprintf("innocent %d", i))); wait > 0 {
			t.Errorf("innocent %d has to wait %s for what others did", i, wait)
		}
	}
	if wait := b.try(now.Add(3*time.Minute), byAgent("jane")); wait != 0 {
		t.Errorf("has to wait %s though one failure has paced off", wait)
	}
}

// TestBrakePaces: who goes on gets five tries at once and then one every three
// minutes, for ever; a success costs nothing, and a clock that was set back locks
// nobody out for longer than the brake lasts.
func TestBrakePaces(t *testing.T) {
	t.Parallel()
	var b brake
	now, let := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), 0
	for range 60 * 60 {
		if b.try(now, byAgent("jane")) == 0 {
			let++
		}
		now = now.Add(time.Second)
	}
	if let != 5+19 {
		t.Errorf("%d tries were let through in an hour, want 24", let)
	}
	for range 100 {
		if wait := b.try(now, byAgent("john")); wait > 0 {
			t.Fatalf("has to wait %s though no try has failed", wait)
		}
		b.forgive(now, byAgent("john"))
	}
	if wait := b.try(now.AddDate(-1, 0, 0), byAgent("jane")); wait > brakeFor {
		t.Errorf("has to wait %s by a clock that was set back", wait)
	}
	both := []tried{byAgent("joe"), {"tries from 192.0.2.1", 2}}
	for range 2 {
		b.try(now, both...)
	}
	if wait := b.try(now, both...); wait <= 0 {
		t.Error("the tighter of two limits does not hold")
	}
	if wait := b.try(now, byAgent("joe")); wait > 0 {
		t.Errorf("a try that was not let through was counted: %s", wait)
	}
}

// TestWhoIsBehindAProxy: what a proxy nearby says last is where a request comes
// from; what somebody elsewhere says of themselves is not.
func TestWhoIsBehindAProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remote, said, want string
		known              bool
	}{
		{"192.0.2.7:1234", "", "192.0.2.7", true},
		{"192.0.2.7:1234", "198.51.100.1", "192.0.2.7", true}, // forged
		{"127.0.0.1:1234", "198.51.100.1", "198.51.100.1", true},
		{"127.0.0.1:1234", "203.0.113.9, 198.51.100.1", "198.51.100.1", true}, // the first is forged
		{"10.0.0.1:1234", "2001:db8:1:2:3::4", "2001:db8:1:2::/64", true},
		{"[2001:db8:1:2:3::4]:1234", "", "2001:db8:1:2::/64", true},
		{"127.0.0.1:1234", "", "127.0.0.1", false}, // a proxy that does not say
		{"127.0.0.1:1234", "unknown", "127.0.0.1", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/sign-in", nil)
		r.RemoteAddr = c.remote
		if c.said != "" {
			r.Header.Set("X-Forwarded-For", c.said)
		}
		if got, known := clientOf(r); got != c.want || known != c.known {
			t.Errorf("from %s, said %q: %q %v, want %q %v", c.remote, c.said, got, known, c.want, c.known)
		}
	}
}
