package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// Terms say under which plan a ticket is, at what priority, and by which
// calendar its time is counted, each in the revision of that time: the diary
// keeps them, so that its clocks can be computed again when the config says
// something else.
type Terms struct {
	Plan             string `json:"plan,omitempty"` // key; "" is none
	PlanRevision     string `json:"plan_revision,omitempty"`
	Priority         string `json:"priority,omitempty"`
	Calendar         string `json:"calendar,omitempty"` // key
	CalendarRevision string `json:"calendar_revision,omitempty"`
}

// String is the form in which events keep terms; parseTerms reads it.
func (t Terms) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		return "" // strings can be written
	}
	return string(text)
}

// same reports whether two terms differ at most in the edition of the calendar.
func (t Terms) same(u Terms) bool {
	t.CalendarRevision = u.CalendarRevision
	return t == u
}

func parseTerms(text string) (Terms, error) {
	var t Terms
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return Terms{}, fmt.Errorf("read terms %q: %w", text, err)
	}
	return t, nil
}

// terms are what holds for a ticket by the policy.
func (p *Policy) terms(tk *Ticket) Terms {
	t := Terms{Priority: tk.Priority}
	if plan, ok := p.Plans[tk.Plan]; ok {
		t.Plan, t.PlanRevision = plan.Key, planRevision(&plan)
	}
	if c := p.CalendarOf(tk.Plan, tk.Department); c != nil {
		t.Calendar, t.CalendarRevision = c.Key(), c.Revision()
	}
	return t
}

// termsAfter are what holds for a ticket that was under other terms. Where no
// calendar is set nothing can be promised, and what its clocks have counted
// before keeps the calendar that it was counted by.
func (p *Policy) termsAfter(was Terms, tk *Ticket) Terms {
	now := p.terms(tk)
	if now.Calendar == "" {
		now.Plan, now.PlanRevision = "", ""
		now.Calendar, now.CalendarRevision = was.Calendar, was.CalendarRevision
	}
	return now
}

// A Setting is by what the clocks of some tickets are counted: their department
// and plan, and what these meant when it was last noted.
type Setting struct {
	Department, Plan, PlanRevision, Calendar, CalendarRevision string
}

// An EditionKind says what an edition is one of.
type EditionKind string

// The kinds of editions.
const (
	PlanEdition     EditionKind = "plan"
	CalendarEdition EditionKind = "calendar"
)

// An Edition is what a plan or a calendar said in one revision.
type Edition struct {
	Kind     EditionKind
	Key      string
	Revision string
	Says     string // JSON
}

// promise is what decides about the clocks of a plan. Its steps are not part of
// it: they are those of the config, and to edit them moves no deadline.
type promise struct {
	Name       string                `json:"name"`
	Targets    map[string]sla.Target `json:"targets,omitempty"`
	PauseOn    []string              `json:"pause_on,omitempty"`
	PauseFirst bool                  `json:"pause_first,omitempty"`
	OnReopen   sla.OnReopen          `json:"on_reopen,omitempty"`
	OnChange   sla.OnChange          `json:"on_change,omitempty"`
}

func promiseOf(p *Plan) promise {
	return promise{p.Name, p.Targets, p.PauseOn, p.PauseFirst, p.OnReopen, p.OnChange}
}

// planRevision changes whenever deadlines under the plan may change.
func planRevision(p *Plan) string {
	said := promiseOf(p)
	said.Name = ""
	text, err := json.Marshal(said)
	if err != nil {
		return "" // what a plan is made of can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// keepEditions writes what the terms mean by now.
func (t *turn) keepEditions(terms Terms) error {
	if plan, ok := t.policy.Plans[terms.Plan]; ok {
		if err := t.keepEdition(PlanEdition, terms.Plan, terms.PlanRevision, promiseOf(&plan)); err != nil {
			return err
		}
	}
	if c, ok := t.policy.Calendars[terms.Calendar]; ok {
		return t.keepEdition(CalendarEdition, terms.Calendar, terms.CalendarRevision, c)
	}
	return nil
}

func (t *turn) keepEdition(kind EditionKind, key, revision string, what any) error {
	_, err := t.tx.Edition(kind, key, revision)
	if !isAbsent(err) {
		return err
	}
	says, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write down the %s %s: %w", kind, key, err)
	}
	return t.tx.KeepEdition(Edition{kind, key, revision, string(says)})
}

// readTerms turns terms of the diary into those that clocks run under. The
// steps are always those that the plan has now.
func (t *turn) readTerms(terms Terms) (sla.Terms, error) {
	plan, err := t.readPlan(terms.Plan, terms.PlanRevision)
	if err != nil {
		return sla.Terms{}, err
	}
	c, err := t.readCalendar(terms.Calendar, terms.CalendarRevision)
	if err != nil {
		return sla.Terms{}, err
	}
	return sla.Terms{Plan: plan, Priority: terms.Priority, Calendar: c}, nil
}

func (t *turn) readPlan(key, revision string) (*Plan, error) {
	now, ok := t.policy.Plans[key]
	if key == "" || ok && planRevision(&now) == revision {
		return &now, nil
	}
	e, err := t.tx.Edition(PlanEdition, key, revision)
	if err != nil {
		return nil, fmt.Errorf("read revision %s of the plan %s: %w", revision, key, err)
	}
	var said promise
	if err := json.Unmarshal([]byte(e.Says), &said); err != nil {
		return nil, fmt.Errorf("read revision %s of the plan %s: %w", revision, key, err)
	}
	return &Plan{Key: key, Name: said.Name, Calendar: now.Calendar, Targets: said.Targets, PauseOn: said.PauseOn, PauseFirst: said.PauseFirst,
		OnReopen: said.OnReopen, OnChange: said.OnChange, Steps: now.Steps}, nil
}

func (t *turn) readCalendar(key, revision string) (*calendar.Calendar, error) {
	if c, ok := t.policy.Calendars[key]; ok && c.Revision() == revision {
		return c, nil
	}
	if c, ok := t.calendars.Load(key + "@" + revision); ok {
		return c.(*calendar.Calendar), nil
	}
	e, err := t.tx.Edition(CalendarEdition, key, revision)
	if err != nil {
		return nil, fmt.Errorf("read revision %s of the calendar %s: %w", revision, key, err)
	}
	c := new(calendar.Calendar)
	if err := json.Unmarshal([]byte(e.Says), c); err != nil {
		return nil, fmt.Errorf("read revision %s of the calendar %s: %w", revision, key, err)
	}
	t.calendars.Store(key+"@"+revision, c)
	return c, nil
}
