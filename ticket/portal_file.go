package ticket

import (
	"context"
	"fmt"
)

// FileFor finds an attachment of a ticket, or of one that was merged into it, for
// an address, which has to be proven. The error is a Refusal if there is none
// among what was sent to the address or by it: nobody learns which others there
// are.
func (d *Desk) FileFor(ctx context.Context, address string, n Number, id int64) (File, error) {
	var found File
	err := d.view(ctx, func(t *turn) error {
		s, err := t.customerSheet(n, Address{Email: address})
		if err != nil {
			return err
		}
		if s == nil {
			return noTicketOfYours(n)
		}
		for _, said := range s.Said {
			for _, f := range said.Files {
				if f.ID == id {
					found = f
					return nil
				}
			}
		}
		return refuseCustomer(NotFound, "refused.no-file", with("number", s.Number), "there is no such file on ticket %d", s.Number)
	})
	return found, requestError(fmt.Sprintf("find a file of ticket %d for a customer", n), err)
}
