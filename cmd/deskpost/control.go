package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// The orders that a daemon takes at its control socket: one word, answered by
// one JSON object.
const (
	orderReload = "reload" // read the config again
	orderSend   = "send"   // look for mail that another process has queued
)

// orderWithin is how long the other side may take to say what it wants.
const orderWithin = 5 * time.Second

// An answer is what the daemon says to an order.
type answer struct {
	Said  []string `json:"said,omitempty"`
	Error string   `json:"error,omitempty"` // nothing was done, and why
}

// A controller takes orders for a daemon. Who may connect is decided by the
// file system: the socket is its owner's.
type controller struct {
	socket net.Listener
	obey   map[string]func(context.Context) ([]string, error)
	work   sync.WaitGroup
}

// listen makes the control socket. One that a daemon left which died is
// replaced; one at which somebody answers is not.
func listen(path string) (net.Listener, error) {
	if c, err := net.DialTimeout("unix", path, orderWithin); err == nil {
		return nil, errors.Join(fmt.Errorf("another deskpost takes orders at %s", path), c.Close())
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the control socket of a daemon that died: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the control socket private: %w", err), l.Close())
	}
	return l, nil
}

// control takes orders until the returned function is called, which waits for
// those in hand. A daemon without a socket works all the same.
func (a *app) control(ctx context.Context, path string) (stop func()) {
	if a.settings.Control == "" {
		return func() {}
	}
	socket, err := listen(a.settings.Control)
	if err != nil {
		a.log.Warn("no orders can be taken: deskpost reload will not work, and mail that other commands queue waits for half a minute",
			"control", a.settings.Control, "error", err)
		return func() {}
	}
	c := &controller{socket: socket, obey: map[string]func(context.Context) ([]string, error){
		orderReload: func(ctx context.Context) ([]string, error) { return a.reload(ctx, path) },
		orderSend:   func(context.Context) ([]string, error) { a.wake(); return nil, nil },
	}}
	ctx, cancel := context.WithCancel(ctx)
	c.work.Go(func() { c.run(ctx) })
	return func() {
		cancel()
		if err := socket.Close(); err != nil {
			a.log.Warn("control socket", "error", err)
		}
		c.work.Wait()
	}
}

// run accepts whoever connects until the socket is closed.
func (c *controller) run(ctx context.Context) {
	for {
		conn, err := c.socket.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, perhaps
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
			continue
		}
		c.work.Go(func() { c.serve(ctx, conn) })
	}
}

// serve answers one order. Who does not wait for the answer does not get it.
func (c *controller) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(orderWithin)) != nil {
		return
	}
	order, err := bufio.NewReaderSize(conn, 64).ReadSlice('\n')
	if err != nil {
		return
	}
	var said answer
	if do, ok := c.obey[strings.TrimSpace(string(order))]; ok {
		said.Said, err = do(ctx)
	} else {
		err = fmt.Errorf("this deskpost does not know the order %q: it is of another version", strings.TrimSpace(string(order)))
	}
	if err != nil {
		said.Error = err.Error()
	}
	if conn.SetDeadline(time.Now().Add(orderWithin)) == nil {
		_ = json.NewEncoder(conn).Encode(said) // see above
	}
}

// errNoDaemon says that nobody takes orders.
var errNoDaemon = errors.New("no daemon takes orders")

// order has the daemon do something and returns what it says. It waits for as
// long as ctx does.
func order(ctx context.Context, socket, word string) ([]string, error) {
	if socket == "" {
		return nil, fmt.Errorf("%w: the config names no control socket", errNoDaemon)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoDaemon, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := fmt.Fprintln(conn, word); err != nil {
		return nil, fmt.Errorf("order the daemon to %s: %w", word, err)
	}
	var said answer
	if err := json.NewDecoder(conn).Decode(&said); err != nil {
		return nil, fmt.Errorf("order the daemon to %s: it ended without an answer: %w", word, err)
	}
	if said.Error != "" {
		return nil, errors.New(said.Error)
	}
	return said.Said, nil
}
