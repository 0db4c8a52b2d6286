package store

import "deskpost/ticket"

// Views implements ticket.Views.
func (t *tx) Views(agent string) ([]ticket.View, error) {
	return rows(t, func(s scan) (v ticket.View, err error) { return v, s(&v.Name, &v.Query) },
		`SELECT name, query FROM views WHERE agent = $1 ORDER BY place`, agent)
}

// SaveViews implements ticket.Views.
func (t *tx) SaveViews(agent string, views []ticket.View) error {
	if _, err := t.exec(`DELETE FROM views WHERE agent = $1`, agent); err != nil {
		return err
	}
	for i, v := range views {
		if _, err := t.exec(`INSERT INTO views (agent, place, name, query) VALUES ($1, $2, $3, $4)`, agent, i, v.Name, v.Query); err != nil {
			return err
		}
	}
	return nil
}
