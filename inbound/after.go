package inbound

import (
	"time"

	"deskpost/ticket/failpoint"
)

// An AfterAction is what happens on the mail server to a mail that was taken.
type AfterAction string

// The actions.
const (
	AfterSeen   AfterAction = "seen"   // flag it \Seen, for people who look into the mailbox
	AfterKeep   AfterAction = "keep"   // nothing at all
	AfterMove   AfterAction = "move"   // into After.Folder
	AfterDelete AfterAction = "delete" // remove it, After.Delay later
)

// After says what happens to a mail on the server once it is committed. The
// zero value flags it \Seen.
type After struct {
	Action AfterAction
	Folder string
	Delay  time.Duration
}

// noteReadOnly notes whether the server lets us change anything, and warns once
// if not.
func (s *pass) noteReadOnly(readOnly bool) {
	readOnly = readOnly && s.After.Action != AfterKeep
	if readOnly && !s.readOnly {
		s.Log.Warn("folder is read-only: mails can not be flagged, moved or deleted", "mailbox", s.Source)
	}
	s.readOnly = readOnly
}

// tellOlder tells the server of mails that were committed before this sweep and
// that it may not know of: after a crash, or because deletion waits.
func (s *pass) tellOlder() error {
	var uids, never []uint32
	for _, taken := range s.pos.Untold {
		switch {
		case s.After.Action != AfterDelete:
			uids = append(uids, taken.UID)
		case cutShort(taken):
			never = append(never, taken.UID) // the server holds the only copy
		case s.Now().Sub(taken.At) >= s.After.Delay:
			uids = append(uids, taken.UID)
		}
	}
	if err := s.told(never); err != nil {
		return err
	}
	return s.act(uids)
}

// tell tells the server of mails that were just committed. Deletion comes
// later, by tellOlder.
func (s *pass) tell(uids []uint32) error {
	if s.After.Action == AfterDelete {
		return nil
	}
	return s.act(uids)
}

// act does the configured thing. It is a courtesy: where the server fails
// nothing is lost, and the next sweep does it again. An error is the store's.
func (s *pass) act(uids []uint32) error {
	if len(uids) == 0 || s.readOnly || s.ctx.Err() != nil {
		return nil
	}
	var err error
	switch s.After.Action {
	case AfterKeep:
	case AfterMove:
		err = s.box.Move(s.ctx, uids, s.After.Folder)
	case AfterDelete:
		err = s.box.Delete(s.ctx, uids)
	default:
		err = s.box.MarkSeen(s.ctx, uids)
	}
	if err != nil {
		s.Log.Warn("mail server could not be told of mails taken", "mailbox", s.Source, "after", string(s.After.Action),
			"mails", len(uids), "error", err)
		return nil
	}
	if err := failpoint.Here("inbound.told"); err != nil {
		return err
	}
	return s.told(uids)
}

// told notes that nothing is left to be done for mails on the server.
func (s *pass) told(uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	if err := s.Desk.Told(s.ctx, s.Source, s.epoch, uids); err != nil {
		return err
	}
	return failpoint.Here("inbound.noted")
}
