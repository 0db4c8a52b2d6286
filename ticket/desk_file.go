package ticket

import (
	"context"
	"fmt"
)

// File finds an attachment of an entry of a ticket, or of one that was merged into
// it, for an agent. Its bytes are in the mail it names. The error is a Refusal if
// there is none that the agent may read: nobody learns which there are.
func (d *Desk) File(ctx context.Context, agent string, n Number, id int64) (File, error) {
	return d.file(ctx, agent, n, func(_ *turn, e *Entry) (File, bool, error) {
		for _, f := range e.Files {
			if f.ID == id {
				return f, true, nil
			}
		}
		return File{}, false, nil
	})
}

// WholeMail finds the raw mail that a message of a ticket came in, or one of a
// ticket that was merged into it, for an agent, as a file that is the whole of its
// mail. Mails by agents are given to nobody: the address that they went to lets
// who knows it act as their author. The error is a Refusal as of File.
func (d *Desk) WholeMail(ctx context.Context, agent string, n Number, entry int64) (File, error) {
	return d.file(ctx, agent, n, func(t *turn, e *Entry) (File, bool, error) {
		if e.ID != entry || !t.shownWhole(e) {
			return File{}, false, nil
		}
		mail, err := t.tx.Taken(e.Receipt)
		if err != nil {
			return File{}, false, fmt.Errorf("read receipt %d: %w", e.Receipt, err)
		}
		return wholeMail(e, mail.Raw), mail.Raw.Sum != (Sum{}), nil
	})
}

// shownWhole reports whether an entry is of the kind whose mail is shown as it
// came.
func (t *turn) shownWhole(e *Entry) bool {
	_, agent := t.policy.AgentByAddress(e.From)
	return e.Kind == Message && e.Receipt != 0 && !agent
}

// wholeMail is a raw mail as a file.
func wholeMail(e *Entry, raw Blob) File {
	return File{Name: fmt.Sprintf("%d-%d.eml", e.Ticket, e.ID), Type: "message/rfc822", Size: raw.Size, Sum: raw.Sum, Raw: raw.Sum}
}

// file finds a file in the thread of a ticket that an agent may read.
func (d *Desk) file(ctx context.Context, agent string, n Number, pick func(*turn, *Entry) (File, bool, error)) (File, error) {
	var found File
	err := d.view(ctx, func(t *turn) error {
		who, err := t.whoAsks(FromForm, agent)
		if err != nil {
			return err
		}
		tk, err := t.workOn(&Ticket{}, who, &Mail{}, t.now).readableTicket(n)
		if err != nil {
			return err
		}
		entries, err := t.thread(tk.Number)
		if err != nil {
			return err
		}
		for i := range entries {
			f, ok, err := pick(t, &entries[i])
			if err != nil || ok {
				found = f
				return err
			}
		}
		return refuse(NotFound, "there is no such file on ticket %d", tk.Number)
	})
	return found, requestError(fmt.Sprintf("find a file of ticket %d", n), err)
}

// mailed finds which messages of a sheet came by mail.
func (w *work) mailed(s *Sheet) error {
	family, err := w.family(s.Ticket.Number)
	if err != nil {
		return err
	}
	raw := map[int64]bool{} // by receipt
	for _, member := range family {
		mails, err := w.tx.TakenOn(member)
		if err != nil {
			return fmt.Errorf("read the mails of ticket %d: %w", member, err)
		}
		for _, m := range mails {
			raw[m.ID] = m.Raw.Sum != (Sum{})
		}
	}
	for i := range s.Thread {
		e := s.Thread[i].Entry
		s.Thread[i].Mailed = e != nil && w.shownWhole(e) && raw[e.Receipt]
	}
	return nil
}
