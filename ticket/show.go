package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of what is told by mail.
const (
	shownText  = 4000 // bytes of one entry's text
	shownTotal = 200_000
	listed     = 50
)

func doShow(w *work, args string) (string, error) {
	n := w.ticket.Number
	if args != "" {
		var err error
		if n, err = parseNumber(args); err != nil {
			return "", refuse(Invalid, "which ticket? Write its number, as in #show 1234")
		}
	}
	tk, result := &w.ticket, "see below"
	if n != w.ticket.Number {
		other, err := w.readableTicket(n)
		if err != nil {
			return "", err
		}
		if tk = other; tk.Number != n {
			result = fmt.Sprintf("was merged into %d, see below", tk.Number)
		}
	}
	var pending []*Event
	if tk == &w.ticket {
		pending = w.events
	}
	lines, err := w.threadLines(tk, pending)
	if err != nil {
		return "", err
	}
	w.report = append(w.report, lines...)
	return result, nil
}

// threadLines writes a ticket with its messages, replies, notes and events, and
// those of the tickets merged into it. What the ticket at hand already is, and is
// not in its diary yet, is pending.
func (w *work) threadLines(tk *Ticket, pending []*Event) ([]string, error) {
	events, err := w.diaries(tk.Number)
	if err != nil {
		return nil, err
	}
	items, err := w.items(tk.Number, events)
	if err != nil {
		return nil, err
	}
	links, err := w.linkLines(tk.Number)
	if err != nil {
		return nil, err
	}
	lines, size := append(w.ticketLines(tk), links...), 0
	if spent := w.spentLine(tk, events, pending); spent != "" {
		lines = append(lines, spent)
	}
	lines = append(lines, "")
	for _, item := range items {
		part := w.itemLines(&item, tk.Number)
		for _, l := range part {
			size += len(l)
		}
		if size > shownTotal {
			return append(lines, "(the rest is too long for a mail)"), nil
		}
		lines = append(lines, part...)
	}
	return lines, nil
}

// ticketLines are the properties of a ticket.
func (t *turn) ticketLines(tk *Ticket) []string {
	f := t.facts(tk)
	lines := []string{
		fmt.Sprintf("Ticket %d: %s", tk.Number, tk.Subject),
		fmt.Sprintf("requester %s, opened %s", cmp.Or(addressText(tk.Requester), "unknown"), t.local(tk.OpenedAt)),
		t.stateLine(tk),
	}
	if f.Tags != "" {
		lines = append(lines, "tags: "+f.Tags)
	}
	for _, field := range f.Fields {
		lines = append(lines, field.Name+": "+field.Value)
	}
	if !tk.FollowUp.IsZero() {
		lines = append(lines, "comes back "+t.local(tk.FollowUp))
	}
	if !tk.Snoozed.IsZero() {
		lines = append(lines, "snoozed until "+t.local(tk.Snoozed))
	}
	if !tk.Due.IsZero() {
		lines = append(lines, "due "+t.local(tk.Due))
	}
	return lines
}

// stateLine is how a ticket stands, in one line.
func (t *turn) stateLine(tk *Ticket) string {
	f := t.facts(tk)
	line := fmt.Sprintf("%s | %s | %s | %s | SLA %s", f.Status, f.Priority, f.Department, cmp.Or(f.Assignee, "nobody"), cmp.Or(f.Plan, "none"))
	if due := t.dueWords(tk, t.policy.Zone); due != "" {
		line += " | " + due
	}
	return line
}

// dueWords say when the nearest deadline of the clocks that run is, or that it
// has passed; "" if there is none.
func (t *turn) dueWords(tk *Ticket, zone *time.Location) string {
	if tk.Deadline.IsZero() {
		return ""
	}
	word, form := "due", "Mon 15:04"
	if tk.Deadline.Before(t.now) {
		word = "late since"
	}
	if away := tk.Deadline.Sub(t.now).Abs(); away > 6*24*time.Hour {
		form = "Mon 2 Jan 15:04"
		if away > 300*24*time.Hour {
			form = "Mon 2 Jan 2006 15:04"
		}
	}
	return word + " " + tk.Deadline.In(zone).Format(form)
}

// itemLines writes an item of a ticket's thread.
func (t *turn) itemLines(item *Item, in Number) []string {
	from := ""
	if item.Ticket != in {
		from = fmt.Sprintf(" (from #%d)", item.Ticket)
	}
	e := item.Entry
	if e == nil {
		return []string{fmt.Sprintf("%s  EVENT by %s: %s%s", t.local(item.At), item.Actor, item.Text, from)}
	}
	kind := strings.ToUpper(string(e.Kind))
	if e.Held {
		kind = "HELD " + kind
		if e.Denied {
			kind = "REJECTED " + strings.ToUpper(string(e.Kind))
			if e.Kind == Reply {
				kind = "WITHDRAWN REPLY"
			}
		}
	}
	lines := []string{fmt.Sprintf("%s  [%s] %s by %s%s", t.local(item.At), item.Label, kind, item.Actor, from)}
	text := e.Text
	if len(text) > shownText {
		text = strings.ToValidUTF8(text[:shownText], "") + " (...)"
	}
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, "    "+strings.TrimRight(line, "\r"))
	}
	for _, r := range item.Remarks {
		lines = append(lines, "    ["+r+"]")
	}
	return append(lines, "")
}

