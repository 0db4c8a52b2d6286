package ledgertest_test

import (
	"bytes"
	"os"
	"strings"
)

// store holds the database to its own rules.
func (a *account) store() {
	if strings.HasPrefix(a.desk.url, "sqlite:") {
		said, err := rows(a.desk.db, `PRAGMA integrity_check`, func(s *string) []any { return []any{s} })
		if err != nil || len(said) != 1 || said[0] != "ok" {
			a.report.fail("PRAGMA integrity_check: %q, %v", said, err)
		}
	}
	for what, query := range map[string]string{
		"raw mails that nothing names":    `SELECT COUNT(*) FROM blobs WHERE sum IS NULL OR sum NOT IN (SELECT raw FROM receipts WHERE raw IS NOT NULL)`,
		"mails that failed and wait":      `SELECT COUNT(*) FROM failures`,
		"mails the server is not told of": `SELECT COUNT(*) FROM receipts WHERE after_done_at IS NULL`,
	} {
		n, err := count(a.desk.db, query)
		if err != nil {
			a.report.fail("%s: %v", what, err)
		}
		a.report.line("%s: %d", what, n)
	}
	a.verify()
	for _, n := range a.desk.nodes {
		if log, err := os.ReadFile(n.log); err == nil && bytes.Contains(log, []byte("panic")) {
			a.report.fail("node %s panicked: see %s", n.name, n.log)
		}
	}
}

// verify has the desk audit itself.
func (a *account) verify() {
	out, err := a.desk.run("verify", "--config", a.desk.nodes[0].config)
	if err != nil {
		a.report.fail("deskpost verify: %v\n%s", err, out)
	}
	a.report.line("deskpost verify: %s", strings.TrimSpace(out))
}
