package inbound

import (
	"context"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
)

// findLost looks, once after the desk was restored, for mail that a lost desk
// has taken and moved away: in the folder it was moved to, among what reached
// the mailbox since then. What has a receipt is a duplicate, the rest is taken.
// All of it stays where it is. It comes behind the sweep of the mailbox itself,
// so that what lies in both has its receipt already. A fault of the server does
// not hold up the mailbox: the next sweep looks again.
func (p *Poller) findLost(ctx context.Context, pos ticket.Position) error {
	if pos.Lost.IsZero() {
		return nil
	}
	if p.After.Action == AfterMove {
		moved := p.movedMail(pos)
		p.Log.Info("looking for mail that was moved away before the restore", "mailbox", p.Source, "folder", p.After.Folder, "since", pos.Lost)
		err := moved.Sweep(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil && imapbox.KindOf(err) == 0 {
			return err
		}
		if err != nil && imapbox.KindOf(err) != imapbox.KindFolder { // without the folder, nothing was moved
			p.Log.Warn("moved mail can not be looked through, the next sweep tries again", "mailbox", p.Source,
				"folder", p.After.Folder, "error", err)
			return nil
		}
	}
	return p.Desk.FoundLost(ctx, p.Source)
}

// movedMail reads the folder that mail is moved to, as a source of its own that
// leaves everything as it is.
func (p *Poller) movedMail(pos ticket.Position) *Poller {
	m := &Poller{Mailbox: p.Mailbox, Desk: p.Desk, Blobs: p.Blobs, AuthservID: p.AuthservID, Now: p.Now, Log: p.Log,
		Room: p.Room, pace: p.pace}
	m.Source = ticket.FolderSource(p.Source, p.After.Folder)
	m.IMAP.Folder = p.After.Folder
	m.After = After{Action: AfterKeep}
	m.Backlog = Backlog{Since: pos.Lost}
	return m
}
