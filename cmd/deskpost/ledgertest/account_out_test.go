package ledgertest_test

import (
	"fmt"
	"strings"
)

// A notice is a mail that the desk owed somebody, with its one recipient.
type notice struct {
	id, ticket, entry int64
	kind, agent       string
	messageID         string
	attempts          int64
	settled, sent     bool
	failed            bool
	to, said          string
	recipients        int64
}

func (a *account) readNotices() error {
	all, err := rows(a.desk.db, `
		SELECT n.id, COALESCE(n.ticket, 0), COALESCE(n.entry, 0), n.kind, n.agent, n.message_id, n.attempts,
			CASE WHEN n.settled_at IS NULL THEN 0 ELSE 1 END, CASE WHEN r.sent_at IS NULL THEN 0 ELSE 1 END,
			CASE WHEN r.failed_at IS NULL THEN 0 ELSE 1 END, r.email, r.answer,
			(SELECT COUNT(*) FROM notice_recipients WHERE notice = n.id)
		FROM notices AS n JOIN notice_recipients AS r ON r.notice = n.id ORDER BY n.id`, func(n *notice) []any {
		return []any{&n.id, &n.ticket, &n.entry, &n.kind, &n.agent, &n.messageID, &n.attempts, yes{&n.settled}, yes{&n.sent},
			yes{&n.failed}, &n.to, &n.said, &n.recipients}
	})
	for i := range all {
		a.notices = append(a.notices, &all[i])
	}
	return err
}

// yes scans 1 as true.
type yes struct{ to *bool }

func (y yes) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("%T is no number", v)
	}
	*y.to = n == 1
	return nil
}

// mailOut finds each mail that the desk says it sent in its recipient's
// mailbox, and each mail there in the outbox. Letters of one Message-ID that
// Postfix knows by several names were sent more than once by the desk; those it
// knows by one name it has delivered twice itself, since it was killed.
func (a *account) mailOut() {
	type sending struct{ id, to string }
	got := make(map[sending]map[string]bool)
	for _, l := range a.people.letters {
		key := sending{l.id, strings.ToLower(l.to)}
		if got[key] == nil {
			got[key] = make(map[string]bool)
		}
		got[key][l.queued] = true
	}
	counts, doubles := make(map[string]int), 0
	for _, n := range a.notices {
		counts[n.kind]++
		key := sending{n.messageID, strings.ToLower(n.to)}
		copies := len(got[key])
		delete(got, key)
		doubles += max(0, copies-1)
		if copies > 1 {
			a.report.event("sent-twice", "notice %d (%s) to %s: %d mails after %d attempts; %s", n.id, n.kind, n.to, copies, n.attempts, n.said)
		}
		gone := strings.HasSuffix(n.to, "@bounce.example") || strings.HasPrefix(n.to, "nobody")
		switch {
		case n.recipients != 1:
			a.report.fail("notice %d has %d recipients", n.id, n.recipients)
		case !n.settled:
			a.report.fail("notice %d (%s) to %s is not settled: %s", n.id, n.kind, n.to, n.said)
		case gone && n.failed:
			counts["that could not arrive"]++
		case n.failed:
			a.report.fail("notice %d (%s) to %s failed: %s", n.id, n.kind, n.to, n.said)
		case gone:
			a.report.fail("notice %d (%s) to %s arrived where nobody is", n.id, n.kind, n.to)
		case copies == 0:
			a.report.fail("LOST: notice %d (%s) to %s did not arrive: %s", n.id, n.kind, n.to, n.said)
		}
	}
	for key := range got {
		a.report.fail("%s got a mail that the outbox does not know: %s", key.to, key.id)
	}
	a.report.table("mail that the desk owed", counts)
	a.doubles(doubles)
}

// doubles holds the mails that were sent twice to the instants at which nobody
// could know: a mail's end was sent and its answer lost, or it was answered and
// the daemon died, or could not write that down. Each time one mail at most is
// in hand. With the echo its copy tells, so that none is sent twice. The limit
// of that is a copy that comes later than a minute; and where a clock goes ahead
// by hours, so does each copy that is still on its way.
func (a *account) doubles(sent int) {
	doubt, kills, disk := a.report.seen("doubt"), a.report.seen("kill"), a.report.seen("disk")
	cuts, ahead := a.report.seen("cut-off"), a.report.seen("clock-forward")
	allowed := doubt + kills + disk + cuts
	if *flagEcho && ahead == 0 {
		allowed = 0
	}
	a.report.line("sent twice: %d, of %d allowed (answers lost %d, kills %d, full disks %d, cut off %d, clock forward %d, echo %t)",
		sent, allowed, doubt, kills, disk, cuts, ahead, *flagEcho)
	if sent > allowed {
		a.report.fail("TWICE: %d mails were sent twice, at most %d may be", sent, allowed)
	}
}

// letters finds what people wrote where it should have come to, by words that
// stand nowhere else: the books of the desk are not asked.
func (a *account) letters() {
	texts := make(map[string][]string) // by box, all that came
	for _, l := range a.people.letters {
		texts[l.box] = append(texts[l.box], l.text)
	}
	said := make(map[string]string)
	for box, all := range texts {
		said[box] = strings.Join(all, "\n")
	}
	for _, m := range a.people.mails {
		if m.refused != "" || outcomesAt(m.conv.kind.name, m.step) == nil {
			continue
		}
		w := word(m.conv.number, m.step)
		switch {
		case m.step == "c" && m.conv.kind.name == "talk":
			if !strings.Contains(said[customerBox], w) {
				a.report.fail("LOST: what the agent wrote in mail %s did not reach the customer", m.tag)
			}
		case m.step == "a" || m.step == "b" || m.step == "z":
			if !strings.Contains(said[agentBox], w) {
				a.report.fail("LOST: what the customer wrote in mail %s did not reach the agent", m.tag)
			}
		}
		if m.conv.kind.name == "commands" && m.step == "c" && strings.Contains(said[customerBox], w) {
			a.report.fail("LEAKED: the note in mail %s reached a customer", m.tag)
		}
	}
}
