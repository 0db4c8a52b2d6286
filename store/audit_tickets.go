package store

import (
	"fmt"
	"maps"
	"slices"

	"deskpost/ticket"
)

// threads holds what hangs on tickets together, where the engine does not.
func (a *auditor) threads() error {
	return a.run([]check{
		{threadBroken, "ticket %[1]v", "it has no entry", 1,
			`SELECT k.number FROM tickets AS k WHERE NOT EXISTS (SELECT 1 FROM entries AS e WHERE e.ticket = k.number) ORDER BY k.number`},
		{threadBroken, "ticket %[1]v", "its requester %[2]v does not take part in it", 2,
			`SELECT k.number, k.requester_email FROM tickets AS k
			WHERE k.requester_key <> ''
				AND NOT EXISTS (SELECT 1 FROM participants AS p WHERE p.ticket = k.number AND p.key = k.requester_key) ORDER BY k.number`},
		{threadBroken, "ticket %[1]v, entry %[2]v", "its Message-ID %[3]v is not known, so that answers to it may not find the ticket", 3,
			`SELECT e.ticket, e.id, e.message_id FROM entries AS e
			WHERE e.kind = 'message' AND e.audience = 'thread' AND e.message_id <> ''
				AND NOT EXISTS (SELECT 1 FROM known_ids AS i WHERE i.message_id = e.message_id AND i.ticket = e.ticket) ORDER BY e.id`},
		{threadBroken, "ticket %[1]v, entry %[2]v", "it is a copy of entry %[3]v, which is not there, on the same ticket, or says something else", 3,
			`SELECT e.ticket, e.id, e.copy_of FROM entries AS e LEFT JOIN entries AS o ON o.id = e.copy_of
			WHERE e.copy_of IS NOT NULL AND (o.id IS NULL OR o.ticket = e.ticket OR o.text <> e.text OR e.receipt IS NOT NULL) ORDER BY e.id`},
		{threadBroken, "attachment %[1]v (%[2]v)", "it belongs to no entry, held mail, opening that waits or unsent text, or to several", 2,
			`SELECT f.id, f.name FROM files AS f LEFT JOIN openings AS o ON o.notice = f.opening
			WHERE CASE WHEN f.entry IS NULL THEN 0 ELSE 1 END + CASE WHEN f.draft IS NULL THEN 0 ELSE 1 END
				+ CASE WHEN o.notice IS NULL THEN 0 ELSE 1 END + CASE WHEN f.unsent IS NULL THEN 0 ELSE 1 END <> 1 OR f.opening IS NOT NULL AND o.notice IS NULL ORDER BY f.id`},
		{threadBroken, "ticket %[1]v, event %[2]v", "it is about entry %[3]v, which is not there or on another ticket", 3,
			`SELECT v.ticket, v.id, v.entry FROM events AS v LEFT JOIN entries AS e ON e.id = v.entry
			WHERE v.entry IS NOT NULL AND (e.id IS NULL OR e.ticket <> v.ticket) ORDER BY v.id`},
		{threadBroken, "ticket %[1]v, event %[2]v", "the mail of receipt %[3]v caused it, which is not there", 3,
			`SELECT v.ticket, v.id, v.receipt FROM events AS v LEFT JOIN receipts AS r ON r.id = v.receipt
			WHERE v.receipt IS NOT NULL AND r.id IS NULL ORDER BY v.id`},
		{clockUntrue, "ticket %[1]v", "clocks are kept of it, and it is counted by no calendar", 1,
			`SELECT DISTINCT c.ticket FROM sla_clocks AS c JOIN tickets AS k ON k.number = c.ticket WHERE k.calendar = '' ORDER BY c.ticket`},
		{ticketUntrue, "ticket %[1]v", "its status is %[2]q, and it continues in ticket %[3]v (0 is none)", 3,
			`SELECT number, status, COALESCE(merged_into, 0) FROM tickets WHERE (status = 'merged') <> (merged_into IS NOT NULL) ORDER BY number`},
	})
}

// ticketPage is how many tickets are compared with their diaries at a time.
const ticketPage = 200

// tickets holds each ticket to its diary, its tags and its own columns.
func (a *auditor) tickets() error {
	for last := int64(0); ; {
		page, err := rows(a.tx, func(s scan) (k auditedTicket, err error) {
			return k, s(append(ticketFields(&k.Ticket), &k.key)...)
		}, `SELECT `+ticketColumns+`, requester_key FROM tickets WHERE number > $1 ORDER BY number LIMIT $2`, last, ticketPage)
		if err != nil || len(page) == 0 {
			return err
		}
		first := last
		last = int64(page[len(page)-1].Number)
		byNumber := make(map[ticket.Number]*auditedTicket, len(page))
		for i := range page {
			byNumber[page[i].Number] = &page[i]
		}
		if err := a.addDiaries(byNumber, first, last); err != nil {
			return err
		}
		for i := range page {
			a.ticket(&page[i])
			if err := a.clocks(&page[i].Ticket); err != nil {
				return err
			}
		}
	}
}

