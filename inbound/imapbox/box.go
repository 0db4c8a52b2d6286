package imapbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	logoutTimeout = 2 * time.Second
	maxSet        = 200 // UIDs in one command: servers need take lines of 8000 bytes only (RFC 7162, section 4)
	maxFolders    = 20  // folders named when the one asked for is missing
)

// Box is a connection with its folder selected.
type Box struct {
	cfg    Config
	log    *slog.Logger
	wire   *wire
	guard  *guard
	client *imapclient.Client
	tls    *tls.ConnectionState // nil if Insecure
	state  State
	pushed chan struct{} // a doorbell: holds one ring
	once   sync.Once
}

// State is what the server said about itself and the folder.
type State struct {
	Folder       string
	UIDValidity  uint32 // a new number means that all UIDs mean something else
	UIDNext      uint32 // 0 if the server does not say
	Exists       uint32 // mails in the folder
	ReadOnly     bool   // nothing can be flagged, moved or deleted
	Capabilities []string
	Idle         bool
	Move         bool
	UIDPlus      bool
}

// State returns the state as of the last Select, with the count of mails as of
// the last answer.
func (b *Box) State() State {
	s := b.state
	s.Capabilities = slices.Clone(s.Capabilities)
	if mbox := b.client.Mailbox(); mbox != nil {
		s.Exists = mbox.NumMessages
	}
	return s
}

// Select selects the folder anew and returns its state. A sweep begins with
// it, since only SELECT tells a changed UIDVALIDITY. Besides the errors of all
// commands there are KindFolder and KindNumbering.
func (b *Box) Select(ctx context.Context) (State, error) {
	b.guard.forget()
	var data *imap.SelectData
	err := b.do(ctx, "open folder "+b.cfg.Folder, func() (err error) {
		data, err = b.client.Select(b.cfg.Folder, nil).Wait()
		return err
	})
	if _, refused := errors.AsType[*imap.Error](err); refused {
		return State{}, b.noFolder(ctx, err)
	}
	if err != nil {
		return State{}, err
	}
	heard, alerts := b.guard.asides()
	for _, alert := range alerts {
		b.log.Warn("the mail server wants attention", "addr", b.cfg.Addr, "alert", alert)
	}
	if heard.notSticky || data.UIDValidity == 0 {
		return State{}, &Error{Kind: KindNumbering, Op: "open folder " + b.cfg.Folder + " on " + b.cfg.Addr,
			Text: "the server does not keep its message numbers (UIDNOTSTICKY, or no UIDVALIDITY), so no mail could be told from another",
			Mend: "use another folder or server"}
	}
	caps := b.client.Caps()
	b.state = State{
		Folder: b.cfg.Folder, UIDValidity: data.UIDValidity, UIDNext: uint32(data.UIDNext), Exists: data.NumMessages,
		ReadOnly: heard.readOnly, Capabilities: capNames(caps),
		Idle: caps.Has(imap.CapIdle), Move: caps.Has(imap.CapMove), UIDPlus: caps.Has(imap.CapUIDPlus),
	}
	b.guard.hold()
	return b.State(), nil
}

func capNames(caps imap.CapSet) []string {
	names := make([]string, 0, len(caps))
	for c := range caps {
		names = append(names, string(c))
	}
	slices.Sort(names)
	return names
}

// noFolder explains a refused SELECT. If the folder is not in the server's
// list, the folders that are help to see the right name.
func (b *Box) noFolder(ctx context.Context, refused error) error {
	names, found, err := b.folders(ctx)
	if err != nil || found {
		return refused // it exists and is not to be had, and the server has said why
	}
	return &Error{Kind: KindFolder, Op: "open folder " + b.cfg.Folder + " on " + b.cfg.Addr, Text: "there is no such folder",
		Mend: "the folders there are: " + said(strings.Join(names, ", ")), Err: refused}
}

// folders lists the first folders, and reports whether ours is among all.
func (b *Box) folders(ctx context.Context) (names []string, found bool, err error) {
	err = b.do(ctx, "list folders", func() error {
		cmd := b.client.List("", "*", nil)
		for data := cmd.Next(); data != nil; data = cmd.Next() {
			found = found || data.Mailbox == b.cfg.Folder
			if len(names) < maxFolders {
				names = append(names, data.Mailbox)
			}
		}
		return cmd.Close()
	})
	return names, found, err
}

// do runs one command: within ctx, within the deadline, its error explained.
func (b *Box) do(ctx context.Context, op string, command func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s on %s: %w", op, b.cfg.Addr, context.Cause(ctx))
	}
	defer b.wire.killWith(ctx)()
	b.wire.expect(b.cfg.CommandTimeout, true)
	defer b.wire.rest()
	return b.explain(op, command())
}

// onMailbox hears that the folder grew. It runs on the goroutine that reads
// from the server, so it may do nothing but ring.
func (b *Box) onMailbox(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case b.pushed <- struct{}{}:
	default: // it rings already
	}
}

// Close logs out, waits at most two seconds for the answer, and closes the
// connection.
func (b *Box) Close() {
	b.once.Do(func() {
		timer := time.AfterFunc(logoutTimeout, func() { b.wire.kill(errClosed) })
		defer timer.Stop()
		b.wire.expect(min(logoutTimeout, b.cfg.CommandTimeout), true)
		if err := b.client.Logout().Wait(); err != nil {
			b.log.Debug("no orderly logout", "addr", b.cfg.Addr, "err", err)
		}
		b.abandon()
	})
}

// abandon closes the connection without a word.
func (b *Box) abandon() {
	// The wire first: the library would wait for its reader, and the reader
	// for bytes that never come.
	b.wire.kill(errClosed)
	if b.client != nil {
		if err := b.client.Close(); err != nil {
			b.log.Debug("connection closed", "addr", b.cfg.Addr, "err", err)
		}
	}
}

// uidSet is the set of the given UIDs. A UID of 0 is refused: on the wire it
// would be "*", the newest mail.
func uidSet(uids []uint32) (imap.UIDSet, error) {
	var set imap.UIDSet
	for _, uid := range uids {
		if uid == 0 {
			return nil, errors.New("0 is not a UID")
		}
		set.AddNum(imap.UID(uid))
	}
	return set, nil
}
