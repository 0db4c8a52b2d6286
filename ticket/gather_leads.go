package ticket

import (
	"fmt"
	"maps"
	"slices"
)

// caught counts the people whom a catch-up would mail.
func caught(waiting []Notice) int {
	people := map[string]bool{}
	for i := range waiting {
		if waiting[i].forLeads() {
			people[waiting[i].Agent] = true
		}
	}
	return len(people)
}

// forLeads reports whether leads are told of a notice where a catch-up would mail
// too many. They are not in place of who is to be woken, or is no agent.
func (n *Notice) forLeads() bool {
	return n.Agent != "" && n.Waits.missed() && n.Waits != WaitsToWake
}

// tellLeads tells of a catch-up that would mail too many people: the leads of the
// tickets' departments, or those who stand in for them, get all of it when they
// work, and the others none. It returns the notices of which it has told nobody.
func (t *turn) tellLeads(waiting []Notice, g gate) ([]Notice, error) {
	mails := map[string]pile{}
	var left []Notice
	for i := range waiting {
		n := &waiting[i]
		var readers []addressee
		if n.forLeads() {
			var err error
			if readers, err = t.leadReaders(n); err != nil {
				return nil, err
			}
		}
		if len(readers) == 0 {
			left = append(left, *n)
			continue
		}
		for _, to := range readers {
			key := to.agent.Key
			all := mails[key].room(1)
			if all == nil {
				var err error
				if all, err = t.leadMail(to.agent, n.Department, g); err != nil {
					return nil, err
				}
				mails[key] = append(mails[key], all)
			}
			all.Facts.addRows(n.rowsFor(to, g))
		}
		if err := t.settleMerged(n); err != nil {
			return nil, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(mails)) {
		for _, n := range mails[key] {
			if err := t.queue(n); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// leadReaders are the agents who read of an alarm in place of its reader, each
// once. If nobody leads it is who was meant.
func (t *turn) leadReaders(n *Notice) ([]addressee, error) {
	keys := t.leads(n.Department)
	if len(keys) == 0 {
		keys = []string{n.Agent}
	}
	var readers []addressee
	for _, key := range keys {
		list, err := t.addressees(key, n.Department)
		if err != nil {
			return nil, err
		}
		for _, to := range list {
			if !slices.ContainsFunc(readers, func(r addressee) bool { return r.agent.Key == to.agent.Key }) {
				readers = append(readers, to)
			}
		}
	}
	return readers, nil
}

// leadMail is a mail to somebody who reads in place of many.
func (t *turn) leadMail(a Agent, department string, g gate) (*Notice, error) {
	n := t.reportTo(a, NoticeEscalations, department)
	n.Facts.Answers = planAnswers
	n.Facts.Remarks = append([]string{fmt.Sprintf("more than %d people would have been mailed of what was missed: only leads are", catchupMails)}, g.unread...)
	return n, t.putOff(n, a)
}

// rowsFor are the rows of an alarm for somebody who reads it in place of another.
// What takes commands for its ticket takes them from its own reader only.
func (n *Notice) rowsFor(to addressee, g gate) []row {
	rows := n.rows(g)
	if n.Agent == to.agent.Key {
		return rows
	}
	for i := range rows {
		rows[i].line.ReplyTo, rows[i].title = "", "Deadlines"
		if to.whom != "" {
			rows[i].title = standsInFor(to.whom)
		}
	}
	return rows
}
