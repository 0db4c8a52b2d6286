package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// A simulationInput is what the admin wrote.
type simulationInput struct {
	plan, priority, department, received, zone string
	events                                     []string
}

// A simulation plays a made-up history, or goes on with a real one.
type simulation struct {
	*journal
	policy     *ticket.Policy
	written    *time.Location // of times as they are written
	department string
	terms      sla.Terms
	status     string
	ended      time.Time // the later of resolved and closed; zero is neither
	replied    time.Time // the last reply
}

// simulate plays a made-up history and returns the timeline to print. Its errors
// are mistakes of the caller.
func simulate(p *ticket.Policy, in simulationInput) (string, error) {
	s := &simulation{policy: p, department: in.department, status: string(ticket.New)}
	if err := s.begin(in); err != nil {
		return "", &usageError{err}
	}
	if err := s.play(in.events); err != nil {
		return "", &usageError{err}
	}
	l, err := timelineAt(s.journal, s.last())
	if err != nil {
		return "", err
	}
	return l.writeAll()
}

// play plays events in the order in which they are written.
func (s *simulation) play(events []string) error {
	for _, text := range events {
		if err := s.event(text); err != nil {
			return fmt.Errorf("the event %q: %w", text, err)
		}
	}
	return nil
}

func (s *simulation) begin(in simulationInput) error {
	if in.plan == "" || in.received == "" {
		return errors.New(`write --plan and --received, such as: deskpost sla simulate --plan sev-a --received "2026-03-27 16:00"; ` +
			"or --ticket, for one that is there")
	}
	if err := s.knows(in.department); err != nil {
		return err
	}
	if err := s.setPlan(in.plan); err != nil {
		return err
	}
	if err := s.setPriority(cmp.Or(in.priority, s.policy.DefaultPriority)); err != nil {
		return err
	}
	zone := s.terms.Calendar.Zone()
	if err := s.readZone(in.zone, zone); err != nil {
		return err
	}
	at, rest, err := s.instant(in.received)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q is too much; write a time only", rest)
	}
	if err != nil {
		return fmt.Errorf("--received %q: %w", in.received, err)
	}
	s.journal, err = newJournal(sla.History{Received: at, Status: s.status, Terms: s.terms}, zone, journalEntry{at: at, what: "received"})
	return err
}

// knows refuses a department that is not in the config. "" is none.
func (s *simulation) knows(department string) error {
	if _, ok := s.policy.Departments[department]; !ok && department != "" {
		return unknownName("department", department, slices.Collect(maps.Keys(s.policy.Departments)))
	}
	return nil
}

// readZone sets in which zone times are written, which is another one if none is
// named.
func (s *simulation) readZone(name string, otherwise *time.Location) error {
	if s.written = otherwise; name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Errorf("--zone %q is not a time zone; write a name such as Europe/Berlin", name)
	}
	s.written = zone
	return nil
}

func unknownName(what, name string, known []string) error {
	slices.Sort(known)
	return fmt.Errorf("there is no %s %q%s Write one of: %s", what, name, fullStop(didYouMean(name, known)), strings.Join(known, ", "))
}

func (s *simulation) setPlan(name string) error {
	plan, ok := s.policy.Plans[name]
	if !ok {
		return unknownName("plan", name, slices.Collect(maps.Keys(s.policy.Plans)))
	}
	s.terms.Plan, s.terms.Calendar = &plan, s.policy.CalendarOf(name, s.department)
	return nil
}

func (s *simulation) setPriority(name string) error {
	i := slices.IndexFunc(s.policy.Priorities, func(p string) bool { return strings.EqualFold(p, name) })
	if i < 0 {
		return unknownName("priority", name, slices.Clone(s.policy.Priorities))
	}
	s.terms.Priority = s.policy.Priorities[i]
	return nil
}

// instant reads the time at the beginning of a text and returns what follows.
func (s *simulation) instant(text string) (at time.Time, rest string, err error) {
	bad := errors.New(`it does not begin with a time; write such as "2026-03-27 16:00"`)
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return at, "", bad
	}
	rest = strings.Join(fields[2:], " ")
	if at, err := time.Parse("2006-01-02 15:04Z07:00", fields[0]+" "+fields[1]); err == nil {
		return at, rest, nil
	}
	wall, err := time.Parse("2006-01-02 15:04", fields[0]+" "+fields[1])
	if err != nil {
		return at, "", bad
	}
	at, exact := calendar.At(s.written, calendar.DateOf(wall), wall.Hour()*60+wall.Minute())
	if !exact {
		return at, "", fmt.Errorf("there is no %s on that day in %s, since clocks are put forward; write a later time", fields[1], s.written)
	}
	return at, rest, nil
}

