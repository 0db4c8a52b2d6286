package store

import (
	"errors"
	"time"

	"deskpost/ticket"
)

const nextAtQuery = `SELECT MIN(next_at) FROM tickets WHERE next_at > $1`

// NextAt implements ticket.Timetable.
func (t *tx) NextAt(after time.Time) (time.Time, error) {
	var at time.Time
	err := t.one(nextAtQuery, args{after.UnixMilli()}, instant{&at})
	return at, err
}

// LastRun implements ticket.Timetable.
func (t *tx) LastRun(name string) (time.Time, error) {
	var at time.Time
	err := t.one(t.held(`SELECT at FROM runs WHERE name = $1`), args{name}, instant{&at})
	if errors.Is(err, ticket.ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}

// SetRun implements ticket.Timetable.
func (t *tx) SetRun(name string, at time.Time) error {
	_, err := t.exec(`INSERT INTO runs (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, name, ms(at))
	return err
}
