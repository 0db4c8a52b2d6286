package store

import (
	"time"

	"deskpost/ticket"
)

// AddDraft implements ticket.Tickets.
func (t *tx) AddDraft(d *ticket.Draft) error {
	err := t.insert(`
		INSERT INTO drafts (ticket, agent, kind, text, receipt, at, until, done_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		args{ref(d.Ticket), d.Agent, string(d.Kind), d.Text, ref(d.Receipt), ms(d.At), ms(d.Until), ms(d.DoneAt)}, &d.ID)
	if err != nil {
		return err
	}
	return t.addFiles("draft", d.ID, d.Files)
}

// Draft implements ticket.Tickets.
func (t *tx) Draft(id int64) (ticket.Draft, error) {
	var d ticket.Draft
	err := t.one(t.held(`SELECT id, ticket, agent, kind, text, receipt, at, until, done_at FROM drafts WHERE id = $1`), args{id},
		&d.ID, refTo[ticket.Number]{&d.Ticket}, &d.Agent, &d.Kind, &d.Text, refTo[int64]{&d.Receipt},
		instant{&d.At}, instant{&d.Until}, instant{&d.DoneAt})
	if err != nil {
		return ticket.Draft{}, err
	}
	d.Files, err = t.files("draft", id)
	return d, err
}

// EndDraft implements ticket.Tickets.
func (t *tx) EndDraft(id int64, at time.Time) error {
	return t.must(`UPDATE drafts SET done_at = $2 WHERE id = $1`, id, ms(at))
}
