package inbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// Sizes of raw mail.
const (
	inlineBytes = 256 << 10 // up to here raw mail is committed together with what it changes
	headBytes   = 64 << 10  // of an over-size mail that is taken; see cutShort
	defaultMax  = 50 << 20
)

// A spooled mail has been fetched whole and waits to be read and committed.
type spooled struct {
	meta     imapbox.Meta
	raw      ticket.Blob
	oversize bool   // raw is only the beginning
	lost     string // why there is nothing but its number; "" if there is more
}

// spool fetches a group, and of mails over the limit the beginning. With an
// error it returns what came whole before.
func (s *pass) spool(group []imapbox.Meta) ([]spooled, error) {
	var out []spooled
	var whole []imapbox.Meta
	for _, m := range group {
		if m.Size <= s.maxBytes() {
			whole = append(whole, m)
			continue
		}
		head, err := s.head(m)
		switch {
		case err != nil:
			return out, err
		case len(head) == headBytes:
			out = append(out, spooled{meta: m, raw: inlineBlob(head), oversize: true})
		case len(head) > 0:
			whole = append(whole, m) // it is smaller than the server said
		}
	}
	got, err := s.spoolWhole(whole)
	out = append(out, got...)
	slices.SortFunc(out, func(a, b spooled) int { return cmp.Compare(a.meta.UID, b.meta.UID) })
	return out, err
}

// head takes the beginning of a mail that is over the limit; nothing if that
// failed and was booked. The mail itself stays on the server.
func (s *pass) head(m imapbox.Meta) ([]byte, error) {
	head, err := s.box.FetchHead(s.ctx, m.UID, headBytes)
	switch {
	case isBroken(err):
		return nil, s.broke([]imapbox.Meta{m}, err)
	case isRefusal(err), errors.Is(err, imapbox.ErrNoBody):
		return nil, s.unfetched([]imapbox.Meta{m}, err)
	}
	return head, err
}

// spoolWhole fetches whole mails. One that does not come with the others is
// asked for by itself.
func (s *pass) spoolWhole(group []imapbox.Meta) ([]spooled, error) {
	got, missing, err := s.fetchBodies(group)
	out, odd := sized(got)
	if isBroken(err) {
		return out, s.broke(missing, err)
	}
	if err != nil && !isRefusal(err) {
		return out, err
	}
	again, err := s.fetchAgain(odd)
	out = append(out, again...)
	if err != nil {
		return out, err
	}
	for _, m := range missing {
		alone, silent, err := s.fetchBodies([]imapbox.Meta{m})
		if isBroken(err) {
			return out, s.broke([]imapbox.Meta{m}, err)
		}
		if err != nil && !isRefusal(err) {
			return out, err
		}
		fits, odd := sized(alone)
		again, oddErr := s.fetchAgain(odd)
		out = append(append(out, fits...), again...)
		if oddErr != nil {
			return out, oddErr
		}
		if err := s.unfetched(silent, cmp.Or(err, errors.New("the server sent no whole body"))); err != nil {
			return out, err
		}
	}
	return out, nil
}

// sized parts mails with as many bytes as the server said from others.
func sized(got []spooled) (fits, odd []spooled) {
	for _, sp := range got {
		if sp.raw.Size == sp.meta.Size {
			fits = append(fits, sp)
		} else {
			odd = append(odd, sp)
		}
	}
	return fits, odd
}

// fetchAgain fetches mails once more that have another size than the server
// said. Some servers only guess at sizes; others have damaged the mail. One that
// comes the same twice is taken as it is.
func (s *pass) fetchAgain(odd []spooled) ([]spooled, error) {
	if len(odd) == 0 {
		return nil, nil
	}
	group := make([]imapbox.Meta, 0, len(odd))
	for _, sp := range odd {
		group = append(group, sp.meta)
	}
	second, missing, err := s.fetchBodies(group)
	if isBroken(err) {
		return nil, s.broke(group, err)
	}
	if err != nil && !isRefusal(err) {
		return nil, err
	}
	var same []spooled
	for _, sp := range second {
		first := odd[slices.IndexFunc(odd, func(o spooled) bool { return o.meta.UID == sp.meta.UID })]
		if first.raw.Sum != sp.raw.Sum {
			missing = append(missing, sp.meta)
			continue
		}
		s.Log.Warn("mail has another size than the server said, and came twice the same: taken", "mailbox", s.Source,
			"uid", sp.meta.UID, "said", sp.meta.Size, "bytes", sp.raw.Size)
		same = append(same, sp)
	}
	return same, s.unfetched(missing, cmp.Or(err, errors.New("the server sent other bytes than before")))
}

// fetchBodies fetches mails into blobs, and returns those that came whole and
// those that did not.
func (s *pass) fetchBodies(group []imapbox.Meta) (got []spooled, missing []imapbox.Meta, err error) {
	if len(group) == 0 {
		return nil, nil, nil
	}
	uids := make([]uint32, 0, len(group))
	for _, m := range group {
		uids = append(uids, m.UID)
	}
	if err := failpoint.Here("inbound.fetch"); err != nil {
		return nil, group, err
	}
	raws := make(map[uint32]ticket.Blob, len(group))
	short, err := s.box.Fetch(s.ctx, uids, func(uid uint32, size int64, body io.Reader) (err error) {
		raws[uid], err = s.keep(s.ctx, size, failpoint.Reader("inbound.literal", body))
		return cmp.Or(err, failpoint.Here("inbound.kept"))
	})
	for _, m := range group {
		if slices.Contains(short, m.UID) {
			missing = append(missing, m)
			continue
		}
		got = append(got, spooled{meta: m, raw: raws[m.UID]})
	}
	return got, missing, err
}

// keep reads one body to its end. A small one stays in memory and is written
// with its receipt; a large one is streamed to the blob store, where it is an
// orphan, harmless and collected, until its receipt names it.
func (s *pass) keep(ctx context.Context, size int64, body io.Reader) (ticket.Blob, error) {
	if size <= inlineBytes {
		raw := bytes.NewBuffer(make([]byte, 0, size))
		if _, err := io.Copy(raw, body); err != nil {
			return ticket.Blob{}, err
		}
		return inlineBlob(raw.Bytes()), nil
	}
	w := s.Blobs.NewBlob(ctx)
	if _, err := io.Copy(w, body); err != nil {
		return ticket.Blob{}, errors.Join(err, w.Abort())
	}
	return w.Commit()
}

func (s *pass) maxBytes() int64 {
	if s.MaxBytes > 0 {
		return s.MaxBytes
	}
	return defaultMax
}

// cutShort reports whether the desk may not have all of a mail. The beginning
// of an over-size mail has exactly headBytes; that a few whole mails have so
// many as well only means that they are not deleted.
func cutShort(t ticket.Taken) bool {
	return t.Raw.Size == headBytes || t.Raw.Size == 0 || t.Outcome == ticket.Oversize
}

// inlineBlob names bytes that travel with their receipt.
func inlineBlob(b []byte) ticket.Blob {
	return ticket.Blob{Sum: sha256.Sum256(b), Size: int64(len(b)), Inline: b}
}

// open reads a blob back, wherever it is.
func (s *pass) open(ctx context.Context, raw ticket.Blob) (io.ReadCloser, error) {
	if raw.Inline != nil {
		return io.NopCloser(bytes.NewReader(raw.Inline)), nil
	}
	return s.Blobs.OpenBlob(ctx, raw.Sum)
}
