package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"deskpost/ticket"
)

// tx implements ticket.Tx. Its methods stand in one file per table family, SQL
// next to the Go that runs it.
type tx struct {
	ctx     context.Context
	sql     *sql.Tx
	dialect *dialect
	writes  bool
	intake  bool  // no other transaction takes mail until this one ends
	depth   int   // of savepoints
	broken  error // the engine gave up the transaction: nothing may run in it any more
}

// errViewWrites is what a View answers to whoever writes in it.
var errViewWrites = errors.New("this transaction only reads: write in an Update")

// exec runs a statement that returns no rows and says how many it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if t.broken != nil {
		return 0, t.broken
	}
	if !t.writes {
		return 0, errViewWrites
	}
	result, err := t.sql.ExecContext(t.ctx, t.dialect.bind(query), clean(args)...)
	if err != nil {
		return 0, t.failed(err)
	}
	return result.RowsAffected()
}

// must runs a statement that changes one row and answers ErrNotFound if there
// is no such row.
func (t *tx) must(query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return ticket.ErrNotFound
	}
	return err
}

// args are the parameters of a query, set apart from its destinations.
type args []any

// one reads one row into dest; ErrNotFound if there is none.
func (t *tx) one(query string, a args, dest ...any) error {
	if t.broken != nil {
		return t.broken
	}
	err := t.sql.QueryRowContext(t.ctx, t.dialect.bind(query), clean(a)...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ticket.ErrNotFound
	}
	return t.failed(err)
}

// insert runs an INSERT that returns one row; ErrNotFound if it returns none.
func (t *tx) insert(query string, a args, dest ...any) error {
	if !t.writes {
		return errViewWrites
	}
	return t.one(query, a, dest...)
}

// held is a query whose row is held until the transaction ends, if it writes:
// what is written back rests on what was read.
func (t *tx) held(query string) string {
	if t.writes {
		query += t.dialect.held
	}
	return query
}

// A scan reads one row.
type scan func(dest ...any) error

// rows reads every row of a query.
func rows[T any](t *tx, read func(scan) (T, error), query string, a ...any) ([]T, error) {
	var all []T
	err := each(t, func(s scan) error {
		row, err := read(s)
		all = append(all, row)
		return err
	}, query, a...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// each hands the rows of a query to read, one by one. Nothing else may be asked
// of the transaction meanwhile. It is the only loop over rows of a transaction,
// so that Err is never forgotten.
func each(t *tx, read func(scan) error, query string, a ...any) error {
	if t.broken != nil {
		return t.broken
	}
	r, err := t.sql.QueryContext(t.ctx, t.dialect.bind(query), clean(a)...)
	if err != nil {
		return t.failed(err)
	}
	defer r.Close()
	for r.Next() {
		if err := read(r.Scan); err != nil {
			return t.failed(err)
		}
	}
	return t.failed(r.Err())
}

// scalar reads a row of one column.
func scalar[T any](s scan) (v T, err error) { return v, s(&v) }

// failed notes an error after which the transaction can not go on, whoever takes
// it for that of one mail. SQLite may have rolled back by itself: a statement that
// came after it would commit on its own.
func (t *tx) failed(err error) error {
	if err != nil && t.writes && t.broken == nil && endsTransaction(err) {
		t.broken = err
	}
	return err
}

// Try runs f between savepoints; see ticket.Tx.
func (t *tx) Try(f func() error) error {
	t.depth++
	name := fmt.Sprintf("try_%d", t.depth)
	defer func() { t.depth-- }()
	if err := t.savepoint("SAVEPOINT " + name); err != nil {
		return err
	}
	intake := t.intake
	err := guarded(f)
	if err == nil {
		return t.savepoint("RELEASE SAVEPOINT " + name)
	}
	t.intake = intake // a lock that was taken since the savepoint goes with it
	// What f wrote is undone even if the engine fails now: the transaction is
	// broken then, and Update undoes all of it.
	if undo := t.savepoint("ROLLBACK TO SAVEPOINT " + name); undo != nil {
		return errors.Join(err, undo)
	}
	if undo := t.savepoint("RELEASE SAVEPOINT " + name); undo != nil {
		return errors.Join(err, undo)
	}
	return err
}

// savepoint runs a statement about savepoints, without which the transaction
// can not go on.
func (t *tx) savepoint(statement string) error {
	if t.broken != nil {
		return t.broken
	}
	if _, err := t.sql.ExecContext(t.ctx, statement); err != nil {
		t.broken = fmt.Errorf("%s: %w", strings.ToLower(statement), err)
		return t.broken
	}
	return nil
}

// guarded runs f and turns its panic into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, trimStack(string(debug.Stack())))
		}
	}()
	return f()
}

// maxStack is how many lines of a panicking stack are kept: enough to see who
// called whom, little enough for a log.
const maxStack = 16

// trimStack leaves the frames of a stack that led to the panic.
func trimStack(stack string) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "panic(") {
			lines = lines[min(i+2, len(lines)):]
			break
		}
	}
	return strings.Join(lines[:min(len(lines), maxStack)], "\n")
}
