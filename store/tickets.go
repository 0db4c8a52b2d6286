package store

import (
	"fmt"
	"strings"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

const ticketColumns = `number, subject, status, substatus, priority, department, assignee, team, plan, plan_by,
	requester_name, requester_email, tags, fields, follow_up, snoozed, due, spent, merged_into,
	opened_at, updated_at, spoken_at, status_at, resolved_at, closed_at, reminded_at, reminders, stars, rated_at, deadline, next_at,
	plan_revision, calendar, calendar_revision`

func ticketFields(k *ticket.Ticket) []any {
	return []any{&k.Number, &k.Subject, &k.Status, &k.Substatus, &k.Priority, &k.Department,
		&k.Assignee, &k.Team, &k.Plan,
		wordTo{&k.PlanPinned, "agent"}, &k.Requester.Name, &k.Requester.Email, jsonTo[[]string]{&k.Tags},
		jsonTo[map[string]string]{&k.Fields}, instant{&k.FollowUp}, instant{&k.Snoozed}, instant{&k.Due}, msTo{&k.Spent},
		refTo[ticket.Number]{&k.MergedInto}, instant{&k.OpenedAt}, instant{&k.UpdatedAt}, instant{&k.SpokenAt},
		instant{&k.StatusAt}, instant{&k.ResolvedAt}, instant{&k.ClosedAt}, instant{&k.RemindedAt}, &k.Reminders, &k.Stars, instant{&k.RatedAt}, instant{&k.Deadline}, instant{&k.NextAt},
		&k.PlanRevision, &k.Calendar, &k.CalendarRevision}
}

// Ticket implements ticket.Tickets.
func (t *tx) Ticket(n ticket.Number) (*ticket.Ticket, error) {
	k := new(ticket.Ticket)
	query := t.held(`SELECT ` + ticketColumns + ` FROM tickets WHERE number = $1`)
	if err := t.one(query, args{int64(n)}, ticketFields(k)...); err != nil {
		return nil, err
	}
	return k, nil
}

const saveTicket = `
	INSERT INTO tickets (number, subject, status, substatus, priority, department, assignee, team, plan, plan_by,
		requester_name, requester_email, requester_key, tags, fields, follow_up, snoozed, due, spent, merged_into,
		opened_at, updated_at, spoken_at, status_at, resolved_at, closed_at, reminded_at, reminders, stars, rated_at, deadline, next_at,
		plan_revision, calendar, calendar_revision)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
		$25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)
	ON CONFLICT (number) DO UPDATE SET subject = excluded.subject, status = excluded.status,
		substatus = excluded.substatus, priority = excluded.priority, department = excluded.department,
		assignee = excluded.assignee, team = excluded.team, plan = excluded.plan, plan_by = excluded.plan_by,
		requester_name = excluded.requester_name, requester_email = excluded.requester_email,
		requester_key = excluded.requester_key, tags = excluded.tags, fields = excluded.fields,
		follow_up = excluded.follow_up, snoozed = excluded.snoozed, due = excluded.due, spent = excluded.spent,
		merged_into = excluded.merged_into, opened_at = excluded.opened_at, updated_at = excluded.updated_at,
		spoken_at = excluded.spoken_at, status_at = excluded.status_at, resolved_at = excluded.resolved_at,
		closed_at = excluded.closed_at, reminded_at = excluded.reminded_at, reminders = excluded.reminders,
		stars = excluded.stars, rated_at = excluded.rated_at, deadline = excluded.deadline, next_at = excluded.next_at,
		plan_revision = excluded.plan_revision, calendar = excluded.calendar, calendar_revision = excluded.calendar_revision`

// Save implements ticket.Tickets.
func (t *tx) Save(k *ticket.Ticket) error {
	_, err := t.exec(saveTicket, int64(k.Number), k.Subject, string(k.Status), k.Substatus, k.Priority, k.Department, k.Assignee,
		k.Team, k.Plan, word(k.PlanPinned, "agent", "rule"), k.Requester.Name, k.Requester.Email, k.Requester.Key(),
		jsonOf(k.Tags), jsonOf(k.Fields), ms(k.FollowUp), ms(k.Snoozed), ms(k.Due), k.Spent.Milliseconds(),
		ref(k.MergedInto), ms(k.OpenedAt), ms(k.UpdatedAt), ms(k.SpokenAt), ms(k.StatusAt),
		ms(k.ResolvedAt), ms(k.ClosedAt), ms(k.RemindedAt), k.Reminders, k.Stars, ms(k.RatedAt), ms(k.Deadline), ms(k.NextAt),
		k.PlanRevision, k.Calendar, k.CalendarRevision)
	if err != nil {
		return err
	}
	if err := failpoint.Here("store.ticket"); err != nil {
		return err
	}
	if err := t.saySubject(k); err != nil {
		return err
	}
	return t.index(k)
}

// InUse implements ticket.Tickets.
func (t *tx) InUse(s []ticket.Status) ([]string, error) {
	var w where
	w.in("status", words(s))
	return rows(t, scalar[string], `SELECT DISTINCT department FROM tickets`+w.text()+` ORDER BY department`, w.args...)
}

// A where is the conditions of a query whose filter is chosen at run time.
type where struct {
	conditions []string
	args       args
}

// add adds a condition, in which "$" stands for the value.
func (w *where) add(condition string, value any) {
	w.args = append(w.args, value)
	w.conditions = append(w.conditions, strings.Replace(condition, "$", fmt.Sprintf("$%d", len(w.args)), 1))
}

// equal demands that a column has the value, if there is one.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = $", value)
	}
}

// field demands that a field has the value.
func (w *where) field(field, value string) {
	w.args = append(w.args, field, value)
	w.conditions = append(w.conditions, fmt.Sprintf("number IN (SELECT ticket FROM ticket_fields WHERE field = $%d AND value = $%d)",
		len(w.args)-1, len(w.args)))
}

// behind demands that a ticket waits behind another one, in the order of the index
// tickets_next.
func (w *where) behind(d ticket.Due) {
	w.args = append(w.args, d.At.UnixMilli(), int64(d.Number))
	w.conditions = append(w.conditions, fmt.Sprintf("(next_at, number) > ($%d, $%d)", len(w.args)-1, len(w.args)))
}

// in demands that a column has one of the values, if there are any.
func (w *where) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	marks := make([]string, len(values))
	for i, v := range values {
		w.args = append(w.args, v)
		marks[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.conditions = append(w.conditions, column+" IN ("+strings.Join(marks, ", ")+")")
}

func (w *where) text() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// words are the texts of values that name something.
func words[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}
