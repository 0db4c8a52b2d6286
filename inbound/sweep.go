package inbound

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

// Sizes of what is asked for and committed at a time: large enough that one
// fsync serves many mails of a backlog, small enough to stay within flat memory
// and to lose little work.
const (
	metaChunk  = 500
	groupMails = 100
	groupBytes = 4 << 20
	untoldMax  = 1000
)

const reconcileAfter = 24 * time.Hour

// A leftover is what a sweep that reached its end leaves to be done soon.
type leftover int

const (
	nothing  leftover = iota
	failures          // a mail failed that should be tried again
	newMail           // mail came meanwhile, of which there will be no push
	held              // mail stays on the server until there is room for it
)

// A pass is one sweep at work.
type pass struct {
	*Poller
	ctx    context.Context
	box    *imapbox.Box
	epoch  uint32
	pos    ticket.Position
	tries  map[uint32]ticket.Failure // as of the beginning
	unread []uint32                  // mails whose bytes are only to be kept
	alone  uint32                    // mail of which a death is booked, unless its try has failed for another reason
	whole  bool                      // looks at all mail there is, also below the mark
	last   uint32                    // the highest UID listed
	came   bool                      // newer mail was seen meanwhile
	again  atomic.Bool               // a mail failed that should be tried again soon; also set by batches

	batches []*batch // under way, oldest first
}

// maxBatches is how many groups may be under way: while one is committed the
// next is read, and the one after that is fetched.
const maxBatches = 2

// A batch is a group on its way to its commit. Its other fields are set when
// done is closed.
type batch struct {
	done chan struct{}
	uids []uint32 // to be told to the server
	err  error
}

// errNoRoom ends a pass before mail is fetched for which there is no room.
var errNoRoom = errors.New("no room for more mail")

// sweep takes all mail that has no receipt yet, oldest first, and tells the
// server of what was committed.
func (p *Poller) sweep(ctx context.Context, box *imapbox.Box) (leftover, error) {
	if !p.hasRoom() {
		return held, nil
	}
	began := p.Now().UTC()
	state, err := box.Select(ctx)
	if err != nil {
		return nothing, err
	}
	if err := failpoint.Here("inbound.sweep"); err != nil {
		return nothing, err
	}
	s := &pass{Poller: p, ctx: ctx, box: box, epoch: state.UIDValidity}
	if err := errors.Join(p.enter(ctx), s.resume()); err != nil {
		return nothing, err
	}
	s.noteEpoch()
	s.noteReadOnly(state.ReadOnly)
	if err := s.takeAll(); err != nil {
		unfinished := s.finish()
		if errors.Is(err, errNoRoom) && unfinished == nil {
			return held, nil
		}
		return nothing, errors.Join(err, unfinished)
	}
	if err := s.finish(); err != nil {
		return nothing, err
	}
	if err := failpoint.Here("inbound.swept"); err != nil {
		return nothing, err
	}
	if err := p.Desk.Swept(ctx, p.Source, began); err != nil {
		return nothing, err
	}
	p.suspects, p.wary = nil, 0
	if s.whole {
		p.reconciled = p.Now()
	}
	if p.Swept != nil {
		p.Swept()
	}
	// Last, since a server at which it ends the connection is to be read as well.
	if err := s.tellOlder(); err != nil {
		return nothing, err
	}
	if err := p.findLost(ctx, s.pos); err != nil {
		return nothing, err
	}
	switch {
	case s.came:
		return newMail, nil
	case s.again.Load():
		return failures, nil
	}
	return nothing, nil
}

// resume reads where to go on, and draws the baseline at the first start.
func (s *pass) resume() (err error) {
	if s.pos, err = s.Desk.Resume(s.ctx, s.Source, s.epoch, untoldMax); err != nil {
		return err
	}
	if s.pos.First {
		s.pos.Baseline = s.Backlog.baseline(s.Now())
		if err := s.Desk.StartAt(s.ctx, s.Source, s.pos.Baseline); err != nil {
			return err
		}
	}
	s.tries = make(map[uint32]ticket.Failure, len(s.pos.Failures))
	for _, f := range s.pos.Failures {
		s.tries[f.UID] = f
	}
	return nil
}

// noteEpoch warns once of a mailbox whose mails have got new numbers. What is in
// it is compared with what was taken, by content.
func (s *pass) noteEpoch() {
	before := cmp.Or(s.Poller.epoch, s.pos.Epoch)
	if before != 0 && before != s.epoch {
		s.Log.Warn("the mail server has renumbered the mailbox: all its mails are compared with those taken before, by content",
			"mailbox", s.Source, "uidvalidity", s.epoch, "before", before)
	}
	s.Poller.epoch = s.epoch
}

// takeAll takes the mail that is new, and then what failed before: so that one
// bad mail does not hold up the others.
func (s *pass) takeAll() error {
	fresh, err := s.fresh()
	if err != nil {
		return err
	}
	if fresh, err = s.takeWarily(fresh); err != nil {
		return err
	}
	for _, uids := range append(s.portions(fresh), s.due()...) {
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		take := s.take
		if s.suspect(uids) {
			take = func(uids []uint32) error { return s.takeAlone(uids[0]) }
		}
		if err := take(uids); err != nil {
			return err
		}
	}
	return nil
}

