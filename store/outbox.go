package store

import (
	"errors"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

const insertNotice = `
	INSERT INTO notices (id, ticket, entry, kind, answer, agent, department, written_by, dedupe, draft, facts,
		key, from_name, from_email, message_id, reply_to, return_path, stamp, in_reply_to, refs,
		queued_at, due_at, attempts, leased_until, leased_by, standing, delay_told_at, echoed_at, again_at, settled_at,
		held_at, held_why, lane, free_at, waits)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
		$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)
	ON CONFLICT (dedupe) DO NOTHING`

// Queue implements ticket.Outbox.
func (t *tx) Queue(n *ticket.Notice) (bool, error) {
	if n.ID <= 0 {
		return false, errors.New("queue notice: it has no ID")
	}
	written, err := t.exec(insertNotice, n.ID, ref(n.Ticket), ref(n.Entry), string(n.Kind), string(n.Answer), n.Agent,
		n.Department, word(n.Automatic, "desk", "agent"), textOrNull(n.Dedupe), ref(n.Draft), jsonOf(n.Facts),
		n.Key, n.From.Name, n.From.Email, n.MessageID, n.ReplyTo, n.ReturnPath, n.Stamp, n.InReplyTo, jsonOf(n.References),
		ms(n.QueuedAt), ms(n.DueAt), n.Attempts, ms(n.LeasedUntil), n.LeasedBy, word(n.InDoubt, "in-doubt", "known"),
		ms(n.DelayTold), ms(n.EchoedAt), ms(n.AgainAt), ms(n.SettledAt), ms(n.HeldAt), n.HeldWhy, lane(n.Kind), freeAt(n), string(n.Waits))
	if err != nil || written == 0 {
		return false, err
	}
	for seq, r := range n.Recipients {
		_, err := t.exec(`
			INSERT INTO notice_recipients (notice, seq, name, email, key, field, sent_at, failed_at, standing, answer, queued_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			n.ID, seq, r.Address.Name, r.Address.Email, r.Address.Key(), word(r.Cc, "cc", "to"),
			ms(r.SentAt), ms(r.FailedAt), word(r.InDoubt, "in-doubt", "known"), r.Answer, ms(n.QueuedAt))
		if err != nil {
			return false, err
		}
	}
	return true, failpoint.Here("store.queue")
}

// lane is the order in which notices are served: people wait for replies.
func lane(k ticket.NoticeKind) int {
	if k == ticket.NoticeReply {
		return 0
	}
	return 1
}

// freeAt is when a notice is due and nobody's.
func freeAt(n *ticket.Notice) int64 {
	at := n.DueAt
	if n.LeasedUntil.After(at) {
		at = n.LeasedUntil
	}
	return at.UnixMilli()
}

const noticeColumns = `id, ticket, entry, kind, answer, agent, department, written_by, COALESCE(dedupe, ''), draft, facts,
	key, from_name, from_email, message_id, reply_to, return_path, stamp, in_reply_to, refs,
	queued_at, due_at, attempts, leased_until, leased_by, standing, delay_told_at, echoed_at, again_at, settled_at, held_at, held_why, waits`

func noticeFields(n *ticket.Notice) []any {
	return []any{&n.ID, refTo[ticket.Number]{&n.Ticket}, refTo[int64]{&n.Entry}, &n.Kind, &n.Answer, &n.Agent,
		&n.Department, wordTo{&n.Automatic, "desk"}, &n.Dedupe, refTo[int64]{&n.Draft}, jsonTo[ticket.Facts]{&n.Facts},
		&n.Key, &n.From.Name, &n.From.Email, &n.MessageID, &n.ReplyTo, &n.ReturnPath, &n.Stamp, &n.InReplyTo,
		jsonTo[[]string]{&n.References}, instant{&n.QueuedAt}, instant{&n.DueAt}, &n.Attempts, instant{&n.LeasedUntil},
		&n.LeasedBy, wordTo{&n.InDoubt, "in-doubt"}, instant{&n.DelayTold}, instant{&n.EchoedAt}, instant{&n.AgainAt}, instant{&n.SettledAt},
		instant{&n.HeldAt}, &n.HeldWhy, &n.Waits}
}

// Amend implements ticket.Outbox. A notice that was attempted is not found.
func (t *tx) Amend(id int64, f ticket.Facts) error {
	return t.must(`UPDATE notices SET facts = $2 WHERE id = $1 AND attempts = 0`, id, jsonOf(f))
}

// Notice implements ticket.Outbox.
func (t *tx) Notice(id int64) (ticket.Notice, error) {
	return t.notice(`SELECT `+noticeColumns+` FROM notices WHERE id = $1`, id)
}

// Deduped implements ticket.Outbox.
func (t *tx) Deduped(key string) (ticket.Notice, error) {
	return t.notice(`SELECT `+noticeColumns+` FROM notices WHERE dedupe = $1`, textOrNull(key))
}

func (t *tx) notice(query string, a ...any) (ticket.Notice, error) {
	var n ticket.Notice
	if err := t.one(t.held(query), a, noticeFields(&n)...); err != nil {
		return ticket.Notice{}, err
	}
	return n, t.addRecipients(&n)
}

// Notices implements ticket.Outbox.
func (t *tx) Notices(number ticket.Number) ([]ticket.Notice, error) {
	return t.notices(`SELECT `+noticeColumns+` FROM notices WHERE ticket = $1 ORDER BY id`, int64(number))
}

const (
	waitingQuery = `SELECT ` + noticeColumns + ` FROM notices WHERE settled_at IS NULL AND id > $1 ORDER BY id LIMIT $2`
	heldQuery    = `SELECT ` + noticeColumns + ` FROM notices
		WHERE settled_at IS NULL AND held_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2`
)

// Waiting implements ticket.Outbox.
func (t *tx) Waiting(after int64, held bool, limit int) ([]ticket.Notice, error) {
	if held {
		return t.notices(heldQuery, after, limit)
	}
	return t.notices(waitingQuery, after, limit)
}

func (t *tx) notices(query string, a ...any) ([]ticket.Notice, error) {
	notices, err := rows(t, func(s scan) (n ticket.Notice, err error) { return n, s(noticeFields(&n)...) }, query, a...)
	if err != nil {
		return nil, err
	}
	for i := range notices {
		if err := t.addRecipients(&notices[i]); err != nil {
			return nil, err
		}
	}
	return notices, nil
}

// addRecipients reads the recipients of a notice.
func (t *tx) addRecipients(n *ticket.Notice) error {
	var err error
	n.Recipients, err = rows(t, func(s scan) (r ticket.Recipient, err error) {
		return r, s(&r.Address.Name, &r.Address.Email, wordTo{&r.Cc, "cc"}, instant{&r.SentAt}, instant{&r.FailedAt},
			wordTo{&r.InDoubt, "in-doubt"}, &r.Answer)
	}, `SELECT name, email, field, sent_at, failed_at, standing, answer FROM notice_recipients WHERE notice = $1 ORDER BY seq`, n.ID)
	return err
}

// claimQuery finds what is due and nobody's. A lease that is there has ended
// without settlement, or in doubt: such a notice waits for the instant doubt, but
// for those that sign in (NoticeKind.SignsIn).
const claimQuery = `
	SELECT id FROM notices
	WHERE settled_at IS NULL AND held_at IS NULL AND +free_at <= $1
		AND (leased_until IS NULL OR leased_until < CASE WHEN kind IN ('sign-in', 'confirm', 'visit') THEN $1 + 1 ELSE $2 END)
	ORDER BY lane, id LIMIT $3`

// Claim implements ticket.Outbox.
func (t *tx) Claim(node string, now, until, doubt time.Time, limit int) ([]ticket.Notice, error) {
	ids, err := rows(t, scalar[int64], claimQuery+t.dialect.claimed, now.UnixMilli(), doubt.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	claimed := make([]ticket.Notice, len(ids))
	for i, id := range ids {
		err := t.must(`
			UPDATE notices SET attempts = attempts + 1, leased_until = $2, leased_by = $5,
				free_at = CASE WHEN due_at > $3 THEN due_at ELSE $3 END,
				again_at = CASE WHEN leased_until IS NOT NULL AND echoed_at IS NULL THEN $4 ELSE again_at END
			WHERE id = $1`, id, ms(until), until.UnixMilli(), now.UnixMilli(), node)
		if err != nil {
			return nil, err
		}
		if claimed[i], err = t.Notice(id); err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// EndLeases implements ticket.Outbox.
func (t *tx) EndLeases(node string, now time.Time) (int, error) {
	ended, err := t.exec(`
		UPDATE notices SET leased_until = $1, free_at = CASE WHEN due_at > $1 THEN due_at ELSE $1 END
		WHERE settled_at IS NULL AND held_at IS NULL AND leased_until > $1 AND ($2 = '' OR leased_by = $2)`, now.UnixMilli(), node)
	return int(ended), err
}

const bringForward = `
	UPDATE notices SET
		due_at = CASE WHEN due_at >= $2 THEN $1 ELSE due_at END,
		leased_until = CASE WHEN standing = 'in-doubt' AND leased_until >= $2 THEN $1 ELSE leased_until END
	WHERE settled_at IS NULL AND held_at IS NULL AND free_at >= $2 AND (attempts > 0 OR queued_at > $1)`

// BringForward implements ticket.Outbox. The lease of an attempt that may still
// run is left alone: its sender ends it.
func (t *tx) BringForward(now, limit time.Time) error {
	if _, err := t.exec(bringForward, now.UnixMilli(), limit.UnixMilli()); err != nil {
		return err
	}
	_, err := t.exec(`
		UPDATE notices SET free_at = CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END
		WHERE settled_at IS NULL AND held_at IS NULL AND free_at >= $1`, limit.UnixMilli())
	return err
}

// SaveDelivery implements ticket.Outbox. The count of attempts is written too,
// for an attempt that was booked may turn out not to have begun.
func (t *tx) SaveDelivery(n ticket.Notice) error {
	err := t.must(`
		UPDATE notices SET due_at = $2, attempts = $3, leased_until = $4, leased_by = $5, standing = $6, delay_told_at = $7,
			echoed_at = $8, settled_at = $9, free_at = $10, again_at = $11, held_at = $12, held_why = $13, waits = $14
		WHERE id = $1`,
		n.ID, ms(n.DueAt), n.Attempts, ms(n.LeasedUntil), n.LeasedBy, word(n.InDoubt, "in-doubt", "known"),
		ms(n.DelayTold), ms(n.EchoedAt), ms(n.SettledAt), freeAt(&n), ms(n.AgainAt), ms(n.HeldAt), n.HeldWhy, string(n.Waits))
	if err != nil {
		return err
	}
	for seq, r := range n.Recipients {
		err := t.must(`UPDATE notice_recipients SET sent_at = $3, failed_at = $4, standing = $5, answer = $6 WHERE notice = $1 AND seq = $2`,
			n.ID, seq, ms(r.SentAt), ms(r.FailedAt), word(r.InDoubt, "in-doubt", "known"), r.Answer)
		if err != nil {
			return err
		}
	}
	return failpoint.Here("store.delivery")
}

const nextDueQuery = `SELECT MIN(free_at) FROM notices WHERE settled_at IS NULL AND held_at IS NULL`

// NextDue implements ticket.Outbox.
func (t *tx) NextDue() (time.Time, error) {
	return t.when(nextDueQuery)
}

// CountNotices implements ticket.Outbox. A notice queued at f.Since counts.
func (t *tx) CountNotices(f ticket.NoticeFilter) (int, error) {
	query, a := countNoticesQuery(f)
	var count int
	err := t.one(query, a, &count)
	return count, err
}

func countNoticesQuery(f ticket.NoticeFilter) (string, args) {
	var w where
	query, queuedAt := `SELECT COUNT(*) FROM notices`, "queued_at"
	if f.Address != "" {
		// A notice may go to the same address twice. With CROSS JOIN, SQLite starts
		// from the recipient and not from all notices of the time.
		query = `SELECT COUNT(DISTINCT notices.id) FROM notice_recipients AS r CROSS JOIN notices`
		queuedAt = "r.queued_at"
		w.conditions = append(w.conditions, "notices.id = r.notice")
		w.add("r.key = $", f.Address)
	}
	if f.Ticket != 0 {
		w.add("ticket = $", int64(f.Ticket))
	}
	w.equal("agent", f.Agent)
	w.in("kind", words(f.Kinds))
	if f.Customers {
		w.add("agent = $", "")
		w.equal("written_by", "desk")
	}
	if f.Held {
		w.conditions = append(w.conditions, "settled_at IS NULL", "held_at IS NOT NULL")
	}
	if !f.Since.IsZero() {
		w.add(queuedAt+" >= $", f.Since.UnixMilli())
	}
	return query + w.text(), w.args
}
