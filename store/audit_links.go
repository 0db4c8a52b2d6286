package store

import (
	"fmt"

	"deskpost/ticket"
)

// links demands that merges lead somewhere.
func (a *auditor) links() error {
	into := map[ticket.Number]ticket.Number{}
	var merged []ticket.Number
	err := each(a.tx, func(s scan) error {
		var from, to ticket.Number
		err := s(&from, &to)
		into[from] = to
		merged = append(merged, from)
		return err
	}, `SELECT number, merged_into FROM tickets WHERE merged_into IS NOT NULL ORDER BY number`)
	if err != nil {
		return err
	}
	ends := map[ticket.Number]bool{} // known to lead to a ticket that was not merged
	for _, n := range merged {
		way := map[ticket.Number]bool{}
		at := n
		for into[at] != 0 && !ends[at] && !way[at] {
			way[at] = true
			at = into[at]
		}
		if way[at] {
			a.found(ticketUntrue, fmt.Sprintf("ticket %d", n), fmt.Sprintf("it goes on in ticket %d, and that leads back to ticket %d for ever", into[n], at))
			continue
		}
		for w := range way {
			ends[w] = true
		}
	}
	return nil
}
