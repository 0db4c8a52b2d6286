package store

import (
	"cmp"
	"fmt"
	"slices"

	"deskpost/ticket"
)

// noticePage is how many notices are looked at at a time.
const noticePage = 500

// An auditedNotice is a notice with the columns that are computed from others.
type auditedNotice struct {
	ticket.Notice
	lane      int
	freeAt    int64
	misfiled  int // recipients whose columns for the caps are not the notice's
	onTicket  int64
	draftGone bool
}

// outbox holds each notice to its recipients, its columns and its key.
func (a *auditor) outbox() error {
	keys, err := a.keys()
	if err != nil {
		return err
	}
	for _, k := range a.Keys {
		if !slices.ContainsFunc(keys, func(other ticket.Key) bool { return other.ID == k.ID }) {
			keys = append(keys, k)
		}
	}
	for last := int64(0); ; {
		page, err := rows(a.tx, scanAudited, auditedNotices, last, noticePage)
		if err != nil || len(page) == 0 {
			return err
		}
		first := last
		last = page[len(page)-1].ID
		if err := a.addAllRecipients(page, first, last); err != nil {
			return err
		}
		for i := range page {
			a.notice(&page[i], keys)
		}
	}
}

const auditedNotices = `
	SELECT n.*, COALESCE(e.ticket, 0), CASE WHEN n.draft IS NOT NULL AND d.id IS NULL THEN 1 ELSE 0 END
	FROM (SELECT ` + noticeColumns + `, lane, free_at FROM notices WHERE id > $1 ORDER BY id LIMIT $2) AS n
	LEFT JOIN entries AS e ON e.id = n.entry LEFT JOIN drafts AS d ON d.id = n.draft
	ORDER BY n.id`

func scanAudited(s scan) (n auditedNotice, err error) {
	var gone int
	err = s(append(noticeFields(&n.Notice), &n.lane, &n.freeAt, &n.onTicket, &gone)...)
	n.draftGone = gone != 0
	return n, err
}

// addAllRecipients reads the recipients of the notices above first up to last.
func (a *auditor) addAllRecipients(page []auditedNotice, first, last int64) error {
	return each(a.tx, func(s scan) error {
		var r ticket.Recipient
		var queued ticket.Notice
		var id int64
		var key string
		err := s(&id, &r.Address.Email, &key, instant{&r.SentAt}, instant{&r.FailedAt}, wordTo{&r.InDoubt, "in-doubt"}, instant{&queued.QueuedAt})
		if err != nil {
			return err
		}
		at, ok := slices.BinarySearchFunc(page, id, func(n auditedNotice, id int64) int { return cmp.Compare(n.ID, id) })
		if !ok {
			return nil // the engine finds a recipient without a notice
		}
		n := &page[at]
		n.Recipients = append(n.Recipients, r)
		if key != r.Address.Key() || !queued.QueuedAt.Equal(n.QueuedAt) {
			n.misfiled++
		}
		return nil
	}, `SELECT notice, email, key, sent_at, failed_at, standing, queued_at FROM notice_recipients
		WHERE notice > $1 AND notice <= $2 ORDER BY notice, seq`, first, last)
}

func (a *auditor) notice(n *auditedNotice, keys ticket.Keys) {
	where := fmt.Sprintf("notice %d (%s, ticket %d)", n.ID, n.Kind, n.Ticket)
	for _, wrong := range n.contradictions() {
		a.found(noticeUntrue, where, wrong)
	}
	for _, wrong := range keys.Vouch(&n.Notice) {
		a.found(noticeUnsigned, where, wrong)
	}
	if !n.SettledAt.IsZero() {
		return
	}
	if n.Agent != "" && a.Agents != nil && !slices.Contains(a.Agents, n.Agent) {
		a.found(noticeForNobody, where, fmt.Sprintf("it waits for the agent %q, who is not in the config", n.Agent))
	}
	if a.Departments != nil && !slices.Contains(a.Departments, n.Department) {
		a.found(noticeForNobody, where, fmt.Sprintf("it comes from the department %q, which is not in the config", n.Department))
	}
}

// contradictions lists where a notice is not what the desk makes of notices.
func (n *auditedNotice) contradictions() []string {
	outstanding := slices.ContainsFunc(n.Recipients, ticket.Recipient.Outstanding)
	doubted := slices.ContainsFunc(n.Recipients, func(r ticket.Recipient) bool { return r.InDoubt })
	sent := slices.ContainsFunc(n.Recipients, func(r ticket.Recipient) bool { return !r.SentAt.IsZero() })
	settled := !n.SettledAt.IsZero()
	var wrong []string
	for _, c := range []struct {
		is    bool
		wrong string
	}{
		{len(n.Recipients) == 0, "it has no recipient"},
		{settled && outstanding, "it is settled, but a recipient was neither served nor given up"},
		{!settled && !outstanding && len(n.Recipients) > 0, "every recipient was served or given up, but it is not settled"},
		{settled && (n.InDoubt || !n.LeasedUntil.IsZero()), "it is settled, but still leased or in doubt"},
		{n.Held() && !n.LeasedUntil.IsZero(), "it is held, but leased to a sender"},
		{n.InDoubt && !doubted, "it is in doubt, but none of its recipients is"},
		{n.Attempts < 0, fmt.Sprintf("%d attempts were made", n.Attempts)},
		{n.Attempts == 0 && sent && n.EchoedAt.IsZero(), "it was sent without an attempt"},
		{n.Attempts == 0 && !n.LeasedUntil.IsZero(), "it is leased without an attempt"},
		{n.lane != lane(n.Kind), fmt.Sprintf("it is served in lane %d, and belongs in %d", n.lane, lane(n.Kind))},
		{n.freeAt != freeAt(&n.Notice), fmt.Sprintf("it counts as free at %d, and due and lease say %d", n.freeAt, freeAt(&n.Notice))},
		{n.misfiled > 0, fmt.Sprintf("%d of its recipients are filed under another address or time", n.misfiled)},
		{n.Entry != 0 && n.onTicket != int64(n.Ticket), fmt.Sprintf("its entry %d is not there or on another ticket", n.Entry)},
		{n.draftGone, fmt.Sprintf("the held mail %d that it answers is not there", n.Draft)},
		{!slices.Contains(ticket.NoticeKinds, n.Kind), "its kind is none of the list"},
	} {
		if c.is {
			wrong = append(wrong, c.wrong)
		}
	}
	return wrong
}
