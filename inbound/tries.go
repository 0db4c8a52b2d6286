package inbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
)

// Stages at which a mail can fail, and the tries it has there before it becomes
// a ticket with what there is.
const (
	stageFetch   = "fetch"
	stageProcess = "process"

	fetchTries   = 5
	processTries = 3
)

// triesAt is how many tries a mail has at a stage.
func triesAt(stage string) int {
	switch stage {
	case stageFetch:
		return fetchTries
	case stageDeath:
		return deathTries + 2 // with those of a mail that is not read, or not even fetched
	}
	return processTries
}

// failed books a try that did not succeed. It reports whether that was the last
// one; then nothing is booked.
func (s *pass) failed(ctx context.Context, uid uint32, stage string, cause error) (last bool, err error) {
	tries, limit := 1, triesAt(stage)
	if f := s.tries[uid]; f.Stage == stage {
		tries = f.Tries + 1
	}
	s.Log.Warn("mail could not be taken", "mailbox", s.Source, "uid", uid, "stage", stage, "try", tries,
		"of", limit, "error", cause)
	if tries >= limit {
		return true, nil
	}
	s.again.Store(true)
	if s.alone == uid {
		s.alone = 0 // what is booked now takes the place of the death
	}
	return false, s.book(ctx, uid, stage, tries, cause)
}

// book writes a failure, by which the mail is found again.
func (s *pass) book(ctx context.Context, uid uint32, stage string, tries int, cause error) error {
	f := ticket.Failure{Source: s.Source, Epoch: s.epoch, UID: uid, Stage: stage, Tries: tries, Error: cause.Error()}
	if err := s.Desk.Fail(ctx, f); err != nil {
		return fmt.Errorf("mail %d failed (%w) and that could not be booked: %w", uid, cause, err)
	}
	return nil
}

// due lists the mails to be tried again, each alone, those with the fewest tries
// first: they may be the ones that only stood behind a bad one.
func (s *pass) due() [][]uint32 {
	var list [][]uint32
	for _, f := range slices.SortedStableFunc(slices.Values(s.pos.Failures),
		func(a, b ticket.Failure) int { return cmp.Compare(a.Tries, b.Tries) }) {
		if age := s.Now().Sub(f.At); age >= 0 && age < s.pace.retry {
			if f.Tries < triesAt(f.Stage) {
				s.again.Store(true)
			}
			continue
		}
		list = append(list, []uint32{f.UID})
	}
	return list
}

// unfetched deals with mails that were listed and did not come. One that the
// server still lists has failed. One that has gone was removed by somebody, and
// that is all there is to say, unless it had failed before.
func (s *pass) unfetched(group []imapbox.Meta, cause error) error {
	if len(group) == 0 {
		return nil
	}
	listed, err := s.box.NewUIDs(s.ctx, group[0].UID-1)
	if err != nil {
		return err
	}
	s.came = s.came || len(listed) > 0 && listed[len(listed)-1] > s.last
	var stubs []spooled
	var gone []uint32
	for _, m := range group {
		if _, there := slices.BinarySearch(listed, m.UID); there {
			last, err := s.failed(s.ctx, m.UID, stageFetch, cause)
			if err != nil {
				return err
			}
			if last {
				about, err := s.about(m.UID)
				stubs = append(stubs, spooled{meta: m, lost: "The mail server would not hand out this mail." + about})
				if err != nil {
					return errors.Join(err, s.submit(stubs))
				}
			}
			continue
		}
		gone = append(gone, m.UID)
		if f := s.tries[m.UID]; f.Tries > 0 {
			stubs = append(stubs, spooled{meta: m, lost: "This mail was removed from the mail server before it could be taken. Earlier tries failed: " + f.Error})
		}
	}
	if len(gone) > 0 {
		s.Log.Warn("mails vanished before they could be taken: another client moved or deleted them", "mailbox", s.Source,
			"mails", len(gone), "uids", gone[:min(len(gone), 100)])
	}
	return s.submit(stubs)
}

// about is a sentence on a mail that does not come, "" if the server says
// nothing more of it. The error means that it ended the connection.
func (s *pass) about(uid uint32) (string, error) {
	about, err := s.box.About(s.ctx, uid)
	if about != "" {
		about = " It says that the mail is " + about + "."
	}
	if isRefusal(err) {
		return "", nil
	}
	return about, err
}

// broke notes among which mails the connection broke, and returns why it did.
// Several are asked for one by one next time. A single one is at fault: its try
// counts, so that a mail that ends every connection does not hold up the
// mailbox for ever.
func (s *pass) broke(group []imapbox.Meta, cause error) error {
	if s.ctx.Err() != nil {
		return cause
	}
	if len(group) > 1 {
		if s.suspects == nil {
			s.suspects = make(map[uint32]bool, len(group))
		}
		for _, m := range group {
			s.suspects[m.UID] = true
		}
		return cause
	}
	for _, m := range group {
		last, err := s.failed(s.ctx, m.UID, stageFetch, cause)
		if err != nil {
			return errors.Join(cause, err)
		}
		if last {
			err := s.submit([]spooled{{meta: m, lost: "The connection to the mail server ended whenever this mail was asked for."}})
			return errors.Join(cause, err)
		}
	}
	return cause
}

// bare are mails of which only the number is known.
func bare(uids []uint32) []imapbox.Meta {
	metas := make([]imapbox.Meta, 0, len(uids))
	for _, uid := range uids {
		metas = append(metas, imapbox.Meta{UID: uid})
	}
	return metas
}
