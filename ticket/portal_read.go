package ticket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// A CustomerSheet is a ticket as somebody who takes part in it reads it: what was
// sent to them or by them, and nothing of how the desk works on it.
type CustomerSheet struct {
	Number     Number
	Subject    string
	Department string // its own name
	Standing   Standing
	Fields     []FieldFact
	Said       []Said // the first first
	Latest     time.Time
	MayWrite   bool
	MaySolve   bool   // may say that it is solved
	MayRate    bool   // may say how content they are
	Stars      int    // how it was rated; 0 is not yet
	Remark     string // with that, for whoever may rate it
	Reopens    bool   // a message still reopens it; else it opens a ticket of its own, if this one is done
	Done       bool

	department string // key
}

// A Said is a message or a reply as a customer reads it.
type Said struct {
	ID       int64
	At       time.Time
	By       string // name of its author, or the department's
	Yours    bool
	Reply    bool // of the desk
	Text     string
	Markdown bool
	Files    []File
}

// TicketsOf lists the tickets that an address, which has to be proven, may read:
// those first in which something was said last. What is said is left out.
func (d *Desk) TicketsOf(ctx context.Context, address string) ([]CustomerSheet, error) {
	var list []CustomerSheet
	err := d.view(ctx, func(t *turn) (err error) {
		list, err = t.ticketsOf(Address{Email: address})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list a customer's tickets: %w", err)
	}
	for i := range list {
		list[i].Said = nil
	}
	return list, nil
}

func (t *turn) ticketsOf(a Address) ([]CustomerSheet, error) {
	tickets, err := t.tx.TakesPartIn(a.Key(), maxMyTickets)
	if err != nil {
		return nil, fmt.Errorf("list the tickets in which an address takes part: %w", err)
	}
	var list []CustomerSheet
	seen := map[Number]bool{}
	for _, tk := range tickets {
		s, err := t.customerSheet(tk.Number, a)
		if err != nil {
			return nil, err
		}
		if s != nil && !seen[s.Number] {
			seen[s.Number] = true
			list = append(list, *s)
		}
	}
	slices.SortStableFunc(list, func(a, b CustomerSheet) int {
		return cmp.Or(b.Latest.Compare(a.Latest), cmp.Compare(b.Number, a.Number))
	})
	return list, nil
}

// ReadFor reads a ticket for an address, which has to be proven. Of one that was
// merged it reads the ticket in which it goes on, if the address takes part in
// that too. The error is a Refusal if there is none that it may read: nobody
// learns whether there is one that they may not.
func (d *Desk) ReadFor(ctx context.Context, address string, n Number) (CustomerSheet, error) {
	var s *CustomerSheet
	err := d.view(ctx, func(t *turn) (err error) {
		s, err = t.customerSheet(n, Address{Email: address})
		return err
	})
	switch {
	case err != nil:
		return CustomerSheet{}, fmt.Errorf("read ticket %d for a customer: %w", n, err)
	case s == nil:
		return CustomerSheet{}, noTicketOfYours(n)
	}
	return *s, nil
}

func noTicketOfYours(n Number) error {
	return refuseCustomer(NotFound, "refused.no-ticket", with("number", n), "you have no ticket %d", n)
}

// customerSheet is the ticket in which one goes on for an address, nil if the
// address may not read it. Unwanted and deleted tickets are read by nobody, and
// so are those of which nothing was sent to the address or by it.
func (t *turn) customerSheet(n Number, a Address) (*CustomerSheet, error) {
	tk, p, err := t.theirs(n, a)
	if err != nil || tk == nil || tk.Status == Spam || tk.Status == Deleted {
		return nil, err
	}
	s := &CustomerSheet{Number: tk.Number, Subject: tk.Subject, Department: t.policy.Departments[tk.Department].Name, department: tk.Department,
		Standing: standing(tk), MayWrite: tk.Status != Merged, MaySolve: !tk.Status.Done() && p.Role == RoleRequester}
	for _, f := range t.policy.fieldsOf(tk.Department) {
		if value := tk.Fields[f.Key]; f.Customer && value != "" {
			s.Fields = append(s.Fields, f.fact(value))
		}
	}
	if s.Said, err = t.saidTo(tk, p); err != nil || len(s.Said) == 0 {
		return nil, err
	}
	if s.Done = tk.Status.Done(); s.Done {
		s.Reopens = t.mayReopen(tk, &Receipt{})
	}
	if s.MayRate = t.rateable(tk, p); s.MayRate {
		s.Stars = tk.Stars
		if s.Remark, err = t.remarkOf(tk); err != nil {
			return nil, err
		}
	}
	for _, said := range s.Said {
		if said.At.After(s.Latest) {
			s.Latest = said.At
		}
	}
	return s, nil
}

// theirs is the ticket in which one goes on for an address, and what the address
// is in it; nil if it does not take part. One that was merged into a ticket in
// which it takes no part ends there for it.
func (t *turn) theirs(n Number, a Address) (*Ticket, Participant, error) {
	tk, err := t.tx.Ticket(n)
	if isAbsent(err) {
		return nil, Participant{}, nil
	}
	if err != nil {
		return nil, Participant{}, fmt.Errorf("read ticket %d: %w", n, err)
	}
	p, ok, err := t.participant(n, a)
	if err != nil || !ok {
		return nil, Participant{}, err
	}
	goesOn, err := t.survivor(n)
	if err != nil || goesOn == nil || goesOn.Number == n {
		return tk, p, err
	}
	there, ok, err := t.participant(goesOn.Number, a)
	if ok {
		return goesOn, there, err
	}
	return tk, p, err
}

// participant finds who takes part in a ticket by an address.
func (t *turn) participant(n Number, a Address) (Participant, bool, error) {
	list, err := t.tx.Participants(n)
	if err != nil {
		return Participant{}, false, fmt.Errorf("read participants of ticket %d: %w", n, err)
	}
	i := slices.IndexFunc(list, func(p Participant) bool { return a.Email != "" && p.Address.Key() == a.Key() })
	if i < 0 {
		return Participant{}, false, nil
	}
	return list[i], true, nil
}

// saidTo is what was said on a ticket as far as one who takes part has had it
// before them, or wrote it: on the ticket itself, and on those merged into it in
// which they took part too. What pretends to be from somebody else is not shown,
// since it would be believed here.
func (t *turn) saidTo(tk *Ticket, p Participant) ([]Said, error) {
	in, err := t.insightOf(tk.Number, []Participant{p})
	if err != nil {
		return nil, err
	}
	entries, err := t.thread(tk.Number)
	if err != nil {
		return nil, err
	}
	got, delayed, err := t.mailedTo(in.shared, p.Address)
	if err != nil {
		return nil, err
	}
	var all []Said
	for _, e := range entries {
		if e.Authenticity == Forged || e.Denied || delayed[e.ID] || !in.saw(&e) && !got[e.ID] {
			continue
		}
		said := Said{ID: e.ID, At: e.At, Reply: e.Kind == Reply, Text: e.Text, Markdown: e.Markdown, Files: publicFiles(e.Files)}
		said.Yours = e.Kind == Message && e.From.Key() == p.Address.Key()
		said.By = t.customerSees(&e, tk)
		all = append(all, said)
	}
	return all, nil
}

// mailedTo are the entries of tickets that were mailed to an address, by ID, and
// those whose mail still waits on purpose, so that they can be taken back.
func (t *turn) mailedTo(tickets []Number, a Address) (got, delayed map[int64]bool, err error) {
	got, delayed = map[int64]bool{}, map[int64]bool{}
	for _, n := range tickets {
		notices, err := t.tx.Notices(n)
		if err != nil {
			return nil, nil, fmt.Errorf("read the mail of ticket %d: %w", n, err)
		}
		for _, notice := range notices {
			if notice.Kind == NoticeReply && notice.Attempts == 0 && notice.DueAt.After(t.now) {
				delayed[notice.Entry] = true
			}
			toThem := slices.ContainsFunc(notice.Recipients, func(r Recipient) bool { return r.Address.Key() == a.Key() })
			if notice.Agent == "" && toThem {
				got[notice.Entry] = true
			}
		}
	}
	return got, delayed, nil
}

// customerSees names the author of an entry to customers: agents by their
// department, others by name. The address of somebody who has no name stands in
// the mails they all got, unless it is an agent's own.
func (t *turn) customerSees(e *Entry, tk *Ticket) string {
	_, agent := t.policy.AgentByAddress(e.From)
	if e.Kind == Reply || agent && e.From.Name == "" {
		return t.policy.Departments[tk.Department].Name
	}
	return e.From.String()
}

// A Standing is where a ticket stands, as customers are told.
type Standing string

// Where tickets stand.
const (
	StandsReceived Standing = "received" // nobody has begun
	StandsInWork   Standing = "in-work"
	StandsWaiting  Standing = "waiting" // for the customer
	StandsSolved   Standing = "solved"
	StandsClosed   Standing = "closed"
	StandsTogether Standing = "together" // with another ticket, into which it was merged
)

// standing says where a ticket stands for customers. What the desk waits for beside
// the customer is its own business.
func standing(tk *Ticket) Standing {
	switch tk.Status {
	case New:
		return StandsReceived
	case Pending:
		return StandsWaiting
	case Resolved:
		return StandsSolved
	case Closed:
		return StandsClosed
	case Merged:
		return StandsTogether
	}
	return StandsInWork
}
