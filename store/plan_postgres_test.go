package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// TestPostgresPlansTick demands that PostgreSQL finds what is due by time along
// the index, whatever there is that is not due. TestPlans demands it of SQLite.
func TestPostgresPlansTick(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := openURL(t, enginetest.Postgres(t))
	now := time.UnixMilli(1e12)
	err := db.Update(ctx, func(tx ticket.Tx) error {
		for n := range 3000 {
			k := ticket.Ticket{Number: ticket.Number(n + 1), Status: ticket.Open, NextAt: now.Add(time.Duration(n) * time.Hour)}
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.Exec("ANALYZE tickets"); err != nil {
		t.Fatal(err)
	}
	query, a := findQuery(postgresSearch, ticket.Filter{NextBy: now.Add(10 * time.Hour), Limit: 200})
	lines, err := db.write.Query("EXPLAIN "+db.dialect.bind(query), a...)
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	var plan []string
	for lines.Next() {
		var line string
		if err := lines.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	// The order is the index's too: sorting would mean to read all that is due.
	if !strings.Contains(text, "Index Scan using tickets_next on tickets") || strings.Contains(text, "Seq Scan") || strings.Contains(text, "Sort") {
		t.Errorf("the plan is\n%s", text)
	}
}
