package ledgertest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A balance is what the account of a run says beside that it is right.
type balance struct {
	twice   map[string]int  // how often a mail went out more than once, by Message-ID and recipient
	bounced map[string]bool // that there was a report of
}

// account compares what people wrote and got with what the desk has in its
// books. What is lost, or in the books twice, is an error; what went out twice
// is for the caller to judge.
func (d *deaths) account() (b balance) {
	d.t.Helper()
	d.peek(func(db *sql.DB) {
		d.accountIn(db)
		b = d.accountOut(db)
	})
	d.accountServer()
	return b
}

// accountIn demands one outcome for every mail, one effect for every mail that
// came once or twice, and one ticket for every conversation.
func (d *deaths) accountIn(db *sql.DB) {
	d.t.Helper()
	type book struct{ outcome, ticket string }
	books := map[string]book{} // by mailbox and UID
	effects := map[string][]book{}
	for _, r := range d.list(db, 5, "SELECT source, uid, message_id, outcome, ticket FROM receipts") {
		b := book{outcome: r[3], ticket: r[4]}
		books[r[0]+"@desk.example "+r[1]] = b
		if b.outcome != "duplicate" {
			effects[r[2]] = append(effects[r[2]], b)
		}
	}
	want := d.expected()
	lost, echoes := 0, 0
	for _, m := range d.delivered {
		if _, ok := books[fmt.Sprintf("%s %d", m.mailbox, m.uid)]; !ok {
			lost++
			d.t.Errorf("lost: mail %s, UID %d of %s", m.id, m.uid, m.mailbox)
		}
		if m.echo {
			echoes++
		}
	}
	for id, outcomes := range want {
		if got := effects[id]; len(got) != 1 || !slices.Contains(outcomes, got[0].outcome) {
			d.t.Errorf("mail %s has the outcomes %v, want one of %v", id, got, outcomes)
		}
	}
	for number := range d.began {
		c := conversationOf(d.seed, number+1)
		if len(effects[c.firstID()]) != 1 {
			continue // said above
		}
		ticket := effects[c.firstID()][0].ticket
		for _, id := range []string{c.replyID(), c.agentID(), c.bounceID()} {
			if _, written := want[id]; written && len(effects[id]) == 1 && effects[id][0].ticket != ticket {
				d.t.Errorf("mail %s is on ticket %s, its conversation on %s", id, effects[id][0].ticket, ticket)
			}
		}
	}
	if n := d.count(db, "SELECT COUNT(*) FROM tickets"); n != d.began {
		d.t.Errorf("%d tickets for %d conversations", n, d.began)
	}
	if n := d.count(db, "SELECT COUNT(*) FROM (SELECT receipt FROM entries WHERE receipt IS NOT NULL GROUP BY receipt HAVING COUNT(*) > 1) AS double"); n != 0 {
		d.t.Errorf("%d mails are in a thread twice", n)
	}
	waited := d.count(db, "SELECT COALESCE(MAX(at - received_at), 0) FROM receipts")
	d.t.Logf("in: %d mails and %d echoes, %d lost, %d receipts, %d tickets; the longest that one waited were %s", len(d.delivered)-echoes, echoes,
		lost, len(books), d.began, (time.Duration(waited) * time.Millisecond / speed).Round(time.Millisecond))
}

// expected are the outcomes that a mail may have, by Message-ID, for all that
// people wrote.
func (d *deaths) expected() map[string][]string {
	want := map[string][]string{}
	for _, m := range d.delivered {
		switch kind, _, _ := strings.Cut(m.id, "."); {
		case m.echo:
		case kind == "first":
			want[m.id] = []string{"opened"}
		case kind == "reply":
			want[m.id] = []string{"appended"}
		case kind == "agent":
			want[m.id] = []string{"appended", "commanded"}
		case kind == "bounce":
			want[m.id] = []string{"bounce"}
		}
	}
	return want
}

// accountOut demands that every notice in the books reached everybody it was
// for, that nothing went out that is not in the books, and that the books hold
// each notice that the conversations call for once.
func (d *deaths) accountOut(db *sql.DB) (b balance) {
	d.t.Helper()
	taken := map[string]int{} // by Message-ID and recipient
	for _, a := range d.accepted {
		taken[a.id+" "+a.to]++
	}
	b = balance{twice: map[string]int{}, bounced: map[string]bool{}}
	notices, lost := 0, 0
	for _, r := range d.list(db, 4, `SELECT n.message_id, r.email, n.kind, r.failed_at
		FROM notices AS n JOIN notice_recipients AS r ON r.notice = n.id`) {
		notices++
		key := r[0] + " " + r[1]
		if taken[key] == 0 {
			lost++
			d.t.Errorf("lost: %s notice %s", r[2], key)
		}
		if n := taken[key] - 1; n > 0 {
			b.twice[key] = n
		}
		b.bounced[key] = r[3] != ""
		delete(taken, key)
	}
	for key, n := range taken {
		d.t.Errorf("%d mails %s went out that are not in the books", n, key)
	}
	for kind, want := range d.expectedNotices() {
		if n := d.count(db, "SELECT COUNT(*) FROM notices WHERE kind = $1", kind); n != want {
			d.t.Errorf("%d notices of kind %q, want %d", n, kind, want)
		}
	}
	for _, e := range d.list(db, 2, "SELECT ticket, detail FROM events WHERE kind = 'not-acknowledged'") {
		d.t.Errorf("ticket %s was not acknowledged: %s", e[0], e[1])
	}
	d.t.Logf("out: %d notices, %d lost, %d sent once more", notices, lost, sum(b.twice))
	return b
}

// expectedNotices is how many notices of each kind the conversations call for.
func (d *deaths) expectedNotices() map[string]int {
	want := map[string]int{}
	for number := range d.began {
		c := conversationOf(d.seed, number+1)
		want["ack"]++
		want["new"]++
		if c.replies {
			want["message"]++
		}
		if c.bounces {
			want["undeliverable"]++
		}
		if c.agent == "" || strings.HasPrefix(c.agent, "#resolve") {
			want["reply"]++
		}
		if strings.HasPrefix(c.agent, "#") {
			want["transcript"]++
		}
	}
	return want
}

// accountServer demands that the mail server was told of every mail, and that
// none has gone from it.
func (d *deaths) accountServer() {
	d.t.Helper()
	for mailbox, folder := range map[string]string{supportBox: "INBOX", helpBox: doneFolder} {
		stored, err := d.imap.Messages(mailbox, folder)
		if err != nil {
			d.t.Fatal(err)
		}
		there := map[string]bool{}
		for _, m := range stored {
			there[idOf(m.Raw)] = true
			if folder == "INBOX" && !slices.Contains(m.Flags, "\\Seen") {
				d.t.Errorf("mail %d of %s is taken and not flagged as seen", m.UID, mailbox)
			}
		}
		for _, m := range d.delivered {
			if m.mailbox == mailbox && !there[m.id] {
				d.t.Errorf("mail %s has gone from %s", m.id, mailbox)
			}
		}
	}
	left, err := d.imap.Messages(helpBox, "INBOX")
	if err != nil {
		d.t.Fatal(err)
	}
	if len(left) > 0 {
		d.t.Errorf("%d mails were not moved out of the INBOX of %s", len(left), helpBox)
	}
}
