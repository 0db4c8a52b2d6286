package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
)

// A ticketPage is a ticket with its thread, and the forms that change it.
type ticketPage struct {
	frame
	ticket.Sheet
	Number     ticket.Number
	Thread     []item
	Others     []string // who takes part beside the requester
	Readers    []string // whom a reply goes to
	Clocks     []clockLine
	Instants   []namedWords
	Properties []property

	MayReply, MayNote, MayChange bool

	composer

	Now  time.Time
	Zone *time.Location
}

// An item is an entry or an event, ready to be shown.
type item struct {
	ticket.Item
	Class    string
	Kind     string
	From     ticket.Number // of the merged ticket that it is on; 0 for this one
	Waits    bool          // for somebody to take or reject it
	Delivery []delivery
}

// A delivery says how far a mail has come, for one of its recipients.
type delivery struct {
	Address, State, Class string
}

type namedWords struct{ Name, Words string }

// ticketNumber is the ticket that a path names.
func ticketNumber(r *http.Request) (ticket.Number, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n <= 0 {
		return 0, notFound()
	}
	return ticket.Number(n), nil
}

// idOf is the ID that a path names, of a file, an entry or whatever it is about.
func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, notFound()
	}
	return id, nil
}

func (s *Server) ticket(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	p, err := s.ticketPage(r, agent, n)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused && no.Kind == ticket.NotFound && s.sessions.Exists(r.Context(), keyFlash) {
		return goTo("/"), nil // they have just given it away, and are told so among their own tickets
	}
	if err != nil {
		return answer{}, err
	}
	if p.Number != n { // it was merged
		s.flash(r, "Ticket "+strconv.FormatInt(int64(n), 10)+" was merged into this one.")
		return goTo(pathOf(p.Number)), nil
	}
	p.Form.Kind = p.usualKind(agent)
	begun, err := s.Desk.Unsent(r.Context(), agent.Key, n)
	if err != nil {
		return answer{}, err
	}
	p.resume(begun)
	return answer{page: "ticket", data: p}, nil
}

func pathOf(n ticket.Number) string { return "/tickets/" + strconv.FormatInt(int64(n), 10) }

func (s *Server) ticketPage(r *http.Request, agent ticket.Agent, n ticket.Number) (*ticketPage, error) {
	live, err := s.live(r, agent, n)
	if err != nil {
		return nil, err
	}
	sheet, err := s.Desk.Read(r.Context(), agent.Key, n)
	if err != nil {
		return nil, err
	}
	policy, tk := s.Desk.Policy(), &sheet.Ticket
	may := func(right ticket.Right) bool { return policy.May(agent.Key, right, tk.Department) }
	p := &ticketPage{Sheet: sheet, Number: tk.Number, composer: s.composer(), Now: s.Now(), Zone: policy.ZoneOf(agent),
		MayReply: may(ticket.MayReply), MayNote: may(ticket.MayNote), Properties: properties(policy, agent, tk)}
	if p.frame, err = s.frame(r, agent, "#"+strconv.FormatInt(int64(tk.Number), 10)+" "+tk.Subject, ""); err != nil {
		return nil, err
	}
	p.Live = live
	p.Canned = policy.CannedFor(agent.Key, tk.Department)
	for _, property := range p.Properties {
		p.MayChange = p.MayChange || !property.Fixed
	}
	for _, one := range sheet.Participants {
		address := one.Address.Email
		if one.Address.Name != "" {
			address = one.Address.Name + " <" + address + ">"
		}
		p.Readers = append(p.Readers, address)
		if one.Role != ticket.RoleRequester {
			p.Others = append(p.Others, address)
		}
	}
	for _, it := range sheet.Thread {
		if it.Event == ticket.CommandsRun {
			continue // each has an event that says what it changed
		}
		p.Thread = append(p.Thread, newItem(it, tk.Number))
	}
	p.Clocks = clockLines(sheet.Clocks, p.Now, p.Zone)
	for _, i := range []struct {
		name string
		at   time.Time
	}{{"Opened", tk.OpenedAt}, {"Comes back", tk.FollowUp}, {"Snoozed until", tk.Snoozed}, {"Resolved", tk.ResolvedAt}, {"Closed", tk.ClosedAt}} {
		if !i.at.IsZero() {
			p.Instants = append(p.Instants, namedWords{i.name, i.at.In(p.Zone).Format("Mon 2 Jan 2006, 15:04 MST")})
		}
	}
	return p, nil
}

func newItem(it ticket.Item, in ticket.Number) item {
	out := item{Item: it}
	if it.Ticket != in {
		out.From = it.Ticket
	}
	if it.Entry == nil {
		return out
	}
	out.Class = string(it.Entry.Kind)
	out.Kind = strings.ToUpper(out.Class[:1]) + out.Class[1:]
	if it.Entry.Held {
		out.Class, out.Kind, out.Waits = out.Class+" held", "Held "+out.Class, !it.Entry.Denied
		if it.Entry.Denied {
			out.Kind = "Rejected " + string(it.Entry.Kind)
			if it.Entry.Kind == ticket.Reply {
				out.Kind = "Withdrawn reply"
			}
		}
	}
	for _, to := range it.Delivery {
		d := delivery{Address: to.Address.Email}
		switch {
		case !to.SentAt.IsZero():
			d.State = "sent"
		case !to.FailedAt.IsZero():
			d.State, d.Class = "not delivered: "+to.Answer, "bad"
		case to.Answer != "":
			d.State = "not yet sent: " + to.Answer
		default:
			d.State = "waits to be sent"
		}
		out.Delivery = append(out.Delivery, d)
	}
	return out
}

// Previews reports whether a file is shown small.
func (*ticketPage) Previews(f ticket.File) bool { return previews(f) }

// BadgeClass is how a badge on a sender looks, beside what it says.
func (*ticketPage) BadgeClass(badge string) string {
	switch {
	case strings.HasPrefix(badge, "verified"):
		return "good"
	case strings.HasPrefix(badge, "FORGED"):
		return "bad"
	}
	return ""
}
