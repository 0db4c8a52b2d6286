package store

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deskpost/store/enginetest"
)

// TestEveryTableIsCopied demands that no table of the schema is left out of a
// backup.
func TestEveryTableIsCopied(t *testing.T) {
	t.Parallel()
	rows, err := openTest(t).write.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var listed, there []string
	for _, table := range deskTables {
		listed = append(listed, table.name)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != versionTable && name != fileTable && name != "leases" && name != "sessions" && name != "presences" && name != "agent_sessions" && !strings.HasPrefix(name, "texts") { // every desk makes its own
			there = append(there, name)
		}
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		t.Errorf("deskTables are\n%v, the schema has\n%v", listed, there)
	}
}

func TestCopyOverSQLite(t *testing.T) {
	t.Parallel()
	copyThere(t, enginetest.SQLite(t))
}

func TestCopyOverPostgres(t *testing.T) {
	t.Parallel()
	over := copyThere(t, enginetest.Postgres(t))
	for _, table := range deskTables {
		if !table.numbered {
			continue
		}
		var next int64
		row := over.write.QueryRow(fmt.Sprintf("SELECT nextval(pg_get_serial_sequence('%s', 'id'))", table.name))
		if err := row.Scan(&next); err != nil || next != samples+1 {
			t.Errorf("%s goes on with the ID %d (%v), want %d", table.name, next, err, samples+1)
		}
	}
}

// copyThere copies a desk with rows in every table to the database at a URL and
// back, and demands that every row is what it was. It returns the desk at the
// URL.
func copyThere(t *testing.T, url string) *DB {
	t.Helper()
	from := openTest(t)
	for _, table := range deskTables {
		addSamples(t, from, table.name)
	}
	over := openURL(t, url)
	back := openAt(t, filepath.Join(t.TempDir(), "back.db"))
	for _, step := range []struct{ from, to *DB }{{from, over}, {over, back}} {
		// As a part does: rows come table by table, not in the order of references.
		if step.to.dialect.engine == "SQLite" {
			if _, err := step.to.write.Exec("PRAGMA foreign_keys = off"); err != nil {
				t.Fatal(err)
			}
		}
		picture, err := step.from.read.BeginTx(t.Context(), step.from.dialect.view)
		if err != nil {
			t.Fatal(err)
		}
		if err := step.to.fill(t.Context(), picture, func(*tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := picture.Rollback(); err != nil {
			t.Fatal(err)
		}
		for _, table := range deskTables {
			want, got := dump(t, from, table.name), dump(t, step.to, table.name)
			if len(want) < samples || !slices.Equal(got, want) {
				t.Errorf("%s on %s:\n%s\nwant\n%s", table.name, step.to.engine.name(), strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	if err := back.verifyReferences(t.Context()); err != nil {
		t.Error(err)
	}
	return over
}

// samples is how many rows addSamples makes.
const samples = 4

// addSamples writes rows into a table whose references all fit: numbers and sums
// are those of the row's own rank. The second has what is empty, the fourth NULL
// wherever there may be.
func addSamples(t *testing.T, db *DB, table string) {
	t.Helper()
	type column struct {
		name, kind string
		required   bool
	}
	rows, err := db.write.Query(`SELECT name, type, "notnull" OR pk > 0 FROM pragma_table_info(?)`, table)
	if err != nil {
		t.Fatal(err)
	}
	var columns []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind, &c.required); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for rank := 1; rank <= samples; rank++ {
		var names, holders []string
		var values []any
		for _, c := range columns {
			var v any
			switch {
			case rank == 4 && !c.required:
			case c.name == "merged_into":
				v = 4 - rank // the first is merged into one that comes later
			case c.kind == "TEXT" && rank != 2:
				v = fmt.Sprintf("%s %s %d: Grüße 🙂\n\"it's\\\"", table, c.name, rank)
			case c.kind == "TEXT":
				v = ""
			case c.name == "bytes" && rank == 2:
				v = []byte{}
			case c.kind == "BLOB":
				v = bytes.Repeat([]byte{byte(rank), 0}, 16)
			default:
				v = rank
			}
			names, holders, values = append(names, c.name), append(holders, "?"), append(values, v)
		}
		insert := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(holders, ", "))
		if table == "tickets" && rank == 1 {
			if _, err := db.write.Exec("PRAGMA foreign_keys = off"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.write.Exec(insert, values...); err != nil {
			t.Fatalf("%s: %v", insert, err)
		}
	}
	if _, err := db.write.Exec("PRAGMA foreign_keys = on"); err != nil {
		t.Fatal(err)
	}
}

// dump is every row of a table, sorted.
func dump(t *testing.T, db *DB, table string) []string {
	t.Helper()
	rows, err := db.write.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	r := &tableRows{Rows: rows, columns: columns}
	var all []string
	for r.Next() {
		values, err := r.Values()
		if err != nil {
			t.Fatal(err)
		}
		var line []string
		for i, v := range values {
			line = append(line, fmt.Sprintf("%s=%T %#v", columns[i], v, v))
		}
		all = append(all, strings.Join(line, " | "))
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
