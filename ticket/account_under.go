package ticket

import (
	"fmt"
	"slices"

	"deskpost/ticket/sla"
)

// Other names what a ticket might have had from the beginning. "" is what it had,
// with the changes that were made.
type Other struct{ Plan, Priority, Department string }

// Under is the account as it would have been under something else, by plans and
// calendars as they are in the policy. What the steps of the ticket's own plan have
// changed is in it as it happened. The error is a Refusal if a plan that the ticket
// had is not there any more.
func (a *Account) Under(p *Policy, o Other) (Account, error) {
	held := a.atFirst().fixed(o)
	terms, err := p.termsUnder(held)
	if err != nil {
		return Account{}, err
	}
	under := *a
	under.History.Terms, under.History.Events, under.Moments = terms, nil, slices.Clone(a.Moments)
	for i := range under.Moments {
		m := &under.Moments[i]
		m.Moves = slices.DeleteFunc(slices.Clone(m.Moves), func(e sla.Event) bool { return e.Kind == sla.TermsSet || e.Kind == sla.CalendarEdited })
		was := held
		for _, e := range m.changes {
			*held.field(e.Kind) = e.After
		}
		if held = held.fixed(o); held != was {
			if terms, err = p.termsUnder(held); err != nil {
				return Account{}, err
			}
			m.Moves = append(m.Moves, sla.Event{At: m.At, Kind: sla.TermsSet, Terms: terms})
		}
		under.History.Events = append(under.History.Events, m.Moves...)
	}
	under.Zone = terms.Calendar.Zone()
	return under, nil
}

// atFirst is what the ticket had when it was opened: what the first change of each
// says that it was until then.
func (a *Account) atFirst() Other {
	held := Other{a.Ticket.Plan, a.Ticket.Priority, a.Ticket.Department}
	for _, m := range slices.Backward(a.Moments) {
		for _, e := range slices.Backward(m.changes) {
			*held.field(e.Kind) = e.Before
		}
	}
	return held
}

// field is the one that events of a kind change, nil for other kinds.
func (o *Other) field(kind EventKind) *string {
	switch kind {
	case PlanChanged:
		return &o.Plan
	case PriorityChanged:
		return &o.Priority
	case DepartmentChanged:
		return &o.Department
	}
	return nil
}

// fixed is o with what another one names.
func (o Other) fixed(by Other) Other {
	if by.Plan != "" {
		o.Plan = by.Plan
	}
	if by.Priority != "" {
		o.Priority = by.Priority
	}
	if by.Department != "" {
		o.Department = by.Department
	}
	return o
}

// termsUnder are what clocks run under by the policy as it is.
func (p *Policy) termsUnder(o Other) (sla.Terms, error) {
	plan, ok := p.Plans[o.Plan]
	if !ok && o.Plan != "" {
		return sla.Terms{}, refuse(NotFound, "the plan %q is not in the config any more; name another one", o.Plan)
	}
	c := p.CalendarOf(o.Plan, o.Department)
	if c == nil {
		return sla.Terms{}, fmt.Errorf("there is no calendar for the plan %q and the department %q", o.Plan, o.Department)
	}
	return sla.Terms{Plan: &plan, Priority: o.Priority, Calendar: c}, nil
}