// An auditedTicket is a ticket with what is kept of it elsewhere.
type auditedTicket struct {
	ticket.Ticket
	key   string // of the requester
	diary ticket.Diary
	index map[indexed]bool  // rows for its tags and fields
	links []string          // as the ticket sees them
	watch map[string]string // modes of those who said what they want to hear
}

// addDiaries reads the events, links, watchers and index of the tickets above first
// up to last.
func (a *auditor) addDiaries(tickets map[ticket.Number]*auditedTicket, first, last int64) error {
	err := each(a.tx, func(s scan) error {
		var e ticket.Event
		err := s(&e.Ticket, instant{&e.At}, instant{&e.Since}, &e.Kind, &e.Before, &e.After)
		if k := tickets[e.Ticket]; k != nil {
			k.diary.Follow(e)
		}
		return err
	}, `SELECT ticket, at, since, kind, before, after FROM events WHERE ticket > $1 AND ticket <= $2 ORDER BY ticket, id`, first, last)
	if err != nil {
		return err
	}
	err = each(a.tx, func(s scan) error {
		l, err := scanLink(s)
		for _, n := range []ticket.Number{l.From, l.To} {
			if k := tickets[n]; k != nil {
				k.links = append(k.links, l.Seen(n))
			}
		}
		return err
	}, `SELECT ticket, kind, other FROM links WHERE ticket > $1 AND ticket <= $2
		UNION SELECT ticket, kind, other FROM links WHERE other > $1 AND other <= $2`, first, last)
	if err != nil {
		return err
	}
	err = each(a.tx, func(s scan) error {
		var n ticket.Number
		var agent, mode string
		err := s(&n, &agent, &mode)
		if k := tickets[n]; k != nil {
			if k.watch == nil {
				k.watch = map[string]string{}
			}
			k.watch[agent] = mode
		}
		return err
	}, `SELECT ticket, agent, mode FROM watchers WHERE ticket > $1 AND ticket <= $2`, first, last)
	if err != nil {
		return err
	}
	return each(a.tx, func(s scan) error {
		var n ticket.Number
		var i indexed
		err := s(&n, &i.field, &i.value)
		if k := tickets[n]; k != nil {
			if k.index == nil {
				k.index = map[indexed]bool{}
			}
			k.index[i] = true
		}
		return err
	}, `SELECT ticket, '', tag FROM ticket_tags WHERE ticket > $1 AND ticket <= $2
		UNION ALL SELECT ticket, field, value FROM ticket_fields WHERE ticket > $1 AND ticket <= $2`, first, last)
}

func (a *auditor) ticket(k *auditedTicket) {
	where := fmt.Sprintf("ticket %d", k.Number)
	for _, wrong := range k.diary.Against(&k.Ticket) {
		a.found(diaryUntrue, where, wrong)
	}
	if want := indexRows(&k.Ticket); !maps.Equal(want, k.index) {
		a.found(ticketUntrue, where, fmt.Sprintf("its tags and fields are %q, and indexed are %q", inWords(want), inWords(k.index)))
	}
	slices.Sort(k.links)
	if says := k.diary.Links(); !slices.Equal(k.links, says) {
		a.found(diaryUntrue, where, fmt.Sprintf("its links are %q, its diary says %q", k.links, says))
	}
	if says := k.diary.Watchers(); !maps.Equal(k.watch, says) {
		a.found(diaryUntrue, where, fmt.Sprintf("its watchers are %v, its diary says %v", k.watch, says))
	}
	if k.key != k.Requester.Key() {
		a.found(ticketUntrue, where, fmt.Sprintf("it is filed under the requester %q, and that is %q", k.key, k.Requester.Email))
	}
	if !k.Status.Known() {
		a.found(ticketUntrue, where, fmt.Sprintf("its status %q is none of the list", k.Status))
	}
}

// clocks holds what is kept of the clocks of a ticket to its diary.
func (a *auditor) clocks(k *ticket.Ticket) error {
	if k.Calendar == "" {
		return nil // it never had any; threads looks for those that nobody knows of
	}
	diary, err := a.Events(k.Number)
	if err != nil {
		return err
	}
	where := fmt.Sprintf("ticket %d", k.Number)
	wrong, err := ticket.ClocksAgainst(a.tx, k, diary, a.now)
	if isDamage(err) {
		return err
	}
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, w := range wrong {
		a.found(clockUntrue, where, w)
	}
	return nil
}

// counters demands that no number is given twice.
func (a *auditor) counters() error {
	for _, c := range []struct{ name, highest string }{
		{"ticket", `SELECT COALESCE(MAX(number), 0) FROM tickets`},
		{"notice", `SELECT COALESCE(MAX(id), 0) FROM notices`},
		{"delivery", `SELECT COALESCE(MAX(id), 0) FROM deliveries`},
	} {
		var highest, counted int64
		if err := a.one(c.highest, nil, &highest); err != nil {
			return err
		}
		if err := a.one(`SELECT COALESCE(MAX(value), 0) FROM counters WHERE name = $1`, args{c.name}, &counted); err != nil {
			return err
		}
		if counted < highest {
			a.found(counterBehind, "the counter "+c.name, fmt.Sprintf("it stands at %d, and %d is in use", counted, highest))
		}
	}
	return nil
}
