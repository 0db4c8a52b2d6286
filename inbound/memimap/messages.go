package memimap

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Messages returns what is in the user's folder, by ascending UID. It looks
// without being noticed: no flag changes.
func (s *Server) Messages(user, folder string) ([]Stored, error) {
	mails, err := s.messages(user, folder)
	if err != nil {
		return nil, fmt.Errorf("read folder %s of %s: %w", folder, user, err)
	}
	return mails, nil
}

// messages reads through the protocol, over a pipe: the library's mailboxes
// show their mail in no other way.
func (s *Server) messages(user, folder string) ([]Stored, error) {
	s.mu.Lock()
	a := s.users[user]
	password := ""
	if a != nil {
		password = a.password
	}
	s.mu.Unlock()
	if a == nil {
		return nil, ErrNoUser
	}
	ours, theirs := net.Pipe()
	listener := &pipeListener{conn: theirs, done: make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- s.inner.Serve(listener) }()
	client := imapclient.New(ours, nil)
	mails, err := readFolder(client, user, password, folder)
	closeErr := client.Close()
	listener.Close()
	return mails, errors.Join(err, closeErr, <-served)
}

func readFolder(client *imapclient.Client, user, password, folder string) ([]Stored, error) {
	if err := client.Login(user, password).Wait(); err != nil {
		return nil, err
	}
	selected, err := client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || selected.NumMessages == 0 {
		return nil, err
	}
	all := imap.UIDSet{{Start: 1, Stop: 0}}
	buffers, err := client.Fetch(all, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	if err != nil {
		return nil, err
	}
	mails := make([]Stored, 0, len(buffers))
	for _, m := range buffers {
		stored := Stored{UID: uint32(m.UID), InternalDate: m.InternalDate, Raw: m.FindBodySection(&imap.FetchItemBodySection{})}
		for _, f := range m.Flags {
			stored.Flags = append(stored.Flags, string(f))
		}
		mails = append(mails, stored)
	}
	return mails, nil
}

// pipeListener accepts one connection, and then waits to be closed.
type pipeListener struct {
	mu   sync.Mutex
	conn net.Conn
	once sync.Once
	done chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
