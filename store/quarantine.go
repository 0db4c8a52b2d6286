package store

import (
	"fmt"
	"time"

	"deskpost/ticket"
)

const asideColumns = `receipt, ticket, department, why, mail, at`

func scanAside(s scan) (ticket.QuarantinedMail, error) {
	var m ticket.QuarantinedMail
	err := s(&m.Receipt, refTo[ticket.Number]{&m.Ticket}, &m.Department, &m.Why, jsonTo[ticket.Mail]{&m.Mail}, instant{&m.At})
	return m, err
}

// SetAside implements ticket.Quarantine.
func (t *tx) SetAside(m ticket.QuarantinedMail) error {
	return t.must(`INSERT INTO quarantine (`+asideColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
		m.Receipt, ref(m.Ticket), m.Department, m.Why, jsonOf(m.Mail), ms(m.At))
}

// Aside implements ticket.Quarantine.
func (t *tx) Aside(departments []string, limit int) ([]ticket.QuarantinedMail, error) {
	w := where{conditions: []string{"decided_at IS NULL"}}
	w.in("department", departments)
	return rows(t, scanAside, `SELECT `+asideColumns+` FROM quarantine`+w.text()+
		fmt.Sprintf(" ORDER BY receipt LIMIT $%d", len(w.args)+1), append(w.args, limit)...)
}

// CountAside implements ticket.Quarantine.
func (t *tx) CountAside(departments []string) (n int, err error) {
	w := where{conditions: []string{"decided_at IS NULL"}}
	w.in("department", departments)
	return n, t.one(`SELECT COUNT(*) FROM quarantine`+w.text(), w.args, &n)
}

// AsideAs implements ticket.Quarantine.
func (t *tx) AsideAs(receipt int64) (m ticket.QuarantinedMail, err error) {
	list, err := rows(t, scanAside, t.held(`SELECT `+asideColumns+` FROM quarantine WHERE receipt = $1 AND decided_at IS NULL`), receipt)
	if err == nil && len(list) == 0 {
		err = ticket.ErrNotFound
	}
	if err != nil {
		return m, err
	}
	return list[0], nil
}

// EndAside implements ticket.Quarantine. What the mail said is in its raw form
// still.
func (t *tx) EndAside(receipt int64, released bool, by ticket.Actor, at time.Time) error {
	return t.must(`
		UPDATE quarantine SET mail = '{}', decided_at = $2, decision = $3, by_kind = $4, by_name = $5
		WHERE receipt = $1 AND decided_at IS NULL`,
		receipt, ms(at), word(released, "released", "rejected"), string(by.Kind), by.Name)
}
