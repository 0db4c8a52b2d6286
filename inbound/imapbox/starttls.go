package imapbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

const (
	starttlsTag   = "S1"
	starttlsLines = 100 // more untagged lines than any server sends here
)

// Faults of the clear part of a STARTTLS connection.
var (
	errNoStartTLS = errors.New("the server offers no STARTTLS")
	errPreauth    = errors.New("the server says somebody is logged in already (PREAUTH)")
	errInjected   = errors.New("the server sent more in clear after agreeing to TLS")
)

// startTLS speaks the clear part of the connection: greeting and STARTTLS. The
// library could do it, but it does not wait for the greeting, keeps the reason
// of a refusal to itself, and hides the TLS state.
func (b *Box) startTLS(ctx context.Context) error {
	err := askStartTLS(bufio.NewReaderSize(b.wire, 4096), b.wire)
	if err == nil {
		return nil
	}
	op := "begin STARTTLS with " + b.cfg.Addr
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	if cause := b.wire.reason(); cause != nil {
		return explainCause(op, cause, err, b.cfg.CommandTimeout)
	}
	if bye, ok := errors.AsType[byeError](err); ok {
		return &Error{Kind: KindUnavailable, Op: op, Text: "the server does not take us now: " + said(string(bye)), Err: err}
	}
	return &Error{Kind: KindTLS, Op: op, Text: err.Error(),
		Mend: "no password is sent in clear; switch STARTTLS on at the server, or use TLS on port 993", Err: err}
}

// byeError is the server's BYE in place of a greeting.
type byeError string

func (e byeError) Error() string { return "the server says goodbye: " + said(string(e)) }

// askStartTLS reads the greeting, asks for TLS and reads the answer. r is left
// empty: what a man in the middle puts behind the answer must not be read as
// if it had come through TLS (CVE-2011-0411).
func askStartTLS(r *bufio.Reader, w io.Writer) error {
	line, err := clearLine(r)
	if err != nil {
		return err
	}
	word, text, _ := strings.Cut(strings.TrimPrefix(line, "* "), " ")
	switch strings.ToUpper(word) {
	case "OK":
	case "PREAUTH":
		return errPreauth
	case "BYE":
		return byeError(text)
	default:
		return fmt.Errorf("this is not an IMAP greeting: %s", said(line))
	}
	if _, err := io.WriteString(w, starttlsTag+" STARTTLS\r\n"); err != nil {
		return err
	}
	for range starttlsLines {
		line, err := clearLine(r)
		if err != nil {
			return err
		}
		answer, ok := strings.CutPrefix(line, starttlsTag+" ")
		if !ok {
			continue
		}
		word, text, _ := strings.Cut(answer, " ")
		if !strings.EqualFold(word, "OK") {
			return fmt.Errorf("%w: %s", errNoStartTLS, said(text))
		}
		if r.Buffered() > 0 {
			return errInjected
		}
		return nil
	}
	return errNoStartTLS
}

// clearLine reads one line no longer than r's buffer.
func clearLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errLongLine
	}
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}

// replay is a connection that has something to say before its own bytes.
type replay struct {
	net.Conn
	first *strings.Reader
}

// greeted gives the client the greeting it waits for: after STARTTLS a server
// sends none. It names no capabilities, so the client asks for them anew, as
// RFC 9051, section 6.2.1 demands.
func greeted(conn net.Conn) net.Conn {
	return &replay{Conn: conn, first: strings.NewReader("* OK TLS is on\r\n")}
}

func (r *replay) Read(p []byte) (int, error) {
	if r.first.Len() > 0 {
		return r.first.Read(p)
	}
	return r.Conn.Read(p)
}
