package ledgertest_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// An account is what the desk says it did with the mail, beside what lies in
// the mailboxes.
type account struct {
	*ledger
	files    map[string]file // the desk's mail as it lies in its mailboxes, by the sum of its bytes
	receipts []receipt
	byTag    map[string][]receipt
	notices  []*notice
}

type file struct{ path, tag string }

type receipt struct {
	id, ticket, entry int64
	source            string
	epoch, uid        int64
	outcome, identity string
	raw               []byte
	text              string // of its entry
}

// duplicate reports whether the desk says that it had the mail before.
func (r receipt) duplicate() bool { return r.outcome == "duplicate" }

// accountFor compares what people sent and got with what the desk says.
func accountFor(l *ledger) {
	a := &account{ledger: l, files: make(map[string]file), byTag: make(map[string][]receipt)}
	if err := a.read(); err != nil {
		l.report.fail("read the books: %v", err)
		return
	}
	a.mailSent()
	a.mailTaken()
	a.tickets()
	a.steps()
	a.mailOut()
	a.letters()
	a.store()
}

func (a *account) read() error {
	for _, box := range deskBoxes {
		for _, path := range a.host.files(box) {
			sum, tag, err := identify(path)
			if err != nil {
				return err
			}
			a.files[sum] = file{path, tag}
		}
	}
	var err error
	a.receipts, err = rows(a.desk.db, `
		SELECT r.id, COALESCE(r.ticket, 0), COALESCE(r.entry, 0), r.source, r.epoch, r.uid, COALESCE(r.outcome, ''), r.identity,
			r.raw, COALESCE(e.text, '')
		FROM receipts AS r LEFT JOIN entries AS e ON e.id = r.entry ORDER BY r.id`, func(r *receipt) []any {
		return []any{&r.id, &r.ticket, &r.entry, &r.source, &r.epoch, &r.uid, &r.outcome, &r.identity, &r.raw, &r.text}
	})
	if err != nil {
		return err
	}
	for _, r := range a.receipts {
		if tag := a.files[fmt.Sprintf("%x", r.raw)].tag; tag != "" {
			a.byTag[tag] = append(a.byTag[tag], r)
		}
	}
	return a.readNotices()
}

// mailSent counts what people sent.
func (a *account) mailSent() {
	sent := make(map[string]int)
	for _, m := range a.people.mails {
		what := m.conv.kind.name
		if m.step != "a" {
			what += ", step " + m.step
		}
		switch {
		case m.refused != "":
			sent[what+", refused by Postfix"]++
		case a.people.returned[m.from] != "":
			sent[what+", returned by Postfix"]++
			if outcomesAt(m.conv.kind.name, m.step) != nil {
				a.report.fail("Postfix returned mail %s (%s): %s", m.tag, m.conv.kind.name, a.people.returned[m.from])
			}
		default:
			sent[what]++
		}
	}
	a.report.table("mail that people sent", sent)
}

// mailTaken finds each mail in the mailboxes in one outcome, and each outcome
// in the mailboxes.
func (a *account) mailTaken() {
	outcomes, taken := make(map[string]int), make(map[string][]receipt)
	for _, r := range a.receipts {
		outcomes[r.outcome]++
		sum := fmt.Sprintf("%x", r.raw)
		taken[sum] = append(taken[sum], r)
		switch {
		case r.outcome == "":
			a.report.fail("receipt %d has no outcome", r.id)
		case len(r.raw) == 0 && strings.HasPrefix(r.text, "This mail was removed") && a.report.seen("client-moves") > 0:
			// A person moved it while it was being taken. That is recorded, and it is
			// taken where it comes back to.
			outcomes["gone before it could be taken, and said so"]++
			outcomes[r.outcome]--
		case len(r.raw) == 0:
			a.report.fail("receipt %d (%s, UID %d) is of a mail that could not be had: %s: %s", r.id, r.source, r.uid, r.outcome, r.text)
		case a.files[sum] == file{}:
			a.report.fail("receipt %d (%s, UID %d, %s) is of a mail that lies in no mailbox", r.id, r.source, r.uid, r.outcome)
		}
	}
	a.report.table("what became of it", outcomes)
	for sum, f := range a.files {
		if len(taken[sum]) == 0 {
			a.report.fail("LOST: the mail %s (tag %q) has no receipt", f.path, f.tag)
		}
		if first := settledOnce(taken[sum]); first > 1 && f.tag == "" {
			a.report.fail("TWICE: the mail %s has %d outcomes", f.path, first)
		}
	}
	for _, m := range a.people.mails {
		a.once(m)
	}
}

