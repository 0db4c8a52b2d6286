package main

import (
	"strings"
	"testing"
	"time"

	"deskpost/store/storetest"
	"deskpost/ticket"
)

// TestStatusInUseIsKept: a status that tickets still have can neither be taken
// out of the config nor be moved into another one of ours.
func TestStatusInUseIsKept(t *testing.T) {
	t.Parallel()
	desk := &ticket.Desk{Store: storetest.Open(t), Now: time.Now}
	desk.SetPolicy(&ticket.Policy{})
	err := desk.Store.Update(t.Context(), func(tx ticket.Tx) error {
		if err := tx.Save(&ticket.Ticket{Number: 1002, Status: ticket.Closed, Substatus: "duplicate"}); err != nil {
			return err
		}
		return tx.Save(&ticket.Ticket{Number: 1001, Status: ticket.Hold, Substatus: "vendor"})
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		statuses map[string]ticket.Substatus
		refused  bool
	}{
		"kept":       {map[string]ticket.Substatus{"vendor": {Key: "vendor", Of: ticket.Hold}}, false},
		"taken out":  {nil, true},
		"moved":      {map[string]ticket.Substatus{"vendor": {Key: "vendor", Of: ticket.Pending}}, true},
		"other name": {map[string]ticket.Substatus{"vendor": {Key: "vendor", Name: "Waits", Of: ticket.Hold}}, false},
	} {
		err := statusesKept(t.Context(), desk, &ticket.Policy{Substatuses: c.statuses})
		if (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), `[status.vendor] of = "hold" is missing`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
