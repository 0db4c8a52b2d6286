package main

import (
	"errors"
	"fmt"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// simulateTicket goes on with the history of a ticket, under its own terms or
// under those that are named, and returns the timeline to print.
func simulateTicket(p *ticket.Policy, a ticket.Account, asked ticket.Number, in simulationInput) (string, error) {
	s := &simulation{policy: p}
	a, err := s.under(a, in)
	if err != nil {
		return "", &usageError{err}
	}
	head := describeTicket(a, asked)
	if len(in.events) == 0 {
		l, err := realTimeline(a, false)
		if err != nil {
			return "", err
		}
		text, err := l.writeAll()
		return head + text, err
	}
	if s.journal, err = realJournal(a, false); err != nil {
		return "", err
	}
	s.follow(a)
	if err := s.play(in.events); err != nil {
		return "", &usageError{err}
	}
	now := a.At
	if s.last().After(now) {
		now = s.last()
	}
	l, err := timelineAt(s.journal, now)
	if err != nil {
		return "", err
	}
	text, err := l.writeAll()
	return head + text, err
}

// under is the account under what is named, or as it is if nothing is.
func (s *simulation) under(a ticket.Account, in simulationInput) (ticket.Account, error) {
	if in.received != "" {
		return a, errors.New("--received is for tickets that you make up; leave it out, or --ticket")
	}
	if err := s.knows(in.department); err != nil {
		return a, err
	}
	if in.plan != "" {
		if err := s.setPlan(in.plan); err != nil {
			return a, err
		}
	}
	if in.priority != "" {
		if err := s.setPriority(in.priority); err != nil {
			return a, err
		}
	}
	if other := (ticket.Other{Plan: in.plan, Priority: s.terms.Priority, Department: in.department}); other != (ticket.Other{}) {
		var err error
		if a, err = a.Under(s.policy, other); err != nil {
			return a, err
		}
	}
	if a.History.Terms.Plan == nil {
		return a, fmt.Errorf("ticket %d never had a plan; name one with --plan", a.Ticket.Number)
	}
	s.department = a.Ticket.Department
	if in.department != "" {
		s.department = in.department
	}
	return a, s.readZone(in.zone, a.Zone)
}

// follow takes over how a ticket stands after its history.
func (s *simulation) follow(a ticket.Account) {
	s.terms, s.status = s.journal.terms(), a.History.Status
	for _, e := range a.History.Events {
		switch e.Kind {
		case sla.Replied:
			s.replied = e.At
		case sla.StatusSet:
			s.stands(e)
		}
	}
}
