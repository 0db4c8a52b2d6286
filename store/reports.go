package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket"
)

const lastNoticeQuery = `SELECT ` + noticeColumns + ` FROM notices WHERE ticket = $1 AND agent = $2 ORDER BY queued_at DESC, id DESC LIMIT 1`

// LastNotice implements ticket.Reports. It holds nothing and reads no recipients.
func (t *tx) LastNotice(number ticket.Number, agent string) (ticket.Notice, error) {
	var n ticket.Notice
	err := t.one(lastNoticeQuery, args{int64(number), agent}, noticeFields(&n)...)
	return n, err
}

const heldDraftsQuery = `SELECT COUNT(*) FROM drafts WHERE agent = $1 AND done_at IS NULL AND until > $2`

// HeldDrafts implements ticket.Reports.
func (t *tx) HeldDrafts(agent string, now time.Time) (int, error) {
	var count int
	err := t.one(heldDraftsQuery, args{agent, now.UnixMilli()}, &count)
	return count, err
}

// HeldMessages implements ticket.Reports.
func (t *tx) HeldMessages(s []ticket.Status, departments []string) (int, error) {
	query, a := heldMessagesQuery(s, departments)
	var count int
	err := t.one(query, a, &count)
	return count, err
}

func heldMessagesQuery(s []ticket.Status, departments []string) (string, args) {
	w := where{conditions: []string{"audience = 'held'"}}
	w.in("status", words(s))
	w.in("department", departments)
	// With CROSS JOIN, SQLite starts from the held entries, of which there are few.
	return `SELECT COUNT(*) FROM entries CROSS JOIN tickets` + w.text() + ` AND tickets.number = entries.ticket`, w.args
}

// tallyQuery walks the tickets that were changed since an instant: what was
// opened or ended since then is among them.
const tallyQuery = `
	SELECT t.opened_at, COALESCE(t.resolved_at, t.closed_at), t.status, t.assignee, t.rated_at, t.stars,
		(SELECT MIN(e.at) FROM entries AS e WHERE e.ticket = t.number AND e.kind = 'reply'),
		(SELECT MAX(CASE WHEN c.breached_at IS NOT NULL THEN 2 WHEN c.state = 'met' THEN 1 ELSE 0 END)
			FROM sla_clocks AS c WHERE c.ticket = t.number AND c.metric = 'first')
	FROM tickets AS t WHERE t.department = $1 AND t.updated_at >= $2 AND t.status NOT IN ('spam', 'deleted', 'merged')`

const repliesQuery = `
	SELECT e.by_name, COUNT(*) FROM tickets AS t CROSS JOIN entries AS e
	WHERE t.department = $1 AND t.updated_at >= $2 AND e.ticket = t.number
		AND e.kind = 'reply' AND e.by_kind = 'agent' AND e.at >= $2 AND e.at < $3
	GROUP BY e.by_name`

// Tally implements ticket.Reports.
func (t *tx) Tally(department string, from, to time.Time) (ticket.Tally, error) {
	y := ticket.Tally{OpenByAge: make([]int, len(ticket.TallyAges)+1),
		Open: map[string]int{}, Replies: map[string]int{}, EndedByWho: map[string]int{}}
	within := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	err := each(t, func(s scan) error {
		var opened, ended, answered, rated time.Time
		var status ticket.Status
		var assignee string
		var first *int
		var stars int
		if err := s(instant{&opened}, instant{&ended}, &status, &assignee, instant{&rated}, &stars, instant{&answered}, &first); err != nil {
			return err
		}
		if within(opened) {
			y.Opened = append(y.Opened, opened)
			if answered.After(opened) {
				y.Answers = append(y.Answers, answered.Sub(opened))
			}
			if first != nil && *first == 1 {
				y.FirstMet++
			} else if first != nil && *first == 2 {
				y.FirstLate++
			}
		}
		if within(rated) {
			y.Ratings = append(y.Ratings, stars)
		}
		if status.Done() && within(ended) {
			y.Ended = append(y.Ended, ended)
			y.EndedByWho[assignee]++
			y.Solutions = append(y.Solutions, ended.Sub(opened))
		}
		return nil
	}, tallyQuery, department, from.UnixMilli())
	if err != nil {
		return y, fmt.Errorf("walk the tickets: %w", err)
	}
	slices.SortFunc(y.Opened, time.Time.Compare)
	slices.SortFunc(y.Ended, time.Time.Compare)
	if err := t.tallyOpen(&y, department, to); err != nil {
		return y, fmt.Errorf("count what is open: %w", err)
	}
	err = each(t, func(s scan) error {
		var agent string
		var count int
		if err := s(&agent, &count); err != nil {
			return err
		}
		y.Replies[agent] = count
		return nil
	}, repliesQuery, department, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return y, fmt.Errorf("count replies: %w", err)
	}
	return y, nil
}

// tallyOpen counts what is unfinished, by assignee and age.
func (t *tx) tallyOpen(y *ticket.Tally, department string, to time.Time) error {
	query, a := tallyOpenQuery(department, to)
	return each(t, func(s scan) error {
		var assignee string
		var age, count int
		if err := s(&assignee, &age, &count); err != nil {
			return err
		}
		y.Open[assignee] += count
		y.OpenByAge[age] += count
		return nil
	}, query, a...)
}

func tallyOpenQuery(department string, to time.Time) (string, args) {
	a := args{department}
	var ages strings.Builder
	for i, age := range ticket.TallyAges {
		a = append(a, to.Add(-age).UnixMilli())
		fmt.Fprintf(&ages, " WHEN opened_at > $%d THEN %d", len(a), i)
	}
	return fmt.Sprintf(`
		SELECT assignee, CASE%s ELSE %d END AS age, COUNT(*) FROM tickets
		WHERE department = $1 AND status IN ('new', 'open', 'pending', 'hold') GROUP BY 1, 2`, ages.String(), len(ticket.TallyAges)), a
}
