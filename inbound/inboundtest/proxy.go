package inboundtest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands between a client and a server and cuts the line after a number
// of bytes from the server.
type Proxy struct {
	Addr string // host:port

	target string
	mu     sync.Mutex
	after  int64
}

// CutProxy starts a proxy to target until the test ends. It cuts nothing until
// CutAfter is called.
func CutProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	return ProxyOn(t, listener, target)
}

// ProxyOn is CutProxy on a listener of the caller's, such as one with TLS.
func ProxyOn(t testing.TB, listener net.Listener, target string) *Proxy {
	t.Helper()
	p := &Proxy{Addr: listener.Addr().String(), target: target, after: 1 << 62}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.pass(t, conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return p
}

// CutAfter lets connections made from now on get n bytes from the server.
func (p *Proxy) CutAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = n
}

func (p *Proxy) pass(t testing.TB, client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	after := p.after
	p.mu.Unlock()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		t.Errorf("proxy: %v", err)
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		// Either side may hang up at any time: that is what this is for.
		_, _ = io.Copy(server, client)
		server.Close()
	})
	_, _ = io.CopyN(client, server, after)
	client.Close()
	server.Close()
	up.Wait()
}
