// Package memimap is a real IMAP server that keeps its mail in memory, for the
// demo and for tests.
//
// It speaks over TCP what the library's server speaks, and pushes what is
// delivered to the clients that wait in IDLE. It forgets everything when it is
// closed, has no quota, and lets anybody who can connect try passwords: it is
// for the loopback interface.
package memimap

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// Options says what kind of server to be. The zero value is a server without
// TLS that has IDLE, MOVE and UIDPLUS.
type Options struct {
	TLSConfig *tls.Config // for TLS from the first byte, or with StartTLS on demand
	StartTLS  bool        // begin in clear, offer STARTTLS, and take no password before it
	// Without names capabilities not to offer: "IDLE", "MOVE", "UIDPLUS". With
	// StartTLS, IDLE is always offered.
	Without []string
	Log     *slog.Logger // what goes wrong with a client; nil to be quiet
}

// Server is a running server.
type Server struct {
	opts   Options
	socket net.Listener
	mail   *imapserver.Server // for clients
	inner  *imapserver.Server // for ourselves: the same mail, without TLS, over pipes
	serves sync.WaitGroup

	mu       sync.Mutex
	users    map[string]*account
	sessions map[*session]struct{}
	news     chan struct{} // closed and replaced when anything is delivered
}

type account struct {
	box      *imapmemserver.User
	password string
}

// Stored is a mail as the server holds it.
type Stored struct {
	UID          uint32
	Flags        []string
	Raw          []byte
	InternalDate time.Time
}

// ErrNoUser is returned for a user that has not been added.
var ErrNoUser = errors.New("no such user")

// Listen starts a server on addr, "127.0.0.1:0" for any free port.
func Listen(addr string, opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.StartTLS && opts.TLSConfig == nil {
		return nil, errors.New("STARTTLS needs a TLS configuration")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for IMAP: %w", err)
	}
	s := &Server{
		opts: opts, socket: listener,
		users: make(map[string]*account), sessions: make(map[*session]struct{}), news: make(chan struct{}),
	}
	if opts.TLSConfig != nil && !opts.StartTLS {
		listener = tls.NewListener(listener, opts.TLSConfig)
	}
	if !opts.StartTLS && slices.Contains(opts.Without, "IDLE") {
		listener = withoutIdle{listener}
	}
	s.mail = s.newServer(opts.Without, opts.StartTLS)
	s.inner = s.newServer(nil, false)
	s.serves.Go(func() {
		if err := s.mail.Serve(listener); err != nil {
			opts.Log.Error("IMAP server stopped", "err", err)
		}
	})
	return s, nil
}

func (s *Server) newServer(without []string, startTLS bool) *imapserver.Server {
	caps := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range []imap.Cap{imap.CapMove, imap.CapUIDPlus, imap.CapNamespace, imap.CapChildren} {
		if !slices.Contains(without, string(c)) {
			caps[c] = struct{}{}
		}
	}
	options := &imapserver.Options{
		Caps: caps, NewSession: s.newSession, InsecureAuth: !startTLS,
		Logger: log.New(logWriter{s.opts.Log}, "", 0),
	}
	if startTLS {
		options.TLSConfig = s.opts.TLSConfig
	}
	return imapserver.New(options)
}

// logWriter passes the library's log lines on.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(line []byte) (int, error) {
	w.log.Warn("IMAP server", "msg", string(bytes.TrimSpace(line)))
	return len(line), nil
}

// Addr returns the server's host:port.
func (s *Server) Addr() string { return s.socket.Addr().String() }

// Close stops the server and ends all its connections.
func (s *Server) Close() error {
	err := s.mail.Close()
	// The library closes the socket, unless it has not come to serve it yet.
	if sockErr := s.socket.Close(); !errors.Is(sockErr, net.ErrClosed) {
		err = errors.Join(err, sockErr)
	}
	s.serves.Wait()
	return errors.Join(err, s.inner.Close())
}

// AddUser adds a user with an empty INBOX, or changes the password of one
// there is.
func (s *Server) AddUser(name, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.users[name]; a != nil {
		a.password = password
		return nil
	}
	box := imapmemserver.NewUser(name, password)
	if err := box.Create("INBOX", nil); err != nil {
		return fmt.Errorf("create INBOX of %s: %w", name, err)
	}
	s.users[name] = &account{box: box, password: password}
	return nil
}

func (s *Server) user(name string) (*imapmemserver.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.users[name]
	if a == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoUser, name)
	}
	return a.box, nil
}

// Deliver puts a mail into the user's folder, which is created if need be, and
// tells the clients that wait. A zero internal date means now.
func (s *Server) Deliver(user, folder string, raw []byte, internal time.Time) (uid uint32, err error) {
	box, err := s.user(user)
	if err != nil {
		return 0, err
	}
	if err := create(box, folder); err != nil {
		return 0, err
	}
	return s.add(box, folder, Stored{Raw: raw, InternalDate: internal})
}

// create creates the folder unless it exists.
func create(box *imapmemserver.User, folder string) error {
	err := box.Create(folder, nil)
	if no, ok := errors.AsType[*imap.Error](err); ok && no.Code == imap.ResponseCodeAlreadyExists {
		return nil
	}
	return err
}

func (s *Server) add(box *imapmemserver.User, folder string, mail Stored) (uint32, error) {
	flags := make([]imap.Flag, 0, len(mail.Flags))
	for _, f := range mail.Flags {
		flags = append(flags, imap.Flag(f))
	}
	data, err := box.Append(folder, bytes.NewReader(mail.Raw), &imap.AppendOptions{Time: mail.InternalDate, Flags: flags})
	if err != nil {
		return 0, fmt.Errorf("append to %s: %w", folder, err)
	}
	s.ring()
	return uint32(data.UID), nil
}

// ring wakes every session that waits.
func (s *Server) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.news)
	s.news = make(chan struct{})
}

// nextNews returns a channel that is closed at the next delivery.
func (s *Server) nextNews() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// Renumber gives the folder a new UIDVALIDITY and its mails new UIDs from 1,
// as a server does that has lost its index. Clients of the user are cut off.
func (s *Server) Renumber(user, folder string) error {
	mails, err := s.Messages(user, folder)
	if err != nil {
		return err
	}
	box, err := s.user(user)
	if err != nil {
		return err
	}
	if err := box.Delete(folder); err != nil {
		return fmt.Errorf("renumber %s: %w", folder, err)
	}
	if err := box.Create(folder, nil); err != nil {
		return fmt.Errorf("renumber %s: %w", folder, err)
	}
	for _, m := range mails {
		if _, err := s.add(box, folder, m); err != nil {
			return err
		}
	}
	s.cutOff(user)
	return nil
}

// cutOff ends the user's connections: they hold the folder as it was.
func (s *Server) cutOff(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sess := range s.sessions {
		if sess.name == user {
			_ = sess.conn.NetConn().Close() // already closed is as good
		}
	}
}
