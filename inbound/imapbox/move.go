package imapbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"deskpost/ticket/failpoint"
)

// MarkSeen sets \Seen on the given mails. Mails that are gone are passed over.
func (b *Box) MarkSeen(ctx context.Context, uids []uint32) error {
	return b.change(uids, "mark mail as seen", func(_ []uint32, set imap.UIDSet) error {
		return b.addFlag(ctx, "mark mail as seen", set, imap.FlagSeen)
	})
}

// Move moves the given mails to folder, which is created if need be.
//
// Without MOVE (RFC 6851) it is done in steps, each waiting for the one
// before: copy, flag what was copied as deleted, and expunge exactly that if
// the server has UIDPLUS (RFC 4315). Without UIDPLUS the mails stay flagged,
// since a plain EXPUNGE would also remove what others have flagged. So at
// every moment a mail is in one folder at least, and after an error it may be
// in both. After a broken connection ask with Meta what is still here before
// moving again.
func (b *Box) Move(ctx context.Context, uids []uint32, folder string) error {
	op := "move mail to " + folder
	if folder == b.cfg.Folder || strings.EqualFold(folder, "INBOX") && strings.EqualFold(b.cfg.Folder, "INBOX") {
		return fmt.Errorf("%s: it is there already", op)
	}
	move := b.copyAndDelete
	if b.state.Move {
		move = b.moveByServer
	}
	return b.change(uids, op, func(uids []uint32, set imap.UIDSet) error {
		err := move(ctx, op, uids, set, folder)
		if !hasCode(err, imap.ResponseCodeTryCreate) {
			return err
		}
		if err := b.create(ctx, folder); err != nil {
			return err
		}
		return move(ctx, op, uids, set, folder)
	})
}

// Delete flags the given mails as deleted and, if the server has UIDPLUS,
// removes them. Without it they stay until somebody expunges the folder.
func (b *Box) Delete(ctx context.Context, uids []uint32) error {
	return b.change(uids, "delete mail", func(_ []uint32, set imap.UIDSet) error {
		return b.deleteSet(ctx, set)
	})
}

// change runs f over the UIDs, as many at a time as fit into a command.
func (b *Box) change(uids []uint32, op string, f func([]uint32, imap.UIDSet) error) error {
	if b.state.ReadOnly {
		return &Error{Kind: KindRefused, Op: op + " on " + b.cfg.Addr, Text: "the server opened the folder read-only",
			Mend: "give the user the right to change it, or set the mailbox to keep its mail as it is"}
	}
	for chunk := range slices.Chunk(uids, maxSet) {
		set, err := uidSet(chunk)
		if err != nil {
			return err
		}
		if err := f(chunk, set); err != nil {
			return err
		}
	}
	return nil
}

func (b *Box) moveByServer(ctx context.Context, op string, _ []uint32, set imap.UIDSet, folder string) error {
	return b.do(ctx, op, func() error {
		_, err := b.client.Move(set, folder).Wait()
		return err
	})
}

func (b *Box) copyAndDelete(ctx context.Context, op string, uids []uint32, set imap.UIDSet, folder string) error {
	var copied *imap.CopyData
	err := b.do(ctx, op, func() (err error) {
		copied, err = b.client.Copy(set, folder).Wait()
		return err
	})
	if err != nil {
		return err
	}
	if err := failpoint.Here("imapbox.copied"); err != nil {
		return err
	}
	if len(copied.SourceUIDs) > 0 { // the server says which: delete no other
		uids = slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return !copied.SourceUIDs.Contains(imap.UID(uid)) })
		if set, err = uidSet(uids); err != nil || len(set) == 0 {
			return err
		}
	}
	return b.deleteSet(ctx, set)
}

func (b *Box) deleteSet(ctx context.Context, set imap.UIDSet) error {
	if err := b.addFlag(ctx, "flag mail as deleted", set, imap.FlagDeleted); err != nil {
		return err
	}
	if !b.state.UIDPlus {
		return nil
	}
	if err := failpoint.Here("imapbox.flagged"); err != nil {
		return err
	}
	return b.do(ctx, "expunge mail", func() error { return b.client.UIDExpunge(set).Close() })
}

func (b *Box) addFlag(ctx context.Context, op string, set imap.UIDSet, flag imap.Flag) error {
	return b.do(ctx, op, func() error {
		store := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}
		return b.client.Store(set, &store, nil).Close()
	})
}

func (b *Box) create(ctx context.Context, folder string) error {
	err := b.do(ctx, "create folder "+folder, func() error { return b.client.Create(folder, nil).Wait() })
	if hasCode(err, imap.ResponseCodeAlreadyExists) {
		return nil
	}
	if no, ok := errors.AsType[*Error](err); ok && no.Kind == KindRefused {
		no.Mend = "create it by hand, with the server's own separator between levels"
	}
	return err
}