// once holds one mail to its one outcome. One without a Message-ID is a mail for
// each time that it was delivered; how the desk read it counts.
func (a *account) once(m *mail) {
	if !m.accepted || a.people.returned[m.from] != "" {
		return
	}
	all := a.byTag[m.tag]
	want, copies := 1, make(map[string]bool)
	for _, r := range all {
		copies[string(r.raw)] = true
	}
	if len(all) > 0 && all[0].identity == "none" {
		want = len(copies)
	}
	switch first := settledOnce(all); {
	case len(all) == 0:
		a.report.fail("LOST: mail %s (%s) was taken by Postfix and has no receipt", m.tag, m.conv.kind.name)
	case m.conv.kind.name == "corpus" && first == 0: // two files may be the same mail
	case first < want:
		a.report.fail("LOST: mail %s (%s) has %d outcomes, want %d: %s", m.tag, m.conv.kind.name, first, want, outcomesOf(all))
	case first > want:
		a.report.fail("TWICE: mail %s (%s) has %d outcomes, want %d: %s", m.tag, m.conv.kind.name, first, want, outcomesOf(all))
	}
}

// settledOnce counts the receipts by which something was done. A copy of our
// own mail that comes by again is a loop, which is nothing.
func settledOnce(all []receipt) int {
	n := 0
	for _, r := range all {
		if !r.duplicate() && r.outcome != "loop" {
			n++
		}
	}
	return n
}

func outcomesOf(all []receipt) string {
	var words []string
	for _, r := range all {
		words = append(words, fmt.Sprintf("%s UID %d: %s #%d", r.source, r.uid, r.outcome, r.ticket))
	}
	return strings.Join(words, "; ")
}

// tickets holds each ticket to one mail that opened it.
func (a *account) tickets() {
	openers := make(map[int64]int)
	for _, r := range a.receipts {
		if slices.Contains([]string{"opened", "unreadable", "oversize"}, r.outcome) {
			openers[r.ticket]++
		}
	}
	numbers, err := rows(a.desk.db, `SELECT number FROM tickets`, func(n *int64) []any { return []any{n} })
	if err != nil {
		a.report.fail("read tickets: %v", err)
	}
	for _, n := range numbers {
		if openers[n] != 1 {
			a.report.fail("ticket %d was opened by %d mails", n, openers[n])
		}
	}
	a.report.line("tickets: %d, each opened by one mail", len(numbers))
}

var tagIn = regexp.MustCompile(`(?m)^X-Ledger-Tag: (\w+)\r$`)

// identified are the sums and tags of files that were read already.
var identified sync.Map // of [2]string by base name

// identify says which mail a file is: the sum of its bytes as served, and its
// tag if it has one in its header.
func identify(path string) (sum, tag string, err error) {
	if known, ok := identified.Load(baseName(path)); ok {
		pair := known.([2]string)
		return pair[0], pair[1], nil
	}
	raw, err := readAsServed(path)
	if err != nil {
		return "", "", err
	}
	if found := tagIn.FindSubmatch(raw[:min(len(raw), 8<<10)]); found != nil {
		tag = string(found[1])
	}
	sum = sumOf(raw)
	identified.Store(baseName(path), [2]string{sum, tag})
	return sum, tag, nil
}

// untaken says which mail in the mailboxes has no receipt yet, "" if none.
func untaken(host *mailHost, d *desk) string {
	sums, err := rows(d.db, `SELECT DISTINCT raw FROM receipts WHERE raw IS NOT NULL`, func(b *[]byte) []any { return []any{b} })
	if err != nil {
		return err.Error()
	}
	taken := make(map[string]bool, len(sums))
	for _, sum := range sums {
		taken[fmt.Sprintf("%x", sum)] = true
	}
	left := 0
	var last string
	for _, box := range deskBoxes {
		for _, path := range host.files(box) {
			sum, _, err := identify(path)
			if err != nil {
				return err.Error()
			}
			if !taken[sum] {
				left, last = left+1, path
			}
		}
	}
	if left == 0 {
		return ""
	}
	return plural(left, "mail") + " without a receipt, the last of them " + last
}

// rows reads all rows of a query.
func rows[T any](db *sql.DB, query string, fields func(*T) []any) (all []T, err error) {
	found, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var one T
		if err := found.Scan(fields(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, found.Err()
}

func count(db *sql.DB, query string) (n int, err error) {
	err = db.QueryRow(query).Scan(&n)
	return n, err
}
