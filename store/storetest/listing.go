package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

var listingTests = map[string]func(*testing.T, ticket.Store){
	"lists are sorted, and paged through both ways": leaves,
	"what filters find is counted":                  counts,
}

// somePriorities are those of a desk, the most urgent last.
var somePriorities = []string{"low", "normal", "high"}

func keepListed(t *testing.T, s ticket.Store) {
	t.Helper()
	at := func(minutes int) time.Time { return noon().Add(time.Duration(minutes) * time.Minute) }
	update(t, s, func(tx ticket.Tx) error {
		for _, k := range []ticket.Ticket{
			{Number: 1, Status: ticket.New, Priority: "low", UpdatedAt: at(5), Deadline: at(40)},
			{Number: 2, Status: ticket.Open, Priority: "high", UpdatedAt: at(9)},
			{Number: 3, Status: ticket.Open, Priority: "normal", UpdatedAt: at(7), Deadline: at(40)},
			{Number: 4, Status: ticket.Open, Priority: "gone", UpdatedAt: at(9), Deadline: at(30)},
			{Number: 5, Status: ticket.Closed, Priority: "high", UpdatedAt: at(1)},
		} {
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
}

// leaves reads a list in leaves of two, forth to its end and back again.
func leaves(t *testing.T, s ticket.Store) {
	keepListed(t, s)
	view(t, s, func(tx ticket.Tx) error {
		var faults []error
		for _, c := range []struct {
			order    ticket.Order
			reversed bool
			want     []ticket.Number
		}{
			{ticket.ByDue, false, []ticket.Number{4, 1, 3, 2, 5}},
			{ticket.ByDue, true, []ticket.Number{3, 1, 4, 5, 2}},
			{ticket.ByPriority, false, []ticket.Number{5, 2, 3, 1, 4}},
			{ticket.ByPriority, true, []ticket.Number{4, 1, 3, 2, 5}},
			{ticket.ByChanged, false, []ticket.Number{4, 2, 3, 1, 5}},
			{ticket.ByChanged, true, []ticket.Number{5, 1, 3, 2, 4}},
			{ticket.ByOpened, false, []ticket.Number{5, 4, 3, 2, 1}},
			{ticket.ByOpened, true, []ticket.Number{1, 2, 3, 4, 5}},
		} {
			f := ticket.Filter{Order: c.order, Reversed: c.reversed, Priorities: somePriorities, Limit: 2}
			name := fmt.Sprintf("%s, reversed %t", c.order, c.reversed)
			forth, err := walk(tx, f)
			faults = append(faults, err, same(name, forth, c.want))
			last, err := tx.Ticket(c.want[len(c.want)-1])
			if err != nil {
				return err
			}
			f.Beyond, f.Backwards = f.PlaceOf(last), true
			back, err := walk(tx, f)
			slices.Reverse(back)
			faults = append(faults, err, same(name+", back", back, c.want[:len(c.want)-1]))
		}
		got, err := tx.Find(ticket.Filter{Order: ticket.ByPriority})
		return errors.Join(append(faults, err, same("without priorities", len(got), 5))...)
	})
}

// walk reads a list leaf by leaf.
func walk(tx ticket.Tx, f ticket.Filter) ([]ticket.Number, error) {
	var all []ticket.Number
	for range 9 {
		leaf, err := tx.Find(f)
		if err != nil || len(leaf) == 0 {
			return all, err
		}
		for _, k := range leaf {
			all = append(all, k.Number)
		}
		f.Beyond = f.PlaceOf(&leaf[len(leaf)-1])
	}
	return all, errors.New("the list has no end")
}

func counts(t *testing.T, s ticket.Store) {
	keepListed(t, s)
	view(t, s, func(tx ticket.Tx) error {
		open := []ticket.Status{ticket.New, ticket.Open}
		got, err := tx.Count([]ticket.Filter{{}, {Statuses: open}, {Statuses: open, Limit: 2}, {Assignee: "jane"},
			{DueBy: noon().Add(30 * time.Minute)}, {Priority: "high", Order: ticket.ByPriority, Priorities: somePriorities}})
		none, err2 := tx.Count(nil)
		return errors.Join(err, err2, same("counts", got, []int{5, 4, 2, 0, 1, 2}), same("nothing", len(none), 0))
	})
}
