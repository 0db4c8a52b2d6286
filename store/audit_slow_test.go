package store

import (
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
)

// TestAuditReadSlowly demands that whoever reads an audit through a pager, or has
// a slow disk for a backup, is not cut off by the time that a transaction of the
// daemon may be idle.
func TestAuditReadSlowly(t *testing.T) {
	t.Parallel()
	url := enginetest.URL(t)
	if isPostgres(url) {
		url += word(strings.Contains(url, "?"), "&", "?") + "idle_in_transaction_session_timeout=50ms"
	}
	db := workedDesk(t, url)
	if _, err := db.write.Exec(`UPDATE receipts SET outcome = 'eaten'`); err != nil {
		t.Fatal(err)
	}
	found := 0
	tally, err := db.Audit(t.Context(), Audit{Found: func(Finding) {
		found++
		time.Sleep(100 * time.Millisecond)
	}})
	if err != nil || tally.Findings == 0 || int64(found) != tally.Findings {
		t.Errorf("%d findings of %d, %v", found, tally.Findings, err)
	}
	picture, err := db.read.BeginTx(t.Context(), db.dialect.view)
	if err != nil {
		t.Fatal(err)
	}
	defer picture.Rollback()
	if err := db.dialect.letIdle(t.Context(), picture); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	var tickets int
	if err := picture.QueryRow("SELECT COUNT(*) FROM tickets").Scan(&tickets); err != nil || tickets != 3 {
		t.Errorf("%d tickets after a while, %v", tickets, err)
	}
}
