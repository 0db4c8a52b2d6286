package inbound

import (
	"context"
	"errors"
	"slices"

	"deskpost/ticket"
)

const (
	// stageDeath is booked for a mail before it is taken, where the program may
	// have died of it; a mail that is taken loses its booking.
	stageDeath = "death"
	// deathTries is how many bookings a mail has that the program did not
	// outlive. Then its bytes are kept unread, and if the program dies of that
	// too it is only told of.
	deathTries = 3
	// inHand is how many mails at most are in hand when a program dies: two
	// groups under way and the one that is fetched.
	inHand = groupMails * (maxBatches + 1)
)

var errNoEnd = errors.New("the program ended while it took this mail")

// enter notes that this poller reads the mailbox now. If the one before it has
// not ended in order, a mail may be the reason: the mails that it may have had in
// hand are taken one by one, with each try booked before. In every other run
// that would be a commit a mail for nothing.
func (p *Poller) enter(ctx context.Context) error {
	if p.entered {
		return nil
	}
	died, err := p.Desk.BeginReading(ctx, p.Source)
	if err != nil {
		return err
	}
	p.entered = true
	if died {
		p.wary = inHand
		p.Log.Info("the last run did not end in order: mails are taken one by one at first", "mailbox", p.Source)
	}
	return nil
}

// leave notes that this poller ends in order.
func (p *Poller) leave(ctx context.Context) {
	if !p.entered {
		return
	}
	p.entered = false
	if err := p.Desk.EndReading(context.WithoutCancel(ctx), p.Source); err != nil {
		p.Log.Warn("the end of this run could not be noted: the next one begins with more care than it needs", "mailbox", p.Source, "error", err)
	}
}

// takeWarily takes those mails one by one that the program may have died of, and
// returns the others.
func (s *pass) takeWarily(fresh []uint32) (others []uint32, err error) {
	n := min(s.wary, len(fresh))
	for _, uid := range fresh[:n] {
		if s.ctx.Err() != nil {
			return nil, context.Cause(s.ctx)
		}
		if err := s.takeAlone(uid); err != nil {
			return nil, err
		}
		s.wary--
	}
	return fresh[n:], nil
}

// suspect reports whether the program may have died of a mail that is tried
// again.
func (s *pass) suspect(uids []uint32) bool {
	return len(uids) == 1 && s.tries[uids[0]].Tries > 0 && (s.wary > 0 || s.tries[uids[0]].Stage == stageDeath)
}

// takeAlone takes a mail while no other is in hand, and books the try before
// anything of the mail is touched.
func (s *pass) takeAlone(uid uint32) error {
	if err := s.finish(); err != nil {
		return err
	}
	deaths := 0
	if f := s.tries[uid]; f.Stage == stageDeath {
		deaths = f.Tries
		s.Log.Warn("mail was in hand when the program ended", "mailbox", s.Source, "uid", uid, "times", deaths, "of", deathTries)
	}
	if deaths > deathTries {
		stub := spooled{meta: bare([]uint32{uid})[0], lost: "The program ended whenever this mail was asked for. It is still on the mail server."}
		return errors.Join(s.submit([]spooled{stub}), s.finish())
	}
	if err := s.book(s.ctx, uid, stageDeath, deaths+1, errNoEnd); err != nil {
		return err
	}
	s.alone = uid
	if deaths == deathTries {
		s.unread = append(s.unread, uid)
	}
	err := errors.Join(s.take([]uint32{uid}), s.finish())
	if err != nil && s.alone == uid {
		// The program is alive, and the fault is not the mail's.
		err = errors.Join(err, s.Desk.TakeBack(context.WithoutCancel(s.ctx), s.Source, s.epoch, uid, s.tries[uid]))
	}
	s.alone = 0
	return err
}

// setAside is what is taken instead of a mail that must not be read again; ok is
// false if it may be.
func (s *pass) setAside(sp spooled) (in ticket.Incoming, ok bool) {
	if sp.lost != "" || !slices.Contains(s.unread, sp.meta.UID) {
		return ticket.Incoming{}, false
	}
	return s.stub(sp, "The program ended each time it read this mail. The mail as it came is attached."), true
}