// fresh lists the UIDs that have neither receipt nor failure: those above the
// mark, and once a day, and at the start, those below it that were somehow
// never taken.
func (s *pass) fresh() ([]uint32, error) {
	from := s.pos.Mark
	if since := s.Now().Sub(s.reconciled); since < 0 || since >= reconcileAfter {
		from, s.whole = 0, true
	}
	listed, err := s.box.NewUIDs(s.ctx, from)
	if err != nil {
		return nil, err
	}
	var uids []uint32
	for chunk := range slices.Chunk(listed, 10*metaChunk) {
		missing, err := s.Desk.Missing(s.ctx, s.Source, s.epoch, chunk)
		if err != nil {
			return nil, err
		}
		uids = append(uids, missing...)
	}
	s.last = s.pos.Mark
	if len(listed) > 0 {
		s.last = max(s.last, listed[len(listed)-1])
	}
	if below := countBelow(uids, s.pos.Mark); below > 0 {
		s.Log.Warn("mails found that had been overlooked", "mailbox", s.Source, "mails", below)
	}
	return uids, nil
}

// countBelow counts the UIDs up to mark in an ascending list.
func countBelow(uids []uint32, mark uint32) int {
	n, found := slices.BinarySearch(uids, mark)
	if found {
		n++
	}
	return n
}

// portions cuts the new UIDs into what is asked for at a time. A mail at which
// the connection may have broken is asked for alone, to find out.
func (s *pass) portions(fresh []uint32) [][]uint32 {
	var list [][]uint32
	for _, uid := range fresh {
		n := len(list) - 1
		if n < 0 || len(list[n]) == metaChunk || s.suspects[uid] || s.suspects[list[n][0]] {
			list, n = append(list, nil), n+1
		}
		list[n] = append(list[n], uid)
	}
	return list
}

// take handles a portion of UIDs: what is older than the baseline is only
// recorded, the rest is fetched in groups.
func (s *pass) take(uids []uint32) error {
	metas, err := s.metas(uids)
	if err != nil {
		return err
	}
	var group []imapbox.Meta
	var older []uint32
	var olderAt []time.Time
	var bytes int64
	for _, m := range metas {
		if m.InternalDate.Before(s.pos.Baseline) {
			older, olderAt = append(older, m.UID), append(olderAt, m.InternalDate.UTC())
			continue
		}
		if len(group) > 0 && (len(group) == groupMails || bytes+m.Size > groupBytes) {
			if err := s.fetch(group); err != nil {
				return err
			}
			group, bytes = nil, 0
		}
		group, bytes = append(group, m), bytes+m.Size
	}
	if len(older) > 0 {
		if err := s.Desk.Skip(s.ctx, s.Source, s.epoch, older, olderAt); err != nil {
			return err
		}
		s.Log.Info("older mail left alone", "mailbox", s.Source, "mails", len(older))
	}
	if len(group) == 0 {
		return nil
	}
	return s.fetch(group)
}

// metas asks for dates and sizes.
func (s *pass) metas(uids []uint32) ([]imapbox.Meta, error) {
	metas, err := s.box.Meta(s.ctx, uids)
	if isBroken(err) {
		return nil, s.broke(bare(uids), err)
	}
	if err != nil && !isRefusal(err) {
		return nil, err
	}
	slices.SortFunc(metas, func(a, b imapbox.Meta) int { return cmp.Compare(a.UID, b.UID) })
	if len(metas) < len(uids) {
		silent := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return indexOf(metas, uid) >= 0 })
		if err := s.unfetched(bare(silent), cmp.Or(err, errors.New("the server does not say its date and size"))); err != nil {
			return nil, err
		}
	}
	return metas, nil
}

func indexOf(metas []imapbox.Meta, uid uint32) int {
	return slices.IndexFunc(metas, func(m imapbox.Meta) bool { return m.UID == uid })
}

// fetch spools a group and hands what came whole of it to be committed, even if
// the connection broke over the rest.
func (s *pass) fetch(group []imapbox.Meta) error {
	if !s.hasRoom() {
		return errNoRoom
	}
	spooled, err := s.spool(group)
	return errors.Join(err, s.submit(spooled))
}

// submit hands a group to be read and committed, while the next one is fetched.
// If too many are under way it first waits for the oldest.
func (s *pass) submit(group []spooled) error {
	if len(group) == 0 {
		return nil
	}
	if len(s.batches) == maxBatches {
		if err := s.settle(); err != nil {
			return err
		}
	}
	b := &batch{done: make(chan struct{})}
	var before *batch
	if n := len(s.batches); n > 0 {
		before = s.batches[n-1]
	}
	s.batches = append(s.batches, b)
	go func() {
		defer close(b.done)
		// What was fetched is worth committing even if we are to stop.
		b.uids, b.err = s.process(context.WithoutCancel(s.ctx), group, before)
	}()
	return nil
}

// process reads a group and, once the one before it is committed, commits it: a
// mark of what was taken must not pass over mail that was not.
func (s *pass) process(ctx context.Context, group []spooled, before *batch) ([]uint32, error) {
	incoming, err := s.read(ctx, group)
	if err == nil {
		err = s.keepInline(incoming)
	}
	if before != nil {
		<-before.done
		err = cmp.Or(before.err, err)
	}
	if err != nil {
		return nil, err
	}
	return s.commit(ctx, incoming)
}

// settle waits for the oldest batch and tells the server.
func (s *pass) settle() error {
	b := s.batches[0]
	s.batches = s.batches[1:]
	<-b.done
	if b.err != nil {
		return b.err
	}
	return s.tell(b.uids)
}

// finish settles all batches. After an error too none is left under way.
func (s *pass) finish() error {
	var first error
	for len(s.batches) > 0 {
		first = cmp.Or(first, s.settle())
	}
	return first
}
