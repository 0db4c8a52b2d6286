package imapbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Fetch reads the bodies of the given mails, without marking them seen, and
// gives each to each, in the server's order and at most once. size is the
// number of bytes announced; body yields exactly so many, or io.ErrUnexpectedEOF
// where the connection ends early. It is valid during the call only; each need
// not read it to its end, and must not use the Box.
//
// What each was given may be used only after Fetch has returned, and only if
// the UID is not in missing: then every announced byte came, and the answer
// went on as it should, with the next mail or the command's end. missing holds,
// in the order asked, the mails that came short, without a body or not at all,
// be they gone or beyond what this server can tell. Ask for those singly.
//
// A mail that the server sends a second time is given to each only the first
// time. If each returns an error no more mails are given out, and Fetch returns
// that error; the mail it was about is missing. With an error of KindRefused
// the others that are not missing are whole all the same.
func (b *Box) Fetch(ctx context.Context, uids []uint32, each func(uid uint32, size int64, body io.Reader) error) (missing []uint32, err error) {
	b.guard.literalMax.Store(b.cfg.MaxBytes)
	defer b.guard.literalMax.Store(literalLimit)
	f := fetch{box: b, each: each, whole: make(map[uint32]bool, len(uids))}
	for chunk := range slices.Chunk(uids, maxSet) {
		if err = f.run(ctx, chunk); err != nil {
			break
		}
	}
	missing = slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return f.whole[uid] })
	return missing, err
}

// fetch is one call of Fetch.
type fetch struct {
	box   *Box
	each  func(uid uint32, size int64, body io.Reader) error
	whole map[uint32]bool
	last  uint32 // its body is complete, the end of its answer not yet seen
}

// run fetches what fits into one command.
func (f *fetch) run(ctx context.Context, uids []uint32) error {
	set, err := uidSet(uids)
	if err != nil {
		return err
	}
	var taken error // what each returned
	err = f.box.do(ctx, "fetch mail", func() error {
		cmd := f.box.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			f.confirm() // this answer begins, so the one before it ended well
			if taken = f.take(msg); taken != nil {
				// The rest must be read before anything else can be, but
				// not however long it may be.
				timer := time.AfterFunc(f.box.cfg.CommandTimeout, func() { f.box.wire.kill(errDrain) })
				defer timer.Stop()
				break
			}
		}
		err := cmd.Close()
		if _, refused := errors.AsType[*imap.Error](err); err == nil || refused {
			f.confirm()
		}
		f.last = 0
		return err
	})
	if taken != nil {
		return taken
	}
	return err
}

// confirm counts the last complete body as whole.
func (f *fetch) confirm() {
	if f.last != 0 {
		f.whole[f.last] = true
		f.last = 0
	}
}

// take reads one answer. Its error is the error of each.
func (f *fetch) take(msg *imapclient.FetchMessageData) error {
	var uid uint32
	bodies := 0
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if bodies++; bodies > 1 {
				f.last = 0 // two bodies for one mail: neither is to be believed
				continue
			}
			if !entire(item) || uid == 0 {
				continue
			}
			if err := f.takeBody(uid, item.Literal); err != nil {
				return err
			}
		}
	}
	return nil
}

// entire reports whether the item is the whole mail, and has a body at all.
func entire(item imapclient.FetchItemDataBodySection) bool {
	return item.MatchCommand(&imap.FetchItemBodySection{}) && item.Literal != nil && item.Literal.Size() > 0
}

func (f *fetch) takeBody(uid uint32, literal imap.LiteralReader) error {
	body := &countedReader{r: literal, left: literal.Size()}
	err := f.each(uid, literal.Size(), body)
	if !body.short && err != nil {
		return fmt.Errorf("take mail with uid %d: %w", uid, err)
	}
	if f.box.drain(body) {
		f.last = uid
	}
	return nil
}

// drain reads what is left of a literal and reports whether all of it came. If
// not it is not the reader's fault: the command will tell how the connection
// ended.
func (b *Box) drain(body *countedReader) (complete bool) {
	if !body.short {
		// An error is told by short, which lasts.
		_, _ = io.Copy(io.Discard, body)
	}
	if body.short {
		// The library is going to read the literal once more, while its own
		// goroutine, woken by the end of ours, reads the same buffer. So let
		// that one come to its end first: its connection is dead.
		b.wire.kill(io.ErrUnexpectedEOF)
		<-b.client.Closed()
	}
	return !body.short
}

// countedReader reads a literal and tells a short one: the library's reader
// ends with a plain EOF wherever the connection does. At its end it stays there.
type countedReader struct {
	r     io.Reader
	left  int64
	short bool
}

func (c *countedReader) Read(p []byte) (int, error) {
	if c.short {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err != nil && c.left > 0 {
		c.short = true
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// FetchHead returns the first bytes of a mail, at most limit: of a mail too
// large to take, the header and what follows it. It returns ErrNoBody if the
// server has no such mail or sends it without a body.
func (b *Box) FetchHead(ctx context.Context, uid uint32, limit int64) ([]byte, error) {
	set, err := uidSet([]uint32{uid})
	if err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), math.MaxUint32)
	b.guard.literalMax.Store(limit)
	defer b.guard.literalMax.Store(literalLimit)
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: limit}}
	var head []byte
	err = b.do(ctx, "fetch the beginning of a mail", func() error {
		cmd := b.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				part, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || part.Literal == nil || head != nil {
					continue
				}
				body := &countedReader{r: part.Literal, left: part.Literal.Size()}
				// Of a short literal nothing is returned: the command ends with
				// an error.
				head, _ = io.ReadAll(body)
				b.drain(body)
			}
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, fmt.Errorf("fetch the beginning of mail with uid %d: %w", uid, ErrNoBody)
	}
	return head, nil
}
