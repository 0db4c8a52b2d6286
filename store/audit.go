package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskpost/ticket"
)

// An Audit compares everything a desk keeps with everything else. Reading is
// all it does. It looks at one consistent picture, and afterwards, page by
// page, at the bytes of the raw mail, which never change; those in a bucket too, if
// the DB was opened with it.
type Audit struct {
	Quick       bool          // only counts the bytes of raw mail, and of a SQLite file looks only how its pages hang together
	Keys        ticket.Keys   // signed notices beside the keys in the database
	Departments []string      // those there are; nil if that is not known
	Agents      []string      // likewise
	Found       func(Finding) // told of each finding as it is met
}

// A Finding is one thing that is not as it should be.
type Finding struct {
	Code   string `json:"code"`
	Where  string `json:"where"`            // the ticket, mail or notice that it is about
	Wrong  string `json:"wrong"`            // what is wrong there
	Mend   string `json:"mend"`             // what to do
	Remark bool   `json:"remark,omitempty"` // worth knowing, but nothing is wrong
}

// A Tally is how much a desk keeps.
type Tally struct {
	Mails    int64                    `json:"mails"` // receipts of every outcome
	Outcomes map[ticket.Outcome]int64 `json:"outcomes"`
	Tickets  int64                    `json:"tickets"`
	Sent     int64                    `json:"notices_settled"`
	Unsent   int64                    `json:"notices_waiting"`
	Blobs    int64                    `json:"blobs"`
	Bytes    int64                    `json:"bytes"`    // of raw mail
	Findings int64                    `json:"findings"` // without remarks
	Remarks  int64                    `json:"remarks"`
}

// perCode is how many findings of one code are told; the rest are counted.
const perCode = 100

// An auditor is an Audit at work.
type auditor struct {
	Audit
	*tx
	db    *DB
	now   time.Time
	tally Tally
	away  int64 // raw mails in a bucket that is not at hand
	told  map[string]int
}

// Audit looks for what is wrong. The error says that it could not look
// everywhere.
func (db *DB) Audit(ctx context.Context, what Audit) (Tally, error) {
	a := &auditor{Audit: what, db: db, now: db.now(), told: map[string]int{}}
	err := a.view(ctx, a.look)
	if err == nil {
		err = a.blobs(ctx)
	}
	if err == nil && db.still != nil {
		err = db.still()
	}
	if err != nil {
		err = fmt.Errorf("verify the desk: %w", db.engine.explain(err))
	}
	for _, k := range findingKinds {
		if left := a.told[k.Code] - perCode; left > 0 && a.Found != nil {
			a.Found(Finding{k.Code, "elsewhere", fmt.Sprintf("%d more of this kind", left), k.Mend, k.Remark})
		}
	}
	return a.tally, err
}

// view runs f on one picture, for as long as it takes to tell of what is found.
func (a *auditor) view(ctx context.Context, f func() error) error {
	return a.db.view(ctx, func(t *tx) error {
		if err := t.dialect.letIdle(ctx, t.sql); err != nil {
			return err
		}
		a.tx = t
		return f()
	})
}

// look runs every check on one picture. What can not be read in a damaged file
// is a finding, and the other checks go on.
func (a *auditor) look() error {
	for _, check := range []struct {
		name string
		run  func() error
	}{
		{"the file", a.engine}, {"the counts of mail", a.counts}, {"receipts", a.receipts}, {"marks", a.marks},
		{"raw mail", a.references}, {"threads", a.threads}, {"tickets", a.tickets}, {"the search index", a.texts}, {"links", a.links}, {"the outbox", a.outbox}, {"deliveries", a.deliveries},
		{"counters", a.counters},
	} {
		if err := check.run(); err != nil && !a.damaged(check.name, err) {
			return fmt.Errorf("look at %s: %w", check.name, err)
		}
	}
	return nil
}

