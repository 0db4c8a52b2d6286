package store

import (
	"fmt"
	"strings"

	"deskpost/ticket"
)

// A searcher is how an engine finds the texts that hold some words. It is the
// only thing that both can do and that SQL has no common words for.
//
// What is searched are the rows of the table texts, one for each subject and each
// entry. The engine keeps its index of them by itself, in the same transaction;
// what the words of a text are is decided by searchWords and not by the engine,
// so that both find the same.
type searcher struct {
	schema string // for @search in a schema: the index of texts.words
	match  string // the condition on a row of texts, with "$" for the phrase
	quote  string // what the words of a phrase stand between
}

// sqliteSearch is FTS4, which is in every build of SQLite. It keeps no text but
// reads that of the table. So a row has to leave the index before it changes.
var sqliteSearch = searcher{
	schema: `CREATE VIRTUAL TABLE texts_index USING fts4(content="texts", words, tokenize=simple);
CREATE TRIGGER texts_come AFTER INSERT ON texts BEGIN INSERT INTO texts_index (docid, words) VALUES (new.id, new.words); END;
CREATE TRIGGER texts_change BEFORE UPDATE OF words ON texts BEGIN DELETE FROM texts_index WHERE docid = old.id; END;
CREATE TRIGGER texts_changed AFTER UPDATE OF words ON texts BEGIN INSERT INTO texts_index (docid, words) VALUES (new.id, new.words); END;
CREATE TRIGGER texts_go BEFORE DELETE ON texts BEGIN DELETE FROM texts_index WHERE docid = old.id; END;`,
	match: `id IN (SELECT docid FROM texts_index WHERE words MATCH $)`,
	quote: `"`,
}

// postgresSearch is an index of an expression, which the query repeats.
var postgresSearch = searcher{
	schema: `CREATE INDEX texts_index ON texts USING gin (to_tsvector('simple', words));`,
	match:  `to_tsvector('simple', words) @@ phraseto_tsquery('simple', $)`,
}

// says demands that a ticket, or one that was merged into it by whatever way,
// says a phrase in its subject or its thread. What agents may type around words
// is gone by then: nothing that is left is an operator to either engine.
func (w *where) says(s searcher, phrase string) {
	words := searchWords(phrase)
	if words == "" {
		w.conditions = append(w.conditions, "1 = 0")
		return
	}
	w.add(`number IN (WITH RECURSIVE said (number) AS (
			SELECT ticket FROM texts WHERE `+s.match+`
			UNION SELECT k.merged_into FROM said JOIN tickets AS k ON k.number = said.number WHERE k.merged_into IS NOT NULL)
		SELECT number FROM said)`, s.quote+words+s.quote)
}

// subject is the entry number of a subject among the texts.
const subject = 0

// saySubject brings the indexed words of a subject in line with it. Most tickets
// are saved with the one they had.
func (t *tx) saySubject(k *ticket.Ticket) error {
	words := searchWords(k.Subject)
	there, err := rows(t, scalar[string], `SELECT words FROM texts WHERE ticket = $1 AND entry = $2`, int64(k.Number), subject)
	switch {
	case err != nil:
		return err
	case len(there) == 0:
		return t.sayText(k.Number, subject, words)
	case there[0] == words:
		return nil
	}
	_, err = t.exec(`UPDATE texts SET words = $1 WHERE ticket = $2 AND entry = $3`, words, int64(k.Number), subject)
	return err
}

// sayText indexes the words of a new text.
func (t *tx) sayText(n ticket.Number, entry int64, words string) error {
	_, err := t.exec(`INSERT INTO texts (ticket, entry, words) VALUES ($1, $2, $3)`, int64(n), entry, words)
	return err
}

// A text is one of a ticket: its subject, or an entry of its thread.
type text struct {
	id     int64 // by which texts of one kind are paged through
	ticket ticket.Number
	entry  int64
	says   string
}

// textQueries list every subject, then every text of an entry, behind $1.
var textQueries = []string{
	`SELECT number, number, 0, subject FROM tickets WHERE number > $1 ORDER BY number LIMIT $2`,
	`SELECT id, ticket, id, text FROM entries WHERE id > $1 ORDER BY id LIMIT $2`,
}

// textPage is how many texts are in memory at a time.
const textPage = 200

// everyText hands the texts of a desk to f, which may ask the transaction.
func (t *tx) everyText(f func([]text) error) error {
	for _, query := range textQueries {
		for last := int64(0); ; {
			page, err := rows(t, func(s scan) (x text, err error) { return x, s(&x.id, &x.ticket, &x.entry, &x.says) }, query, last, textPage)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			if err := f(page); err != nil {
				return err
			}
			last = page[len(page)-1].id
		}
	}
	return nil
}

// sayAll indexes every text of a desk of which none is. Backups have no such
// rows, since they follow from the others.
func (t *tx) sayAll() error {
	err := t.everyText(func(page []text) error {
		for _, x := range page {
			if err := t.sayText(x.ticket, x.entry, searchWords(x.says)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index the texts: %w", err)
	}
	return nil
}

// texts holds what is indexed to the texts, and each row of the index to a text.
func (a *auditor) texts() error {
	var backups int64
	if err := a.one(`SELECT COUNT(*) FROM backups WHERE restored_at IS NULL`, nil, &backups); err != nil || backups > 0 {
		return err
	}
	known := int64(0)
	err := a.everyText(func(page []text) error {
		for _, x := range page {
			words, err := rows(a.tx, scalar[string], `SELECT words FROM texts WHERE ticket = $1 AND entry = $2`, int64(x.ticket), x.entry)
			if err != nil {
				return err
			}
			known += int64(len(words))
			if len(words) == 0 {
				a.found(searchUntrue, x.where(), "it is not indexed")
			} else if words[0] != searchWords(x.says) {
				a.found(searchUntrue, x.where(), "it is indexed as another text")
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var there int64
	if err := a.one(`SELECT COUNT(*) FROM texts`, nil, &there); err != nil {
		return err
	}
	if there > known {
		a.found(searchUntrue, "the index", fmt.Sprintf("%d texts are indexed that are not there", there-known))
	}
	return nil
}

func (x *text) where() string {
	if x.entry == subject {
		return fmt.Sprintf("ticket %d, its subject", x.ticket)
	}
	return fmt.Sprintf("ticket %d, entry %d", x.ticket, x.entry)
}

// statements marks where each of some statements begins and ends, for goose,
// which would cut a trigger at its first semicolon.
func statements(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("-- +goose StatementBegin\n" + strings.TrimSuffix(line, "\n") + "\n-- +goose StatementEnd\n")
	}
	return b.String()
}
