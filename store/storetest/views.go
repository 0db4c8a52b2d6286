package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var viewTests = map[string]func(*testing.T, ticket.Store){
	"the lists of agents are kept in their order": views,
}

func views(t *testing.T, s ticket.Store) {
	first, second := ticket.View{Name: "Große", Query: `prio:high "a b"`}, ticket.View{Name: "VIP", Query: "tag:vip"}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(tx.SaveViews("jane", []ticket.View{first, second}), tx.SaveViews("john", []ticket.View{second}))
	})
	update(t, s, func(tx ticket.Tx) error { return tx.SaveViews("jane", []ticket.View{second, first}) })
	view(t, s, func(tx ticket.Tx) error {
		janes, err1 := tx.Views("jane")
		johns, err2 := tx.Views("john")
		veras, err3 := tx.Views("vera")
		return errors.Join(err1, err2, err3, same("Jane's", janes, []ticket.View{second, first}), same("John's", johns, []ticket.View{second}),
			same("Vera's", len(veras), 0))
	})
}
