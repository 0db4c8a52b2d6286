// Package memsmtp is a small real SMTP server that hands each mail to a
// function, for the demo and for tests. It keeps nothing itself.
package memsmtp

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Options are the settings of a Server. The zero value listens on a free port
// of 127.0.0.1 and takes mail from anyone.
type Options struct {
	Addr     string // host:port; port 0 for a free one; default "127.0.0.1:0"
	Hostname string // what it calls itself; default "localhost"

	// Auth, if set, is asked for user and password, and no mail is taken
	// without them.
	Auth func(user, password string) bool
	// TLSConfig, if set, makes the server offer STARTTLS, and passwords are
	// only taken after it.
	TLSConfig *tls.Config
	// MaxBytes is the largest mail; default 64 MiB.
	MaxBytes int64
	// Trace adds a Received line on top of each mail (RFC 5321 4.4).
	Trace bool
	Now   func() time.Time // for Trace; default time.Now
	Log   *slog.Logger     // default silent
}

// Received is one mail as it came.
type Received struct {
	From string   // return path, "" for the null path
	To   []string // accepted recipients, in order
	Raw  []byte   // CRLF line ends, the dot-stuffing undone
}

// A Handler takes a mail. It is called from several goroutines. The client
// gets 250 after a nil error, a *smtp.SMTPError as it is, and 451 for any
// other error, which is logged and not shown.
type Handler func(Received) error

// A Server is running from Listen to Close.
type Server struct {
	options  Options
	handle   Handler
	listener net.Listener
	smtp     *smtp.Server
	serving  sync.WaitGroup // the accept loop

	mu      sync.Mutex
	closed  bool
	handing sync.WaitGroup // calls of handle; Add only with mu held and closed false
}

// Listen starts a server. The error is that of the listener.
func Listen(o Options, handle Handler) (*Server, error) {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Hostname = cmp.Or(o.Hostname, "localhost")
	o.MaxBytes = cmp.Or(o.MaxBytes, 64<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s := &Server{options: o, handle: handle, listener: l}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.open))
	s.smtp.Domain = o.Hostname
	s.smtp.TLSConfig = o.TLSConfig
	s.smtp.AllowInsecureAuth = o.TLSConfig == nil
	s.smtp.MaxMessageBytes = o.MaxBytes
	s.smtp.MaxRecipients = 1000
	// The library counts this from the DATA command to the end of the body.
	s.smtp.ReadTimeout = 5 * time.Minute
	s.smtp.WriteTimeout = time.Minute
	s.smtp.EnableDSN = true
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = errorLog{o.Log}
	s.serving.Go(func() {
		if err := s.smtp.Serve(l); err != nil && !s.isClosed() {
			o.Log.Error("mail server stopped", "addr", l.Addr().String(), "err", err)
		}
	})
	return s, nil
}

// Addr is the host:port it listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops the server, cuts all connections and waits for the handler to
// return from mails it was given before. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	// The library knows the listener only once Serve has begun, so the
	// listener is closed here first; closing it again is then no fault.
	err := s.listener.Close()
	_ = s.smtp.Close()
	s.serving.Wait()
	s.handing.Wait()
	if err != nil {
		return fmt.Errorf("close mail server: %w", err)
	}
	return nil
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// deliver calls the handler and shapes its error for the client.
func (s *Server) deliver(r Received) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down"}
	}
	s.handing.Add(1)
	s.mu.Unlock()
	defer s.handing.Done()

	err := s.handle(r)
	var said *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return said // the library knows it by its type only, unwrapped
	}
	s.options.Log.Error("mail not taken", "from", r.From, "err", err)
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "not taken, try again later"}
}

// errorLog hands the library's log to slog.
type errorLog struct{ log *slog.Logger }

func (l errorLog) Printf(format string, v ...any) {
	l.log.Warn("mail server: " + fmt.Sprintf(format, v...))
}
func (l errorLog) Println(v ...any) { l.log.Warn("mail server: " + fmt.Sprint(v...)) }
