package ledgertest

import (
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the engines of the store, read here without its code
	_ "github.com/mattn/go-sqlite3"
)

// look opens the database of a program that is dead, as the death left it, and
// hands it to f. A SQLite file is copied first: whoever opens it after a death
// mends it, and that is for the next life to do.
func (w *world) look(f func(db *sql.DB)) {
	w.t.Helper()
	if path, ok := strings.CutPrefix(w.database, "sqlite:"); ok {
		dir := filepath.Join(w.dir, "look")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			w.t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		for _, suffix := range []string{"", "-wal"} {
			w.copyFile(path+suffix, filepath.Join(dir, "desk.db"+suffix))
		}
		w.open("file:"+filepath.Join(dir, "desk.db"), f)
		return
	}
	w.awaitSessions(w.auditor())
	f(w.auditor())
}

// auditor is the test's own way to the PostgreSQL server, kept from one death to
// the next.
func (w *world) auditor() *sql.DB {
	w.t.Helper()
	if w.server == nil {
		db, err := sql.Open("pgx", strings.Replace(w.database, "application_name=deskpost", "application_name=auditor", 1))
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { db.Close() })
		w.server = db
	}
	return w.server
}

// peek opens the database beside the program that uses it.
func (w *world) peek(f func(db *sql.DB)) {
	w.t.Helper()
	if path, ok := strings.CutPrefix(w.database, "sqlite:"); ok {
		w.open("file:"+path+"?_busy_timeout=5000&_query_only=on", f)
		return
	}
	f(w.auditor())
}

// open opens a SQLite file for f.
func (w *world) open(dsn string, f func(db *sql.DB)) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	f(db)
}

// sessionsQuery counts the sessions of the program.
const sessionsQuery = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'deskpost-' || current_schema()"

// awaitSessions waits until the server has noticed that the program is dead: a
// commit that it had sent may still be under way.
func (w *world) awaitSessions(db *sql.DB) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		sessions := w.count(db, sessionsQuery)
		if sessions == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d sessions outlive the program", sessions)
		}
	}
}

// copyFile copies a file; one that is not there is no file.
func (w *world) copyFile(from, to string) {
	w.t.Helper()
	in, err := os.Open(from)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		w.t.Fatal(err)
	}
}

// count runs a query that returns one number.
func (w *world) count(db *sql.DB, query string, args ...any) int {
	w.t.Helper()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// list reads rows of text.
func (w *world) list(db *sql.DB, columns int, query string, args ...any) [][]string {
	w.t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var all [][]string
	for rows.Next() {
		row, into := make([]sql.NullString, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
		words := make([]string, columns)
		for i := range row {
			words[i] = row[i].String
		}
		all = append(all, words)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return all
}

// change runs a statement on the database of a program that is stopped.
func (w *world) change(statement string) {
	w.t.Helper()
	run := func(db *sql.DB) {
		if _, err := db.Exec(statement); err != nil {
			w.t.Fatalf("%s: %v", statement, err)
		}
	}
	if path, ok := strings.CutPrefix(w.database, "sqlite:"); ok {
		w.open("file:"+path, run)
		return
	}
	run(w.auditor())
}

// contents is how much each table of a stopped program holds.
func (w *world) contents() (all []string) {
	w.t.Helper()
	tables := "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
	if strings.HasPrefix(w.database, "sqlite:") {
		tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
	}
	w.look(func(db *sql.DB) {
		for _, table := range w.list(db, 1, tables) {
			all = append(all, fmt.Sprintf("%s %d", table[0], w.count(db, "SELECT COUNT(*) FROM "+table[0])))
		}
	})
	return all
}

// unnoted lists the mails that the relay took in the life that just ended and of
// which the books do not say so: those deaths are in the gap.
func (w *world) unnoted(accepted []acceptance) (gap []acceptance) {
	w.look(func(db *sql.DB) {
		for _, a := range accepted {
			n := w.count(db, `SELECT COUNT(*) FROM notices AS n JOIN notice_recipients AS r ON r.notice = n.id
				WHERE n.message_id = $1 AND r.email = '`+a.to+`' AND r.sent_at IS NULL AND r.failed_at IS NULL`, a.id)
			if n > 0 {
				gap = append(gap, a)
			}
		}
	})
	return gap
}
