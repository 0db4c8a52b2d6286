package store

import (
	"slices"

	"deskpost/ticket"
)

const entryColumns = `id, ticket, kind, by_kind, by_name, from_name, from_email, at, text, format, quoted,
	message_id, receipt, copy_of, machine, audience, authenticity, remarks, sent_as`

func entryFields(e *ticket.Entry) []any {
	return []any{&e.ID, &e.Ticket, &e.Kind, &e.By.Kind, &e.By.Name, &e.From.Name, &e.From.Email, instant{&e.At},
		&e.Text, wordTo{&e.Markdown, "markdown"}, &e.Quoted, &e.MessageID, refTo[int64]{&e.Receipt}, refTo[int64]{&e.CopyOf}, &e.Machine, audienceTo{e},
		&e.Authenticity, jsonTo[[]string]{&e.Remarks}, wordTo{&e.HTML, "html"}}
}

// AddEntry implements ticket.Tickets.
func (t *tx) AddEntry(e *ticket.Entry) error {
	err := t.insert(`
		INSERT INTO entries (ticket, kind, by_kind, by_name, from_name, from_email, at, text, format, quoted,
			message_id, receipt, copy_of, machine, audience, authenticity, remarks, sent_as)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		RETURNING id`,
		args{int64(e.Ticket), string(e.Kind), string(e.By.Kind), e.By.Name, e.From.Name, e.From.Email, ms(e.At),
			e.Text, word(e.Markdown, "markdown", "plain"), e.Quoted, e.MessageID, ref(e.Receipt), ref(e.CopyOf), string(e.Machine), audience(e),
			string(e.Authenticity), jsonOf(e.Remarks), word(e.HTML, "html", "text")}, &e.ID)
	if err != nil {
		return err
	}
	if err := t.sayText(e.Ticket, e.ID, searchWords(e.Text)); err != nil {
		return err
	}
	return t.addFiles("entry", e.ID, e.Files)
}

// audience is for whom an entry is: for all, or for agents only, until somebody
// decides or for good.
func audience(e *ticket.Entry) string {
	switch {
	case e.Denied:
		return "denied"
	case e.Held:
		return "held"
	}
	return "thread"
}

// audienceTo reads it back.
type audienceTo struct{ e *ticket.Entry }

func (a audienceTo) Scan(v any) error {
	var held, denied bool
	if err := (wordTo{&held, "held"}).Scan(v); err != nil {
		return err
	}
	err := wordTo{&denied, "denied"}.Scan(v)
	a.e.Held, a.e.Denied = held || denied, denied
	return err
}

// Judge implements ticket.Tickets.
func (t *tx) Judge(entry int64, allowed bool) error {
	return t.must(`UPDATE entries SET audience = $2 WHERE id = $1 AND audience = 'held'`, entry, word(allowed, "thread", "denied"))
}

// Withdraw implements ticket.Tickets.
func (t *tx) Withdraw(entry int64) error {
	return t.must(`UPDATE entries SET audience = 'denied' WHERE id = $1 AND audience = 'thread' AND kind = 'reply'`, entry)
}

// Entries implements ticket.Tickets: in the order they were added.
func (t *tx) Entries(n ticket.Number) ([]ticket.Entry, error) {
	entries, err := rows(t, func(s scan) (e ticket.Entry, err error) { return e, s(entryFields(&e)...) },
		`SELECT `+entryColumns+` FROM entries WHERE ticket = $1 ORDER BY id`, int64(n))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if entries[i].Files, err = t.files("entry", entries[i].ID); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Entry implements ticket.Tickets.
func (t *tx) Entry(id int64) (ticket.Entry, error) {
	var e ticket.Entry
	err := t.one(`SELECT `+entryColumns+` FROM entries WHERE id = $1`, args{id}, entryFields(&e)...)
	if err != nil {
		return ticket.Entry{}, err
	}
	e.Files, err = t.files("entry", id)
	return e, err
}

// addFiles writes the files of an entry, a draft or an opening and gives them their IDs.
func (t *tx) addFiles(owner string, id int64, files []ticket.File) error {
	for i := range files {
		f := &files[i]
		err := t.insert(`
			INSERT INTO files (`+owner+`, name, type, size, sum, disposition, raw, part)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			args{id, f.Name, f.Type, f.Size, sumOf(f.Sum), word(f.Inline, "inline", "attachment"), sumOf(f.Raw), f.Part},
			&f.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// files reads the files of an entry, a draft or an opening.
func (t *tx) files(owner string, id int64) ([]ticket.File, error) {
	return rows(t, func(s scan) (f ticket.File, err error) {
		return f, s(&f.ID, &f.Name, &f.Type, &f.Size, sumTo{&f.Sum}, wordTo{&f.Inline, "inline"}, sumTo{&f.Raw}, &f.Part)
	}, `SELECT id, name, type, size, sum, disposition, raw, part FROM files WHERE `+owner+` = $1 ORDER BY id`, id)
}

// Know implements ticket.Tickets.
func (t *tx) Know(n ticket.Number, messageIDs []string) error {
	for _, id := range messageIDs {
		if id == "" {
			continue
		}
		_, err := t.exec(`INSERT INTO known_ids (message_id, ticket) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			id, int64(n))
		if err != nil {
			return err
		}
	}
	return nil
}

const knownQuery = `SELECT ticket FROM known_ids WHERE message_id = $1 ORDER BY ticket LIMIT 100`

// Known implements ticket.Tickets. Each ticket comes once, where the first of
// its IDs was asked.
func (t *tx) Known(messageIDs []string) ([]ticket.Number, error) {
	var found []ticket.Number
	for _, id := range messageIDs {
		numbers, err := rows(t, scalar[ticket.Number], knownQuery, id)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			if !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
	}
	return found, nil
}
