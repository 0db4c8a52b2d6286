package store

import (
	"slices"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// KeepEdition implements ticket.Clocks.
func (t *tx) KeepEdition(e ticket.Edition) error {
	_, err := t.exec(`INSERT INTO editions (kind, key, revision, says) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		string(e.Kind), e.Key, e.Revision, e.Says)
	return err
}

// Edition implements ticket.Clocks.
func (t *tx) Edition(kind ticket.EditionKind, key, revision string) (ticket.Edition, error) {
	e := ticket.Edition{Kind: kind, Key: key, Revision: revision}
	return e, t.one(`SELECT says FROM editions WHERE kind = $1 AND key = $2 AND revision = $3`,
		args{string(kind), key, revision}, &e.Says)
}

// SaveClocks implements ticket.Clocks.
func (t *tx) SaveClocks(n ticket.Number, clocks []ticket.Clock) error {
	if _, err := t.exec(`DELETE FROM sla_clocks WHERE ticket = $1`, int64(n)); err != nil {
		return err
	}
	for _, c := range clocks {
		_, err := t.exec(`
			INSERT INTO sla_clocks (ticket, metric, cycle, plan, plan_revision, priority, calendar, calendar_revision,
				budget, consumed, state, started_at, ended_at, deadline_at, breached_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			int64(n), string(c.Metric), c.Cycle, c.Terms.Plan, c.Terms.PlanRevision, c.Terms.Priority, c.Terms.Calendar,
			c.Terms.CalendarRevision, c.Budget.Milliseconds(), c.Consumed.Milliseconds(), string(c.State),
			ms(c.Started), ms(c.Ended), ms(c.Deadline), ms(c.Breached))
		if err != nil {
			return err
		}
	}
	return nil
}

const clocksQuery = `SELECT ticket, metric, cycle, plan, plan_revision, priority, calendar, calendar_revision,
	budget, consumed, state, started_at, ended_at, deadline_at, breached_at FROM sla_clocks WHERE ticket = $1`

// ClocksOf implements ticket.Clocks.
func (t *tx) ClocksOf(n ticket.Number) ([]ticket.Clock, error) {
	clocks, err := rows(t, func(s scan) (c ticket.Clock, err error) {
		return c, s(&c.Ticket, &c.Metric, &c.Cycle, &c.Terms.Plan, &c.Terms.PlanRevision, &c.Terms.Priority, &c.Terms.Calendar,
			&c.Terms.CalendarRevision, msTo{&c.Budget}, msTo{&c.Consumed}, &c.State,
			instant{&c.Started}, instant{&c.Ended}, instant{&c.Deadline}, instant{&c.Breached})
	}, clocksQuery, int64(n))
	slices.SortFunc(clocks, func(a, b ticket.Clock) int {
		if a.Metric != b.Metric {
			return slices.Index(sla.Metrics, a.Metric) - slices.Index(sla.Metrics, b.Metric)
		}
		return a.Cycle - b.Cycle
	})
	return clocks, err
}

// settingsQuery and underQuery name the statuses and the calendar as the index
// tickets_setting does.
const (
	counted       = `status NOT IN ('resolved', 'closed', 'spam', 'deleted', 'merged') AND calendar <> ''`
	settingsQuery = `SELECT DISTINCT department, plan, plan_revision, calendar, calendar_revision FROM tickets WHERE ` + counted +
		` ORDER BY department, plan, plan_revision, calendar, calendar_revision`
	underQuery = `SELECT number FROM tickets WHERE ` + counted + ` AND department = $1 AND plan = $2 AND plan_revision = $3
		AND calendar = $4 AND calendar_revision = $5 AND number > $6 ORDER BY number LIMIT $7`
)

// Settings implements ticket.Clocks.
func (t *tx) Settings() ([]ticket.Setting, error) {
	return rows(t, func(s scan) (k ticket.Setting, err error) {
		return k, s(&k.Department, &k.Plan, &k.PlanRevision, &k.Calendar, &k.CalendarRevision)
	}, settingsQuery)
}

// Under implements ticket.Clocks.
func (t *tx) Under(k ticket.Setting, after ticket.Number, limit int) ([]ticket.Number, error) {
	return rows(t, scalar[ticket.Number], underQuery, k.Department, k.Plan, k.PlanRevision, k.Calendar, k.CalendarRevision, int64(after), limit)
}

// Fire implements ticket.Clocks.
func (t *tx) Fire(f ticket.Fired) (bool, error) {
	n, err := t.exec(`
		INSERT INTO sla_fired (ticket, metric, cycle, plan, step, occurrence, due_at, fired_at, skipped, told, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		int64(f.Ticket), string(f.Metric), f.Cycle, f.Plan, f.Step, f.Occurrence, ms(f.Due), ms(f.At), string(f.Skipped),
		jsonOf(f.Told), ms(f.RevokedAt))
	return n > 0, err
}

// Revoke implements ticket.Clocks.
func (t *tx) Revoke(f ticket.Fired, at time.Time) error {
	_, err := t.exec(`UPDATE sla_fired SET revoked_at = $1 WHERE ticket = $2 AND metric = $3 AND cycle = $4 AND plan = $5
		AND step = $6 AND occurrence = $7`,
		ms(at), int64(f.Ticket), string(f.Metric), f.Cycle, f.Plan, f.Step, f.Occurrence)
	return err
}

const firedQuery = `SELECT ticket, metric, cycle, plan, step, occurrence, due_at, fired_at, skipped, told, revoked_at
	FROM sla_fired WHERE ticket = $1 ORDER BY due_at, fired_at, step, occurrence`

// FiredOn implements ticket.Clocks.
func (t *tx) FiredOn(n ticket.Number) ([]ticket.Fired, error) {
	return rows(t, func(s scan) (f ticket.Fired, err error) {
		return f, s(&f.Ticket, &f.Metric, &f.Cycle, &f.Plan, &f.Step, &f.Occurrence, instant{&f.Due}, instant{&f.At}, &f.Skipped,
			jsonTo[[]string]{&f.Told}, instant{&f.RevokedAt})
	}, firedQuery, int64(n))
}
