package store

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// A line stands between a client and a server and can be cut so that nobody
// hears of it: what is sent is swallowed, and no connection ends.
type line struct {
	url string // of the server by way of the line

	mu    sync.Mutex
	whole chan struct{} // closed while the line is not cut
}

// newLine makes a line to the server of a database URL, until the test ends.
func newLine(t *testing.T, database string) *line {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	u.Host = listener.Addr().String()
	l := &line{url: u.String(), whole: make(chan struct{})}
	close(l.whole)
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended); listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go l.pass(up, client, ended)
			go l.pass(client, up, ended)
		}
	}()
	return l
}

// pass copies bytes; while the line is cut they wait.
func (l *line) pass(to, from net.Conn, ended <-chan struct{}) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		l.mu.Lock()
		whole := l.whole
		l.mu.Unlock()
		select {
		case <-whole:
		case <-ended:
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = make(chan struct{})
}

// mend lets through what has waited.
func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.whole)
}
