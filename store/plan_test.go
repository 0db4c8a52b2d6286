package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// openTest opens an empty desk for a test inside the package.
func openTest(t testing.TB, opts ...Option) *DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "desk.db"), opts...)
}

func openAt(t testing.TB, path string, opts ...Option) *DB {
	t.Helper()
	return openURL(t, "sqlite:"+path, opts...)
}

// openEngine opens an empty desk on the engine that the environment names.
func openEngine(t testing.TB, opts ...Option) *DB {
	t.Helper()
	return openURL(t, enginetest.URL(t), opts...)
}

func openURL(t testing.TB, url string, opts ...Option) *DB {
	t.Helper()
	db, err := Open(context.Background(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestPlans demands an index for every query that runs for each mail, each
// sweep or each page: none may read a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	type plan struct {
		name  string
		query string
		args  args
		index string // has to be used
	}
	find := func(name, index string, f ticket.Filter) plan {
		query, a := findQuery(sqliteSearch, f)
		return plan{"Find by " + name, query, a, index}
	}
	count := func(name, index string, f ticket.NoticeFilter) plan {
		query, a := countNoticesQuery(f)
		return plan{"CountNotices by " + name, query, a, index}
	}
	since := time.UnixMilli(1)
	open := []ticket.Status{ticket.New, ticket.Open}
	load, loadArgs := workloadQuery([]string{"jane", "joe"}, open)
	plans := []plan{
		{"Workload", load, loadArgs, "tickets_load"},
		{"Receive: UID", receiptByUID, args{"box", 1, 1}, "sqlite_autoindex_receipts_2"},
		{"Receive: digest", receiptByDedupe, args{"x"}, "sqlite_autoindex_receipts_1"},
		{"Receive: unkeyed", countUnkeyed, args{"box", "box", "x", 1}, "receipts_unkeyed"},
		{"Receive: n-th unkeyed", nthUnkeyed, args{"box", "x", 1, 1, 0}, "receipts_unkeyed"},
		{"Receive: raw mail", blobBySum, args{"x"}, "sqlite_autoindex_blobs_1"},
		{"Mark", markQuery, args{"box", 1}, "sqlite_autoindex_receipts_2"},
		{"Swept", sweptQuery, args{"box"}, "sqlite_autoindex_receipts_2"},
		{"Missing", withRow, args{"box", 1, 1, 9}, "sqlite_autoindex_receipts_2"},
		{"AfterPending", afterPending, args{"box", 1, 9}, "receipts_pending"},
		{"Known", knownQuery, args{"x"}, "sqlite_autoindex_known_ids_1"},
		{"Claim", claimQuery, args{1, 1, 9}, "notices_claim"},
		{"NextDue", nextDueQuery, nil, "notices_free"},
		{"WaitingAlarms", waitingAlarmsQuery, args{1}, "notices_alarms"},
		{"NextAt", nextAtQuery, args{1}, "tickets_next"},
		{"FailedSince", failedSinceQuery, args{"x", 1}, "sqlite_autoindex_contacts_1"},
		{"Waiting", waitingQuery, args{1, 9}, "notices"},
		{"Waiting: held", heldQuery, args{1, 9}, "notices_waiting"},
		{"Events", eventsQuery, args{1001}, "events_ticket"},
		{"Settings", settingsQuery, nil, "tickets_setting"},
		{"Under", underQuery, args{"support", "sev-a", "1", "office", "2", 1001, 9}, "tickets_setting"},
		{"LinksOf", linksQuery, args{1001}, "links_other"},
		{"MergedInto", mergedQuery, args{1001}, "tickets_merged"},
		{"Unscheduled", unscheduledQuery, args{"resolved", "support", 1, 1, 9}, "tickets_queue"},
		find("queue", "tickets_queue", ticket.Filter{Statuses: open, Departments: []string{"support", "sales"}}),
		find("status", "tickets_queue", ticket.Filter{Statuses: open}),
		find("department", "tickets_department", ticket.Filter{Departments: []string{"support"}}),
		find("assignee", "tickets_assignee", ticket.Filter{Assignee: "jane"}),
		find("substatus", "tickets_substatus", ticket.Filter{Substatuses: []string{"vendor"}}),
		find("team", "tickets_team", ticket.Filter{Teams: []string{"network", "sales"}}),
		find("requester", "tickets_requester", ticket.Filter{Requester: "ann@example.com"}),
		find("tag", "sqlite_autoindex_ticket_tags_1", ticket.Filter{Tag: "vip"}),
		find("field", "sqlite_autoindex_ticket_fields_1", ticket.Filter{Fields: map[string]string{"customer-no": "17"}}),
		find("words", "VIRTUAL TABLE INDEX", ticket.Filter{Phrases: []string{"printer on fire", "vpn"}, Statuses: open, Departments: []string{"support"}}),
		find("next", "tickets_next", ticket.Filter{NextBy: since}),
		find("next behind another", "tickets_next", ticket.Filter{NextBy: since, Behind: ticket.Due{At: since, Number: 1}}),
		find("nothing", "tickets_updated", ticket.Filter{}),
		count("address", "notice_recipients_key", ticket.NoticeFilter{Address: "ann@example.com", Customers: true, Since: since}),
		count("ticket", "notices_ticket", ticket.NoticeFilter{Ticket: 1001, Customers: true, Since: since}),
		count("agent", "notices_agent", ticket.NoticeFilter{Agent: "jane", Since: since}),
		count("customers", "notices_agent", ticket.NoticeFilter{Customers: true, Since: since}),
		count("hold", "notices_waiting", ticket.NoticeFilter{Held: true}),
		count("time", "notices_queued", ticket.NoticeFilter{Since: since}),
	}
	unfinished := ticket.Filter{Statuses: open, Departments: []string{"support", "sales"}, Awake: since, Order: ticket.ByDue, Limit: 100}
	mine, late := unfinished, unfinished
	mine.Assignee, late.DueBy = "jane", since
	counted, countedArgs := countQuery(sqliteSearch, []ticket.Filter{unfinished, mine, late})
	byPriority := unfinished
	byPriority.Order, byPriority.Priorities, byPriority.Beyond = ticket.ByPriority, []string{"low", "high"}, ticket.Place{Key: 1, Number: 1}
	held, heldArgs := heldMessagesQuery(open, []string{"support"})
	tallied, talliedArgs := tallyOpenQuery("support", since)
	plans = append(plans,
		find("load", "tickets_listed", ticket.Filter{Assignee: "jane", Statuses: open, Departments: []string{"support"}, Awake: since, Order: ticket.ByDue}),
		plan{"Count", counted, countedArgs, "USING COVERING INDEX tickets_listed"},
		find("page", "USING COVERING INDEX tickets_listed", unfinished),
		find("page of what is late", "USING COVERING INDEX tickets_listed", late),
		find("page by priority", "USING COVERING INDEX tickets_listed", byPriority),
		plan{"LastNotice", lastNoticeQuery, args{1001, "jane"}, "notices_ticket"},
		plan{"HeldDrafts", heldDraftsQuery, args{"jane", 1}, "drafts_agent"},
		plan{"HeldMessages", held, heldArgs, "entries_held"},
		plan{"Tally", tallyQuery, args{"support", 1}, "tickets_department"},
		plan{"Tally: open", tallied, talliedArgs, "tickets_queue"},
		plan{"Tally: replies", repliesQuery, args{"support", 1, 9}, "tickets_department"})
	db := openTest(t)
	for _, p := range plans {
		steps := explainPlan(t, db, p.query, p.args)
		text := strings.Join(steps, "\n")
		if !strings.Contains(text, p.index) {
			t.Errorf("%s does not use %s:\n%s", p.name, p.index, text)
		}
		for _, step := range steps {
			// A scan is all right over what the query itself made, and along an
			// index whose order ends it early.
			whole := strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "USING") &&
				step != "SCAN walk" && step != "SCAN said" && step != "SCAN found" && !strings.Contains(step, "VIRTUAL TABLE INDEX") && !strings.Contains(step, "last") && step != "SCAN CONSTANT ROW"
			if whole {
				t.Errorf("%s reads a whole table:\n%s", p.name, text)
			}
		}
	}
}

func explainPlan(t *testing.T, db *DB, query string, a args) (steps []string) {
	t.Helper()
	r, err := db.write.Query("EXPLAIN QUERY PLAN "+db.dialect.bind(query), a...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer r.Close()
	for r.Next() {
		var id, parent, unused int
		var step string
		if err := r.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
