package ticket

import (
	"slices"
	"strings"
)

// A pile is mails to one person that list tickets.
type pile []*Notice

// room is the first mail that so many more tickets fit into, nil if there is none.
// No mail lists more than digestItems, for it would not be read, and none is left
// out of them all.
func (p pile) room(tickets int) *Notice {
	for _, n := range p {
		if n.Facts.listed()+tickets <= digestItems {
			return n
		}
	}
	return nil
}

// listed counts the tickets in lists.
func (f *Facts) listed() int {
	count := 0
	for _, list := range f.Lists {
		count += len(list.Tickets)
	}
	return count
}

// A row is what a mail that lists tickets says of one of them.
type row struct {
	title string // of its list: why its reader gets it
	line  TicketLine
}

// rows are what a mail about deadlines says, ticket by ticket.
func (n *Notice) rows(g gate) []row {
	if n.Kind == NoticeEscalations {
		var all []row
		for _, list := range n.Facts.Lists {
			for _, line := range list.Tickets {
				all = append(all, row{list.Title, line})
			}
		}
		return all
	}
	said := slices.Clone(n.Facts.Items)
	if len(said) == 0 {
		said = []string{n.Facts.Verdict}
	}
	for _, r := range n.Facts.Remarks {
		if !slices.Contains(g.unread, r) {
			said = append(said, r)
		}
	}
	title := n.Facts.For
	if title == "" {
		title = "Deadlines"
	}
	return []row{{title, TicketLine{Number: n.Facts.Number, Subject: n.Facts.Subject, Requester: n.Facts.Requester, Priority: n.Facts.Priority,
		When: strings.Join(said, " "), Late: !n.Facts.Revoked, ReplyTo: n.ReplyTo}}}
}

// addRows adds rows to the lists, or their words to the row of the same ticket.
func (f *Facts) addRows(rows []row) {
	for _, r := range rows {
		i := slices.IndexFunc(f.Lists, func(l TicketList) bool { return l.Title == r.title })
		if i < 0 {
			f.Lists = append(f.Lists, TicketList{Title: r.title})
			i = len(f.Lists) - 1
		}
		list := &f.Lists[i]
		k := slices.IndexFunc(list.Tickets, func(l TicketLine) bool { return l.Number == r.line.Number })
		if k < 0 {
			list.Tickets = append(list.Tickets, r.line)
			continue
		}
		known := &list.Tickets[k]
		known.Late = r.line.Late // what was told last holds
		if !strings.Contains(known.When, r.line.When) {
			known.When += " " + r.line.When
		}
	}
}

// remark adds the remarks that are not among those of a mail yet.
func (f *Facts) remark(remarks []string) {
	for _, r := range remarks {
		if !slices.Contains(f.Remarks, r) {
			f.Remarks = append(f.Remarks, r)
		}
	}
}
