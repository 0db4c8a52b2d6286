package imapbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	uidDigits = 11      // bytes of one UID in a SEARCH answer, with its space
	maxUIDs   = 4 << 20 // most UIDs believed in one answer: 16 MiB
)

// Meta is what is known of a mail before it is fetched.
type Meta struct {
	UID          uint32
	InternalDate time.Time
	Size         int64 // bytes, as the server announces it; it may be wrong
	Seen         bool
}

// NewUIDs returns the UIDs above after, ascending.
func (b *Box) NewUIDs(ctx context.Context, after uint32) ([]uint32, error) {
	if after == math.MaxUint32 {
		return nil, nil
	}
	// Some servers show new mails only after a NOOP.
	if err := b.do(ctx, "look for mail", func() error { return b.client.Noop().Wait() }); err != nil {
		return nil, err
	}
	b.takePush() // what has been pushed so far is found by this search
	b.guard.lineMax.Store(lineLimit + uidDigits*min(int64(b.State().Exists), maxUIDs))
	defer b.guard.lineMax.Store(lineLimit)
	var data *imap.SearchData
	err := b.do(ctx, "search for mail", func() (err error) {
		criteria := imap.SearchCriteria{UID: []imap.UIDSet{{{Start: imap.UID(after) + 1, Stop: 0}}}}
		data, err = b.client.UIDSearch(&criteria, nil).Wait()
		return err
	})
	if err != nil {
		return nil, err
	}
	return b.uidsAbove(after, data.All)
}

// uidsAbove lists a set that the server announced. "n:*" always matches the
// last mail, even if its UID is below n (RFC 9051, section 6.4.8), so what is
// not above after is dropped. The library's own listing would believe
// "1:4294967295" and take the memory for it.
func (b *Box) uidsAbove(after uint32, all imap.NumSet) ([]uint32, error) {
	wrong := func(text string) error {
		b.wire.kill(errors.New(text))
		return &Error{Kind: KindProtocol, Op: "search for mail on " + b.cfg.Addr, Text: text}
	}
	if all == nil {
		return nil, nil
	}
	set, ok := all.(imap.UIDSet)
	if !ok {
		return nil, wrong("the server answered with sequence numbers")
	}
	var uids []uint32
	for _, r := range set {
		if r.Start == 0 || r.Stop == 0 {
			continue // 0 is not a UID
		}
		first, last := max(uint32(r.Start), after+1), uint32(r.Stop)
		if last < first {
			continue
		}
		if n := int64(last) - int64(first) + 1; n+int64(len(uids)) > maxUIDs {
			return nil, wrong(fmt.Sprintf("the server claims more than %d new mails", maxUIDs))
		}
		for uid := int64(first); uid <= int64(last); uid++ {
			uids = append(uids, uint32(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// Meta returns what the server says about the given mails, in its order. A
// mail that is gone, or of which the server does not say enough when asked
// twice, is left out. Where one mail's answer cannot be parsed the connection
// ends, whichever mails were asked for with it: ask singly then, or Fetch.
func (b *Box) Meta(ctx context.Context, uids []uint32) ([]Meta, error) {
	metas, err := b.meta(ctx, uids)
	if err != nil {
		return nil, err
	}
	known := make(map[uint32]bool, len(metas))
	for _, m := range metas {
		known[m.UID] = true
	}
	// Another client's flag change can take the place of an answer.
	open := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return known[uid] })
	if len(open) == 0 {
		return metas, nil
	}
	more, err := b.meta(ctx, open)
	if err != nil {
		return nil, err
	}
	return append(metas, more...), nil
}

func (b *Box) meta(ctx context.Context, uids []uint32) ([]Meta, error) {
	metas := make([]Meta, 0, len(uids))
	for chunk := range slices.Chunk(uids, maxSet) {
		set, err := uidSet(chunk)
		if err != nil {
			return nil, err
		}
		err = b.do(ctx, "ask for sizes and dates", func() error {
			cmd := b.client.Fetch(set, &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true, Flags: true})
			for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
				if m, ok := readMeta(msg); ok {
					metas = append(metas, m)
				}
			}
			return cmd.Close()
		})
		if err != nil {
			return nil, err
		}
	}
	return metas, nil
}

// About returns what the server says of a mail that it does not hand out, in
// one line for people; "" if nothing.
func (b *Box) About(ctx context.Context, uid uint32) (string, error) {
	set, err := uidSet([]uint32{uid})
	if err != nil {
		return "", err
	}
	var envelope *imap.Envelope
	err = b.do(ctx, "ask whose mail it is", func() error {
		cmd := b.client.Fetch(set, &imap.FetchOptions{UID: true, Envelope: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				if e, ok := item.(imapclient.FetchItemDataEnvelope); ok {
					envelope = e.Envelope
				}
			}
		}
		return cmd.Close()
	})
	if err != nil || envelope == nil {
		return "", err
	}
	var words []string
	if len(envelope.From) > 0 {
		words = append(words, "from "+said(envelope.From[0].Addr()))
	}
	if envelope.Subject != "" {
		words = append(words, fmt.Sprintf("with the subject %q", said(envelope.Subject)))
	}
	return strings.Join(words, ", "), nil
}

// readMeta reads one answer and reports whether it says everything.
func readMeta(msg *imapclient.FetchMessageData) (Meta, bool) {
	var m Meta
	var sized bool
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			m.InternalDate = item.Time
		case imapclient.FetchItemDataRFC822Size:
			m.Size, sized = item.Size, true
		case imapclient.FetchItemDataFlags:
			m.Seen = slices.Contains(item.Flags, imap.FlagSeen)
		}
	}
	return m, m.UID != 0 && sized && !m.InternalDate.IsZero()
}
