package store

import (
	"time"

	"deskpost/ticket"
)

// unscheduledQuery compares with the later of two instants.
const unscheduledQuery = `SELECT number FROM tickets WHERE status = $1 AND department = $2 AND number > $3 AND reminders = 0
	AND (next_at IS NULL OR next_at > $4 + CASE WHEN spoken_at > status_at THEN spoken_at ELSE status_at END)
	ORDER BY number LIMIT $5`

// Unscheduled implements ticket.Timers.
func (t *tx) Unscheduled(s ticket.Status, department string, within time.Duration, after ticket.Number, limit int) ([]ticket.Number, error) {
	return rows(t, scalar[ticket.Number], unscheduledQuery, string(s), department, int64(after), within.Milliseconds(), limit)
}
