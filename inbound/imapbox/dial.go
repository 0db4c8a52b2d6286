package imapbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Security is how the connection is protected.
type Security int

// The ways to connect. Neither of the first two ever falls back to the third.
const (
	ImplicitTLS Security = iota // TLS from the first byte, port 993 (RFC 8314)
	StartTLS                    // TLS after STARTTLS, port 143; refused if not offered
	Insecure                    // no TLS at all; for a server on this machine
)

// Config says where the folder is and how to get in.
type Config struct {
	Addr      string      // host:port
	Security  Security    // ImplicitTLS unless said otherwise
	TLSConfig *tls.Config // nil for the system's roots; ServerName defaults to the host of Addr
	User      string
	Password  func() (string, error) // asked at each login, so that a rotated secret is found
	Folder    string                 // "INBOX" if empty

	CommandTimeout time.Duration // longest silence in a command; 60 s if zero
	IdleTimeout    time.Duration // longest silence in an IDLE; 10 min if zero
	MaxBytes       int64         // largest mail Fetch takes; 64 MiB if zero
	Log            *slog.Logger  // nil to be quiet
}

func (c Config) withDefaults() Config {
	if c.Folder == "" {
		c.Folder = "INBOX"
	}
	if c.CommandTimeout <= 0 {
		c.CommandTimeout = time.Minute
	}
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = 10 * time.Minute
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Dial connects, secures the connection, logs in and selects the folder. Its
// errors are of type *Error, or the context's.
func Dial(ctx context.Context, cfg Config) (*Box, error) {
	cfg = cfg.withDefaults()
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, &Error{Kind: KindUnreachable, Op: "connect to " + cfg.Addr, Text: "this is not an address",
			Mend: "write it as host:port, such as imap.example.org:993", Err: err}
	}
	dialer := net.Dialer{Timeout: cfg.CommandTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, unreachable(ctx, cfg.Addr, err)
	}
	b := &Box{cfg: cfg, log: cfg.Log, wire: newWire(raw, cfg.CommandTimeout), pushed: make(chan struct{}, 1)}
	defer b.wire.killWith(ctx)()
	if err := b.open(ctx, host); err != nil {
		b.abandon()
		return nil, err
	}
	b.log.Debug("mailbox open", "addr", cfg.Addr, "folder", cfg.Folder,
		"uidvalidity", b.state.UIDValidity, "messages", b.state.Exists)
	return b, nil
}

func unreachable(ctx context.Context, addr string, err error) error {
	op := "connect to " + addr
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	text := "the server cannot be reached: " + said(err.Error())
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		text = "there is no host named " + dns.Name
	}
	return &Error{Kind: KindUnreachable, Op: op, Text: text,
		Mend: "see whether host and port are right, and whether a firewall lets this machine out", Err: err}
}

// open does everything between the TCP connection and the selected folder.
func (b *Box) open(ctx context.Context, host string) error {
	conn, err := b.secure(ctx, host)
	if err != nil {
		return err
	}
	b.guard = newGuard(conn, b.wire.kill)
	b.client = imapclient.New(b.guard, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: b.onMailbox},
	})
	if err := b.greet(ctx); err != nil {
		return err
	}
	if err := b.login(ctx); err != nil {
		return err
	}
	_, err = b.Select(ctx)
	return err
}

// secure returns the connection as the IMAP client shall see it.
func (b *Box) secure(ctx context.Context, host string) (net.Conn, error) {
	b.wire.expect(b.cfg.CommandTimeout, true)
	defer b.wire.rest()
	switch b.cfg.Security {
	case ImplicitTLS:
		return b.handshake(ctx, b.wire, host)
	case StartTLS:
		if err := b.startTLS(ctx); err != nil {
			return nil, err
		}
		conn, err := b.handshake(ctx, b.wire, host)
		if err != nil {
			return nil, err
		}
		return greeted(conn), nil
	case Insecure:
		return b.wire, nil
	default:
		return nil, &Error{Kind: KindTLS, Op: "connect to " + b.cfg.Addr, Text: fmt.Sprintf("unknown security %d", b.cfg.Security)}
	}
}

// greet waits for the greeting and the capabilities.
func (b *Box) greet(ctx context.Context) error {
	err := b.do(ctx, "wait for the greeting", func() error {
		if err := b.client.WaitGreeting(); err != nil {
			return err
		}
		if b.client.Caps() == nil {
			return errors.New("the server does not tell its capabilities")
		}
		return nil
	})
	if err != nil && b.guard.bye() != "" {
		return &Error{Kind: KindUnavailable, Op: "connect to " + b.cfg.Addr,
			Text: "the server does not take us now: " + said(b.guard.bye()), Err: err}
	}
	return err
}

// login authenticates: with LOGIN, or with AUTHENTICATE PLAIN where LOGIN is
// switched off.
func (b *Box) login(ctx context.Context) error {
	op := fmt.Sprintf("log in as %q to %s", b.cfg.User, b.cfg.Addr)
	if b.client.State() != imap.ConnStateNotAuthenticated {
		return &Error{Kind: KindLogin, Op: op, Text: "the server says somebody is logged in already (PREAUTH)",
			Mend: "a mailbox whose owner is not known is not read; switch PREAUTH off"}
	}
	caps := b.client.Caps()
	plain := caps.Has(imap.AuthCap("PLAIN"))
	if caps.Has(imap.CapLoginDisabled) && (!plain || b.cfg.Security == Insecure) {
		return &Error{Kind: KindLogin, Op: op, Text: "the server takes no password on this connection (LOGINDISABLED)",
			Mend: "use TLS or STARTTLS; if it is on already, the server wants OAuth2 or an app password"}
	}
	password, err := b.password()
	if err != nil {
		return &Error{Kind: KindLogin, Op: op, Text: "the password cannot be had: " + err.Error(), Err: err}
	}
	err = b.do(ctx, "log in", func() error {
		if caps.Has(imap.CapLoginDisabled) {
			return b.client.Authenticate(sasl.NewPlainClient("", b.cfg.User, password))
		}
		return b.client.Login(b.cfg.User, password).Wait()
	})
	no, refused := errors.AsType[*imap.Error](err)
	if !refused {
		return err
	}
	if no.Code == imap.ResponseCodeUnavailable || no.Code == imap.ResponseCodeInUse || no.Code == imap.ResponseCodeLimit {
		return &Error{Kind: KindUnavailable, Op: op, Text: "the server cannot do it now: " + said(no.Text), Err: err}
	}
	return &Error{Kind: KindLogin, Op: op, Text: "the login was refused: " + said(no.Text),
		Mend: "see whether user and password are right; large providers want an app password here", Err: err}
}

func (b *Box) password() (string, error) {
	if b.cfg.Password == nil {
		return "", errors.New("none is configured")
	}
	return b.cfg.Password()
}
