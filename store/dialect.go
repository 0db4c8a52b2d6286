package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/pressly/goose/v3/database"
)

// A dialect is the words in which the engines differ. Every statement is
// written once, with PostgreSQL's placeholders, from what both understand.
type dialect struct {
	engine      string // its name
	migrations  database.Dialect
	placeholder string         // what stands for the "$" of "$1"
	id          string         // for @id in a schema: a key that the engine gives
	once        string         // for @once: the same, and never one that a removed row had
	key         string         // for @key in a schema: a key that we give
	bytes       string         // for @bytes in a schema
	held        string         // ends a SELECT of a row that is held until the transaction ends
	kept        string         // ends a SELECT of a lease that can be renewed, but not taken over, until the transaction ends
	claimed     string         // ends a SELECT of rows of which each goes to one worker
	intake      string         // waits until no other transaction takes mail; "" where they are one by one anyway
	unhurried   string         // lets a transaction be idle for longer than others may; "" where they may be anyway
	clock       string         // reads the server's clock, in milliseconds; "" where there is no server
	search      searcher       // finds texts by their words
	tables      string         // counts the tables of a database, and those named $1
	size        string         // measures a database in bytes
	update      *sql.TxOptions // of a transaction that writes
	view        *sql.TxOptions // of one that reads
	longest     time.Duration  // that a transaction which writes may take; 0 is without bound
}

// bind writes the placeholders of a statement in the engine's way.
func (d *dialect) bind(query string) string {
	return strings.ReplaceAll(query, "$", d.placeholder)
}

// schema replaces the words of a migration.
func (d *dialect) schema(text string) string {
	return strings.NewReplacer("@id", d.id, "@once", d.once, "@key", d.key, "@bytes", d.bytes, "@search", statements(d.search.schema)).Replace(text)
}

// letIdle is for a transaction that waits for something slow between two
// statements: the other side of a copy, or who reads a report.
func (d *dialect) letIdle(ctx context.Context, t *sql.Tx) error {
	if d.unhurried == "" {
		return nil
	}
	if _, err := t.ExecContext(ctx, d.unhurried); err != nil {
		return fmt.Errorf("let the transaction be idle: %w", err)
	}
	return nil
}
