package ticket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// unsentLife is how long something unsent is kept after it was last written.
const unsentLife = 14 * 24 * time.Hour

// An Unsent is what an agent has begun to write on a ticket and not sent. Nobody
// else sees it.
type Unsent struct {
	ID       int64
	Ticket   Number
	Agent    string // key
	Kind     EntryKind
	Text     string
	Commands string
	Files    []File
	At       time.Time // when it was last written
}

// Unsents are the part of a Tx that keeps what agents have begun to write, one for
// each ticket and agent.
type Unsents interface {
	// KeepUnsent writes it in place of what was kept before. A file with an ID is
	// one that was kept; the others get theirs, and those that are missing go.
	KeepUnsent(u *Unsent) error
	Unsent(n Number, agent string) (Unsent, error)
	// DropUnsent removes it, if there is one.
	DropUnsent(n Number, agent string) error
	// ForgetUnsent removes those last written before an instant, and counts them.
	ForgetUnsent(before time.Time) (int, error)
}

// KeepUnsent keeps what an agent has begun to write on a ticket they may read: in
// place of what was kept before, of whose files those named by kept stay. With
// nothing in it, nothing is kept. What the agent has sent since the entry seen is
// not kept again: a browser may save late.
func (d *Desk) KeepUnsent(ctx context.Context, u Unsent, kept []int64, seen int64) (Unsent, error) {
	u.Text, u.Commands = plain(u.Text), plain(u.Commands)
	uploaded := u.Files
	err := d.update(ctx, func(t *turn) error {
		tk, err := t.composing(u.Agent, u.Ticket)
		if err != nil {
			return err
		}
		before, err := t.unsent(tk.Number, u.Agent)
		if err != nil {
			return err
		}
		if sent, err := t.sentSince(tk.Number, &u, seen); err != nil || sent {
			return err
		}
		u.Files = append(keptFiles(before.Files, kept), uploaded...)
		if before.ID != 0 && before.Ticket != tk.Number { // it was begun on a ticket that was merged into this one since
			for i := range u.Files {
				u.Files[i].ID = 0
			}
		}
		u.Ticket, u.At = tk.Number, t.now
		if strings.TrimSpace(u.Text+u.Commands) == "" && len(u.Files) == 0 {
			return t.dropUnsent(tk.Number, u.Agent)
		}
		if before.Ticket != tk.Number {
			if err := t.dropUnsent(tk.Number, u.Agent); err != nil {
				return err
			}
		}
		if err := t.tx.KeepUnsent(&u); err != nil {
			return fmt.Errorf("keep what is unsent on ticket %d: %w", tk.Number, err)
		}
		return nil
	})
	return u, requestError("keep what is unsent", err)
}

// Unsent is what an agent has begun to write on a ticket; with ID 0 there is
// nothing.
func (d *Desk) Unsent(ctx context.Context, agent string, n Number) (Unsent, error) {
	var u Unsent
	err := d.view(ctx, func(t *turn) error {
		tk, err := t.composing(agent, n)
		if err == nil {
			u, err = t.unsent(tk.Number, agent)
		}
		return err
	})
	return u, requestError("read what is unsent", err)
}

// DropUnsent forgets what an agent has begun to write on a ticket.
func (d *Desk) DropUnsent(ctx context.Context, agent string, n Number) error {
	err := d.update(ctx, func(t *turn) error {
		tk, err := t.composing(agent, n)
		if err != nil {
			return err
		}
		return t.dropUnsent(tk.Number, agent)
	})
	return requestError("drop what is unsent", err)
}

// ForgetUnsent removes what nobody has gone on writing for 14 days. It returns how
// many there were.
func (d *Desk) ForgetUnsent(ctx context.Context) (int, error) {
	forgotten := 0
	err := d.update(ctx, func(t *turn) (err error) {
		forgotten, err = t.tx.ForgetUnsent(t.now.Add(-unsentLife))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget what was not sent: %w", err)
	}
	return forgotten, nil
}

// composing is the ticket on which an agent writes who asked for this one.
func (t *turn) composing(agent string, n Number) (*Ticket, error) {
	who, err := t.whoAsks(FromForm, agent)
	if err != nil {
		return nil, err
	}
	return t.workOn(&Ticket{}, who, &Mail{}, t.now).readableTicket(n)
}

// unsent is what an agent has begun on a ticket, or on one that was merged into
// it.
func (t *turn) unsent(n Number, agent string) (Unsent, error) {
	family, err := t.family(n)
	if err != nil {
		return Unsent{}, err
	}
	for _, member := range family {
		u, err := t.tx.Unsent(member, agent)
		if isAbsent(err) {
			continue
		}
		if err != nil {
			return Unsent{}, fmt.Errorf("read what is unsent on ticket %d: %w", member, err)
		}
		return u, nil
	}
	return Unsent{}, nil
}

func (t *turn) dropUnsent(n Number, agent string) error {
	family, err := t.family(n)
	if err != nil {
		return err
	}
	for _, member := range family {
		if err := t.tx.DropUnsent(member, agent); err != nil {
			return fmt.Errorf("drop what is unsent on ticket %d: %w", member, err)
		}
	}
	return nil
}

// sentSince reports whether an agent has sent what is in u since they saw an
// entry.
func (t *turn) sentSince(n Number, u *Unsent, seen int64) (bool, error) {
	text := strings.TrimSpace(u.Text)
	if seen == 0 || text == "" {
		return false, nil
	}
	entries, err := t.thread(n)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e Entry) bool {
		return e.ID > seen && e.By == Actor{Kind: ByAgent, Name: u.Agent} && strings.HasSuffix(e.Text, text)
	}), nil
}

// keptFiles are those of some files that are named.
func keptFiles(files []File, ids []int64) []File {
	return slices.DeleteFunc(slices.Clone(files), func(f File) bool { return !slices.Contains(ids, f.ID) })
}

// attached are the files of a request: those of what was unsent that it names, and
// its own.
func (t *turn) attached(q *Request, n Number) ([]File, error) {
	files := slices.Clone(q.Files)
	if len(q.Kept) == 0 {
		return files, nil
	}
	u, err := t.unsent(n, q.Agent)
	if err != nil {
		return nil, err
	}
	kept := keptFiles(u.Files, q.Kept)
	if len(kept) < len(q.Kept) {
		return nil, refuse(Conflict, "a file that you had attached is no longer there, perhaps because you have sent it: look at the thread, then attach it again")
	}
	for i := range kept {
		kept[i].ID = 0
	}
	return append(kept, files...), nil
}
