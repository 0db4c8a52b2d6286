package ticket

import (
	"context"
	"fmt"
)

// Canned is the wording of a canned reply, found by its key or name, with the facts
// of a ticket in the place of its variables: what #canned would send. The error is a
// Refusal if the agent may not read the ticket or not reply on it, if its department
// has no such reply, or if a variable has no value. Nothing is written.
func (d *Desk) Canned(ctx context.Context, agent string, n Number, name string) (string, error) {
	var text string
	err := d.view(ctx, func(t *turn) error {
		who, err := t.whoAsks(FromForm, agent)
		if err != nil {
			return err
		}
		tk, err := t.workOn(&Ticket{}, who, &Mail{}, t.now).readableTicket(n)
		if err != nil {
			return err
		}
		w := t.workOn(tk, who, &Mail{}, t.now)
		// Its author may still make a reply of it, so nothing goes in that customers
		// may not see.
		w.kind = Reply
		if !w.may(MayReply, tk.Department) {
			return refuse(NotAllowed, "a canned reply %s", w.missing(MayReply))
		}
		c, err := w.policy.findCanned(name, tk.Department)
		if err != nil {
			return err
		}
		text, err = w.expandText(c.Text)
		return err
	})
	return text, requestError(fmt.Sprintf("fill in a canned reply for ticket %d", n), err)
}

// CannedFor are the canned replies that an agent may use on tickets of a
// department, by key.
func (p *Policy) CannedFor(agent, department string) []Canned {
	if !p.May(agent, MayReply, department) {
		return nil
	}
	var all []Canned
	for _, key := range p.cannedOf(department) {
		all = append(all, p.Canned[key])
	}
	return all
}
