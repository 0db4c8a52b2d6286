package store

import (
	"slices"
	"strings"

	"deskpost/ticket"
)

// An indexed is a row of one of the indexes of a ticket: of a tag, without a
// field, or of a field's value.
type indexed struct{ field, value string }

// indexRows are the rows that a ticket has to have, each true.
func indexRows(k *ticket.Ticket) map[indexed]bool {
	rows := make(map[indexed]bool, len(k.Tags)+len(k.Fields))
	for _, tag := range k.Tags {
		rows[indexed{"", tag}] = true
	}
	for field, value := range k.Fields {
		rows[indexed{field, fieldValue(value)}] = true
	}
	return rows
}

// inWords lists rows as people write tags and fields.
func inWords(rows map[indexed]bool) []string {
	words := make([]string, 0, len(rows))
	for i := range rows {
		if i.field != "" {
			i.value = i.field + "=" + i.value
		}
		words = append(words, i.value)
	}
	slices.Sort(words)
	return words
}

// fieldValue is a value as it is looked for: in whatever case.
func fieldValue(value string) string { return strings.ToLower(value) }

// index brings the indexes of tags and fields in line with a ticket. What is
// there already is not written again: most tickets are saved with neither
// changed.
func (t *tx) index(k *ticket.Ticket) error {
	want := indexRows(k)
	there, err := rows(t, func(s scan) (i indexed, err error) { return i, s(&i.field, &i.value) }, `
		SELECT '', tag FROM ticket_tags WHERE ticket = $1
		UNION ALL SELECT field, value FROM ticket_fields WHERE ticket = $1`, int64(k.Number))
	if err != nil {
		return err
	}
	for _, i := range there {
		if want[i] {
			delete(want, i)
			continue
		}
		if err := t.indexRow(i, k.Number, `DELETE FROM ticket_tags WHERE tag = $1 AND ticket = $2`,
			`DELETE FROM ticket_fields WHERE field = $1 AND value = $2 AND ticket = $3`); err != nil {
			return err
		}
	}
	for i := range want {
		if err := t.indexRow(i, k.Number, `INSERT INTO ticket_tags (tag, ticket) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			`INSERT INTO ticket_fields (field, value, ticket) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
	}
	return nil
}

// indexRow runs the statement of the index that a row belongs to.
func (t *tx) indexRow(i indexed, n ticket.Number, tags, fields string) error {
	if i.field == "" {
		_, err := t.exec(tags, i.value, int64(n))
		return err
	}
	_, err := t.exec(fields, i.field, i.value, int64(n))
	return err
}
