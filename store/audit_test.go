package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// auditClock is when the desk of these tests works.
var auditClock = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// workedDesk is a desk on which a customer wrote, got a receipt and wrote again.
func workedDesk(t testing.TB, url string, opts ...Option) *DB {
	t.Helper()
	ctx := context.Background()
	now := auditClock
	db := openURL(t, url, append(opts, WithClock(func() time.Time { return now }))...)
	keys, err := db.Keys(ctx, now, strings.NewReader(strings.Repeat("k", 64)))
	if err != nil {
		t.Fatal(err)
	}
	desk := &ticket.Desk{Store: db, Keys: keys, Now: func() time.Time { return now }}
	desk.SetPolicy(auditPolicy())
	for uid := range uint32(3) {
		takeForAudit(t, desk, uid+1, fmt.Sprintf("q%d@customer.example", uid+1), nil)
	}
	takeForAudit(t, desk, 4, "q4@customer.example", []string{"q1@customer.example"})
	sent, err := desk.Claim(ctx, time.Minute, 2)
	if err != nil || len(sent) != 2 {
		t.Fatalf("claimed %d notices: %v", len(sent), err)
	}
	for _, n := range sent {
		result := ticket.Result{Recipient: n.Recipients[0].Address.Email, Verdict: ticket.Sent, Answer: "250 ok"}
		if err := desk.Settle(ctx, n.ID, n.Attempts, []ticket.Result{result}); err != nil {
			t.Fatal(err)
		}
	}
	if err := desk.Swept(ctx, "support", now); err != nil {
		t.Fatal(err)
	}
	return db
}

func auditPolicy() *ticket.Policy {
	always, err := calendar.New(calendar.Definition{Key: "always", Zone: time.UTC, Week: calendar.Always()})
	if err != nil {
		panic(err) // a week that is always open is a calendar
	}
	return &ticket.Policy{
		Zone:        time.UTC,
		Departments: map[string]ticket.Department{"support": {Key: "support", Name: "Support", Address: ticket.Address{Email: "support@bank.example"}, ReopenClosed: true, Plan: "sev-a"}},
		Plans:       map[string]ticket.Plan{"sev-a": {Key: "sev-a", Targets: map[string]sla.Target{"Normal": {Resolve: time.Hour}}}},
		Calendars:   map[string]*calendar.Calendar{"always": always}, Calendar: "always",
		Agents: map[string]ticket.Agent{"jane": {Key: "jane", Name: "Jane", Emails: []string{"jane@bank.example"},
			Access: map[string]string{"support": "agent"}, ReplyAs: ticket.Reply}},
		Roles:           map[string]ticket.Role{"agent": ticket.AgentRole},
		Mailboxes:       map[string]ticket.Mailbox{"support": {Key: "support", Address: ticket.Address{Email: "support@bank.example"}, Department: "support"}},
		Priorities:      []string{"Normal"},
		DefaultPriority: "Normal", Acknowledge: ticket.AckAlways, ReopenWindow: time.Hour, Separator: "+",
		OldMail: time.Hour, TokenLife: time.Hour, Caps: ticket.Caps{AddressHour: 10, AddressDay: 10, TicketDay: 10, SystemHour: 50},
	}
}

