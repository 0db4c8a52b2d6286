package store

import "time"

const nextAtQuery = `SELECT MIN(next_at) FROM tickets WHERE next_at > $1`

// NextAt implements ticket.Timetable.
func (t *tx) NextAt(after time.Time) (time.Time, error) {
	return t.when(nextAtQuery, after.UnixMilli())
}

// LastRun implements ticket.Timetable.
func (t *tx) LastRun(name string) (time.Time, error) {
	return t.when(t.held(`SELECT at FROM runs WHERE name = $1`), name)
}

// SetRun implements ticket.Timetable.
func (t *tx) SetRun(name string, at time.Time) error {
	_, err := t.exec(`INSERT INTO runs (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, name, ms(at))
	return err
}
