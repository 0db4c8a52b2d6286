package store

import (
	"fmt"
	"slices"
	"strings"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

const ticketColumns = `number, subject, status, priority, department, assignee, plan, plan_by,
	requester_name, requester_email, tags, follow_up, merged_into, opened_at, updated_at, resolved_at, closed_at`

func ticketFields(k *ticket.Ticket) []any {
	return []any{&k.Number, &k.Subject, &k.Status, &k.Priority, &k.Department, &k.Assignee, &k.Plan,
		wordTo{&k.PlanPinned, "agent"}, &k.Requester.Name, &k.Requester.Email, jsonTo[[]string]{&k.Tags},
		instant{&k.FollowUp}, refTo[ticket.Number]{&k.MergedInto},
		instant{&k.OpenedAt}, instant{&k.UpdatedAt}, instant{&k.ResolvedAt}, instant{&k.ClosedAt}}
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
	INSERT INTO tickets (number, subject, status, priority, department, assignee, plan, plan_by,
		requester_name, requester_email, requester_key, tags, follow_up, merged_into,
		opened_at, updated_at, resolved_at, closed_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
	ON CONFLICT (number) DO UPDATE SET subject = excluded.subject, status = excluded.status,
		priority = excluded.priority, department = excluded.department, assignee = excluded.assignee,
		plan = excluded.plan, plan_by = excluded.plan_by, requester_name = excluded.requester_name,
		requester_email = excluded.requester_email, requester_key = excluded.requester_key, tags = excluded.tags,
		follow_up = excluded.follow_up, merged_into = excluded.merged_into, opened_at = excluded.opened_at,
		updated_at = excluded.updated_at, resolved_at = excluded.resolved_at, closed_at = excluded.closed_at`

// Save implements ticket.Tickets.
func (t *tx) Save(k *ticket.Ticket) error {
	_, err := t.exec(saveTicket, int64(k.Number), k.Subject, string(k.Status), k.Priority, k.Department, k.Assignee,
		k.Plan, word(k.PlanPinned, "agent", "rule"), k.Requester.Name, k.Requester.Email, k.Requester.Key(),
		jsonOf(k.Tags), ms(k.FollowUp), ref(k.MergedInto),
		ms(k.OpenedAt), ms(k.UpdatedAt), ms(k.ResolvedAt), ms(k.ClosedAt))
	if err != nil {
		return err
	}
	if err := failpoint.Here("store.ticket"); err != nil {
		return err
	}
	return t.indexTags(k)
}

// indexTags brings the index of tags in line with a ticket.
func (t *tx) indexTags(k *ticket.Ticket) error {
	there, err := rows(t, scalar[string], `SELECT tag FROM ticket_tags WHERE ticket = $1`, int64(k.Number))
	if err != nil {
		return err
	}
	for _, tag := range there {
		if slices.Contains(k.Tags, tag) {
			continue
		}
		if _, err := t.exec(`DELETE FROM ticket_tags WHERE tag = $1 AND ticket = $2`, tag, int64(k.Number)); err != nil {
			return err
		}
	}
	for _, tag := range k.Tags {
		if slices.Contains(there, tag) {
			continue
		}
		_, err := t.exec(`INSERT INTO ticket_tags (tag, ticket) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tag, int64(k.Number))
		if err != nil {
			return err
		}
	}
	return nil
}

// defaultLimit is how many tickets a Filter without a limit finds.
const defaultLimit = 50

// Find implements ticket.Tickets.
func (t *tx) Find(f ticket.Filter) ([]ticket.Ticket, error) {
	query, a := findQuery(f)
	return rows(t, func(s scan) (k ticket.Ticket, err error) { return k, s(ticketFields(&k)...) }, query, a...)
}

// InUse implements ticket.Tickets.
func (t *tx) InUse(s []ticket.Status) ([]string, error) {
	var w where
	w.in("status", words(s))
	return rows(t, scalar[string], `SELECT DISTINCT department FROM tickets`+w.text()+` ORDER BY department`, w.args...)
}

func findQuery(f ticket.Filter) (string, args) {
	var w where
	w.in("status", words(f.Statuses))
	w.in("department", words(f.Departments))
	switch f.Assignee {
	case "":
	case "-":
		w.add("assignee = $", "")
	default:
		w.add("assignee = $", f.Assignee)
	}
	w.equal("priority", f.Priority)
	w.equal("plan", f.Plan)
	w.equal("requester_key", strings.ToLower(f.Requester))
	if f.Tag != "" {
		w.add("number IN (SELECT ticket FROM ticket_tags WHERE tag = $)", f.Tag)
	}
	if !f.FollowUpBy.IsZero() {
		w.add("follow_up <= $", f.FollowUpBy.UnixMilli())
	}
	limit := f.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	query := `SELECT ` + ticketColumns + ` FROM tickets` + w.text() +
		fmt.Sprintf(" ORDER BY updated_at DESC, number DESC LIMIT $%d", len(w.args)+1)
	return query, append(w.args, limit)
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
