package store

import (
	"cmp"
	"slices"
	"time"

	"deskpost/ticket"
)

const waitingAlarmsQuery = `SELECT ` + noticeColumns + ` FROM notices
	WHERE settled_at IS NULL AND held_at IS NULL AND attempts = 0 AND waits <> '' AND due_at > $1`

// WaitingAlarms implements ticket.Alarms. An update holds what it reads, so that no
// sender claims a mail that is about to be part of another.
func (t *tx) WaitingAlarms(after time.Time) ([]ticket.Notice, error) {
	all, err := t.notices(t.held(waitingAlarmsQuery), after.UnixMilli())
	slices.SortFunc(all, func(a, b ticket.Notice) int { return cmp.Compare(a.ID, b.ID) })
	return all, err
}
