package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskpost/ticket/failpoint"
)

// build fills the database in one transaction. A row that stands there before it
// says that the restore has not ended.
func (p *postgres) build(ctx context.Context, db *DB, b Backup, fill func() error) (err error) {
	if db.write, err = p.openWriters(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if err := db.checkEmpty(ctx); err != nil {
		return err
	}
	err = db.update(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO backups (id, taken_at, version, engine) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
			unended, b.TakenAt.UnixMilli(), b.Version, b.Engine)
		return err
	})
	if err := errors.Join(err, failpoint.Here("restore.begun")); err != nil {
		return err
	}
	return fill()
}

// checkEmpty refuses a desk that holds more than the beginning of a restore.
func (db *DB) checkEmpty(ctx context.Context) error {
	for _, t := range deskTables {
		query := "SELECT EXISTS (SELECT 1 FROM " + t.name + ")"
		if t.name == "backups" {
			query = "SELECT EXISTS (SELECT 1 FROM backups WHERE id > 0)"
		}
		var there bool
		if err := db.write.QueryRowContext(ctx, query).Scan(&there); err != nil {
			return fmt.Errorf("look whether the database is empty: %w", err)
		}
		if there {
			return fmt.Errorf("the database %s holds a desk already; restore never overwrites: "+
				"make a new database and name that in the config", db.engine.name())
		}
	}
	return nil
}

// load sends the rows as one COPY, and has the engine number on behind them.
func (p *postgres) load(ctx context.Context, conn *sql.Conn, into *sql.Tx, t table, r *tableRows) error {
	err := conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, r.columns, r)
		return err
	})
	if err != nil || !t.numbered {
		return err
	}
	_, err = into.ExecContext(ctx, fmt.Sprintf(
		"SELECT setval(pg_get_serial_sequence('%s', 'id'), MAX(id)) FROM %[1]s HAVING MAX(id) IS NOT NULL", t.name))
	if err != nil {
		return fmt.Errorf("number on: %w", err)
	}
	return nil
}