// takeForAudit has a desk take a mail of a customer's.
func takeForAudit(t testing.TB, desk *ticket.Desk, uid uint32, id string, answers []string) {
	t.Helper()
	raw := fmt.Appendf(nil, "Message-ID: <%s>\r\n\r\n%s", id, strings.Repeat("mail ", 500))
	sum := ticket.Sum(sha256.Sum256(raw))
	blob := ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}
	if err := desk.Store.(*DB).KeepBlobs(context.Background(), []*ticket.Blob{&blob}); err != nil {
		t.Fatal(err)
	}
	_, err := desk.Receive(context.Background(), ticket.Incoming{
		Receipt: ticket.Receipt{Source: "support", Epoch: 7, UID: uid, Digest: sum, Keyed: true, Received: auditClock, Raw: blob},
		Mail: ticket.Mail{MessageID: id, InReplyTo: answers, From: ticket.Address{Email: "karen@customer.example"},
			Recipients: []string{"support@bank.example"}, Subject: "Card", NewText: "It is gone.",
			Files: []ticket.File{{Name: "photo.png", Type: "image/png", Size: 3, Sum: sum, Raw: sum, Part: "2"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// audit is what an audit finds, by code.
func audit(t testing.TB, db *DB, what Audit) (codes []string, tally Tally) {
	t.Helper()
	what.Found = func(f Finding) {
		t.Logf("%s: %s: %s", f.Code, f.Where, f.Wrong)
		if f.Where == "" || f.Wrong == "" || f.Mend == "" || strings.Contains(f.Where+f.Wrong, "%!") {
			t.Errorf("%+v does not say all", f)
		}
		codes = append(codes, f.Code)
	}
	tally, err := db.Audit(context.Background(), what)
	if err != nil {
		t.Fatal(err)
	}
	return codes, tally
}

// TestAuditClean demands that a desk which was only worked with is found to be
// as it should, and counted right.
func TestAuditClean(t *testing.T) {
	t.Parallel()
	db := workedDesk(t, enginetest.URL(t))
	for _, quick := range []bool{false, true} {
		codes, tally := audit(t, db, Audit{Quick: quick, Departments: []string{"support"}, Agents: []string{"jane"}})
		if len(codes) > 0 {
			t.Errorf("found %v", codes)
		}
		if tally.Mails != 4 || tally.Outcomes[ticket.Opened] != 3 || tally.Outcomes[ticket.Appended] != 1 ||
			tally.Tickets != 3 || tally.Sent != 2 || tally.Unsent != 3 || tally.Blobs != 4 || tally.Bytes < 4*2500 {
			t.Errorf("counted %+v", tally)
		}
	}
}

// TestAuditFinds spoils a desk in one way at a time.
func TestAuditFinds(t *testing.T) {
	t.Parallel()
	const chunk = `UPDATE blob_chunks SET bytes = (SELECT bytes FROM blob_chunks WHERE blob = 2) WHERE blob = 1`
	for name, c := range map[string]struct {
		sql  string
		want findingKind
	}{
		"no outcome":             {`UPDATE receipts SET outcome = NULL WHERE id = 1`, outcomeMissing},
		"outcome off the list":   {`UPDATE receipts SET outcome = 'eaten' WHERE id = 1`, outcomeMissing},
		"opened nothing":         {`UPDATE receipts SET ticket = NULL WHERE id = 1`, outcomeUntrue},
		"entry gone":             {`UPDATE receipts SET entry = 99 WHERE id = 1`, outcomeUntrue},
		"entry of another":       {`UPDATE receipts SET entry = 2 WHERE id = 1`, outcomeUntrue},
		"ticket of another":      {`UPDATE receipts SET ticket = 1002 WHERE id = 1`, outcomeUntrue},
		"row of the mark gone":   {`DELETE FROM receipts WHERE uid = 9; UPDATE epochs SET swept = 9`, uidMissing},
		"numbering gone":         {`DELETE FROM epochs`, numberingUnknown},
		"failure and receipt":    {`INSERT INTO failures (source, epoch, uid, stage, tries, error) VALUES ('support', 7, 2, 'fetch', 1, '')`, failureTaken},
		"digest of another":      {`UPDATE receipts SET digest = NULL WHERE id = 2`, digestUnclear},
		"no first of its digest": {`UPDATE receipts SET dedupe = NULL WHERE id = 2`, digestUnclear},
		"raw mail forgotten":     {`UPDATE receipts SET raw = NULL WHERE id = 2`, mailMissing},
		"raw mail shorter":       {`UPDATE receipts SET raw_size = 5 WHERE id = 2`, mailDamaged},
		"attachment's mail gone": {`UPDATE files SET raw = (SELECT secret FROM keys WHERE id = 1) WHERE id = 1`, mailMissing},
		"bytes of another mail":  {chunk, mailDamaged},
		"bytes gone":             {`DELETE FROM blob_chunks WHERE blob = 1`, mailDamaged},
		"piece gone":             {`UPDATE blob_chunks SET seq = 1 WHERE blob = 1`, mailDamaged},
		"orphan":                 {`INSERT INTO blobs (sum, size, made_at) SELECT secret, 0, 1000 FROM keys`, mailOrphaned},
		"old upload":             {`INSERT INTO blobs (size, made_at) VALUES (0, 1000)`, uploadUnfinished},
		"requester left":         {`DELETE FROM participants WHERE ticket = 1001`, threadBroken},
		"message id unknown":     {`DELETE FROM known_ids WHERE message_id = 'q2@customer.example'`, threadBroken},
		"attachment of nothing":  {`UPDATE files SET entry = NULL WHERE id = 1`, threadBroken},
		"attachment of no form":  {`UPDATE files SET entry = NULL, opening = 99 WHERE id = 1`, threadBroken},
		"copy of nothing":        {`UPDATE entries SET copy_of = 99, receipt = NULL WHERE id = 2`, threadBroken},
		"event about nothing":    {`UPDATE events SET entry = 99 WHERE id = 1`, threadBroken},
		"event of no mail":       {`UPDATE events SET receipt = 99 WHERE id = 1`, threadBroken},
		"merged into nothing":    {`UPDATE tickets SET merged_into = 1001 WHERE number = 1002`, ticketUntrue},
		"merged in a circle":     {`UPDATE tickets SET status = 'merged', merged_into = CASE number WHEN 1001 THEN 1002 ELSE 1001 END WHERE number <= 1002`, linkUntrue},
		"links in a circle":      {`INSERT INTO links (ticket, kind, other) VALUES (1001, 'child', 1002), (1002, 'child', 1003), (1003, 'child', 1001)`, linkUntrue},
		"linked to itself":       {`INSERT INTO links (ticket, kind, other) VALUES (1001, 'related', 1001)`, linkUntrue},
		"link of no kind":        {`INSERT INTO links (ticket, kind, other) VALUES (1001, 'married', 1002)`, linkUntrue},
		"link turned round":      {`INSERT INTO links (ticket, kind, other) VALUES (1002, 'related', 1001)`, linkUntrue},
		"link of a merged one":   {`UPDATE tickets SET status = 'merged', merged_into = 1003 WHERE number = 1002; INSERT INTO links (ticket, kind, other) VALUES (1001, 'blocks', 1002)`, linkUntrue},
		"link without event":     {`INSERT INTO links (ticket, kind, other) VALUES (1001, 'blocks', 1002)`, diaryUntrue},
		"merge of no diary":      {`UPDATE tickets SET status = 'merged', merged_into = 1002 WHERE number = 1001`, diaryUntrue},
		"tags not indexed":       {`INSERT INTO ticket_tags (tag, ticket) VALUES ('vpn', 1001)`, ticketUntrue},
		"fields not indexed":     {`INSERT INTO ticket_fields (field, value, ticket) VALUES ('customer-no', '17', 1001)`, ticketUntrue},
		"requester filed wrong":  {`UPDATE participants SET key = 'bob' WHERE ticket = 1001; UPDATE tickets SET requester_key = 'bob' WHERE number = 1001`, ticketUntrue},
		"status without event":   {`UPDATE tickets SET status = 'open' WHERE number = 1001`, diaryUntrue},
		"status of no list":      {`UPDATE tickets SET status = 'lost' WHERE number = 1001`, ticketUntrue},
		"assignee without event": {`UPDATE tickets SET assignee = 'jane' WHERE number = 1001`, diaryUntrue},
		"team without event":     {`UPDATE tickets SET team = 'network' WHERE number = 1001`, diaryUntrue},
		"tags without event":     {`UPDATE tickets SET tags = '["vpn"]' WHERE number = 1001`, diaryUntrue},
		"diary gone":             {`DELETE FROM events WHERE ticket = 1001`, diaryUntrue},
		"follow-up of itself":    {`UPDATE tickets SET follow_up = 5000 WHERE number = 1001`, diaryUntrue},
		"snoozed by nobody":      {`UPDATE tickets SET snoozed = 5000 WHERE number = 1001`, diaryUntrue},
		"due by nobody":          {`UPDATE tickets SET due = 5000 WHERE number = 1001`, diaryUntrue},
		"reminded by nobody":     {`UPDATE tickets SET reminders = 1 WHERE number = 1001`, diaryUntrue},
		"so since another time":  {`UPDATE tickets SET status_at = 5000 WHERE number = 1001`, diaryUntrue},
		"status of an admin":     {`UPDATE tickets SET substatus = 'vendor' WHERE number = 1001`, diaryUntrue},
		"closed by nobody":       {`UPDATE tickets SET closed_at = 5000 WHERE number = 1001`, diaryUntrue},
		"clock gone":             {`DELETE FROM sla_clocks WHERE ticket = 1001`, clockUntrue},
		"watcher of nobody's":    {`INSERT INTO watchers (ticket, agent, mode) VALUES (1001, 'jane', 'mute')`, diaryUntrue},
		"clock of nothing":       {`UPDATE sla_clocks SET cycle = 2 WHERE ticket = 1001`, clockUntrue},
		"clock ended":            {`UPDATE sla_clocks SET state = 'met' WHERE ticket = 1001`, clockUntrue},
		"clock moved":            {`UPDATE sla_clocks SET deadline_at = 5000 WHERE ticket = 1001`, clockUntrue},
		"deadline moved":         {`UPDATE tickets SET deadline = 5000 WHERE number = 1001`, clockUntrue},
		"deadline gone":          {`UPDATE tickets SET deadline = NULL WHERE number = 1001`, clockUntrue},
		"counted by no calendar": {`UPDATE tickets SET calendar = '' WHERE number = 1001`, clockUntrue},
		"counted by another":     {`UPDATE tickets SET calendar = 'office' WHERE number = 1001`, clockUntrue},
		"edition gone":           {`DELETE FROM editions`, clockUntrue},
		"terms changed":          {`UPDATE events SET after = '{}' WHERE kind = 'terms'`, clockUntrue},
		"settled too early":      {`UPDATE notices SET settled_at = 5000 WHERE id = 5`, noticeUntrue},
		"never settled":          {`UPDATE notice_recipients SET sent_at = 5000`, noticeUntrue},
		"no recipient":           {`DELETE FROM notice_recipients WHERE notice = 5`, noticeUntrue},
		"wrong lane":             {`UPDATE notices SET lane = 5 WHERE id = 5`, noticeUntrue},
		"never free":             {`UPDATE notices SET free_at = 1 WHERE id = 5`, noticeUntrue},
		"held and leased":        {`UPDATE notices SET held_at = 5000, attempts = 1, leased_until = 6000 WHERE id = 5`, noticeUntrue},
		"doubt of nobody":        {`UPDATE notices SET standing = 'in-doubt' WHERE id = 5`, noticeUntrue},
		"cap not counted":        {`UPDATE notice_recipients SET key = 'bob' WHERE notice = 5`, noticeUntrue},
		"held mail gone":         {`UPDATE notices SET draft = 99 WHERE id = 5`, noticeUntrue},
		"notice's entry gone":    {`UPDATE notices SET entry = 99 WHERE id = 5`, noticeUntrue},
		"forged Message-ID":      {`UPDATE notices SET message_id = 'x@bank.example' WHERE id = 5`, noticeUnsigned},
		"stamp of another":       {`UPDATE notices SET stamp = (SELECT stamp FROM notices WHERE id = 4) WHERE id = 5`, noticeUnsigned},
		"return path of another": {`UPDATE notices SET return_path = (SELECT return_path FROM notices WHERE id = 4) WHERE id = 5`, noticeUnsigned},
		"key gone":               {`UPDATE notices SET key = 9 WHERE id = 5`, noticeUnsigned},
		"agent left":             {`UPDATE notices SET agent = 'bob' WHERE id = 5`, noticeForNobody},
		"department left":        {`UPDATE notices SET department = 'sales' WHERE id = 5`, noticeForNobody},
		"ticket counter":         {`UPDATE counters SET value = 1002 WHERE name = 'ticket'`, counterBehind},
		"notice counter":         {`DELETE FROM counters WHERE name = 'notice'`, counterBehind},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := workedDesk(t, enginetest.URL(t))
			if _, err := db.write.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			codes, _ := audit(t, db, Audit{Departments: []string{"support"}, Agents: []string{"jane"}})
			if !slices.Contains(codes, c.want.Code) {
				t.Errorf("found %q, want %s", codes, c.want.Code)
			}
		})
	}
}

// TestOpenToRead demands that reading leaves a desk and its directory as they
// were, and that nothing can be written.
func TestOpenToRead(t *testing.T) {
	t.Parallel()
	url := enginetest.SQLite(t)
	path := strings.TrimPrefix(url, "sqlite:")
	closed := workedDesk(t, url)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	before := listing(t, filepath.Dir(path))
	db, err := OpenToRead(context.Background(), url, WithClock(func() time.Time { return auditClock }))
	if err != nil {
		t.Fatal(err)
	}
	if codes, _ := audit(t, db, Audit{}); len(codes) > 0 {
		t.Errorf("found %v", codes)
	}
	if err := db.Update(context.Background(), func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err }); err == nil {
		t.Error("something was written")
	}
	writer := openURL(t, url) // a daemon that starts in the middle
	if err := writer.Update(context.Background(), func(tx ticket.Tx) error { _, err := tx.Next("a", 1); return err }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Audit(context.Background(), Audit{}); err == nil || !strings.Contains(err.Error(), "verify it again") {
		t.Errorf("a file that was written to meanwhile: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, filepath.Dir(path)); after != before {
		t.Errorf("the directory was %q, and is %q", before, after)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(files)
}
