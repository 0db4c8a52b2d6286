package ticket

import (
	"fmt"
	"slices"
	"time"

	"deskpost/ticket/command"
)

// runMacro runs a macro as the desk itself, which has every right, for what came
// at an instant: a step of a plan was reached. Its commands all run, or none. It
// changes tk, writes what it says into the thread, and tells whom that concerns;
// saving tk and recording the events is left to the caller. The result says what
// came of it, for the diary.
//
// Its text is automatic mail: where the caps, the sender of the ticket or an
// empty variable are against it, it is left out, and the commands run all the
// same. So it is if it is meant for the customer and comes too late to tell.
func (t *turn) runMacro(tk *Ticket, key string, at time.Time, late bool) ([]*Event, string, error) {
	m, ok := t.policy.Macros[key]
	if !ok {
		return nil, fmt.Sprintf("there is no macro %q", key), nil
	}
	if !t.policy.within(tk.Department, m.Departments) {
		return nil, fmt.Sprintf("the macro %s is not for %s", m.Name, t.policy.PathName(tk.Department)), nil
	}
	w := &work{turn: t, byDesk: true, ticket: *tk, before: *tk, mail: new(Mail), received: at, kind: Note}
	w.ticket.Tags = slices.Clone(tk.Tags)
	if err := w.run([]command.Line{{Verb: "macro", Args: key, Raw: "#macro " + key}}); err != nil {
		return nil, "", err
	}
	if w.refused {
		return nil, fmt.Sprintf("the macro %s did not run: %s", m.Name, w.firstFailure()), nil
	}
	left, err := w.weighText(late)
	if err != nil {
		return nil, "", err
	}
	if err := w.deliverMacro(); err != nil {
		return nil, "", err
	}
	*tk = w.ticket
	result := "macro " + m.Name
	if left != "" {
		result += ", without its text: " + left
	}
	return w.events, result, nil
}

// weighText drops the text of a macro of the desk where something is against it,
// and says what.
func (w *work) weighText(late bool) (string, error) {
	if !w.posts() {
		return "", nil
	}
	if w.kind == Reply && late {
		w.inserted = nil
		return "it is too late for it", nil
	}
	if w.kind == Reply {
		probe := &Notice{Facts: w.facts(&w.ticket)}
		why, err := w.whyNotTellResolved(probe)
		if err != nil {
			return "", err
		}
		w.reticent = probe.Facts.Subject == "" // what an unproven sender wrote is not sent on
		if why != "" {
			w.inserted = nil
			return why, nil
		}
	}
	w.expandInserted()
	if err := w.makePublic(); err != nil {
		return "", err
	}
	w.weighPosting()
	if w.refused {
		w.inserted = nil
		return w.firstFailure(), nil
	}
	return "", nil
}

// deliverMacro does what an agent's mail does with what the commands changed.
func (w *work) deliverMacro() error {
	w.mail.From = w.policy.Departments[w.ticket.Department].Address
	entry, err := w.post()
	if err != nil {
		return err
	}
	if err := w.giveToSomebody(); err != nil {
		return err
	}
	if err := w.changePeople(); err != nil {
		return err
	}
	_, err = w.tell(entry)
	return err
}
