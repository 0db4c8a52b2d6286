package memimap

import (
	"bytes"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// lookAgain is how often a session in IDLE looks for changes other than
// deliveries, such as flags set by another client.
const lookAgain = time.Second

// session is one client's connection. It mends what the library's in-memory
// session does not do well enough for a poller to be tried against it.
type session struct {
	*imapmemserver.UserSession // nil before the login
	server                     *Server
	conn                       *imapserver.Conn
	name                       string // guarded by server.mu
}

func (s *Server) newSession(conn *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	sess := &session{server: s, conn: conn}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[sess] = struct{}{}
	return sess, nil, nil
}

// Login checks the password.
func (sess *session) Login(name, password string) error {
	s := sess.server
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.users[name]
	if a == nil || a.password != password {
		return imapserver.ErrAuthFailed
	}
	sess.name = name
	sess.UserSession = imapmemserver.NewUserSession(a.box)
	return nil
}

// Close forgets the session.
func (sess *session) Close() error {
	sess.server.mu.Lock()
	delete(sess.server.sessions, sess)
	sess.server.mu.Unlock()
	return sess.UserSession.Close()
}

// Idle writes what is new until stop is closed. The library's own Idle does
// not see what came between the last command and its begin.
func (sess *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		news := sess.server.nextNews() // before looking, so that nothing falls between
		if err := sess.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-news:
		case <-ticker.C:
		}
	}
}

// Copy copies. If there is nothing to copy it leaves COPYUID out, as RFC 4315,
// section 3 demands: the library would write one with empty sets.
func (sess *session) Copy(set imap.NumSet, folder string) (*imap.CopyData, error) {
	data, err := sess.UserSession.Copy(set, folder)
	if err != nil || len(data.SourceUIDs) == 0 {
		return nil, err
	}
	sess.server.ring()
	return data, nil
}

// Move is Copy and Expunge. The library's own tells each expunge twice.
func (sess *session) Move(w *imapserver.MoveWriter, set imap.NumSet, folder string) error {
	data, err := sess.Copy(set, folder)
	if err != nil || data == nil {
		return err
	}
	if err := w.WriteCopyData(data); err != nil {
		return err
	}
	flags := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := sess.Store(nil, data.SourceUIDs, &flags, nil); err != nil {
		return err
	}
	return sess.Expunge(nil, &data.SourceUIDs)
}

// withoutIdle is a listener whose clients are not told of IDLE, which the
// library always offers.
type withoutIdle struct{ net.Listener }

func (l withoutIdle) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return idleHider{conn}, nil
}

// idleHider takes IDLE out of what the server says it can. The server writes
// each response by itself, so a list of capabilities begins a write.
type idleHider struct{ net.Conn }

func (c idleHider) Write(p []byte) (int, error) {
	head := p[:min(len(p), 32)]
	if !bytes.Contains(head, []byte("CAPABILITY ")) {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(bytes.ReplaceAll(p, []byte(" IDLE"), nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}
