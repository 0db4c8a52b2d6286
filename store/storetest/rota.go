package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var rotaTests = map[string]func(*testing.T, ticket.Store){
	"turns are remembered by department": turns,
	"the work of agents is counted":      workload,
}

func turns(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(tx.TakeTurn("support", "jane", 1), tx.TakeTurn("support", "joe", 2), tx.TakeTurn("sales", "jane", 7),
			tx.TakeTurn("support", "jane", 3))
	})
	view(t, s, func(tx ticket.Tx) error {
		support, err1 := tx.Turns("support")
		sales, err2 := tx.Turns("sales")
		none, err3 := tx.Turns("nowhere")
		return errors.Join(err1, err2, err3, same("support", support, map[string]int64{"jane": 3, "joe": 2}),
			same("sales", sales, map[string]int64{"jane": 7}), same("nowhere", none, map[string]int64{}))
	})
}

func workload(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		for i, k := range []ticket.Ticket{
			{Status: ticket.Open, Assignee: "jane", Department: "support"}, {Status: ticket.Pending, Assignee: "jane", Department: "sales"},
			{Status: ticket.Closed, Assignee: "jane"}, {Status: ticket.New, Assignee: "joe"}, {Status: ticket.Open}, {Status: ticket.Open, Assignee: "max"},
		} {
			k.Number = ticket.Number(1001 + i)
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err1 := tx.Workload([]string{"jane", "joe", "nell"}, []ticket.Status{ticket.New, ticket.Open, ticket.Pending})
		none, err2 := tx.Workload(nil, []ticket.Status{ticket.New})
		return errors.Join(err1, err2, same("load", got, map[string]int{"jane": 2, "joe": 1}), same("of nobody", none, map[string]int{}))
	})
}
