package store

import (
	"fmt"

	"deskpost/ticket"
)

// links demands that merges and links lead somewhere.
func (a *auditor) links() error {
	err := a.run([]check{
		{linkUntrue, "the link of ticket %[1]v to ticket %[3]v", "it is a %[2]q, which is none of the list, or it should begin at the lower number", 3,
			`SELECT ticket, kind, other FROM links WHERE kind NOT IN ('duplicate', 'blocks', 'child', 'follow-up', 'related')
				OR kind = 'related' AND ticket > other ORDER BY ticket, other`},
		{linkUntrue, "the link (%[2]v) of ticket %[1]v to ticket %[3]v", "ticket %[4]v was merged, so it should be on the one that goes on", 4,
			`SELECT l.ticket, l.kind, l.other, k.number FROM links AS l JOIN tickets AS k ON k.number = l.ticket OR k.number = l.other
			WHERE k.status = 'merged' ORDER BY l.ticket, l.other, k.number`},
	})
	if err != nil {
		return err
	}
	if err := a.circles("", `SELECT number, '', merged_into FROM tickets WHERE merged_into IS NOT NULL ORDER BY number`); err != nil {
		return err
	}
	for _, kind := range []ticket.LinkKind{ticket.DuplicateOf, ticket.Blocks, ticket.ChildOf, ticket.FollowUpOf, ticket.RelatedTo} {
		if err := a.circles(kind, `SELECT ticket, kind, other FROM links WHERE kind = $1 ORDER BY ticket, other`, string(kind)); err != nil {
			return err
		}
	}
	return nil
}

// circles demands that one who follows links never comes by a ticket again. A
// merge is a link without a kind here.
func (a *auditor) circles(kind ticket.LinkKind, query string, args ...any) error {
	links, err := rows(a.tx, scanLink, query, args...)
	if err != nil {
		return err
	}
	next := map[ticket.Number][]ticket.Number{}
	for _, l := range links {
		next[l.From] = append(next[l.From], l.To)
	}
	done := map[ticket.Number]bool{} // everything that it leads to was looked at
	for _, l := range links {
		if at, found := circle(next, l.From, done); found {
			what := "its links (" + string(kind) + ")"
			if kind == "" {
				what = "the merges behind it"
			}
			a.found(linkUntrue, fmt.Sprintf("ticket %d", at), what+" lead in a circle")
		}
	}
	return nil
}

// circle finds a ticket from which one comes back to it, on ways that begin at a
// ticket and were not looked at before. It goes as deep as links do, without
// calling itself, since a chain of merges may be long.
func circle(next map[ticket.Number][]ticket.Number, start ticket.Number, done map[ticket.Number]bool) (at ticket.Number, found bool) {
	type step struct {
		ticket ticket.Number
		tried  int
	}
	way, on := []step{}, map[ticket.Number]bool{}
	if !done[start] {
		way, on[start] = append(way, step{ticket: start}), true
	}
	for len(way) > 0 {
		s := &way[len(way)-1]
		if s.tried == len(next[s.ticket]) {
			done[s.ticket], on[s.ticket] = true, false
			way = way[:len(way)-1]
			continue
		}
		to := next[s.ticket][s.tried]
		s.tried++
		switch {
		case on[to]:
			at, found = to, true
		case !done[to]:
			way, on[to] = append(way, step{ticket: to}), true
		}
	}
	return at, found
}
