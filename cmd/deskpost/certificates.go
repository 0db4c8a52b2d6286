package main

import (
	"cmp"
	"crypto/tls"
	"slices"
	"sync"
	"time"

	"deskpost/web"
)

// certificates remembers until when those of the mail servers are valid, as they
// were seen last. It may be used by several goroutines.
type certificates struct {
	mu    sync.Mutex
	until map[string]time.Time // by server
}

// watch is called with each connection that was verified, as
// tls.Config.VerifyConnection is, and refuses none.
func (c *certificates) watch(server string) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		until := time.Time{}
		for _, chain := range s.VerifiedChains {
			chainEnds := time.Time{} // with the first of its certificates
			for _, cert := range chain {
				if chainEnds.IsZero() || cert.NotAfter.Before(chainEnds) {
					chainEnds = cert.NotAfter
				}
			}
			if chainEnds.After(until) { // one chain that is valid is enough
				until = chainEnds
			}
		}
		if until.IsZero() {
			return nil
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.until == nil {
			c.until = map[string]time.Time{}
		}
		c.until[server] = until
		return nil
	}
}

// list is what is known, sorted by what ends first.
func (c *certificates) list() []web.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []web.Certificate
	for server, until := range c.until {
		all = append(all, web.Certificate{Server: server, Until: until})
	}
	slices.SortFunc(all, func(a, b web.Certificate) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Server, b.Server))
	})
	return all
}
