package store

import "deskpost/ticket"

// Participants implements ticket.Tickets: in the order they joined.
func (t *tx) Participants(n ticket.Number) ([]ticket.Participant, error) {
	return rows(t, func(s scan) (p ticket.Participant, err error) {
		return p, s(&p.Ticket, &p.Address.Name, &p.Address.Email, &p.Role, instant{&p.Since}, &p.Reader.Language, &p.Reader.Offset)
	}, `SELECT ticket, name, email, role, since, language, utc_offset FROM participants WHERE ticket = $1 ORDER BY id`, int64(n))
}

// AddParticipant implements ticket.Tickets.
func (t *tx) AddParticipant(p ticket.Participant) error {
	_, err := t.exec(`
		INSERT INTO participants (ticket, key, name, email, role, since, language, utc_offset) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (ticket, key) DO NOTHING`,
		int64(p.Ticket), p.Address.Key(), p.Address.Name, p.Address.Email, string(p.Role), ms(p.Since), p.Reader.Language, p.Reader.Offset)
	return err
}

// DropParticipant implements ticket.Tickets.
func (t *tx) DropParticipant(n ticket.Number, address string) error {
	_, err := t.exec(`DELETE FROM participants WHERE ticket = $1 AND key = $2`, int64(n), address)
	return err
}

// Contact implements ticket.Tickets.
func (t *tx) Contact(address string) (ticket.Contact, error) {
	var c ticket.Contact
	err := t.one(t.held(`SELECT address, answered_at, failed_at, burst_from, burst_tickets, storm FROM contacts WHERE address = $1`),
		args{address}, &c.Address, instant{&c.AnsweredAt}, instant{&c.FailedAt},
		instant{&c.BurstFrom}, &c.BurstTickets, refTo[ticket.Number]{&c.Storm})
	return c, err
}

// SaveContact implements ticket.Tickets.
func (t *tx) SaveContact(c ticket.Contact) error {
	_, err := t.exec(`
		INSERT INTO contacts (address, answered_at, failed_at, burst_from, burst_tickets, storm)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (address) DO UPDATE SET answered_at = excluded.answered_at, failed_at = excluded.failed_at,
			burst_from = excluded.burst_from, burst_tickets = excluded.burst_tickets, storm = excluded.storm`,
		c.Address, ms(c.AnsweredAt), ms(c.FailedAt), ms(c.BurstFrom), c.BurstTickets, ref(c.Storm))
	return err
}