// says is what an event says to people, "" if something else says it better.
func (t *turn) says(e *Event) string {
	if e.Kind.addsEntry() && e.Kind != TicketOpened {
		return "" // the entry says it
	}
	switch e.Kind {
	case TicketOpened:
		return "opened"
	case TermsChanged:
		return e.Detail // without one the change that brought other terms says it
	case StepReached, BreachRevoked:
		return e.Detail
	case StatusChanged:
		what := fmt.Sprintf("status: %s -> %s", t.policy.StateName(ParseState(e.Before)), t.policy.StateName(ParseState(e.After)))
		if e.Detail != "" {
			what += ": " + e.Detail
		}
		return what
	case FollowUpChanged, DueChanged, SnoozeChanged:
		return fmt.Sprintf("%s: %s -> %s", e.Kind, cmp.Or(t.instantWords(e.Before), "none"), cmp.Or(t.instantWords(e.After), "none"))
	case PriorityChanged, TagsChanged, SubjectChanged, RequesterChanged:
		return fmt.Sprintf("%s: %s -> %s", e.Kind, cmp.Or(e.Before, "none"), cmp.Or(e.After, "none"))
	case FieldChanged:
		return t.fieldChange(e)
	case TicketRated:
		return ratingWords(e)
	case TimeSpent:
		what := fmt.Sprintf("time spent: %s -> %s", e.Before, e.After)
		if e.Detail != "" {
			what += ", " + e.Detail
		}
		return what
	case AssigneeChanged:
		return fmt.Sprintf("assignee: %s -> %s", cmp.Or(t.policy.agentName(e.Before), "nobody"), cmp.Or(t.policy.agentName(e.After), "nobody"))
	case WatchChanged:
		return t.watchChange(e)
	case TeamChanged:
		return fmt.Sprintf("team: %s -> %s", cmp.Or(t.policy.teamName(e.Before), "none"), cmp.Or(t.policy.teamName(e.After), "none"))
	case DepartmentChanged:
		return fmt.Sprintf("department: %s -> %s", t.policy.PathName(e.Before), t.policy.PathName(e.After))
	case PlanChanged:
		return fmt.Sprintf("SLA plan: %s -> %s", cmp.Or(t.policy.Plans[e.Before].Name, "none"), cmp.Or(t.policy.Plans[e.After].Name, "none"))
	case LinkAdded:
		return e.After
	case LinkRemoved:
		return "no longer " + e.Before
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Detail)
}

// local writes an instant in the zone of the desk.
func (t *turn) local(at time.Time) string { return at.In(t.policy.Zone).Format("2006-01-02 15:04 MST") }

func addressText(a Address) string {
	if a.Name == "" {
		return a.Email
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Email)
}

func doList(w *work, args string) (string, error) {
	if lines, ok := w.configured(strings.ToLower(args)); ok {
		if w.ticket.Number == 0 {
			return "", aboutOneTicket()
		}
		w.report = append(w.report, lines...)
		return "see below", nil
	}
	f, err := w.policy.query(args, w.agent.Key, w.now)
	if err != nil {
		return "", err
	}
	f.Departments = w.readable(f.Departments)
	switch {
	case len(f.Departments) > 0:
	case w.ticket.Number == 0:
		return "", refuse(NotAllowed, "there is no such department in which you have the right %q", MayRead)
	default:
		return "", refuse(NotAllowed, "%s", w.missing(MayRead))
	}
	f.Limit = listed
	tickets, err := w.find(f, args)
	if err != nil {
		return "", err
	}
	for i := range tickets {
		if tickets[i].Number == w.ticket.Number {
			tickets[i] = w.ticket
		}
	}
	w.report = append(w.report, w.listLines(tickets)...)
	return fmt.Sprintf("%d found, see below", len(tickets)), nil
}

// find lists what a query found that f was made of. If it is nothing, and a word
// that was searched for is nearly one that has a meaning, the error says so.
func (t *turn) find(f Filter, query string) ([]Ticket, error) {
	tickets, err := t.tx.Find(f)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	if len(tickets) == 0 && len(f.Phrases) > 0 {
		return nil, t.policy.slip(query)
	}
	return tickets, nil
}

// readable narrows departments to those the agent may read; none asked for are
// all of them.
func (w *work) readable(asked []string) []string {
	if len(asked) == 0 {
		for key := range w.policy.Departments {
			asked = append(asked, key)
		}
		slices.Sort(asked)
	}
	return slices.DeleteFunc(slices.Clone(asked), func(key string) bool {
		return !w.may(MayRead, key)
	})
}

// listLines lists tickets, two lines each: short enough for a telephone.
func (t *turn) listLines(tickets []Ticket) []string {
	var lines []string
	for i := range tickets {
		f := t.facts(&tickets[i])
		state := fmt.Sprintf("    %s, %s, %s, %s, %s", f.Status, f.Priority, f.Department, cmp.Or(f.Assignee, "nobody"), t.local(tickets[i].UpdatedAt))
		if due := t.dueWords(&tickets[i], t.policy.Zone); due != "" {
			state += ", " + due
		}
		lines = append(lines, fmt.Sprintf("#%d  %s", f.Number, f.Subject), state)
	}
	return lines
}

func doHelp(w *work, args string) (string, error) {
	lines, err := w.policy.helpLines(args)
	if err != nil {
		return "", err
	}
	if v, _, err := w.policy.findVerb(strings.TrimPrefix(args, "#"), ""); err == nil {
		if more, ok := w.configured(v.Name); ok && w.ticket.Number != 0 {
			lines = append(append(lines, ""), more...)
		}
	}
	w.report = append(w.report, lines...)
	return "see below", nil
}
