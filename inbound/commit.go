package inbound

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// read reads a group of spooled mails. One mail's fault stays its own; an error
// is a fault of the store.
func (s *pass) read(ctx context.Context, group []spooled) ([]ticket.Incoming, error) {
	incoming := make([]ticket.Incoming, 0, len(group))
	for _, sp := range group {
		if in, aside := s.setAside(sp); aside {
			incoming = append(incoming, in)
			continue
		}
		in, err := s.incoming(ctx, sp)
		if isOutage(err) {
			return nil, err
		}
		if err != nil {
			// Where the database is at fault this can not be booked either.
			last, err := s.failed(ctx, sp.meta.UID, stageProcess, err)
			if err != nil {
				return nil, err
			}
			if !last {
				continue
			}
			in = s.stub(sp, "This mail could not be read. The mail as it came is attached.")
		}
		incoming = append(incoming, in)
	}
	return incoming, nil
}

// keepWithin is how long a group in hand may take to be kept after the program is
// told to stop. What is not kept by then stays on the mail server.
const keepWithin = 5 * time.Second

// keepInline puts the small mails of a group where raw mail stays, if that is not
// the database: no transaction may wait for another server.
func (s *pass) keepInline(incoming []ticket.Incoming) error {
	var small []*ticket.Blob
	for i := range incoming {
		if raw := &incoming[i].Receipt.Raw; raw.Inline != nil {
			small = append(small, raw)
		}
	}
	if len(small) == 0 {
		return nil
	}
	ctx, cancel := outlive(s.ctx, keepWithin)
	defer cancel()
	return s.Blobs.KeepBlobs(ctx, small)
}

// outlive is a context that ends a while after another.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return longer, func() { stop(); cancel() }
}

// isOutage reports whether an error says that the place of the raw mail is out of
// order. Its mails wait on the server then, however often they are tried.
func isOutage(err error) bool {
	var e interface{ Outage() bool }
	return errors.As(err, &e) && e.Outage()
}

// commit hands mails to the desk. It returns the UIDs that the server is to be
// told of. One mail's fault stays its own; an error is a fault of the store.
func (s *pass) commit(ctx context.Context, incoming []ticket.Incoming) ([]uint32, error) {
	if len(incoming) == 0 {
		return nil, nil
	}
	fates, err := s.Desk.ReceiveAll(ctx, incoming)
	if err != nil {
		return nil, err
	}
	uids := make([]uint32, 0, len(fates))
	for i, fate := range fates {
		in := incoming[i]
		if fate.Err != nil {
			if fate, err = s.receiveAside(ctx, in, fate.Err); err != nil {
				return nil, err
			}
			if fate.Err != nil {
				continue
			}
		}
		s.Log.Info("mail taken", "mailbox", s.Source, "uid", in.Receipt.UID, "outcome", fate.Outcome, "ticket", int64(fate.Ticket))
		uids = append(uids, in.Receipt.UID)
	}
	return uids, failpoint.Here("inbound.committed")
}

// incoming reads one mail. A panic of a parser is the mail's fault, not the
// daemon's.
func (s *pass) incoming(ctx context.Context, sp spooled) (in ticket.Incoming, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.Error("reading a mail panicked", "mailbox", s.Source, "uid", sp.meta.UID, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("read mail: panic: %v", r)
		}
	}()
	if sp.lost != "" {
		return s.stub(sp, sp.lost), nil
	}
	body, err := s.open(ctx, sp.raw)
	if err != nil {
		return ticket.Incoming{}, fmt.Errorf("open spooled mail: %w", err)
	}
	defer body.Close()
	mail, digest, err := ReadMail(body, sp.raw.Sum, s.AuthservID)
	if err == nil {
		err = failpoint.Here("inbound.read", mail.Subject)
	}
	if err != nil {
		return ticket.Incoming{}, err
	}
	if sp.oversize {
		mail.Oversize = true
		mail.Problems = append(mail.Problems, fmt.Sprintf(
			"this mail has %.1f MiB, more than the limit of %.1f MiB: only its beginning was taken, the whole mail is still on the mail server",
			mebibytes(sp.meta.Size), mebibytes(s.maxBytes())))
	}
	return ticket.Incoming{Receipt: s.receipt(sp, digest, mail.MessageID != ""), Mail: mail}, nil
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

func (s *pass) receipt(sp spooled, digest ticket.Sum, keyed bool) ticket.Receipt {
	return ticket.Receipt{Source: s.Source, Epoch: s.epoch, UID: sp.meta.UID, Digest: digest, Keyed: keyed,
		Received: sp.meta.InternalDate, Raw: sp.raw}
}

// receiveAside books a mail that the desk could not take. When its tries are
// used up it becomes a stub; the fate's error says that it did not.
func (s *pass) receiveAside(ctx context.Context, in ticket.Incoming, cause error) (ticket.Fate, error) {
	last, err := s.failed(ctx, in.Receipt.UID, stageProcess, cause)
	if err != nil || !last {
		return ticket.Fate{Err: cause}, err
	}
	aside := in
	aside.Mail = stubMail(in.Receipt.Raw, "This mail could not be taken in. The mail as it came is attached.")
	fates, err := s.Desk.ReceiveAll(ctx, []ticket.Incoming{aside})
	if err != nil {
		return ticket.Fate{}, err
	}
	if fates[0].Err != nil {
		// Nothing can be done with it for now. The next sweeps try again, at
		// their usual pace.
		s.Log.Error("mail could not be set aside", "mailbox", s.Source, "uid", in.Receipt.UID, "error", fates[0].Err)
		return fates[0], s.book(ctx, in.Receipt.UID, stageProcess, processTries, fates[0].Err)
	}
	return fates[0], nil
}

// stub is a ticket's worth of a mail that is only known to exist.
func (s *pass) stub(sp spooled, why string) ticket.Incoming {
	digest := sp.raw.Sum
	if sp.lost != "" {
		digest = sha256.Sum256(fmt.Appendf(nil, "lost %q %d %d", s.Source, s.epoch, sp.meta.UID))
	}
	return ticket.Incoming{Receipt: s.receipt(sp, digest, false), Mail: stubMail(sp.raw, why)}
}

func stubMail(raw ticket.Blob, why string) ticket.Mail {
	m := ticket.Mail{Subject: "A mail that could not be read", NewText: why, Unreadable: true,
		NoAnswer: "it could not be read", Problems: []string{why}}
	if raw.Size > 0 {
		m.Files = []ticket.File{{Name: "mail.eml", Type: "message/rfc822", Size: raw.Size, Sum: raw.Sum, Raw: raw.Sum}}
	}
	return m
}