// event plays one event, with what it means to the ticket's status.
func (s *simulation) event(text string) error {
	at, what, err := s.instant(text)
	if err != nil {
		return err
	}
	if at.Before(s.last()) {
		return errors.New("it is before the one that stands before it; write events in the order of time")
	}
	events, err := s.eventsOf(at, what)
	if err != nil {
		return err
	}
	for i := range events {
		events[i].At = at
	}
	return s.note(journalEntry{at: at, what: what, cause: what}, events)
}

func (s *simulation) eventsOf(at time.Time, what string) ([]sla.Event, error) {
	word, object, _ := strings.Cut(what, " ")
	switch word {
	case "reply":
		s.replied = at
		events := []sla.Event{{Kind: sla.Replied}}
		if s.status == string(ticket.New) {
			events = append(events, s.setStatus(at, ticket.Open))
		}
		return events, nil
	case "customer":
		if !s.ended.IsZero() && at.After(s.ended.Add(s.policy.ReopenWindow)) {
			return nil, errors.New("the reopen_window is over, so this mail opens another ticket; simulate that one by itself")
		}
		events := []sla.Event{{Kind: sla.CustomerWrote}}
		if s.status != string(ticket.New) && s.status != string(ticket.Open) {
			events = append(events, s.setStatus(at, ticket.Open))
		}
		return events, nil
	case "undelivered":
		if s.replied.IsZero() {
			return nil, errors.New("there is no reply before it; write one")
		}
		if at.Sub(s.replied) > ticket.AnswerTime {
			return nil, fmt.Errorf("the reply was more than %s before, and counts as an answer whatever becomes of it", span(ticket.AnswerTime))
		}
		return []sla.Event{{Kind: sla.Undelivered, Reply: s.replied}}, nil
	case "due":
		due, rest, err := s.instant(object)
		if object == "none" {
			return []sla.Event{{Kind: sla.DueSet}}, nil
		}
		if err != nil || rest != "" || !due.After(at) {
			return nil, fmt.Errorf(`%q is not a later time; write such as "due 2026-03-30 12:00", or "due none"`, object)
		}
		return []sla.Event{{Kind: sla.DueSet, Due: due}}, nil
	case "plan", "priority", "dept":
		return s.setTerms(word, object)
	}
	statuses := []ticket.Status{ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved, ticket.Closed, ticket.Spam}
	if i := slices.Index(statuses, ticket.Status(what)); i >= 0 {
		return []sla.Event{s.setStatus(at, statuses[i])}, nil
	}
	words := []string{"reply", "customer", "undelivered", "due", "plan", "priority", "dept"}
	for _, status := range statuses {
		words = append(words, string(status))
	}
	return nil, unknownName("event", what, words)
}

func (s *simulation) setTerms(word, object string) ([]sla.Event, error) {
	var err error
	switch word {
	case "plan":
		err = s.setPlan(object)
	case "priority":
		err = s.setPriority(object)
	case "dept":
		if object == "" {
			return nil, unknownName("department", object, slices.Collect(maps.Keys(s.policy.Departments)))
		}
		if err = s.knows(object); err != nil {
			return nil, err
		}
		s.department, s.terms.Calendar = object, s.policy.CalendarOf(s.terms.Plan.Key, object)
	}
	return []sla.Event{{Kind: sla.TermsSet, Terms: s.terms}}, err
}

// setStatus moves the ticket to a status.
func (s *simulation) setStatus(at time.Time, status ticket.Status) sla.Event {
	e := sla.Event{At: at, Kind: sla.StatusSet, Status: string(status), Standing: status.Standing()}
	s.stands(e)
	return e
}

// stands keeps how the ticket stands after a change of its status.
func (s *simulation) stands(e sla.Event) {
	s.status, s.ended = e.Status, time.Time{}
	if e.Standing == sla.Done {
		s.ended = e.At
	}
}