// damaged makes a finding of what a damaged SQLite file does not give.
func (a *auditor) damaged(where string, err error) bool {
	if !isDamage(err) {
		return false
	}
	a.found(fileDamaged, where, "it can not be read to its end: "+err.Error())
	return true
}

// engine asks the database program itself.
func (a *auditor) engine() error {
	for _, q := range a.db.engine.integrity(a.Quick) {
		err := each(a.tx, func(s scan) error {
			var verdict string
			if err := s(&verdict); err != nil || verdict == "ok" {
				return err
			}
			a.found(q.kind, "the database", strings.Join(strings.Fields(verdict), " "))
			return nil
		}, q.sql)
		if err != nil {
			return err
		}
	}
	return nil
}

// An integrityQuery lists what an engine finds wrong, a line each, or "ok".
type integrityQuery struct {
	kind findingKind
	sql  string
}

// found tells of a finding.
func (a *auditor) found(k findingKind, where, wrong string) {
	if k.Remark {
		a.tally.Remarks++
	} else {
		a.tally.Findings++
	}
	a.told[k.Code]++
	if a.told[k.Code] <= perCode && a.Found != nil {
		a.Found(Finding{k.Code, where, wrong, k.Mend, k.Remark})
	}
}

// A check is a query whose every row is a finding. Where and wrong say so of
// its columns, "%[1]v" being the first.
type check struct {
	kind    findingKind
	where   string
	wrong   string
	columns int
	sql     string
}

// run runs checks that need nothing but SQL.
func (a *auditor) run(checks []check, args ...any) error {
	for _, c := range checks {
		values, into := make([]any, c.columns), make([]any, c.columns)
		for i := range values {
			into[i] = &values[i]
		}
		err := each(a.tx, func(s scan) error {
			if err := s(into...); err != nil {
				return err
			}
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					values[i] = fmt.Sprintf("%x", b)
				}
			}
			a.found(c.kind, say(c.where, values), say(c.wrong, values))
			return nil
		}, c.sql, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", c.kind.Code, err)
		}
	}
	return nil
}

// say fills columns into a text that may name some of them by their index.
func say(text string, values []any) string {
	if !strings.Contains(text, "%[") {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// counts fills the tally and demands that the outcomes add up.
func (a *auditor) counts() error {
	a.tally.Outcomes = map[ticket.Outcome]int64{}
	err := each(a.tx, func(s scan) error {
		var o ticket.Outcome
		var n int64
		if err := s(&o, &n); err != nil {
			return err
		}
		a.tally.Outcomes[o] = n
		return nil
	}, `SELECT COALESCE(outcome, ''), COUNT(*) FROM receipts GROUP BY outcome`)
	if err != nil {
		return err
	}
	err = errors.Join(
		a.one(`SELECT COUNT(*) FROM tickets`, nil, &a.tally.Tickets),
		a.one(`SELECT COUNT(settled_at), COUNT(*) - COUNT(settled_at) FROM notices`, nil, &a.tally.Sent, &a.tally.Unsent))
	if err != nil {
		return err
	}
	// Counted by another index than the outcomes are.
	return each(a.tx, func(s scan) error {
		var source string
		var epoch, mails, ended int64
		if err := s(&source, &epoch, &mails, &ended); err != nil {
			return err
		}
		a.tally.Mails += mails
		if mails != ended {
			a.found(outcomeMissing, fmt.Sprintf("mailbox %s, UIDVALIDITY %d", source, epoch),
				fmt.Sprintf("%d mails were taken, but only %d have an outcome", mails, ended))
		}
		return nil
	}, `SELECT source, epoch, COUNT(*), COUNT(CASE WHEN outcome IN (`+outcomeList()+`) THEN 1 END)
		FROM receipts GROUP BY source, epoch ORDER BY source, epoch`)
}

// outcomeList is the closed list of outcomes in SQL.
func outcomeList() string {
	list := ""
	for i, o := range ticket.Outcomes {
		if i > 0 {
			list += ", "
		}
		list += "'" + string(o) + "'"
	}
	return list
}
