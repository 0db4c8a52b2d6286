package store

import (
	"time"

	"deskpost/ticket"
)

// KeepUnsent implements ticket.Unsents.
func (t *tx) KeepUnsent(u *ticket.Unsent) error {
	err := t.insert(`
		INSERT INTO unsent (ticket, agent, kind, text, commands, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (ticket, agent) DO UPDATE SET kind = excluded.kind, text = excluded.text, commands = excluded.commands, at = excluded.at
		RETURNING id`, args{int64(u.Ticket), u.Agent, string(u.Kind), u.Text, u.Commands, ms(u.At)}, &u.ID)
	if err != nil {
		return err
	}
	had, err := t.files("unsent", u.ID)
	if err != nil {
		return err
	}
	stay := map[int64]bool{}
	for i := range u.Files {
		if u.Files[i].ID != 0 {
			stay[u.Files[i].ID] = true
		} else if err := t.addFiles("unsent", u.ID, u.Files[i:i+1]); err != nil {
			return err
		}
	}
	for _, f := range had {
		if !stay[f.ID] {
			if _, err := t.exec(`DELETE FROM files WHERE id = $1 AND unsent = $2`, f.ID, u.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unsent implements ticket.Unsents.
func (t *tx) Unsent(n ticket.Number, agent string) (ticket.Unsent, error) {
	var u ticket.Unsent
	err := t.one(t.held(`SELECT id, ticket, agent, kind, text, commands, at FROM unsent WHERE ticket = $1 AND agent = $2`), args{int64(n), agent},
		&u.ID, &u.Ticket, &u.Agent, &u.Kind, &u.Text, &u.Commands, instant{&u.At})
	if err != nil {
		return ticket.Unsent{}, err
	}
	u.Files, err = t.files("unsent", u.ID)
	return u, err
}

// DropUnsent implements ticket.Unsents.
func (t *tx) DropUnsent(n ticket.Number, agent string) error {
	if _, err := t.exec(`DELETE FROM files WHERE unsent IN (SELECT id FROM unsent WHERE ticket = $1 AND agent = $2)`, int64(n), agent); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM unsent WHERE ticket = $1 AND agent = $2`, int64(n), agent)
	return err
}

// ForgetUnsent implements ticket.Unsents. The bytes of their files are collected
// as those of any upload that came to nothing.
func (t *tx) ForgetUnsent(before time.Time) (int, error) {
	if _, err := t.exec(`DELETE FROM files WHERE unsent IN (SELECT id FROM unsent WHERE at < $1)`, ms(before)); err != nil {
		return 0, err
	}
	n, err := t.exec(`DELETE FROM unsent WHERE at < $1`, ms(before))
	return int(n), err
}
