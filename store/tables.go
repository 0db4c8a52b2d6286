package store

import (
	"context"
	"database/sql"
	"fmt"

	"deskpost/ticket/failpoint"
)

// A table is one of the schema.
type table struct {
	name     string
	numbered bool // the engine gives the IDs
}

// deskTables are all that hold the desk, each behind those it refers to. Not among
// them are the two that say which schema a database has, the leases, which say
// what programs are at work on it, who is signed in on the page or has what open there, and the words that
// are searched, which sayAll makes anew.
var deskTables = []table{
	{"blobs", true}, {"blob_chunks", false}, {"counters", false}, {"keys", false}, {"backups", false}, {"departments", false},
	{"tickets", false}, {"ticket_tags", false}, {"receipts", true}, {"failures", false}, {"sources", false}, {"epochs", true},
	{"participants", true}, {"contacts", false}, {"agent_states", false}, {"runs", false}, {"entries", true}, {"drafts", true}, {"unsent", true}, {"files", true}, {"known_ids", false},
	{"events", true}, {"notices", false}, {"notice_recipients", false},
	{"watchers", false}, {"views", false},
	{"deliveries", false}, {"webhook_states", false},
	{"ticket_fields", false},
	{"rota", false},
	{"links", false},
	{"transcripts", false},
	{"quarantine", false},
	{"passwords", false}, {"second_factors", false}, {"recovery_codes", false}, {"redeemed", false}, {"openings", false}, {"api_tokens", true},
	{"editions", false}, {"sla_clocks", false}, {"sla_fired", false},
}

// fill copies every row of the picture that from shows into an empty desk of
// the same schema, and runs end in the transaction that does so. Whatever the
// engines, it holds one row in memory. The context may end it.
func (db *DB) fill(ctx context.Context, from *sql.Tx, end func(*tx) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	into, err := conn.BeginTx(ctx, db.dialect.update)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer into.Rollback() // after a commit this does nothing
	if err := db.dialect.letIdle(ctx, into); err != nil {
		return err
	}
	t := &tx{ctx: ctx, sql: into, dialect: &db.dialect, writes: true}
	if _, err := t.exec(`DELETE FROM backups WHERE id = $1`, unended); err != nil {
		return err
	}
	for _, table := range deskTables {
		if err := db.fillTable(ctx, from, conn, into, table); err != nil {
			return fmt.Errorf("copy the table %s: %w", table.name, err)
		}
	}
	if err := end(t); err != nil {
		return err
	}
	if err := into.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// fillTable copies one table and demands that as many rows arrive as the picture
// has.
func (db *DB) fillTable(ctx context.Context, from *sql.Tx, conn *sql.Conn, into *sql.Tx, table table) error {
	var want, got int64
	if err := from.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table.name).Scan(&want); err != nil {
		return err
	}
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := db.engine.load(ctx, conn, into, table, &tableRows{Rows: rows, columns: columns}); err != nil {
		if broken := rows.Err(); broken != nil {
			return broken // what is read is at fault, and not this database
		}
		return db.engine.explain(err)
	}
	if err := into.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table.name).Scan(&got); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%d rows arrived of %d", got, want)
	}
	return failpoint.Here("copy.table")
}

// tableRows are the rows of a table on their way to another database; pgx takes
// them as they are (pgx.CopyFromSource).
type tableRows struct {
	*sql.Rows
	columns []string
	values  []any // of the row at hand
}

// Values reads the row that Next has gone to. The slice is used again.
func (r *tableRows) Values() ([]any, error) {
	if r.values == nil {
		r.values = make([]any, len(r.columns))
	}
	dest := make([]any, len(r.columns))
	for i := range dest {
		dest[i] = &r.values[i]
	}
	return r.values, r.Scan(dest...)
}
